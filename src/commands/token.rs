use std::process::ExitCode;

use atelier_server::accounts::Scopes;
use clap::Subcommand;

use super::{account, operator};
use crate::settings::Settings;
use crate::start::{Ground, StartError, say};

#[derive(Subcommand)]
pub enum Command {
    /// Make an API token and print it, this once
    Create {
        #[arg(long)]
        email: String,
        /// credits:read, credits:spend, jobs; for administrators also credits:write, users:sync, admin
        #[arg(long)]
        scopes: String,
        /// What to call it in the list of the account page
        #[arg(long, default_value = "")]
        name: String,
    },
}

pub async fn run(settings: Settings, command: Command) -> Result<ExitCode, StartError> {
    let Command::Create {
        email,
        scopes,
        name,
    } = command;
    let scopes = Scopes::parse(&scopes).ok_or_else(|| {
        format!(
            "--scopes wants some of credits:read, credits:spend, jobs, credits:write, users:sync, \
             admin, and is {scopes:?}"
        )
    })?;
    let ground = Ground::open(&settings).await?;
    let owner = account(&ground.accounts, &email).await?;
    let by = operator("");
    let minted = ground.accounts.mint_token_by(&owner, &name, &scopes, &by);
    let made = minted.await?;
    ground.db.close().await;
    say(&made.secret)?;
    Ok(ExitCode::SUCCESS)
}
