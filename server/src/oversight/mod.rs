//! What the operator looks at: for now, the audit log.

use crate::db::Tx;
use crate::ids::uuid_v7;
use crate::time::Timestamp;

/// Something an administrator or the command line did.
pub struct Audit<'a> {
    pub actor: String,
    pub action: &'static str,
    pub target: &'a str,
    pub before: String,
    pub after: String,
    pub reason: &'a str,
    pub address: Option<String>,
}

/// Writes a line of the audit log in the transaction of what it tells.
pub async fn record(tx: &mut Tx, audit: &Audit<'_>, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO audit_log (id, at, actor, action, target, before, after, reason, address) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(uuid_v7(now))
    .bind(now)
    .bind(&audit.actor)
    .bind(audit.action)
    .bind(audit.target)
    .bind(&audit.before)
    .bind(&audit.after)
    .bind(audit.reason)
    .bind(&audit.address)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
