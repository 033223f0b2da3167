//! What a person at a provider can do about webhooks: send one again, twice, not at all; let those go
//! that are kept back; say how all are sent.

use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::act::Act;
use super::store::{self, Kind, Object, Page};
use super::webhook_mode::WebhookMode;
use super::{deliveries, settings};

/// What is done with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    pub action: Option<Action>,
    /// The newest of all, or all, if none is named.
    pub event: Option<String>,
    pub mode: Option<WebhookMode>,
}

/// Said of a mode that no desk can set.
pub const NOT_A_MODE: &str = "Use normal, never, delayed:MS, duplicate:N or reversed.";

impl Control {
    /// Whether the mode, if there is one, can hold for all events.
    pub fn is_settable(&self) -> bool {
        !matches!(
            self.mode,
            Some(WebhookMode::AsSet | WebhookMode::BeforeRedirect)
        )
    }

    /// Does it, and says how things stand; `None` if there is no such event.
    pub async fn perform<K: Kind, Of>(
        &self,
        tx: &mut AnyConnection,
        act: &mut Act<Of>,
    ) -> sqlx::Result<Option<Value>> {
        let event: Option<Object<K>> = match &self.event {
            Some(id) => store::find(tx, K::EVENT, id).await?,
            None => store::list(tx, &Page::newest(K::EVENT, 1)).await?.0.pop(),
        };
        let times = match (self.action, event) {
            (None, _) => 0,
            (Some(Action::Release), _) => deliveries::release::<K, Of>(tx, act).await?,
            (Some(Action::Drop), _) if self.event.is_none() => {
                deliveries::stop::<K>(tx, None).await?
            }
            (_, None) => return Ok(None),
            (Some(Action::Drop), Some(event)) => deliveries::stop::<K>(tx, Some(&event.id)).await?,
            (Some(action), Some(event)) => {
                let times = if action == Action::Duplicate { 2 } else { 1 };
                let mode = WebhookMode::Duplicate(times);
                deliveries::plan::<K>(tx, &event.id, &[], mode, act.at).await?;
                i64::from(times)
            }
        };
        if let Some(mode) = self.mode {
            settings::set_webhook_mode::<K>(tx, mode).await?;
        }
        let mode = settings::webhook_mode::<K>(tx).await?.to_string();
        Ok(Some(
            json!({ "object": "webhooks", "mode": mode, "deliveries": times }),
        ))
    }
}
