use std::process::ExitCode;

use atelier_server::ids::RechargeId;
use clap::Subcommand;

use super::Provider;
use crate::settings::Settings;
use crate::start::{Ground, StartError, say};

#[derive(Subcommand)]
pub enum Command {
    /// Ask the payment provider about a purchase, and grant it if it was paid
    Fulfil {
        /// The recharge record
        #[arg(long)]
        id: String,
    },
}

pub async fn run(settings: Settings, command: Command) -> Result<ExitCode, StartError> {
    let Command::Fulfil { id } = command;
    let ground = Ground::open(&settings).await?;
    let provider = Provider::start(&settings, &ground).await?;
    let payments = &provider.payments;
    let id = RechargeId::parse(&id).ok_or("--id wants the id of a recharge record")?;
    let recharge = payments.recharge(&id).await?;
    let recharge = recharge.ok_or_else(|| format!("there is no recharge record {id}"))?;
    let session = recharge
        .session_id
        .ok_or("this purchase never got a checkout")?;
    let done = payments.fulfil(&session).await?;
    let status = done
        .recharge()
        .map_or("unknown", |recharge| recharge.status.as_str());
    say(&format!("{id}: {status}"))?;
    ground.db.close().await;
    Ok(ExitCode::SUCCESS)
}
