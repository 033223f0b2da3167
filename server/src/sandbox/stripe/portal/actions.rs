//! What customers can do in the portal.

use sqlx::AnyConnection;

use crate::sandbox::stripe::StripeSandbox;
use crate::sandbox::stripe::api::Operation;
use crate::sandbox::stripe::billing::{self, Changing, Charged};
use crate::sandbox::stripe::checkout::authenticated;
use crate::sandbox::stripe::checkout::cards::{Card, Decline};
use crate::sandbox::stripe::errors::{Failure, Refusal};
use crate::sandbox::stripe::events::{Act, Origin};
use crate::sandbox::stripe::params::Params;
use crate::sandbox::stripe::store::{self, Kind, Object};
use crate::sandbox::webhook_mode::WebhookMode;

/// What a customer wants.
pub enum Action {
    /// To end a subscription with its period, or to go on.
    Cancel { subscription: String, cancel: bool },
    /// To have another plan at once.
    Switch { subscription: String, price: String },
    /// To pay with another card from now on.
    Card(Card),
    /// To pay what could not be charged; with the answer to the bank's question, if it was asked.
    Pay {
        subscription: String,
        authenticated: Option<bool>,
    },
}

/// What came of it.
pub enum Done {
    Changed,
    /// The bank wants to ask first.
    Asked,
    Declined(Decline),
    Refused(Refusal),
    /// There is no such portal session, or no such subscription of its customer.
    Unknown,
}

impl Action {
    /// What the form asks for; `None` if it names no card that could be one.
    pub fn parse(params: &Params<'_>) -> Result<Option<Self>, Refusal> {
        params.only(&[
            "action",
            "authentication",
            "card_number",
            "price",
            "subscription",
        ])?;
        let actions = ["cancel", "card", "pay", "resume", "switch"];
        let action = params.one_of("action", &actions)?;
        let action = action.ok_or_else(|| params.missing("action"))?;
        if action == "card" {
            let number = match params.is_empty("card_number") {
                true => String::new(),
                false => params.required("card_number")?,
            };
            return Ok(Card::parse(&number).map(Self::Card));
        }
        let subscription = params.required("subscription")?;
        Ok(Some(match action.as_str() {
            "switch" => Self::Switch {
                subscription,
                price: params.required("price")?,
            },
            "pay" => Self::Pay {
                subscription,
                authenticated: authenticated(&params.text("authentication")?.unwrap_or_default()),
            },
            action => Self::Cancel {
                subscription,
                cancel: action == "cancel",
            },
        }))
    }

    /// The subscription it is about, if it is about one.
    pub fn subscription(&self) -> Option<&str> {
        match self {
            Self::Cancel { subscription, .. }
            | Self::Switch { subscription, .. }
            | Self::Pay { subscription, .. } => Some(subscription),
            Self::Card(_) => None,
        }
    }
}

impl StripeSandbox {
    /// Does what the visitor of the portal session wants, in one transaction.
    pub(super) async fn act_in_portal(
        &self,
        id: &str,
        action: &Action,
        webhook: WebhookMode,
    ) -> Result<Done, Failure> {
        let now = self.0.clock.now();
        let mut tx = self.0.db.begin().await?;
        let session = store::find(&mut tx, Kind::PortalSession, id).await?;
        let Some(customer) = session.and_then(|session| session.parent) else {
            return Ok(Done::Unknown);
        };
        let mut act = self.act(now, Origin::default(), webhook);
        let done = perform(&mut tx, &mut act, &customer, action).await?;
        if !matches!(done, Done::Changed | Done::Declined(_)) {
            return Ok(done);
        }
        tx.commit().await?;
        self.wake();
        self.deliver_before_redirect(act.into_held()).await;
        Ok(done)
    }
}

async fn perform(
    tx: &mut AnyConnection,
    act: &mut Act,
    customer: &str,
    action: &Action,
) -> Result<Done, Failure> {
    let Some(id) = action.subscription() else {
        return change_card(tx, act, customer, action).await;
    };
    let subscription = store::lock(tx, Kind::Subscription, id).await?;
    let own = subscription.filter(|subscription| subscription.text("customer") == Some(customer));
    let Some(mut subscription) = own else {
        return Ok(Done::Unknown);
    };
    match action {
        Action::Cancel { cancel, .. } => {
            if billing::is_over(&subscription) {
                return Ok(Done::Changed);
            }
            let before = subscription.shape.clone();
            billing::keep_or_cancel(&mut subscription, *cancel, act);
            billing::told(tx, act, &mut subscription, &before).await?;
            Ok(Done::Changed)
        }
        Action::Switch { price, .. } => switch(tx, act, &subscription, price).await,
        Action::Pay { authenticated, .. } => {
            Ok(pay(tx, act, &mut subscription, *authenticated).await?)
        }
        Action::Card(_) => Ok(Done::Unknown),
    }
}

async fn switch(
    tx: &mut AnyConnection,
    act: &mut Act,
    subscription: &Object,
    price: &str,
) -> Result<Done, Failure> {
    let item = billing::items(subscription).first();
    let item = item
        .and_then(|item| item["id"].as_str())
        .unwrap_or_default();
    let change = Changing::to_price(subscription.id.clone(), item.to_owned(), price.to_owned());
    match change.run(tx, act).await {
        Ok(_) => Ok(Done::Changed),
        Err(Failure::Refused(refusal)) => Ok(Done::Refused(refusal)),
        Err(failure) => Err(failure),
    }
}

/// Pays the unpaid invoice, if there is one, with the card that is known.
async fn pay(
    tx: &mut AnyConnection,
    act: &mut Act,
    subscription: &mut Object,
    authenticated: Option<bool>,
) -> sqlx::Result<Done> {
    if !billing::is_unpaid(subscription) {
        return Ok(Done::Changed);
    }
    let card = billing::card_of(subscription)?;
    if card.fate.asks() && authenticated.is_none() {
        return Ok(Done::Asked);
    }
    let decline = card.fate.at_the_counter(authenticated);
    let charged = Charged {
        card: &card,
        decline,
        session: None,
    };
    billing::pay_unpaid(tx, act, subscription, &charged).await?;
    Ok(decline.map_or(Done::Changed, Done::Declined))
}

/// All subscriptions of the customer that are not over are charged to the card from now on.
async fn change_card(
    tx: &mut AnyConnection,
    act: &mut Act,
    customer: &str,
    action: &Action,
) -> Result<Done, Failure> {
    let Action::Card(card) = action else {
        return Ok(Done::Unknown);
    };
    let mut subscriptions = store::children(tx, Kind::Subscription, customer).await?;
    // Always in the same order, so that two visitors wait for each other.
    subscriptions.sort_by(|one, other| one.id.cmp(&other.id));
    for subscription in subscriptions {
        let Some(mut subscription) = store::lock(tx, Kind::Subscription, &subscription.id).await?
        else {
            continue;
        };
        if let Some(billing) = subscription.notes.billing.as_mut() {
            card.number().clone_into(&mut billing.card);
        }
        store::put(tx, &subscription).await?;
    }
    if let Some(customer) = store::find(tx, Kind::Customer, customer).await? {
        act.tell(tx, "customer.updated", &customer).await?;
    }
    Ok(Done::Changed)
}
