//! The customer portal: the customer's subscriptions, each to be ended or taken up again.

use axum::Json;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::words::Words;
use super::{money, notice, page};
use crate::sandbox::creem::CreemSandbox;
use crate::sandbox::creem::errors::{Failure, Refusal};
use crate::sandbox::creem::store::{self, Kind, Object};
use crate::sandbox::creem::subscriptions::{Cancel, CancelMode, Resume};
use crate::sandbox::page::{Page, escape};
use crate::sandbox::webhook_mode::WebhookMode;

const MOST_SHOWN: i64 = 50;

#[derive(Deserialize)]
pub struct ChangeForm {
    subscription: String,
    action: Action,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Cancel,
    Resume,
}

pub async fn show(
    State(sandbox): State<CreemSandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    sandbox.catch_up().await?;
    let words = Words::accepted(&headers);
    let Some(customer) = sandbox.customer_of(&id).await? else {
        return Ok(notice(StatusCode::NOT_FOUND, words, words.unknown));
    };
    let mut list = store::Page::newest(Kind::Subscription, MOST_SHOWN);
    list.labels.push(("customer", customer));
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let (found, _) = store::list(&mut reader, &list).await?;
    let mut main: String = found
        .iter()
        .map(|subscription| sandbox.row(words, subscription))
        .collect();
    if found.is_empty() {
        main = format!("<p>{}</p>", words.no_subscription);
    }
    Ok(page(StatusCode::OK, words, words.portal, &main))
}

pub async fn change(
    State(sandbox): State<CreemSandbox>,
    Path(id): Path<String>,
    Form(form): Form<ChangeForm>,
) -> Result<Response, Failure> {
    let customer = sandbox.customer_of(&id).await?;
    let subscription = {
        let mut reader = sandbox.0.db.reader().acquire().await?;
        store::find(&mut reader, Kind::Subscription, &form.subscription).await?
    };
    let theirs = subscription
        .filter(|found| customer.is_some() && found.text("customer") == customer.as_deref());
    let subscription = theirs
        .ok_or_else(|| Refusal::not_found("Subscription", &form.subscription))?
        .id;
    let webhook = WebhookMode::AsSet;
    let Json(_) = match form.action {
        Action::Cancel => {
            let mode = CancelMode::Scheduled;
            let wish = Cancel { subscription, mode };
            sandbox.perform(webhook, &wish).await?
        }
        Action::Resume => sandbox.perform(webhook, &Resume { subscription }).await?,
    };
    Ok(Redirect::to(&id).into_response())
}

impl CreemSandbox {
    /// Whose portal the link opens.
    async fn customer_of(&self, portal: &str) -> sqlx::Result<Option<String>> {
        let mut reader = self.0.db.reader().acquire().await?;
        let portal = store::find(&mut reader, Kind::Portal, portal).await?;
        Ok(portal.and_then(|portal| portal.text("customer").map(str::to_owned)))
    }

    fn row(&self, words: &Words, subscription: &Object) -> String {
        let product = subscription.text("product").and_then(|id| self.product(id));
        let (name, price) = product.map_or_else(Default::default, |product| {
            let currency = product.currency.to_ascii_uppercase();
            (escape(&product.name), money(product.price, &currency))
        });
        let status = subscription.text("status").unwrap_or_default();
        let end = subscription.text("current_period_end_date");
        let day = end.and_then(|end| end.get(..10)).unwrap_or_default();
        let button = match status {
            "active" | "past_due" => button(subscription, "cancel", words.cancel),
            "scheduled_cancel" => button(subscription, "resume", words.resume),
            _ => String::new(),
        };
        format!(
            "<section><h2>{name}</h2><dl class=\"order\"><dt>{price}</dt><dd>{}</dd>\
             <dt>{}</dt><dd>{day}</dd></dl>{button}</section>",
            words.status(status),
            words.period_end,
        )
    }
}

fn button(subscription: &Object, action: &str, label: &str) -> String {
    format!(
        "<form method=\"post\">\
         <input type=\"hidden\" name=\"subscription\" value=\"{}\">\
         <button name=\"action\" value=\"{action}\">{label}</button></form>",
        subscription.id
    )
}
