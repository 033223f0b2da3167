//! API tokens: a secret that acts for an account within its scopes. Rights at each request are the
//! owner's role ∩ the token's scopes; only a hash of the secret is stored.

use std::time::Duration;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::users::{User, UserRow};
use super::{Accounts, Role};
use crate::credits::Actor;
use crate::db::Change;
use crate::ids::{TokenId, UserId};
use crate::oversight::{Deed, Operator};
use crate::secret;
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// What a token may do.
    Scope {
        CreditsRead = "credits:read", CreditsSpend = "credits:spend", Jobs = "jobs",
        CreditsWrite = "credits:write", UsersSync = "users:sync", Admin = "admin",
    }
}

impl Scope {
    /// Whether an account of this role has the right at all.
    pub fn allowed_for(self, role: Role) -> bool {
        match self {
            Self::CreditsRead | Self::CreditsSpend | Self::Jobs => true,
            Self::CreditsWrite | Self::UsersSync | Self::Admin => role == Role::Admin,
        }
    }
}

/// A set of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Reads `credits:read,jobs`; `None` when a word is no scope or there is none.
    pub fn parse(text: &str) -> Option<Self> {
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        let scopes: Vec<Scope> = words.map(Scope::parse).collect::<Option<_>>()?;
        Self::of(scopes)
    }

    /// Each once; `None` when there is none.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Option<Self> {
        let mut each: Vec<Scope> = Vec::new();
        for scope in scopes {
            if !each.contains(&scope) {
                each.push(scope);
            }
        }
        (!each.is_empty()).then_some(Self(each))
    }

    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }

    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// As [`Scopes::parse`] reads them.
    pub fn encode(&self) -> String {
        self.0
            .iter()
            .map(|scope| scope.as_str())
            .collect::<Vec<_>>()
            .join(",")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("only an administrator may have the scope {}", .0.as_str())]
    Forbidden(Scope),
    #[error("an account has at most {MOST} tokens")]
    TooMany,
    /// All access of the owner was ended meanwhile.
    #[error("the owner is signed out")]
    SignedOut,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Every token begins with this, so that one found in a log is recognised.
const PREFIX: &str = "atl_";

/// Of one account.
const MOST: i64 = 50;

/// When a token was last used is known to within this: not every request has to write.
const USE_NOTED_EVERY: Duration = Duration::from_secs(60);

/// A token as its owner sees it: what it is called and may do, never the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApiToken {
    pub id: TokenId,
    pub name: String,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// A token that was just made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewToken {
    #[serde(flatten)]
    pub token: ApiToken,
    /// Shown this once.
    pub secret: String,
}

#[derive(FromRow)]
struct ApiTokenRow {
    id: TokenId,
    name: String,
    scopes: String,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

impl ApiTokenRow {
    fn into_token(self) -> ApiToken {
        ApiToken {
            id: self.id,
            name: self.name,
            scopes: Scopes::parse(&self.scopes).unwrap_or_default(),
            created_at: self.created_at,
            last_used_at: self.last_used_at,
        }
    }
}

#[derive(FromRow)]
struct TokenRow {
    #[sqlx(flatten)]
    user: UserRow,
    scopes: String,
    last_used_at: Option<Timestamp>,
}

/// An administrator who does something to their own tokens.
fn operator(owner: &User, address: Option<&str>) -> Option<Operator> {
    owner.is_admin().then(|| Operator {
        actor: Actor::Admin(owner.id.clone()).to_string(),
        address: address.map(str::to_owned),
        reason: "their own account".to_owned(),
    })
}

impl Accounts {
    /// Makes a token called `name`; its secret is shown this once. That an administrator makes one is in the audit log.
    ///
    /// # Errors
    /// [`TokenError::Forbidden`] for a scope the owner's role does not have, [`TokenError::TooMany`] beyond fifty.
    pub async fn mint_token(
        &self,
        owner: &User,
        name: &str,
        scopes: &Scopes,
        address: Option<&str>,
    ) -> Result<NewToken, TokenError> {
        let by = operator(owner, address);
        self.mint(owner, name, scopes, by.as_ref()).await
    }

    /// The same by an operator, in the audit log.
    ///
    /// # Errors
    /// As of [`Self::mint_token`].
    pub async fn mint_token_by(
        &self,
        owner: &User,
        name: &str,
        scopes: &Scopes,
        by: &Operator,
    ) -> Result<NewToken, TokenError> {
        self.mint(owner, name, scopes, Some(by)).await
    }

