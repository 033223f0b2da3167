use std::process::ExitCode;

use atelier_server::credits::verify;
use clap::Args;

use crate::settings::Settings;
use crate::start::{Ground, StartError, say};

#[derive(Args)]
pub struct Arguments {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(settings: Settings, arguments: Arguments) -> Result<ExitCode, StartError> {
    let ground = Ground::open(&settings).await?;
    let report = verify::run(&ground.db).await?;
    ground.db.close().await;
    if arguments.json {
        say(&serde_json::to_string_pretty(&report)?)?;
    } else {
        for finding in &report.findings {
            say(&finding.to_string())?;
        }
        let (wallets, findings) = (report.wallets, report.findings.len());
        say(&format!(
            "{wallets} wallets checked, {findings} disagreements"
        ))?;
    }
    Ok(if report.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
