//! What the clients of all providers do alike: the connection, lost answers, results of bounded size.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use reqwest::{Client, Response, StatusCode, header};
use url::Url;

use crate::studio::provider::ProviderError;

/// Pictures go up in one request, over whatever line the site has.
const TIMEOUT: Duration = Duration::from_secs(120);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A result is a picture; anything larger is not one.
const MOST_RESULT_BYTES: usize = 60 * 1024 * 1024;
/// Longer than that nobody has to wait on a provider's word.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);

pub fn client() -> reqwest::Result<Client> {
    Client::builder()
        .timeout(TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::limited(3))
        .no_proxy()
        .build()
}

/// An address below `base`, each part of the path as it is: an id never leads elsewhere.
pub fn address(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// A request that was not answered. The URL may hold a callback's secret, so it is left out.
pub fn lost(error: &reqwest::Error) -> ProviderError {
    if error.is_connect() {
        return ProviderError::Unavailable;
    }
    let kind = if error.is_timeout() {
        "timed out"
    } else {
        "broken connection or body"
    };
    ProviderError::Transport(kind.to_owned())
}

/// A refusal by its status, where its code says nothing more.
pub fn refusal(status: StatusCode, wait: Option<Duration>) -> ProviderError {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ProviderError::Auth,
        StatusCode::PAYMENT_REQUIRED => ProviderError::OutOfCredits,
        StatusCode::TOO_MANY_REQUESTS => ProviderError::Busy(wait),
        StatusCode::NOT_FOUND | StatusCode::GONE => ProviderError::NotFound,
        status if status.is_client_error() => ProviderError::InvalidInput,
        _ => ProviderError::Unavailable,
    }
}

/// The seconds of `Retry-After`; its other form, a date, is left alone.
pub fn retry_after(answer: &Response) -> Option<Duration> {
    let text = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    let wait = Duration::from_secs(text.trim().parse().ok()?);
    Some(wait.min(LONGEST_WAIT))
}

/// Fetches a result, bounded in size.
pub async fn fetch(http: &Client, output: &str) -> Result<Bytes, ProviderError> {
    let answer = http
        .get(output)
        .send()
        .await
        .map_err(|error| lost(&error))?;
    if !answer.status().is_success() {
        return Err(ProviderError::Unavailable);
    }
    let mut bytes = BytesMut::new();
    let mut parts = answer.bytes_stream();
    while let Some(part) = parts.next().await {
        bytes.extend_from_slice(&part.map_err(|error| lost(&error))?);
        if bytes.len() > MOST_RESULT_BYTES {
            return Err(ProviderError::InvalidInput);
        }
    }
    Ok(bytes.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_where_it_belongs() {
        let base: Url = "https://api.example/own/".parse().unwrap();
        let url = address(&base, &["v1", "status", "../../x?y#z"]);
        assert_eq!(
            url.as_str(),
            "https://api.example/own/v1/status/..%2F..%2Fx%3Fy%23z"
        );
    }

    #[test]
    fn a_status_says_whose_fault_it_is() {
        let wait = Some(Duration::from_secs(7));
        for (status, expected) in [
            (401, ProviderError::Auth),
            (403, ProviderError::Auth),
            (402, ProviderError::OutOfCredits),
            (429, ProviderError::Busy(wait)),
            (404, ProviderError::NotFound),
            (400, ProviderError::InvalidInput),
            (422, ProviderError::InvalidInput),
            (500, ProviderError::Unavailable),
            (503, ProviderError::Unavailable),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(refusal(status, wait), expected, "{status}");
        }
    }
}
