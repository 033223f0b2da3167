//! The checkout page.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use url::Url;

use super::cards::{Card, FATES};
use super::words::Words;
use super::{money, notice, page};
use crate::sandbox::creem::errors::Failure;
use crate::sandbox::creem::payments::{Attempt, Outcome, amount_of, check_email};
use crate::sandbox::creem::signing::return_signature;
use crate::sandbox::creem::store::Object;
use crate::sandbox::creem::{Billing, CreemSandbox};
use crate::sandbox::page::{Page, card_field, escape, problem, select};
use crate::sandbox::webhook_mode::WebhookMode;

/// What the payer typed and chose, and what was wrong with it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PayForm {
    card_number: String,
    email: String,
    webhook: String,
    #[serde(skip)]
    problem: Option<String>,
}

pub async fn show(
    State(sandbox): State<CreemSandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    sandbox.catch_up().await?;
    let words = Words::accepted(&headers);
    Ok(match sandbox.look(&id).await? {
        // Looking at what is over is no mistake; paying it is.
        Outcome::Expired => notice(StatusCode::OK, words, words.expired),
        other => sandbox.page(words, &other, &PayForm::default()),
    })
}

pub async fn pay(
    State(sandbox): State<CreemSandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(mut form): Form<PayForm>,
) -> Result<Response, Failure> {
    sandbox.catch_up().await?;
    let words = Words::accepted(&headers);
    let outcome = match form.attempt(words) {
        Ok(attempt) => sandbox.pay(&id, &attempt).await?,
        Err(problem) => {
            form.problem = Some(problem);
            sandbox.look(&id).await?
        }
    };
    Ok(match outcome {
        Outcome::Complete(checkout) if checkout.text("success_url").is_some() => {
            Redirect::to(&way_back(&checkout)).into_response()
        }
        other => sandbox.page(words, &other, &form).into_response(),
    })
}

impl PayForm {
    /// What the form asks for, or what is wrong with it in words for the payer.
    fn attempt(&self, words: &Words) -> Result<Attempt, String> {
        let webhook = self.webhook.parse::<WebhookMode>()?;
        let card = Card::parse(&self.card_number).ok_or_else(|| words.bad_number.to_owned())?;
        let email = (!self.email.is_empty()).then(|| self.email.clone());
        if let Some(email) = &email {
            check_email(email).map_err(|_| words.bad_email.to_owned())?;
        }
        Ok(Attempt {
            card,
            email,
            webhook,
        })
    }
}

impl CreemSandbox {
    /// The page of a checkout that is not paid now.
    fn page(&self, words: &'static Words, outcome: &Outcome, form: &PayForm) -> Page {
        match outcome {
            Outcome::Open(checkout) if form.problem.is_some() => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                self.form_page(status, words, checkout, form)
            }
            Outcome::Open(checkout) => self.form_page(StatusCode::OK, words, checkout, form),
            Outcome::Declined(checkout, why) => {
                let form = PayForm {
                    problem: Some(words.declined(*why).to_owned()),
                    ..form.clone()
                };
                self.form_page(StatusCode::PAYMENT_REQUIRED, words, checkout, &form)
            }
            Outcome::Complete(checkout) => {
                let link = match checkout.text("success_url") {
                    Some(_) => {
                        let url = escape(&way_back(checkout));
                        format!("<p><a href=\"{url}\">{}</a></p>", words.go_on)
                    }
                    None => String::new(),
                };
                let main = format!(
                    "{}<p>{}</p>{link}",
                    self.order(words, checkout),
                    words.already_paid
                );
                page(StatusCode::OK, words, words.title, &main)
            }
            Outcome::Expired => notice(StatusCode::GONE, words, words.expired),
            Outcome::Unknown => notice(StatusCode::NOT_FOUND, words, words.unknown),
        }
    }

    fn form_page(
        &self,
        status: StatusCode,
        words: &'static Words,
        checkout: &Object,
        form: &PayForm,
    ) -> Page {
        let email = match checkout.text("customer") {
            Some(_) => String::new(),
            None => format!(
                "<label for=\"email\">{}</label>\
                 <input id=\"email\" name=\"email\" type=\"email\" value=\"{}\">",
                words.email,
                escape(&form.email)
            ),
        };
        let main = format!(
            "{order}{problem}<form method=\"post\">{email}\
             {card}<details><summary>{how}</summary>{webhook}</details>\
             <button type=\"submit\">{pay} {amount}</button></form>{cards}",
            order = self.order(words, checkout),
            problem = problem(form.problem.as_deref()),
            card = card_field(words.card_number, &form.card_number, form.problem.is_some()),
            how = words.how,
            webhook = select("webhook", words.webhook, &words.webhooks, &form.webhook),
            pay = words.pay,
            amount = self.amount(checkout),
            cards = test_cards(words),
        );
        page(status, words, words.title, &main)
    }

    /// What is bought, and what it costs in all.
    fn order(&self, words: &Words, checkout: &Object) -> String {
        let product = checkout.text("product").and_then(|id| self.product(id));
        let (name, billing) = product.map_or(("", Billing::Once), |product| {
            (product.name.as_str(), product.billing)
        });
        let every = match billing {
            Billing::Once => String::new(),
            Billing::EveryMonth => format!(", {}", words.every_month),
            Billing::EveryYear => format!(", {}", words.every_year),
        };
        let amount = self.amount(checkout);
        format!(
            "<dl class=\"order\"><dt>{}{every}</dt><dd>{amount}</dd>\
             <dt class=\"total\">{}</dt><dd class=\"total\">{amount}</dd></dl>",
            escape(name),
            words.total
        )
    }

    fn amount(&self, checkout: &Object) -> String {
        let product = checkout.text("product").and_then(|id| self.product(id));
        product.map_or_else(String::new, |product| {
            let currency = product.currency.to_ascii_uppercase();
            money(amount_of(checkout, product), &currency)
        })
    }
}

fn test_cards(words: &Words) -> String {
    let cards = FATES.iter().zip(words.cards);
    let rows: String = cards
        .map(|((number, _), meaning)| {
            format!("<li><code>{number}</code> <span>{meaning}</span></li>")
        })
        .collect();
    format!(
        "<section><h2>{}</h2><ul class=\"cards\">{rows}</ul></section>",
        words.test_cards
    )
}

/// Where the payer goes: the success page, with what was bought behind it, signed.
fn way_back(checkout: &Object) -> String {
    let success = checkout.text("success_url").unwrap_or_default();
    let order = checkout.shape["order"]["id"].as_str();
    let parameters: Vec<(&str, &str)> = [
        ("checkout_id", Some(checkout.id.as_str())),
        ("order_id", order),
        ("customer_id", checkout.text("customer")),
        ("subscription_id", checkout.text("subscription")),
        ("product_id", checkout.text("product")),
        ("request_id", checkout.text("request_id")),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect();
    let signature = return_signature(&parameters, &checkout.notes.key);
    let Ok(mut url) = Url::parse(success) else {
        return success.to_owned();
    };
    url.query_pairs_mut()
        .extend_pairs(parameters)
        .append_pair("signature", &signature);
    url.into()
}
