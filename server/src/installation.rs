//! Facts of this installation, written into the database at its first start: the mode, which never
//! changes, and secrets that every node shares.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

use crate::db::Database;
use crate::secret;
use crate::words::words;

words! {
    /// Whether real money moves. Stamped into the database at first start; there is no conversion.
    Mode { Sandbox = "sandbox", Live = "live" }
}

#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    #[error(
        "this database belongs to a {found} installation and the settings ask for {wanted}: \
         use another DATABASE_URL, there is no conversion", found = .found.as_str(), wanted = .wanted.as_str()
    )]
    OtherMode { found: Mode, wanted: Mode },
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What the database says about the installation.
#[derive(Clone, Debug)]
pub struct Installation {
    pub mode: Mode,
    /// Key of the hashes by which persons are known after their account is gone.
    pub person_key: SecretString,
    /// Secret with which the sandbox Stripe signs its webhooks.
    pub sandbox_webhook_secret: SecretString,
    /// The same for the sandbox Creem.
    pub sandbox_creem_secret: SecretString,
}

impl Installation {
    /// Reads the facts, or writes them if this is the first start.
    ///
    /// # Errors
    /// [`InstallationError::OtherMode`] when the database was stamped with the other mode.
    pub async fn load(db: &Database, mode: Mode) -> Result<Self, InstallationError> {
        stamp(db, "mode", mode.as_str()).await?;
        let found = fact(db, "mode").await?;
        let found = Mode::parse(&found).ok_or_else(|| crate::db::corrupt("installation mode"))?;
        if found != mode {
            return Err(InstallationError::OtherMode {
                found,
                wanted: mode,
            });
        }
        stamp(db, "person_key", &secret::token()).await?;
        let webhook_secret = format!("whsec_sandbox_{}", secret::token());
        stamp(db, "sandbox_webhook_secret", &webhook_secret).await?;
        // Standard Webhooks: what follows `whsec_` is the key in base64.
        let creem_secret = format!("whsec_{}", STANDARD.encode(secret::token()));
        stamp(db, "sandbox_creem_secret", &creem_secret).await?;
        Ok(Self {
            mode,
            person_key: fact(db, "person_key").await?.into(),
            sandbox_webhook_secret: fact(db, "sandbox_webhook_secret").await?.into(),
            sandbox_creem_secret: fact(db, "sandbox_creem_secret").await?.into(),
        })
    }
}

/// Whether a step of the installation, such as making the first accounts, was done.
pub async fn is_done(db: &Database, step: &str) -> sqlx::Result<bool> {
    let found: Option<(String,)> = sqlx::query_as("SELECT value FROM installation WHERE name = $1")
        .bind(step)
        .fetch_optional(db.reader())
        .await?;
    Ok(found.is_some())
}

/// Notes that a step of the installation was done.
pub async fn mark_done(db: &Database, step: &str) -> sqlx::Result<()> {
    stamp(db, step, "done").await
}

/// Writes a fact unless it is there.
async fn stamp(db: &Database, name: &str, value: &str) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    sqlx::query(
        "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
    )
    .bind(name)
    .bind(value)
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

async fn fact(db: &Database, name: &str) -> sqlx::Result<String> {
    sqlx::query_scalar("SELECT value FROM installation WHERE name = $1")
        .bind(name)
        .fetch_one(db.reader())
        .await
}
