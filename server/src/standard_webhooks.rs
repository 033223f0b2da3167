//! Signatures as standardwebhooks.com has them, which several providers use: the base64 of HMAC-SHA256
//! over id, time and body.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use http::HeaderMap;

use crate::secret::is_hmac_sha256;
use crate::time::Timestamp;

/// How far a signature's time may be from ours, in either direction.
const TOLERANCE_SECONDS: u64 = 300;

/// Whether the headers carry a good signature of this body, made lately.
pub fn is_signed(payload: &[u8], headers: &HeaderMap, secret: &str, now: Timestamp) -> bool {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let parts = (
        header("webhook-id"),
        header("webhook-timestamp"),
        header("webhook-signature"),
    );
    let (Some(id), Some(at), Some(signatures)) = parts else {
        return false;
    };
    is_recent(at, now) && has_mac(payload, id, at, signatures, secret)
}

fn is_recent(at: &str, now: Timestamp) -> bool {
    let at = at.parse::<i64>();
    at.is_ok_and(|at| at.abs_diff(now.seconds()) <= TOLERANCE_SECONDS)
}

/// Of several signatures one has to fit, as while a secret is changed.
fn has_mac(payload: &[u8], id: &str, at: &str, signatures: &str, secret: &str) -> bool {
    let key = key_of(secret);
    let mut signed = format!("{id}.{at}.").into_bytes();
    signed.extend_from_slice(payload);
    let mut macs = signatures
        .split(' ')
        .filter_map(|one| one.strip_prefix("v1,"))
        .filter_map(|text| STANDARD.decode(text).ok());
    !key.is_empty() && macs.any(|mac| is_hmac_sha256(&key, &signed, &mac))
}

/// The bytes that the base64 behind `whsec_` stands for; also without that prefix. A secret that is no
/// base64 is its own key.
pub fn key_of(secret: &str) -> Vec<u8> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text = secret.strip_prefix("whsec_").unwrap_or(secret);
    let plain = text.replace('-', "+").replace('_', "/");
    GeneralPurpose::new(&alphabet::STANDARD, LENIENT)
        .decode(plain)
        .unwrap_or_else(|_| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_its_base64_stands_for() {
        assert_eq!(key_of("whsec_AAEC"), [0, 1, 2]);
        assert_eq!(key_of("AAEC"), [0, 1, 2]);
        assert_eq!(key_of("whsec_-_8"), [0xfb, 0xff]);
        assert_eq!(key_of("whsec_not base64"), b"not base64");
    }
}
