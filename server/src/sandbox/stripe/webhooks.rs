//! What a person at Stripe can do about webhooks: send one again, twice, not at all; let those go
//! that are kept back; say how all are sent.

use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::api::Operation;
use super::errors::{Failure, Refusal};
use super::events::{Act, WebhookMode};
use super::params::Params;
use super::store::{self, Kind, Page};
use super::{deliveries, settings};

/// What is done with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// Once more.
    Resend,
    /// Twice at the same time.
    Duplicate,
    /// Whatever waits to be sent is not.
    Drop,
    /// Whatever is kept back is sent, the newest first.
    Release,
}

/// The wish to change what is sent, or how.
pub struct Control {
    action: Option<Action>,
    event: Option<String>,
    mode: Option<WebhookMode>,
}

impl Control {
    pub fn parse(params: &Params<'_>) -> Result<Self, Refusal> {
        params.only(&["action", "event", "mode"])?;
        let action = params.one_of("action", &["resend", "duplicate", "drop", "release"])?;
        let action = action.as_deref().map(|action| match action {
            "resend" => Action::Resend,
            "duplicate" => Action::Duplicate,
            "drop" => Action::Drop,
            _ => Action::Release,
        });
        let mode = match params.text("mode")? {
            Some(text) => Some(mode(&text)?),
            None => None,
        };
        if action.is_none() && mode.is_none() {
            return Err(params.missing("action"));
        }
        Ok(Self {
            action,
            event: params.text("event")?,
            mode,
        })
    }

    /// The event, or the newest of all.
    async fn event(&self, tx: &mut AnyConnection) -> Result<String, Failure> {
        if let Some(id) = &self.event {
            let event = store::find_kind(tx, Kind::Event, id).await?;
            return Ok(event.ok_or_else(|| Kind::Event.missing(id, "event"))?.id);
        }
        let (events, _) = store::list(tx, &Page::newest(Kind::Event, 1)).await?;
        let newest = events.into_iter().next();
        let none = || Refusal::invalid("There is no event yet.").param("event");
        Ok(newest.ok_or_else(none)?.id)
    }
}

fn mode(text: &str) -> Result<WebhookMode, Refusal> {
    let refuse = |message: String| Refusal::invalid(message).param("mode");
    match text.parse().map_err(refuse)? {
        WebhookMode::AsSet | WebhookMode::BeforeRedirect => {
            let message = "Use normal, never, delayed:MS, duplicate:N or reversed.";
            Err(refuse(message.to_owned()))
        }
        mode => Ok(mode),
    }
}

impl Operation for Control {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        if let Some(mode) = self.mode {
            settings::set_webhook_mode(tx, mode).await?;
        }
        let events = match self.action {
            None => 0,
            Some(Action::Release) => deliveries::release(tx, act).await?,
            Some(Action::Drop) => {
                let event = match &self.event {
                    Some(_) => Some(self.event(tx).await?),
                    None => None,
                };
                deliveries::stop(tx, event.as_deref()).await?
            }
            Some(action) => {
                let times = if action == Action::Duplicate { 2 } else { 1 };
                let event = self.event(tx).await?;
                deliveries::plan(tx, &event, &[], WebhookMode::Duplicate(times), act.at).await?;
                i64::from(times)
            }
        };
        let mode = settings::webhook_mode(tx).await?.to_string();
        Ok(json!({ "object": "webhooks", "mode": mode, "deliveries": events }))
    }
}
