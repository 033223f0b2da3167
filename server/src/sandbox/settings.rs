//! What a person at a provider has set. Kept in the database, so that it holds on every node.

use sqlx::AnyConnection;

use super::store::Kind;
use super::webhook_mode::WebhookMode;

const WEBHOOK_MODE: &str = "webhook_mode";

/// How events are sent whose action asks nothing else.
pub async fn webhook_mode<K: Kind>(connection: &mut AnyConnection) -> sqlx::Result<WebhookMode> {
    let stored: Option<String> =
        sqlx::query_scalar("SELECT value FROM sandbox_settings WHERE provider = $1 AND name = $2")
            .bind(K::PROVIDER)
            .bind(WEBHOOK_MODE)
            .fetch_optional(connection)
            .await?;
    match stored {
        None => Ok(WebhookMode::Normal),
        Some(text) => text
            .parse()
            .map_err(|error: String| sqlx::Error::Decode(error.into())),
    }
}

pub async fn set_webhook_mode<K: Kind>(
    connection: &mut AnyConnection,
    mode: WebhookMode,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO sandbox_settings (provider, name, value) VALUES ($1, $2, $3) \
         ON CONFLICT (provider, name) DO UPDATE SET value = excluded.value",
    )
    .bind(K::PROVIDER)
    .bind(WEBHOOK_MODE)
    .bind(mode.to_string())
    .execute(connection)
    .await?;
    Ok(())
}
