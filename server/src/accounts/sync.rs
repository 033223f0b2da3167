//! Accounts that an outside identity system keeps: made and brought up to date as it says.

use sqlx::FromRow;

use super::users::UserRow;
use super::{Accounts, Email, Role, User};
use crate::credits;
use crate::db::{self, Tx};
use crate::ids::UserId;
use crate::oversight::{self, Audit, Deed};
use crate::time::Timestamp;

/// Somebody as the outside system knows them. It vouches for the address, so nothing has to be verified.
#[derive(Clone, Debug)]
pub struct Outsider {
    /// Names the person there, for ever.
    pub external_id: String,
    pub email: Email,
    /// `None` leaves the name as it is.
    pub name: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Synced {
    pub user: User,
    /// The account is new.
    pub created: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The address belongs to an account that the outside system does not know by this id.
    #[error("this address has an account already")]
    EmailTaken,
    /// The account of this id was deleted; it is not made again.
    #[error("this account was deleted")]
    Deleted,
    /// Administrators are made and changed here alone: who keeps an outside system would else become one.
    #[error("an administrator is no user of an outside system")]
    Administrator,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Known {
    #[sqlx(flatten)]
    user: UserRow,
}

const COLUMNS: &str = "SELECT id, email, name, role, language, verified_at, blocked_at, created_at, \
                       access_epoch FROM users WHERE external_id = $1";

impl Accounts {
    /// Makes the account of `outsider`, with its wallet and what the catalogue gives to new ones, or brings its
    /// address and name up to date. Twice is once, also at once.
    ///
    /// # Errors
    /// [`SyncError::EmailTaken`] when the address has another account: the two are not joined, because whoever may
    /// write into one system would own the other's credits.
    pub async fn sync(
        &self,
        outsider: &Outsider,
        actor: &str,
        address: Option<&str>,
    ) -> Result<Synced, SyncError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let mut before = known(&mut tx, &outsider.external_id).await?;
        let mut created = false;
        if before.is_none() {
            if self
                .outsider_was_deleted(&mut tx, &outsider.external_id)
                .await?
            {
                return Err(SyncError::Deleted);
            }
            created = self.insert_outsider(&mut tx, outsider, now).await?;
            before = known(&mut tx, &outsider.external_id).await?;
        }
        let before = before.ok_or(SyncError::EmailTaken)?;
        if before.is_admin() {
            return Err(SyncError::Administrator);
        }
        let after = updated(&before, outsider);
        let (was, is) = match created {
            true => ("no account".to_owned(), "created".to_owned()),
            false => differences(&before, &after),
        };
        if was != is {
            update(&mut tx, &after, &before.email, now).await?;
            let target = after.id.to_string();
            let audit = Audit {
                actor: actor.to_owned(),
                action: Deed::UserSync,
                target: &target,
                before: was,
                after: is,
                // The outside id does not stand here: it is often an address, and would outlive its account.
                reason: "",
                address: address.map(str::to_owned),
            };
            oversight::record(&mut tx, &audit, now).await?;
        }
        tx.commit().await?;
        Ok(Synced {
            user: after,
            created,
        })
    }

    /// The account that the outside system calls `external_id`.
    pub async fn find_by_external_id(&self, external_id: &str) -> sqlx::Result<Option<User>> {
        let row: Option<Known> = sqlx::query_as(COLUMNS)
            .bind(external_id)
            .fetch_optional(self.db.reader())
            .await?;
        Ok(row.and_then(|known| known.user.into_user()))
    }

    /// Whether it was made: not when the id or the address is there already.
    async fn insert_outsider(
        &self,
        tx: &mut Tx,
        outsider: &Outsider,
        now: Timestamp,
    ) -> sqlx::Result<bool> {
        let user = UserId::new(now);
        let inserted = sqlx::query(
            "INSERT INTO users (id, email, name, role, verified_at, created_at, external_id) \
             VALUES ($1, $2, $3, $4, $5, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(&user)
        .bind(outsider.email.as_str())
        .bind(outsider.name.as_deref().unwrap_or_default())
        .bind(Role::User.as_str())
        .bind(now)
        .bind(&outsider.external_id)
        .execute(&mut **tx)
        .await?
        .rows_affected();
        if inserted == 0 {
            return Ok(false);
        }
        credits::open(tx, &user, 0, now).await?;
        self.welcome_once(tx, &user, &outsider.email, now).await?;
        Ok(true)
    }
}

async fn known(tx: &mut Tx, external_id: &str) -> sqlx::Result<Option<User>> {
    let row: Option<Known> = sqlx::query_as(tx.locking(COLUMNS))
        .bind(external_id)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.and_then(|known| known.user.into_user()))
}

fn updated(before: &User, outsider: &Outsider) -> User {
    let name = outsider.name.clone();
    User {
        email: outsider.email.as_str().to_owned(),
        name: name.unwrap_or_else(|| before.name.clone()),
        verified: true,
        ..before.clone()
    }
}

async fn update(tx: &mut Tx, user: &User, before: &str, now: Timestamp) -> Result<(), SyncError> {
    let updated = sqlx::query(
        "UPDATE users SET email = $2, name = $3, verified_at = COALESCE(verified_at, $4) \
         WHERE id = $1",
    )
    .bind(&user.id)
    .bind(&user.email)
    .bind(&user.name)
    .bind(now)
    .execute(&mut **tx)
    .await;
    match updated {
        Ok(_) => {}
        Err(error) if db::is_duplicate(&error) => return Err(SyncError::EmailTaken),
        Err(error) => return Err(error.into()),
    }
    // A link that was sent to another address sets no password any more.
    sqlx::query(
        "DELETE FROM email_tokens WHERE user_id = $1 AND used_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM users WHERE id = $1 AND email = $2)",
    )
    .bind(&user.id)
    .bind(before)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What differs, as it was and as it is. It names somebody, so it goes with the account ([`oversight::forget`]).
fn differences(before: &User, after: &User) -> (String, String) {
    let verified = |user: &User| match user.verified {
        true => "verified",
        false => "not verified",
    };
    let fields = [
        (
            format!("email {}", before.email),
            format!("email {}", after.email),
        ),
        (
            format!("name {}", before.name),
            format!("name {}", after.name),
        ),
        (verified(before).to_owned(), verified(after).to_owned()),
    ];
    let (was, is): (Vec<_>, Vec<_>) = fields.into_iter().filter(|(was, is)| was != is).unzip();
    (was.join(", "), is.join(", "))
}
