use std::process::ExitCode;

use crate::http::openapi::document;
use crate::settings::Settings;
use crate::start::{StartError, say};

/// Prints the description of the HTTP API, for the catalogue and the address of the settings.
pub fn run(settings: &Settings) -> Result<ExitCode, StartError> {
    let url = match &settings.url {
        Some(url) => url.to_string(),
        None => format!("http://{}", settings.listen),
    };
    let document = document(&settings.catalog, &url);
    say(&serde_json::to_string_pretty(&document)?)?;
    Ok(ExitCode::SUCCESS)
}
