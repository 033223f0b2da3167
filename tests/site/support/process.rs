//! The program as a process of its own: what its command line does, and what is left of it when it
//! is killed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use atelier_server::db::Kind;
use atelier_server::testing::{Scratch, fresh_database};

use super::Client;

/// Held by tests that measure time, and by those that ask everything of the machine.
pub static MACHINE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A folder and a database for processes to work on.
pub struct Place {
    pub folder: Scratch,
    pub database_url: String,
}

impl Place {
    pub async fn new(kind: Kind) -> Self {
        let folder = Scratch::new().expect("a scratch folder");
        let database_url = fresh_database(kind, &folder).await;
        Self {
            folder,
            database_url,
        }
    }

    /// A folder of its own beside a database that is there.
    pub fn on(database_url: String) -> Self {
        let folder = Scratch::new().expect("a scratch folder");
        Self {
            folder,
            database_url,
        }
    }

    /// The program with this place's settings and none of ours.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_atelier"));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env_clear()
            .env("ATELIER_LISTEN", "127.0.0.1:0")
            .env("ATELIER_DATA_DIR", self.folder.path())
            .env("DATABASE_URL", &self.database_url)
            .env("ATELIER_RATE_LIMITS", "off")
            .env("RUST_LOG", "error");
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, words: &[&str]) -> Output {
        self.run_with_input(words, "")
    }

    pub fn run_with_input(&self, words: &[&str], input: &str) -> Output {
        let mut command = self.command(words);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("its standard input");
        // Whoever does not read it closes it.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait_with_output().expect("the program ends")
    }

    /// Runs a command that has to succeed; what it printed.
    #[track_caller]
    pub fn says(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {error}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Starts serving; returns once it accepts requests.
    pub fn serve(&self) -> Server {
        Server::start(self.command(&["serve"]))
    }
}

/// A serving process; killed at the latest when dropped.
pub struct Server {
    child: Child,
    pub base: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Runs the command; returns once it accepts requests.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let (stderr, heard) = (child.stderr.take().expect("its log"), log.clone());
        thread::spawn(move || {
            let lines = BufReader::new(stderr).lines().map_while(Result::ok);
            lines.for_each(|line| heard.lock().expect("no panic").push(line));
        });
        let stdout = child.stdout.take().expect("its standard output");
        let mut lines = BufReader::new(stdout).lines();
        let base = lines.find_map(|line| {
            let line = line.expect("a line");
            line.strip_prefix("listening on ").map(str::to_owned)
        });
        let base = base.unwrap_or_else(|| panic!("not listening: {log:?}"));
        Self { child, base, log }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged, line by line.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("no panic").clone()
    }

    pub fn anonymous(&self) -> Client {
        Client::new(&self.base)
    }

    /// `kill -9`: nothing is tidied up. What it has logged until then.
    pub fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("the process is killed");
        self.child.wait().expect("the process has ended");
        self.log()
    }

    /// SIGTERM, then the end; how long it took.
    pub fn terminate(mut self) -> (ExitStatus, Duration) {
        let started = Instant::now();
        let id = self.child.id().to_string();
        let told = Command::new("sh")
            .args(["-c", "kill -TERM \"$0\"", &id])
            .status();
        assert!(told.expect("a shell").success());
        let status = self.child.wait().expect("the process has ended");
        (status, started.elapsed())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.log().join("\n"));
        }
        // Gone already after `kill` and `terminate`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
