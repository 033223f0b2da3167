//! The portal: the hosted page on which customers look after their subscriptions, and that of an
//! invoice. Plain HTML that works without script.

mod actions;
mod pages;
mod words;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use sqlx::AnyConnection;

use self::actions::{Action, Done};
use self::pages::Shown;
use self::words::Words;
use super::StripeSandbox;
use super::api::Call;
use super::checkout::pages::notice;
use super::errors::Failure;
use super::store::{self, Kind, Object, Page as ListPage};
use crate::sandbox::page::Page;

/// How many invoices and prices are shown.
const SHOWN: i64 = 100;

pub fn router() -> Router<StripeSandbox> {
    Router::new()
        .route("/portal/{id}", get(show).post(act))
        .route("/invoices/{id}", get(show_invoice))
}

type Sandbox = State<StripeSandbox>;

async fn show(
    State(sandbox): Sandbox,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    sandbox.catch_up().await?;
    let words = Words::accepted(&headers);
    sandbox.portal(&id, words, StatusCode::OK, None).await
}

async fn act(
    State(sandbox): Sandbox,
    Path(id): Path<String>,
    headers: HeaderMap,
    mut call: Call,
) -> Result<Response, Failure> {
    sandbox.catch_up().await?;
    call.take_webhook_mode()?;
    let words = Words::accepted(&headers);
    let action = Action::parse(&call.params())?;
    let Some(action) = action else {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let problem = Some(words.common.bad_number.to_owned());
        return Ok(sandbox
            .portal(&id, words, status, problem)
            .await?
            .into_response());
    };
    let problem = match sandbox.act_in_portal(&id, &action, call.webhook).await? {
        // Relative, so that it works wherever the pages are mounted.
        Done::Changed => return Ok(Redirect::to(&id).into_response()),
        Done::Unknown => {
            let page = notice(StatusCode::NOT_FOUND, words.common, words.common.unknown);
            return Ok(page.into_response());
        }
        Done::Asked => return Ok(pages::ask(words, &action).into_response()),
        Done::Declined(why) => words.common.declined(why).to_owned(),
        Done::Refused(refusal) => refusal.message,
    };
    let status = StatusCode::PAYMENT_REQUIRED;
    let page = sandbox.portal(&id, words, status, Some(problem)).await?;
    Ok(page.into_response())
}

async fn show_invoice(
    State(sandbox): Sandbox,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    sandbox.catch_up().await?;
    let words = Words::accepted(&headers);
    Ok(match sandbox.find(Kind::Invoice, &id).await? {
        Some(invoice) => pages::invoice(words, &invoice),
        None => notice(StatusCode::NOT_FOUND, words.common, words.common.unknown),
    })
}

impl StripeSandbox {
    /// The portal as it stands, with what went wrong.
    async fn portal(
        &self,
        id: &str,
        words: &Words,
        status: StatusCode,
        problem: Option<String>,
    ) -> Result<Page, Failure> {
        let mut reader = self.0.db.snapshot().await?;
        let session = store::find(&mut reader, Kind::PortalSession, id).await?;
        let Some(session) = session else {
            let unknown = words.common.unknown;
            return Ok(notice(StatusCode::NOT_FOUND, words.common, unknown));
        };
        let shown = look(&mut reader, session).await?;
        Ok(pages::portal(status, words, &shown, problem.as_deref()))
    }
}

/// Everything the portal shows.
async fn look(reader: &mut AnyConnection, session: Object) -> sqlx::Result<Shown> {
    let customer = session.text("customer").unwrap_or_default().to_owned();
    let subscriptions = store::children(reader, Kind::Subscription, &customer).await?;
    let mut page = ListPage::newest(Kind::Invoice, SHOWN);
    page.labels.push(("customer", customer));
    let (invoices, _) = store::list(reader, &page).await?;
    let mut page = ListPage::newest(Kind::Price, SHOWN);
    page.labels = vec![
        ("active", "true".to_owned()),
        ("type", "recurring".to_owned()),
    ];
    let (prices, _) = store::list(reader, &page).await?;
    let mut plans = Vec::new();
    for price in prices {
        let product = price.text("product").unwrap_or_default();
        let product = store::find(reader, Kind::Product, product).await?;
        let sold = product.filter(|product| product.shape["active"] == true);
        plans.extend(
            sold.map(|product| (product.text("name").unwrap_or_default().to_owned(), price)),
        );
    }
    Ok(Shown {
        session,
        subscriptions,
        invoices,
        plans,
    })
}
