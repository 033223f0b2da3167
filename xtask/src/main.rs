//! The developers' command, `cargo xtask …`. One line of [`COMMANDS`] and one module a command.

#![expect(
    clippy::print_stdout,
    reason = "a command line tool speaks on standard output"
)]

mod bench;
#[path = "../../server/src/testing/cluster.rs"]
mod cluster;
mod counts;
mod failures;
mod lint;
mod mutate;
mod openapi;
mod postgres;
mod process;
mod proofs;
mod setup;
mod sheet;
mod shots;
mod soak;
mod table;
mod test;
mod workspace;

use std::error::Error;
use std::process::ExitCode;

/// What a command answers: `Err` carries the sentence that is shown before the exit code 1.
type Outcome = Result<(), Box<dyn Error>>;

struct Command {
    name: &'static str,
    usage: &'static str,
    does: &'static str,
    run: fn(&[String]) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        usage: "test [FILTER…]",
        does: "set up what is missing, then run every test: Rust on both databases, and the browser's",
        run: test::run,
    },
    Command {
        name: "lint",
        usage: "lint",
        does: "check the format, and every target with clippy; warnings are errors",
        run: lint::run,
    },
    Command {
        name: "openapi",
        usage: "openapi [OPTION…]",
        does: "hold the description of the HTTP API against a running server, operation by operation",
        run: openapi::run,
    },
    Command {
        name: "bench",
        usage: "bench [PART…]",
        does: "measure ledger, dashboard, push, process and admin pages, each beside its baseline; release build",
        run: bench::run,
    },
    Command {
        name: "mutate",
        usage: "mutate [NAME…]",
        does: "plant each listed fault in the ledger alone; a test must turn red (an hour)",
        run: mutate::run,
    },
    Command {
        name: "soak",
        usage: "soak [ROUNDS]",
        does: "thousands of histories against the model, 200 kills with work in flight; note it in docs/soak.md",
        run: soak::run,
    },
    Command {
        name: "postgres",
        usage: "postgres [--durable]",
        does: "print the URL of a throw-away PostgreSQL and keep it until ctrl-c",
        run: postgres::run,
    },
    Command {
        name: "sheet",
        usage: "sheet",
        does: "every sample person in every sample garment, in ./shots, with the numbers in docs/composer.md",
        run: sheet::run,
    },
    Command {
        name: "shots",
        usage: "shots",
        does: "photograph every state of every page, light and dark, wide and narrow, in both languages, into ./shots, and the README's pictures",
        run: shots::run,
    },
    Command {
        name: "setup",
        usage: "setup",
        does: "install what the tests need and this machine lacks (as root), or say the line that does",
        run: setup::run,
    },
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.split_first() {
        None => show_help(),
        Some((word, _)) if ["help", "--help", "-h"].contains(&word.as_str()) => show_help(),
        Some((_, rest)) if rest.iter().any(|word| word == "--help" || word == "-h") => show_help(),
        Some((name, rest)) => match COMMANDS.iter().find(|command| command.name == name) {
            Some(command) => exit_code((command.run)(rest)),
            None => exit_code(Err(format!(
                "no command `{name}`; `cargo xtask --help` lists them"
            )
            .into())),
        },
    }
}

fn show_help() -> ExitCode {
    println!("The developers' command of Atelier.\n\nUsage: cargo xtask COMMAND\n");
    let widest = COMMANDS
        .iter()
        .map(|command| command.usage.chars().count())
        .max()
        .unwrap_or(0);
    for Command { usage, does, .. } in COMMANDS {
        println!("  {usage:widest$}  {does}");
    }
    println!(
        "\nA FILTER of `test` is part of a test's name, file or project: `cargo xtask test webhook`."
    );
    ExitCode::SUCCESS
}

fn exit_code(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
