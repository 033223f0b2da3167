//! The program `atelier`.

use std::process::ExitCode;

use atelier::commands::Command;
use atelier::settings::Settings;
use atelier::start;
use clap::Parser;

/// A self-hosted AI studio with prepaid credits. Without a command it serves.
#[derive(Parser)]
#[command(name = "atelier", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let command = arguments.command.unwrap_or(Command::Serve);
    if let Some(done) = command.without_settings() {
        return done;
    }
    let settings = match Settings::from_environment() {
        Ok(settings) => settings,
        Err(error) => return fail(&error),
    };
    start::telemetry(&settings);
    start::cryptography();
    match start::runtime(command.run(settings)) {
        Ok(code) => code,
        Err(error) => fail(&*error),
    }
}

/// One line that says what is wrong.
fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("atelier: {error}");
    ExitCode::FAILURE
}
