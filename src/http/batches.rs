//! `POST /admin/bulk`: a batch comes as a file or as text, is read and kept, and its page shows what it would do.

use atelier_app::flash::{Flash, Form, Outcome};
use atelier_app::forms::batches::bulk_of;
use atelier_app::routes;
use atelier_server::accounts::Language;
use atelier_server::oversight::Operator;
use axum::Extension;
use axum::extract::{FromRequest, Multipart, Request, State as Extract};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::batch_table;
use super::caller::{Caller, SignedIn};
use super::pages;
use super::problem::Problem;
use super::upload::{drain, read_field};
use super::{MOST_BULK, State};

/// A file, or else what was pasted.
#[derive(Default)]
struct Given {
    file: Vec<u8>,
    pasted: String,
}

pub async fn keep(
    Extract(state): Extract<State>,
    Extension(language): Extension<Language>,
    SignedIn(caller): SignedIn,
    request: Request,
) -> Response {
    let Some(caller) = caller else {
        drain(request.into_body()).await;
        return Redirect::to(&routes::sign_in_then(routes::ADMIN_BULK)).into_response();
    };
    if !caller.user.is_admin() {
        drain(request.into_body()).await;
        // The page itself says so.
        return Redirect::to(routes::ADMIN_BULK).into_response();
    }
    let mut given = Given::default();
    if let Err(outcome) = receive(&state, request, &mut given).await {
        return refuse(&state, caller, language, &given, outcome).await;
    }
    let bytes = match given.file.is_empty() {
        true => given.pasted.as_bytes(),
        false => &given.file,
    };
    let rows = match batch_table::read(bytes) {
        Ok(rows) => rows,
        Err(outcome) => return refuse(&state, caller, language, &given, outcome).await,
    };
    let operator = Operator {
        actor: caller.as_operator().to_string(),
        address: caller.address.clone(),
        reason: String::new(),
    };
    let bulk = bulk_of(&state.services, &caller.user, operator);
    match bulk.keep(&rows).await {
        Ok(id) => Redirect::to(&routes::batch(&id)).into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}

/// The form again, with what was wrong and all that was pasted.
async fn refuse(
    state: &State,
    caller: Caller,
    language: Language,
    given: &Given,
    outcome: Outcome,
) -> Response {
    // What came as a file and can be read is shown as well, so that it can be mended here.
    let text = match std::str::from_utf8(&given.file) {
        Ok(file) if !file.is_empty() => file,
        _ => &given.pasted,
    };
    let flash = Flash::new(Form::Batch, outcome).show("rows", text);
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    pages::show(
        state,
        caller.user,
        language,
        routes::ADMIN_BULK,
        flash,
        status,
    )
    .await
}

/// Fills in what fits, whatever else does not.
async fn receive(state: &State, request: Request, given: &mut Given) -> Result<(), Outcome> {
    let multipart = Multipart::from_request(request, state).await;
    let mut multipart = multipart.map_err(|_| Outcome::Incomplete)?;
    let (mut dropped, mut fits) = (0, true);
    loop {
        let field = multipart.next_field().await;
        let field = field.map_err(|_| Outcome::TableTooLarge)?;
        let Some(field) = field else {
            return fits.then_some(()).ok_or(Outcome::TableTooLarge);
        };
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = read_field(field, MOST_BULK, &mut dropped).await;
        let bytes = bytes.map_err(|_| Outcome::TableTooLarge)?;
        fits &= bytes.is_some();
        match (name.as_str(), bytes) {
            ("file", Some(bytes)) => given.file = bytes.into(),
            ("rows", Some(bytes)) => given.pasted = String::from_utf8_lossy(&bytes).into_owned(),
            _ => {}
        }
    }
}
