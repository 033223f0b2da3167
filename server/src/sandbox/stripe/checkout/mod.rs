//! The hosted pages: what the payer sees. Plain HTML that works without script.

pub mod cards;
mod misfit;
pub mod pages;
pub mod payment;
pub mod words;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use url::Url;

use self::cards::Card;
use self::misfit::Misfit;
use self::pages::PayForm;
use self::payment::{Attempt, Means, Outcome, Unfit};
use self::words::Words;
use super::StripeSandbox;
use super::api::Call;
use super::errors::{Failure, Refusal};
use super::params::Params;
use super::store::{self, Kind, Object};
use crate::sandbox::page::{self, Page};
use crate::sandbox::webhook_mode::{WebhookMode, parse_delay};

pub fn router() -> Router<StripeSandbox> {
    Router::new()
        .route("/checkout/{id}", get(show).post(pay))
        .route("/receipts/{id}", get(receipt))
        .route("/style.css", get(style))
}

async fn style() -> impl IntoResponse {
    page::style(include_str!("colours.css")).await
}

async fn show(
    State(sandbox): State<StripeSandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    call: Call,
) -> Result<Page, Failure> {
    sandbox.catch_up().await?;
    let words = Words::accepted(&headers);
    let outcome = sandbox.look(&id).await?;
    let card = call.params().text_up_to("card", 40)?.unwrap_or_default();
    Ok(match outcome {
        // Looking at what is over is no mistake; paying it is.
        Outcome::Expired => pages::notice(StatusCode::OK, words, words.expired),
        other => unpaid(
            words,
            &other,
            &PayForm {
                card,
                ..PayForm::default()
            },
        ),
    })
}

async fn pay(
    State(sandbox): State<StripeSandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    call: Call,
) -> Result<Response, Failure> {
    sandbox.catch_up().await?;
    let words = Words::accepted(&headers);
    let mut form = PayForm::read(&call.params())?;
    let outcome = match read_attempt(&form, words) {
        Ok(attempt) => sandbox.pay(&id, &attempt).await?,
        Err(problem) => {
            form.problem = Some(problem);
            sandbox.look(&id).await?
        }
    };
    Ok(match outcome {
        Outcome::Complete(session) => Redirect::to(&success_url(&session)).into_response(),
        other => unpaid(words, &other, &form).into_response(),
    })
}

/// The page of a session that is not paid.
fn unpaid(words: &Words, outcome: &Outcome, form: &PayForm) -> Page {
    match outcome {
        Outcome::Open(session) if form.problem.is_some() => {
            pages::pay(StatusCode::UNPROCESSABLE_ENTITY, words, session, form)
        }
        Outcome::Open(session) => pages::pay(StatusCode::OK, words, session, form),
        Outcome::Ask(session) => pages::ask(words, session, form),
        Outcome::Declined(session, why) => {
            let form = form.with_problem(words.declined(*why));
            pages::pay(StatusCode::PAYMENT_REQUIRED, words, session, &form)
        }
        Outcome::Refused(session, why) => {
            let problem = match why {
                Unfit::OnlyByCard => words.only_by_card,
                Unfit::Misfit => words.misfit,
            };
            let form = form.with_problem(problem);
            pages::pay(StatusCode::UNPROCESSABLE_ENTITY, words, session, &form)
        }
        Outcome::Complete(session) => pages::complete(words, session, &success_url(session)),
        Outcome::Expired => pages::notice(StatusCode::GONE, words, words.expired),
        Outcome::Unknown => pages::notice(StatusCode::NOT_FOUND, words, words.unknown),
    }
}

async fn receipt(
    State(sandbox): State<StripeSandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    let words = Words::accepted(&headers);
    let charge = sandbox.find(Kind::Charge, &id).await?;
    let paid = charge.filter(|charge| charge.text("status") == Some("succeeded"));
    Ok(match paid {
        Some(charge) => pages::receipt(words, &charge),
        None => pages::notice(StatusCode::NOT_FOUND, words, words.unknown),
    })
}

impl StripeSandbox {
    pub(super) async fn find(&self, kind: Kind, id: &str) -> sqlx::Result<Option<Object>> {
        let mut reader = self.0.db.reader().acquire().await?;
        store::find(&mut reader, kind, id).await
    }
}

impl PayForm {
    /// What was typed stays; what was wrong with it is said.
    fn with_problem(&self, problem: &str) -> Self {
        Self {
            problem: Some(problem.to_owned()),
            ..self.clone()
        }
    }

    fn read(params: &Params<'_>) -> Result<Self, Refusal> {
        // An empty field and an absent one are the same thing in a form.
        let text = |field: &str| match params.is_empty(field) {
            true => Ok(String::new()),
            false => Ok::<_, Refusal>(params.text_up_to(field, 100)?.unwrap_or_default()),
        };
        Ok(Self {
            card: text("card_number")?,
            webhook: text("webhook")?,
            method: text("method")?,
            charge: text("charge")?,
            authentication: text("authentication")?,
            problem: None,
        })
    }
}

/// What the form asks for, or what is wrong with it in words for the payer.
fn read_attempt(form: &PayForm, words: &Words) -> Result<Attempt, String> {
    let webhook = form.webhook.parse::<WebhookMode>()?;
    Ok(Attempt {
        means: read_means(form, words)?,
        webhook,
        authenticated: authenticated(&form.authentication),
        misfit: match form.charge.as_str() {
            "" => None,
            text => Some(text.parse::<Misfit>()?),
        },
    })
}

/// How the bank's question went, if it was asked.
pub fn authenticated(answer: &str) -> Option<bool> {
    match answer {
        "" => None,
        answer => Some(answer == "complete"),
    }
}

fn read_means(form: &PayForm, words: &Words) -> Result<Means, String> {
    if matches!(form.method.as_str(), "" | "card") {
        let card = Card::parse(&form.card).ok_or_else(|| words.bad_number.to_owned())?;
        return Ok(Means::Card(card));
    }
    let mut parts = form.method.splitn(3, ':');
    let known = match (
        parts.next(),
        parts.next(),
        parts.next().and_then(parse_delay),
    ) {
        (Some("delayed"), Some("succeeded"), Some(after)) => Some((true, after)),
        (Some("delayed"), Some("failed"), Some(after)) => Some((false, after)),
        _ => None,
    };
    match known {
        Some((succeeds, after)) => Ok(Means::Delayed { succeeds, after }),
        None => Err(format!(
            "Unknown method '{}': use card, delayed:succeeded:MS or delayed:failed:MS",
            form.method
        )),
    }
}

/// Where the payer goes. Only the literal placeholder is replaced, as Stripe does.
fn success_url(session: &Object) -> String {
    let template = session.text("success_url").unwrap_or_default();
    let filled = template.replace("{CHECKOUT_SESSION_ID}", &session.id);
    // Through the parser, because a header takes ASCII only.
    Url::parse(&filled).map_or(filled, String::from)
}
