use std::process::ExitCode;

use atelier_server::db::Database;

use crate::settings::Settings;
use crate::start::{StartError, say};

pub async fn run(settings: Settings) -> Result<ExitCode, StartError> {
    let db = Database::open(&settings.database_url).await?;
    db.close().await;
    say("the database is up to date")?;
    Ok(ExitCode::SUCCESS)
}
