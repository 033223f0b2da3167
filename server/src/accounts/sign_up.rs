use super::limits::{Limited, SIGN_UPS_FROM_ADDRESS};
use super::{Accounts, Email, Language, Password, Role, User};
use crate::catalog::InitialWhen;
use crate::credits::{self, CreditsError};
use crate::db::{self, Tx};
use crate::ids::UserId;
use crate::mail::{Template, outbox};
use crate::oversight::{Deed, Operator};
use crate::secret;
use crate::time::Timestamp;
use secrecy::ExposeSecret;

/// What a new account is made of. However it is born, its wallet is born with it.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub email: Email,
    pub password: Password,
    pub name: String,
    pub role: Role,
    /// Nothing where nobody said: then it is the browser's.
    pub language: Option<Language>,
    /// Made by the operator: the address needs no proof and no letter is sent.
    pub verified: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    #[error("this address has an account already")]
    EmailTaken,
    #[error(transparent)]
    Limited(#[from] Limited),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Free trials before the address is verified, where the catalogue waits for that.
const TRIALS_BEFORE_VERIFIED: i64 = 1;

impl Accounts {
    /// Signs somebody up from a form or the API. `address` is where they come from.
    pub async fn sign_up(&self, new: NewAccount, address: &str) -> Result<User, SignUpError> {
        self.limits.take(SIGN_UPS_FROM_ADDRESS, address).await??;
        match self.create_from(new, Some(address), None).await {
            Ok(user) => {
                self.mail_wake.notify_one();
                Ok(user)
            }
            Err(error) => {
                let limits = &self.limits;
                limits.give_back(SIGN_UPS_FROM_ADDRESS, address).await?;
                Err(error)
            }
        }
    }

    /// Makes an account with its wallet, and what the catalogue gives to new ones.
    pub async fn create(&self, new: NewAccount) -> Result<User, SignUpError> {
        self.create_from(new, None, None).await
    }

    /// The same by an operator, in the audit log.
    pub async fn create_by(&self, new: NewAccount, by: &Operator) -> Result<User, SignUpError> {
        self.create_from(new, None, Some(by)).await
    }

    async fn create_from(
        &self,
        new: NewAccount,
        address: Option<&str>,
        by: Option<&Operator>,
    ) -> Result<User, SignUpError> {
        let password_hash = self.passwords.hash(&new.password).await;
        let now = self.clock.now();
        let user = UserId::new(now);
        let mut tx = self.db.begin().await?;
        insert_user(&mut tx, &user, &new, &password_hash, now).await?;
        if let Some(address) = address {
            self.note_origin(&mut tx, &user, address).await?;
        }
        self.open_wallet(&mut tx, &user, &new, now).await?;
        if !new.verified {
            let language = new.language.unwrap_or(Language::En);
            let (email, template) = (&new.email, Template::Verify);
            outbox::to_address(&mut tx, email, template, language, None, now).await?;
        }
        if let Some(by) = by {
            let (id, role) = (user.as_str(), new.role.as_str());
            by.records(&mut tx, Deed::UserCreate, id, "no account", role, now)
                .await?;
        }
        tx.commit().await?;
        Ok(User {
            id: user,
            email: new.email.as_str().to_owned(),
            name: new.name,
            role: new.role,
            language: new.language,
            verified: new.verified,
            blocked: false,
            created_at: now,
            access_epoch: 0,
        })
    }

    /// Notes from where an account was made: a keyed hash, by which accounts from one address are counted. It goes
    /// with the account.
    async fn note_origin(&self, tx: &mut Tx, user: &UserId, address: &str) -> sqlx::Result<()> {
        let origin = format!("origin {address}");
        sqlx::query("UPDATE users SET signed_up_from = $2 WHERE id = $1")
            .bind(user)
            .bind(secret::keyed_hash(self.person_key.expose_secret(), &origin))
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    async fn open_wallet(
        &self,
        tx: &mut Tx,
        user: &UserId,
        new: &NewAccount,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        let waits = self.catalog.initial.when == InitialWhen::Verified && !new.verified;
        if waits {
            let first_time = self.note_trial(tx, &new.email, now).await?;
            let trials = TRIALS_BEFORE_VERIFIED.min(self.catalog.initial.trials);
            return credits::open(tx, user, if first_time { trials } else { 0 }, now).await;
        }
        credits::open(tx, user, 0, now).await?;
        self.welcome_once(tx, user, &new.email, now).await
    }

    /// Gives the initial credits and trials, once per person, for ever.
    pub(super) async fn welcome_once(
        &self,
        tx: &mut Tx,
        user: &UserId,
        email: &Email,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        if !self.note_welcome(tx, email, now).await? {
            return Ok(());
        }
        let initial = &self.catalog.initial;
        match credits::welcome(tx, user, initial.credits, initial.trials, now).await {
            Ok(_) => Ok(()),
            Err(CreditsError::Database(error)) => Err(error),
            Err(_) => Err(db::corrupt("an account without a wallet")),
        }
    }

    /// Notes that a person had the trial before their address was verified; says whether it is the first time.
    pub(super) async fn note_trial(
        &self,
        tx: &mut Tx,
        email: &Email,
        now: Timestamp,
    ) -> sqlx::Result<bool> {
        self.note_person("trial ", tx, email, now).await
    }

    /// The same of the initial credits and trials.
    pub(super) async fn note_welcome(
        &self,
        tx: &mut Tx,
        email: &Email,
        now: Timestamp,
    ) -> sqlx::Result<bool> {
        self.note_person("", tx, email, now).await
    }

    /// Notes that a person was given something; says whether it is the first time. What is kept
    /// outlives the account and names nobody.
    async fn note_person(
        &self,
        what: &str,
        tx: &mut Tx,
        email: &Email,
        now: Timestamp,
    ) -> sqlx::Result<bool> {
        let person = format!("{what}{}", email.person());
        let noted = sqlx::query(
            "INSERT INTO initial_grants (person, created_at) VALUES ($1, $2) \
             ON CONFLICT (person) DO NOTHING",
        )
        .bind(secret::keyed_hash(self.person_key.expose_secret(), &person))
        .bind(now)
        .execute(&mut **tx)
        .await?
        .rows_affected();
        Ok(noted == 1)
    }
}

async fn insert_user(
    tx: &mut Tx,
    id: &UserId,
    new: &NewAccount,
    password_hash: &str,
    now: Timestamp,
) -> Result<(), SignUpError> {
    let inserted = sqlx::query(
        "INSERT INTO users (id, email, name, role, password_hash, language, verified_at, \
         created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (email) DO NOTHING",
    )
    .bind(id)
    .bind(new.email.as_str())
    .bind(&new.name)
    .bind(new.role.as_str())
    .bind(password_hash)
    .bind(new.language.map(Language::as_str))
    .bind(new.verified.then_some(now))
    .bind(now)
    .execute(&mut **tx)
    .await?
    .rows_affected();
    if inserted == 1 {
        Ok(())
    } else {
        Err(SignUpError::EmailTaken)
    }
}
