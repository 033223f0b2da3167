//! The command line. The file a command names is the file that does it.

mod catalog;
mod credits;
mod migrate;
mod serve;
mod token;
mod user;
mod verify;
mod webhook;

use std::process::ExitCode;

use atelier_server::accounts::{Accounts, Email, User};
use clap::Subcommand;

use crate::settings::Settings;
use crate::start::StartError;

#[derive(Subcommand)]
pub enum Command {
    /// Serve the site
    Serve,
    /// Bring the database up to date and exit
    Migrate,
    /// Recompute every wallet from the ledger; exit 0 when all agree, 1 and a list when not
    Verify(verify::Arguments),
    /// Accounts
    #[command(subcommand)]
    User(user::Command),
    /// API tokens
    #[command(subcommand)]
    Token(token::Command),
    /// An account's wallet, through the same ledger as everything else
    #[command(subcommand)]
    Credits(credits::Command),
    /// Webhooks, for testing an installation
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// The catalogue
    #[command(subcommand)]
    Catalog(catalog::Command),
}

impl Command {
    /// Does what needs no settings and no database.
    pub fn without_settings(&self) -> Option<ExitCode> {
        match self {
            Self::Catalog(command) => Some(command.run()),
            _ => None,
        }
    }

    pub async fn run(self, settings: Settings) -> Result<ExitCode, StartError> {
        match self {
            Self::Serve => serve::run(settings).await,
            Self::Migrate => migrate::run(settings).await,
            Self::Verify(arguments) => verify::run(settings, arguments).await,
            Self::User(command) => user::run(settings, command).await,
            Self::Token(command) => token::run(settings, command).await,
            Self::Credits(command) => credits::run(settings, command).await,
            Self::Webhook(command) => webhook::run(settings, command).await,
            Self::Catalog(command) => Ok(command.run()),
        }
    }
}

/// The account a command names by its address.
async fn account(accounts: &Accounts, email: &str) -> Result<User, StartError> {
    let address = Email::parse(email).ok_or("--email wants an e-mail address")?;
    let found = accounts.find_by_email(&address).await?;
    found.ok_or_else(|| format!("no account has the address {address}").into())
}
