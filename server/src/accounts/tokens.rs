//! API tokens: a secret that acts for an account within its scopes. Rights at each request are the
//! owner's role ∩ the token's scopes; only a hash of the secret is stored.

use sqlx::FromRow;

use super::users::{User, UserRow};
use super::{Accounts, Role};
use crate::ids::TokenId;
use crate::secret;
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Reads `credits:read,jobs`; `None` when a word is no scope or there is none.
    pub fn parse(text: &str) -> Option<Self> {
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        let scopes: Vec<Scope> = words.map(Scope::parse).collect::<Option<_>>()?;
        (!scopes.is_empty()).then_some(Self(scopes))
    }

    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    fn encode(&self) -> String {
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
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Every token begins with this, so that one found in a log is recognised.
const PREFIX: &str = "atl_";

#[derive(FromRow)]
struct TokenRow {
    #[sqlx(flatten)]
    user: UserRow,
    scopes: String,
}

impl Accounts {
    /// Makes a token; its secret is shown this once.
    ///
    /// # Errors
    /// [`TokenError::Forbidden`] for a scope the owner's role does not have.
    pub async fn mint_token(&self, owner: &User, scopes: &Scopes) -> Result<String, TokenError> {
        if let Some(&forbidden) = scopes.0.iter().find(|scope| !scope.allowed_for(owner.role)) {
            return Err(TokenError::Forbidden(forbidden));
        }
        let secret_text = format!("{PREFIX}{}", secret::token());
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "INSERT INTO api_tokens (id, user_id, token_hash, scopes, created_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(TokenId::new(now))
        .bind(&owner.id)
        .bind(secret::hash(&secret_text))
        .bind(scopes.encode())
        .bind(now)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(secret_text)
    }

    /// The account and scopes behind a bearer token; scopes its owner has lost are left out.
    pub async fn find_token(&self, bearer: &str) -> sqlx::Result<Option<(User, Scopes)>> {
        if !bearer.starts_with(PREFIX) {
            return Ok(None);
        }
        let row: Option<TokenRow> = sqlx::query_as(
            "SELECT u.id, u.email, u.name, u.role, u.language, u.verified_at, u.blocked_at, \
                    u.created_at, t.scopes \
             FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.token_hash = $1",
        )
        .bind(secret::hash(bearer))
        .fetch_optional(self.db.reader())
        .await?;
        let Some(TokenRow { user, scopes }) = row else {
            return Ok(None);
        };
        let Some(user) = user.into_user().filter(|user| !user.blocked) else {
            return Ok(None);
        };
        let mut scopes = Scopes::parse(&scopes).unwrap_or_default();
        scopes.0.retain(|scope| scope.allowed_for(user.role));
        Ok(Some((user, scopes)))
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
