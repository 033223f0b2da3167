//! `cargo xtask shots`: the pages as pictures. The photographer is `end2end/shots.mjs`; here it gets a server.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdout, Command, Stdio};
use std::thread;

use crate::Outcome;
use crate::process::must;
use crate::setup;
use crate::workspace::{binary, build_binary, program, root};

pub fn run(_: &[String]) -> Outcome {
    setup::run(&[])?;
    must(&mut build_binary())?;
    let server = Server::start()?;
    let mut photographer = program("node");
    photographer
        .arg("end2end/shots.mjs")
        .arg(&server.url)
        .arg(root().join("shots"))
        .arg(root().join("docs/pictures"));
    Ok(must(&mut photographer)?)
}

/// The real program on a fresh data folder; both end with this value.
struct Server {
    process: Child,
    data: PathBuf,
    url: String,
}

impl Server {
    fn start() -> Result<Self, Box<dyn Error>> {
        let data = env::temp_dir().join(format!("atelier-shots-{}", process::id()));
        fs::create_dir_all(&data)?;
        let mut process = program_on(&data).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().ok_or("the server has no output")?;
        let mut server = Self {
            process,
            data,
            url: String::new(),
        };
        server.url = address(output)?;
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.data);
    }
}

/// With no setting but its own: neither the developer's environment nor a `.env` is in the pictures.
fn program_on(data: &Path) -> Command {
    let mut command = Command::new(binary());
    command
        .arg("serve")
        .env_clear()
        .envs(env::var_os("PATH").map(|path| ("PATH", path)))
        .env("ATELIER_LISTEN", "127.0.0.1:0")
        .env("ATELIER_DATA_DIR", data)
        .env("ATELIER_RATE_LIMITS", "off")
        .current_dir(data);
    command
}

fn address(output: ChildStdout) -> Result<String, Box<dyn Error>> {
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next() {
        if let Some((_, url)) = line?.split_once("listening on ") {
            let url = url.trim().to_owned();
            // A full pipe would stop the server in the middle of a sentence.
            thread::spawn(move || lines.for_each(drop));
            return Ok(url);
        }
    }
    Err("the server ended before it said where it listens".into())
}
