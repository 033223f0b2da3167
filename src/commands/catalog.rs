use std::process::ExitCode;

use clap::Subcommand;

use crate::start::say;

#[derive(Subcommand)]
pub enum Command {
    /// Print the built-in catalogue
    Print,
}

impl Command {
    pub fn run(&self) -> ExitCode {
        let Self::Print = self;
        match say(atelier_server::catalog::BUILT_IN.trim_end()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        }
    }
}
