//! What a person at Stripe can do about webhooks, read from a call.

use serde_json::Value;
use sqlx::AnyConnection;

use super::api::Operation;
use super::errors::{Failure, Refusal};
use super::events::Act;
use super::params::Params;
use super::store::Kind;
use crate::sandbox::webhooks::{Action, Control, NOT_A_MODE};

pub fn parse(params: &Params<'_>) -> Result<Control, Refusal> {
    params.only(&["action", "event", "mode"])?;
    let action = params.one_of("action", &["resend", "duplicate", "drop", "release"])?;
    let action = action.as_deref().map(|action| match action {
        "resend" => Action::Resend,
        "duplicate" => Action::Duplicate,
        "drop" => Action::Drop,
        _ => Action::Release,
    });
    let refuse = |message: String| Refusal::invalid(message).param("mode");
    let mode = params.text("mode")?.map(|text| text.parse());
    let control = Control {
        action,
        event: params.text("event")?,
        mode: mode.transpose().map_err(refuse)?,
    };
    if !control.is_settable() {
        return Err(refuse(NOT_A_MODE.to_owned()));
    }
    if control.action.is_none() && control.mode.is_none() {
        return Err(params.missing("action"));
    }
    Ok(control)
}

impl Operation for Control {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        let done = self.perform::<Kind, _>(tx, act).await?;
        Ok(done.ok_or_else(|| match &self.event {
            Some(id) => Kind::Event.missing(id, "event"),
            None => Refusal::invalid("There is no event yet.").param("event"),
        })?)
    }
}
