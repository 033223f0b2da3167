//! Secrets made here: random tokens, and the hashes under which they are stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rand::RngExt;
use sha2::{Digest, Sha256};

/// A random token of 256 bits, safe in a URL (43 characters).
pub fn token() -> String {
    let bytes: [u8; 32] = rand::rng().random();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A short number to find a line of the log by: 8 hex digits.
pub fn reference() -> String {
    let bytes: [u8; 4] = rand::rng().random();
    hex::encode(bytes)
}

/// SHA-256 in hex. Enough for what is itself random: tokens, session ids.
pub fn hash(text: &str) -> String {
    hash_bytes(text.as_bytes())
}

pub fn hash_bytes(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// HMAC-SHA256 in hex, for what could be guessed, such as an address.
pub fn keyed_hash(key: &str, text: &str) -> String {
    hex::encode(hmac_sha256(key.as_bytes(), text.as_bytes()))
}

/// Whether `mac` is that of `message`, in a time that does not depend on how much of it fits.
pub fn is_hmac_sha256(key: impl AsRef<[u8]>, message: &[u8], mac: &[u8]) -> bool {
    keyed(key.as_ref(), message).verify_slice(mac).is_ok()
}

pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    keyed(key, message).finalize().into_bytes().to_vec()
}

fn keyed(key: &[u8], message: &[u8]) -> Hmac<Sha256> {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(message);
            mac
        }
        Err(_) => unreachable!("HMAC takes keys of any length"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ() {
        assert_eq!(token().len(), 43);
        assert_ne!(token(), token());
    }

    #[test]
    fn keyed_hash_depends_on_the_key() {
        assert_ne!(keyed_hash("a", "x"), keyed_hash("b", "x"));
        assert_eq!(keyed_hash("a", "x"), keyed_hash("a", "x"));
    }
}
