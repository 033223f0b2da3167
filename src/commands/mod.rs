//! The command line. The file a command names is the file that does it.

mod catalog;
mod credits;
mod doctor;
mod migrate;
mod openapi;
mod rebuild;
mod recharge;
mod serve;
mod token;
mod user;
mod verify;
mod webhook;

use std::process::ExitCode;

use atelier_server::accounts::{Accounts, Email, User};
use atelier_server::credits::Actor;
use atelier_server::oversight::Operator;
use atelier_server::payments::Payments;
use clap::Subcommand;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::settings::Settings;
use crate::start::{self, Ground, StartError};

#[derive(Subcommand)]
pub enum Command {
    /// Serve the site
    Serve,
    /// Bring the database up to date and exit
    Migrate,
    /// Recompute every wallet from the ledger; exit 0 when all agree, 1 and a list when not
    Verify(verify::Arguments),
    /// Check what payments need: key, webhook endpoint, portal, address, mail; exit 0 when all is well
    Doctor,
    /// Write anew what follows from the entries of one account
    Rebuild(rebuild::Arguments),
    /// Purchases
    #[command(subcommand)]
    Recharge(recharge::Command),
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
    /// Print the OpenAPI document
    Openapi,
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
            Self::Doctor => doctor::run(settings).await,
            Self::Rebuild(arguments) => rebuild::run(settings, arguments).await,
            Self::Recharge(command) => recharge::run(settings, command).await,
            Self::User(command) => user::run(settings, command).await,
            Self::Token(command) => token::run(settings, command).await,
            Self::Credits(command) => credits::run(settings, command).await,
            Self::Webhook(command) => webhook::run(settings, command).await,
            Self::Catalog(command) => Ok(command.run()),
            Self::Openapi => openapi::run(&settings),
        }
    }
}

/// The account a command names by its address.
async fn account(accounts: &Accounts, email: &str) -> Result<User, StartError> {
    let address = Email::parse(email).ok_or("--email wants an e-mail address")?;
    let found = accounts.find_by_email(&address).await?;
    found.ok_or_else(|| format!("no account has the address {address}").into())
}

/// The payment provider, for a command: the sandbox's own Stripe is played by this process, because
/// no server may be running. Its books are in the database.
struct Provider {
    payments: Payments,
    sandbox: JoinHandle<()>,
}

impl Provider {
    async fn start(settings: &Settings, ground: &Ground) -> Result<Self, StartError> {
        start::cryptography();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (payments, router) = start::provider(settings, ground, listener.local_addr()?)?;
        let sandbox = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the sandbox stopped");
            }
        });
        Ok(Self { payments, sandbox })
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.sandbox.abort();
    }
}

/// Whoever is at the command line, as the audit log names them.
fn operator(reason: &str) -> Operator {
    Operator {
        actor: Actor::CommandLine.to_string(),
        address: None,
        reason: reason.to_owned(),
    }
}
