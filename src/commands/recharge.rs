use std::process::ExitCode;

use atelier_server::ids::RechargeId;
use atelier_server::live;
use clap::Subcommand;

use super::{Provider, operator};
use crate::settings::Settings;
use crate::start::{Ground, StartError, say};

#[derive(Subcommand)]
pub enum Command {
    /// Ask the payment provider about a purchase: grant it if it was paid, take back what went back
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
    if recharge.session_id.is_none() && recharge.subscription_id.is_none() {
        return Err("this purchase never got a checkout".into());
    }
    payments.read_record_for(&recharge, &operator("")).await?;
    let now = payments.recharge(&id).await?;
    let standing = now.map_or("unknown", |recharge| recharge.standing.as_str());
    say(&format!("{id}: {standing}"))?;
    // Pages that are open on a server elsewhere follow at once.
    live::tell_the_rest(&ground.db).await?;
    ground.db.close().await;
    Ok(ExitCode::SUCCESS)
}
