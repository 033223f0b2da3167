use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A password somebody chose: long enough, nothing else is asked of it.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    pub const SHORTEST: usize = 8;
    /// Long enough for any sentence, short enough to hash.
    pub const LONGEST: usize = 256;

    /// `None` when it has fewer than 8 or more than 256 characters.
    pub fn parse(text: &str) -> Option<Self> {
        let length = text.chars().count();
        (Self::SHORTEST..=Self::LONGEST)
            .contains(&length)
            .then(|| Self(text.into()))
    }

    pub(super) fn secret(&self) -> &SecretString {
        &self.0
    }
}

/// Hashes at once in one process. Each takes 19 MiB and a core for some tens of milliseconds.
const AT_ONCE: usize = 2;

/// Hashes and checks passwords with argon2id, a bounded number at once.
#[derive(Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

/// Checked instead of a missing account's hash, so that both take the same time.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password"));

impl Passwords {
    /// Waits for one of the places.
    pub async fn place(&self) -> OwnedSemaphorePermit {
        match self.places.clone().acquire_owned().await {
            Ok(permit) => permit,
            Err(_) => unreachable!("the semaphore is never closed"),
        }
    }

    /// The PHC string of `password`.
    pub async fn hash(&self, password: &Password) -> String {
        let _place = self.place().await;
        let password = password.0.clone();
        blocking(move || hash_now(password.expose_secret())).await
    }

    /// Whether `typed` is the password behind `hash`; takes as long when there is no hash.
    /// The caller holds a [`Passwords::place`].
    pub async fn verify(&self, typed: &SecretString, hash: Option<String>) -> bool {
        let typed = typed.clone();
        blocking(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.clone());
            let matches = PasswordHash::new(&hash).is_ok_and(|hash| {
                Argon2::default()
                    .verify_password(typed.expose_secret().as_bytes(), &hash)
                    .is_ok()
            });
            known && matches
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn hash_now(password: &str) -> String {
    match Argon2::default().hash_password(password.as_bytes()) {
        Ok(hash) => hash.to_string(),
        Err(error) => unreachable!("argon2id takes any password of bounded length: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_a_length() {
        assert!(Password::parse("1234567").is_none());
        assert!(Password::parse("12345678").is_some());
        assert!(Password::parse("八个汉字也可以的").is_some());
        assert!(Password::parse(&"x".repeat(257)).is_none());
    }

    #[tokio::test]
    async fn the_right_password_fits_and_no_other() {
        let passwords = Passwords::default();
        let hash = passwords
            .hash(&Password::parse("atelier-demo").unwrap())
            .await;
        assert!(hash.starts_with("$argon2id$"));
        assert!(
            passwords
                .verify(&"atelier-demo".into(), Some(hash.clone()))
                .await
        );
        assert!(!passwords.verify(&"atelier-dem0".into(), Some(hash)).await);
        assert!(
            !passwords
                .verify(&"nobody has this password".into(), None)
                .await
        );
    }
}
