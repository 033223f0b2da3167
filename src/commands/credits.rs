use std::process::ExitCode;

use atelier_server::credits::{self, Action, Actor, Adjustment};
use atelier_server::db::Change;
use atelier_server::live;
use clap::{Args, Subcommand};

use super::account;
use crate::settings::Settings;
use crate::start::{Ground, StartError, say};

#[derive(Subcommand)]
pub enum Command {
    /// Print a wallet as JSON
    Show {
        #[arg(long)]
        email: String,
    },
    /// Add credits
    Add(Amount),
    /// Take free credits away
    Deduct(Amount),
    /// Make the remaining credits this many
    Set(Amount),
}

#[derive(Args)]
pub struct Amount {
    #[arg(long)]
    email: String,
    #[arg(long)]
    amount: i64,
    /// Why; shown in the statement
    #[arg(long, default_value = "")]
    reason: String,
}

pub async fn run(settings: Settings, command: Command) -> Result<ExitCode, StartError> {
    let ground = Ground::open(&settings).await?;
    let (action, change) = match command {
        Command::Show { email } => return show(&ground, &email).await,
        Command::Add(change) => (Action::Add, change),
        Command::Deduct(change) => (Action::Deduct, change),
        Command::Set(change) => (Action::Set, change),
    };
    if !Adjustment::amount_is_valid(action, change.amount) {
        return Err("--amount wants 1 to 1000000 (set: from 0)".into());
    }
    let user = account(&ground.accounts, &change.email).await?.id;
    let adjustment = Adjustment {
        user: user.clone(),
        action,
        amount: change.amount,
        reason: change.reason,
        actor: Actor::CommandLine,
        address: None,
    };
    let now = ground.clock.now();
    let mut tx = ground.db.begin().await?;
    let view = credits::adjust(&mut tx, &adjustment, &ground.catalog.prices(), now).await?;
    tx.commit().await?;
    live::tell_others(&ground.db, &[Change::Wallet(user)]).await?;
    ground.db.close().await;
    say(&serde_json::to_string_pretty(&view)?)?;
    Ok(ExitCode::SUCCESS)
}

async fn show(ground: &Ground, email: &str) -> Result<ExitCode, StartError> {
    let user = account(&ground.accounts, email).await?;
    let wallet = credits::read(&ground.db, &user.id, ground.clock.now()).await?;
    ground.db.close().await;
    say(&serde_json::to_string_pretty(
        &wallet.view(&ground.catalog.prices()),
    )?)?;
    Ok(ExitCode::SUCCESS)
}
