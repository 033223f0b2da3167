//! `GET /sandbox/mail/{id}`: a kept letter as a program for letters shows it.

use axum::extract::{Path, State as Extract};
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse, Response};

use super::State;
use super::caller::SignedIn;
use super::problem::Problem;

/// Its style stands in its elements, and it has nothing else: no script, no pictures, no forms.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

pub async fn show(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let letter_box = state.mail.as_ref().ok_or_else(Problem::not_found)?;
    let letters = letter_box.letters_for(caller.as_ref().map(|caller| &caller.user));
    let letter = letters.await.into_iter().find(|letter| letter.id == id);
    let letter = letter.ok_or_else(Problem::not_found)?;
    Ok(([(CONTENT_SECURITY_POLICY, POLICY)], Html(letter.html)).into_response())
}
