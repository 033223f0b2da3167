//! The letters that wait to be sent.

use crate::accounts::{Email, Language};
use crate::db::Tx;
use crate::ids::{UserId, uuid_v7};
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// The letters there are.
    Template {
        Verify = "verify", Reset = "reset", Receipt = "receipt", Refund = "refund",
        RenewalFailed = "renewal_failed", ChangeEmail = "change_email",
        EmailChanged = "email_changed", Anomalies = "anomalies",
        SpendingStopped = "spending_stopped", SpendingLifted = "spending_lifted",
    }
}

/// A letter to an address, which need not belong to an account; `about` is what it needs to know when it is sent.
pub(crate) async fn to_address(
    tx: &mut Tx,
    to: &Email,
    template: Template,
    language: Language,
    about: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO outgoing_mail (id, recipient, template, language, about, next_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(uuid_v7(now))
    .bind(to.as_str())
    .bind(template.as_str())
    .bind(language.as_str())
    .bind(about)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A letter to an account, in its language, about what `about` is the id of.
pub(crate) async fn to_account(
    tx: &mut Tx,
    user: &UserId,
    template: Template,
    about: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO outgoing_mail (id, recipient, template, language, about, next_at, created_at) \
         SELECT $1, email, $2, COALESCE(language, 'en'), $3, $4, $4 FROM users \
         WHERE id = $5 AND deleted_at IS NULL",
    )
    .bind(uuid_v7(now))
    .bind(template.as_str())
    .bind(about)
    .bind(now)
    .bind(user)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
