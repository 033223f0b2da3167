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

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    use super::Arguments;

    /// The names of what stands below a command, and of its options, down to the last.
    fn words_of(command: &Command) -> Vec<String> {
        let options = command
            .get_arguments()
            .filter_map(|argument| argument.get_long());
        let options = options.filter(|name| *name != "help");
        let mut words: Vec<String> = options.map(|name| format!("--{name}")).collect();
        for below in command.get_subcommands() {
            words.push(below.get_name().to_owned());
            words.extend(words_of(below));
        }
        words
    }

    #[test]
    fn every_command_stands_in_the_readme() {
        let readme = include_str!("../README.md");
        for command in Arguments::command().get_subcommands() {
            let start = format!("`atelier {}", command.get_name());
            let lines = readme.lines().filter(|line| line.starts_with('|'));
            let told: Vec<&str> = lines.filter(|line| line.contains(&start)).collect();
            assert!(!told.is_empty(), "{start}");
            let told = told.join(" ");
            for word in words_of(command) {
                assert!(told.contains(&word), "{start} is told without {word}");
            }
        }
    }
}