    async fn mint(
        &self,
        owner: &User,
        name: &str,
        scopes: &Scopes,
        by: Option<&Operator>,
    ) -> Result<NewToken, TokenError> {
        if let Some(forbidden) = scopes.iter().find(|scope| !scope.allowed_for(owner.role)) {
            return Err(TokenError::Forbidden(forbidden));
        }
        let secret = format!("{PREFIX}{}", secret::token());
        let now = self.clock.now();
        let token = ApiToken {
            id: TokenId::new(now),
            name: name.to_owned(),
            scopes: scopes.clone(),
            created_at: now,
            last_used_at: None,
        };
        let mut tx = self.db.begin().await?;
        let select =
            tx.locking("SELECT access_epoch FROM users WHERE id = $1 AND blocked_at IS NULL");
        let epoch: Option<i64> = sqlx::query_scalar(select)
            .bind(owner.id.clone())
            .fetch_optional(&mut *tx)
            .await?;
        if epoch != Some(owner.access_epoch) {
            return Err(TokenError::SignedOut);
        }
        let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM api_tokens WHERE user_id = $1")
            .bind(&owner.id)
            .fetch_one(&mut *tx)
            .await?;
        if count >= MOST {
            return Err(TokenError::TooMany);
        }
        sqlx::query(
            "INSERT INTO api_tokens (id, user_id, name, token_hash, scopes, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&token.id)
        .bind(&owner.id)
        .bind(name)
        .bind(secret::hash(&secret))
        .bind(scopes.encode())
        .bind(now)
        .execute(&mut *tx)
        .await?;
        if let Some(by) = by {
            let may = format!("token {} for {}", token.id, scopes.encode());
            let owner = owner.id.as_str();
            by.records(
                &mut tx,
                Deed::TokenCreate,
                owner,
                "no such token",
                &may,
                now,
            )
            .await?;
        }
        tx.commit().await?;
        Ok(NewToken { token, secret })
    }

    /// The tokens of an account, newest first.
    pub async fn tokens(&self, owner: &UserId) -> sqlx::Result<Vec<ApiToken>> {
        let rows: Vec<ApiTokenRow> = sqlx::query_as(
            "SELECT id, name, scopes, created_at, last_used_at FROM api_tokens \
             WHERE user_id = $1 ORDER BY id DESC",
        )
        .bind(owner)
        .fetch_all(self.db.reader())
        .await?;
        Ok(rows.into_iter().map(ApiTokenRow::into_token).collect())
    }

    /// Whether `secret` is a token of `owner`.
    pub async fn owns_token(&self, owner: &UserId, secret: &str) -> sqlx::Result<bool> {
        let found: Option<(String,)> =
            sqlx::query_as("SELECT id FROM api_tokens WHERE token_hash = $1 AND user_id = $2")
                .bind(secret::hash(secret))
                .bind(owner)
                .fetch_optional(self.db.reader())
                .await?;
        Ok(found.is_some())
    }

    /// Ends a token of `owner`, and the streams it opened; says whether there was one. That an administrator's is ended is in
    /// the audit log.
    pub async fn revoke_token(
        &self,
        owner: &User,
        token: &TokenId,
        address: Option<&str>,
    ) -> sqlx::Result<bool> {
        let (by, owner) = (operator(owner, address), &owner.id);
        let mut tx = self.db.begin().await?;
        let ended: Option<String> = sqlx::query_scalar(
            "DELETE FROM api_tokens WHERE id = $1 AND user_id = $2 RETURNING scopes",
        )
        .bind(token)
        .bind(owner)
        .fetch_optional(&mut *tx)
        .await?;
        if let (Some(by), Some(scopes)) = (by, &ended) {
            let (may, now) = (format!("token {token} for {scopes}"), self.clock.now());
            let (target, gone) = (owner.as_str(), "no such token");
            by.records(&mut tx, Deed::TokenRevoke, target, &may, gone, now)
                .await?;
        }
        tx.changed(Change::SignedOut(owner.clone()));
        tx.commit().await?;
        Ok(ended.is_some())
    }

    /// The account and scopes behind a bearer token that is being used; scopes its owner has lost are left out.
    pub async fn find_token(&self, bearer: &str) -> sqlx::Result<Option<(User, Scopes)>> {
        let Some((user, scopes, last_used_at)) = self.token(bearer).await? else {
            return Ok(None);
        };
        // Whoever only reads is not kept from it by a database that cannot be written.
        if let Err(error) = self.note_use(bearer, last_used_at).await {
            tracing::warn!(%error, "the use of a token could not be noted");
        }
        Ok(Some((user, scopes)))
    }

    /// Whether a bearer token still opens anything; asking is no use of it.
    pub async fn token_lives(&self, bearer: &str) -> sqlx::Result<bool> {
        Ok(self.token(bearer).await?.is_some())
    }

    async fn token(&self, bearer: &str) -> sqlx::Result<Option<(User, Scopes, Option<Timestamp>)>> {
        if !bearer.starts_with(PREFIX) {
            return Ok(None);
        }
        let row: Option<TokenRow> = sqlx::query_as(
            "SELECT u.id, u.email, u.name, u.role, u.language, u.verified_at, u.blocked_at, \
                    u.created_at, u.access_epoch, t.scopes, t.last_used_at \
             FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.token_hash = $1",
        )
        .bind(secret::hash(bearer))
        .fetch_optional(self.db.reader())
        .await?;
        let Some(TokenRow {
            user,
            scopes,
            last_used_at,
        }) = row
        else {
            return Ok(None);
        };
        let Some(user) = user.into_user().filter(|user| !user.blocked) else {
            return Ok(None);
        };
        let mut scopes = Scopes::parse(&scopes).unwrap_or_default();
        scopes.0.retain(|scope| scope.allowed_for(user.role));
        Ok(Some((user, scopes, last_used_at)))
    }

    async fn note_use(&self, bearer: &str, before: Option<Timestamp>) -> sqlx::Result<()> {
        let now = self.clock.now();
        if before.is_some_and(|before| before.plus(USE_NOTED_EVERY) > now) {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        sqlx::query("UPDATE api_tokens SET last_used_at = $2 WHERE token_hash = $1")
            .bind(secret::hash(bearer))
            .bind(now)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_whole_or_not_at_all() {
        let scopes = Scopes::parse("credits:read,jobs").unwrap();
        assert!(scopes.has(Scope::Jobs) && !scopes.has(Scope::CreditsWrite));
        assert_eq!(Scopes::parse("credits:read,everything"), None);
        assert_eq!(Scopes::parse(""), None);
    }

    #[test]
    fn a_user_has_no_right_to_write_wallets() {
        assert!(!Scope::CreditsWrite.allowed_for(Role::User));
        assert!(Scope::CreditsWrite.allowed_for(Role::Admin));
        assert!(Scope::CreditsSpend.allowed_for(Role::User));
    }
}
