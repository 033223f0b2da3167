//! What the payer sees at Creem: the checkout, and the portal where subscriptions are managed.

pub mod cards;
mod checkout;
mod portal;
mod words;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::StatusCode;

use self::words::Words;
use super::CreemSandbox;
use crate::sandbox::page::{self, Page};

pub fn router() -> Router<CreemSandbox> {
    Router::new()
        .route("/checkout/{id}", get(checkout::show).post(checkout::pay))
        .route("/portal/{id}", get(portal::show).post(portal::change))
        .route("/style.css", get(style))
}

async fn style() -> impl IntoResponse {
    page::style(include_str!("colours.css")).await
}

fn page(status: StatusCode, words: &'static Words, title: &'static str, main: &str) -> Page {
    Page {
        status,
        language: words.language,
        title,
        banner: words.sandbox,
        style: "../style.css",
        main: format!("<h1>{title}</h1>{main}"),
    }
}

/// One sentence, for when there is nothing to do.
fn notice(status: StatusCode, words: &'static Words, sentence: &str) -> Page {
    page(status, words, words.title, &format!("<p>{sentence}</p>"))
}

/// `990` in `USD` as `USD 9.90`. Creem sells in euros and dollars, which have cents.
fn money(cents: i64, currency: &str) -> String {
    format!("{currency} {}.{:02}", cents / 100, (cents % 100).abs())
}

#[cfg(test)]
mod tests {
    #[test]
    fn money_has_cents() {
        assert_eq!(super::money(990, "USD"), "USD 9.90");
        assert_eq!(super::money(5, "EUR"), "EUR 0.05");
    }
}
