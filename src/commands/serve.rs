use std::process::ExitCode;

use tokio::net::TcpListener;

use crate::settings::Settings;
use crate::start::{StartError, build, told_to_stop};

pub async fn run(settings: Settings) -> Result<ExitCode, StartError> {
    let stop = told_to_stop()?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|error| format!("ATELIER_LISTEN {}: {error}", settings.listen))?;
    let program = build(&settings, listener.local_addr()?).await?;
    program.serve(listener, stop).await?;
    Ok(ExitCode::SUCCESS)
}
