//! Changes of a subscription in the middle of a period: another price, its end.

use serde_json::{Map, Value};
use sqlx::AnyConnection;

use super::cycle::{self, Verdict};
use super::invoices::{self, Line, LineOf};
use super::{Interval, interval, is_over, items_mut, period, set_period};
use crate::sandbox::stripe::api::{Operation, at_least};
use crate::sandbox::stripe::errors::{Failure, Refusal};
use crate::sandbox::stripe::events::Act;
use crate::sandbox::stripe::params::Params;
use crate::sandbox::stripe::shapes;
use crate::sandbox::stripe::store::{self, Kind, Object};
use crate::sandbox::stripe::tax;

const PARAM: &str = "subscription_exposed_id";

/// What a change of price does to the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proration {
    /// Nothing: the next period costs what it costs.
    None,
    /// The difference is a line of the next invoice.
    Later,
    /// The difference is billed at once.
    Now,
}

/// Another price or quantity for an item.
struct Switch {
    item: String,
    price: Option<String>,
    quantity: Option<i64>,
}

/// Whether a period begins with the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Anchor {
    Unchanged,
    Now,
}

/// The wish to change a subscription.
pub struct Changing {
    id: String,
    cancel_at_period_end: Option<bool>,
    metadata: Map<String, Value>,
    switch: Option<Switch>,
    proration: Proration,
    anchor: Anchor,
    /// Whether nothing changes if the change cannot be paid.
    all_or_nothing: bool,
}

const UNPLAYED: &[&str] = &[
    "add_invoice_items",
    "application_fee_percent",
    "automatic_tax",
    "billing_cycle_anchor_config",
    "billing_thresholds",
    "cancel_at",
    "cancellation_details",
    "collection_method",
    "days_until_due",
    "default_payment_method",
    "default_source",
    "default_tax_rates",
    "description",
    "discounts",
    "invoice_settings",
    "off_session",
    "on_behalf_of",
    "pause_collection",
    "payment_settings",
    "pending_invoice_item_interval",
    "proration_date",
    "transfer_data",
    "trial_end",
    "trial_from_plan",
    "trial_settings",
];

impl Changing {
    pub fn parse(id: String, params: &Params<'_>) -> Result<Self, Refusal> {
        params.only_or_unplayed(
            &[
                "billing_cycle_anchor",
                "cancel_at_period_end",
                "expand",
                "items",
                "metadata",
                "payment_behavior",
                "proration_behavior",
            ],
            UNPLAYED,
        )?;
        let proration = params.one_of(
            "proration_behavior",
            &["none", "create_prorations", "always_invoice"],
        )?;
        let anchor = params.one_of("billing_cycle_anchor", &["now", "unchanged"])?;
        Ok(Self {
            id,
            cancel_at_period_end: params.boolean("cancel_at_period_end")?,
            metadata: params.metadata("metadata")?,
            switch: switch(params)?,
            proration: match proration.as_deref() {
                Some("none") => Proration::None,
                Some("always_invoice") => Proration::Now,
                _ => Proration::Later,
            },
            anchor: match anchor.as_deref() {
                Some("now") => Anchor::Now,
                _ => Anchor::Unchanged,
            },
            all_or_nothing: all_or_nothing(params)?,
        })
    }

    /// Another price, as a customer chooses it in the portal.
    pub fn to_price(id: String, item: String, price: String) -> Self {
        Self {
            id,
            cancel_at_period_end: None,
            metadata: Map::new(),
            switch: Some(Switch {
                item,
                price: Some(price),
                quantity: None,
            }),
            proration: Proration::Now,
            anchor: Anchor::Unchanged,
            all_or_nothing: true,
        }
    }
}

fn all_or_nothing(params: &Params<'_>) -> Result<bool, Refusal> {
    let behaviors = [
        "allow_incomplete",
        "default_incomplete",
        "error_if_incomplete",
        "pending_if_incomplete",
    ];
    match params.one_of("payment_behavior", &behaviors)?.as_deref() {
        None | Some("allow_incomplete") => Ok(false),
        Some("error_if_incomplete") => Ok(true),
        Some(other) => Err(Refusal::unplayed(
            &format!("`payment_behavior={other}`"),
            "payment_behavior",
        )),
    }
}

fn switch(params: &Params<'_>) -> Result<Option<Switch>, Refusal> {
    let items = params.items("items")?;
    let Some(item) = items.first() else {
        return Ok(None);
    };
    if items.len() > 1 {
        return Err(Refusal::unplayed("a change of several items", "items"));
    }
    item.only_or_unplayed(
        &["id", "price", "quantity"],
        &[
            "billing_thresholds",
            "clear_usage",
            "deleted",
            "discounts",
            "metadata",
            "plan",
            "price_data",
            "tax_rates",
        ],
    )?;
    if !item.has("id") {
        return Err(Refusal::unplayed("the adding of items", &item.name("id")));
    }
    let quantity = match item.has("quantity") {
        true => Some(at_least(item, "quantity", 1)?),
        false => None,
    };
    Ok(Some(Switch {
        item: item.required("id")?,
        price: item.text("price")?,
        quantity,
    }))
}

/// The subscription, which nobody else changes meanwhile, if it is not over.
async fn locked(tx: &mut AnyConnection, id: &str) -> Result<Object, Failure> {
    let subscription = store::lock(tx, Kind::Subscription, id).await?;
    let alive = subscription.filter(|subscription| !is_over(subscription));
    Ok(alive.ok_or_else(|| Kind::Subscription.missing(id, PARAM).in_url())?)
}

impl Operation for Changing {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        let mut subscription = locked(tx, &self.id).await?;
        let before = subscription.shape.clone();
        let new = match &self.switch {
            Some(switch) => Some(switch.find(tx, &subscription).await?),
            None => None,
        };
        let switched = new.map(|new| Switched::new(&mut subscription, new, act));
        if let Some(switched) = &switched {
            self.check_card(&subscription, switched)?;
        }
        for (name, value) in &self.metadata {
            subscription.shape["metadata"][name] = value.clone();
        }
        if let Some(cancel) = self.cancel_at_period_end {
            keep_or_cancel(&mut subscription, cancel, act);
        }
        if let Some(switched) = switched {
            self.bill(tx, act, &mut subscription, switched).await?;
        }
        cycle::told(tx, act, &mut subscription, &before).await?;
        Ok(subscription.shape)
    }
}

/// Ends the subscription with its period, or lets it go on.
pub fn keep_or_cancel(subscription: &mut Object, cancel: bool, act: &Act) {
    if subscription.shape["cancel_at_period_end"] == cancel {
        return;
    }
    let end = period(subscription).1;
    let when = |value: i64| {
        if cancel {
            Value::from(value)
        } else {
            Value::Null
        }
    };
    subscription.set("cancel_at_period_end", cancel);
    subscription.set("cancel_at", when(end));
    subscription.set("canceled_at", when(act.at.seconds()));
    subscription.shape["cancellation_details"]["reason"] = match cancel {
        true => "cancellation_requested".into(),
        false => Value::Null,
    };
}

/// The item a switch is about, as it will be.
struct NewItem {
    item: Value,
    plan: Option<String>,
}

impl Switch {
    /// Checks the switch against what there is.
    async fn find(&self, tx: &mut AnyConnection, of: &Object) -> Result<NewItem, Failure> {
        let item = super::items(of)
            .iter()
            .find(|item| item["id"] == *self.item);
        let item =
            item.ok_or_else(|| Refusal::missing("subscription_item", &self.item, "items[0][id]"))?;
        let mut item = item.clone();
        if let Some(quantity) = self.quantity {
            item["quantity"] = quantity.into();
        }
        let Some(id) = &self.price else {
            return Ok(NewItem { item, plan: None });
        };
        let price = store::find(tx, Kind::Price, id).await?;
        let price = price.ok_or_else(|| Kind::Price.missing(id, "items[0][price]"))?;
        check_price(&price, of)?;
        let product = price.text("product").unwrap_or_default();
        let product = store::find(tx, Kind::Product, product).await?;
        item["plan"] = shapes::plan(&price.shape);
        item["price"] = price.shape;
        let plan = product.and_then(|product| product.text("name").map(str::to_owned));
        Ok(NewItem { item, plan })
    }
}

fn check_price(price: &Object, subscription: &Object) -> Result<(), Refusal> {
    let refuse = |message: &str| Err(Refusal::invalid(message).param("items[0][price]"));
    if price.shape["active"] != true {
        return refuse("The price specified is inactive. This field only accepts active prices.");
    }
    if Interval::of(&price.shape).is_none() {
        return refuse("The price specified is not recurring.");
    }
    if price.shape["currency"] != subscription.shape["currency"] {
        return refuse("The price is in another currency than the subscription.");
    }
    Ok(())
}

/// A switch that is made, and what it does to the money.
struct Switched {
    /// What is not used of the old price, then what is left of the new one.
    lines: Vec<Line>,
    /// Whether the new price counts other periods.
    other_interval: bool,
}

impl Switched {
    fn new(subscription: &mut Object, new: NewItem, act: &Act) -> Self {
        let before = interval(subscription);
        let (start, end) = period(subscription);
        let now = act.at.seconds().clamp(start, end);
        let of = |item: &Value, words: &str, sign: i64| {
            let left = invoices::amount(item) * (end - now);
            let description = format!("{words} time after {}", act.at.day());
            let of = LineOf {
                description: &description,
                amount: sign * tax::rounded(left, (end - start).max(1)),
                period: (now, end),
                proration: true,
            };
            invoices::line(subscription, item, &of)
        };
        let old = super::items(subscription)
            .iter()
            .find(|item| item["id"] == new.item["id"]);
        let mut lines = Vec::new();
        lines.extend(old.map(|old| of(old, "Unused", -1)));
        lines.push(of(&new.item, "Remaining", 1));
        for item in items_mut(subscription) {
            if item["id"] == new.item["id"] {
                *item = new.item.clone();
            }
        }
        if let (Some(billing), Some(plan)) = (subscription.notes.billing.as_mut(), new.plan) {
            billing.plan = plan;
        }
        Self {
            lines,
            other_interval: interval(subscription) != before,
        }
    }
}

impl Changing {
    /// Whether the change begins a period of its own, which is billed at once.
    fn begins_period(&self, switched: &Switched) -> bool {
        self.anchor == Anchor::Now || switched.other_interval
    }

    /// Refuses what would not be paid, if that is what the caller wants.
    fn check_card(&self, subscription: &Object, switched: &Switched) -> Result<(), Refusal> {
        let billed = self.proration == Proration::Now || self.begins_period(switched);
        if !self.all_or_nothing || !billed {
            return Ok(());
        }
        match cycle::card_of(subscription)
            .ok()
            .and_then(|card| card.fate.unattended())
        {
            None => Ok(()),
            Some(why) => Err(Refusal::card(why.message(), why.code())),
        }
    }

    /// Does to the money what the caller wants.
    async fn bill(
        &self,
        tx: &mut AnyConnection,
        act: &mut Act,
        subscription: &mut Object,
        mut switched: Switched,
    ) -> sqlx::Result<()> {
        let begins = self.begins_period(&switched);
        let now = act.at.seconds();
        let mut lines = std::mem::take(&mut switched.lines);
        if begins {
            // The new period is paid whole, so only what was not used of the old one is left.
            lines.truncate(1);
        }
        if self.proration == Proration::None {
            lines.clear();
        }
        let mut billing = subscription.notes.billing.take().unwrap_or_default();
        if begins {
            let start = now.max(period(subscription).0 + 1);
            let end = interval(subscription).map_or(start, |every| every.after(start, 1));
            (billing.cycles, billing.renews_at) = (0, end);
            subscription.set("billing_cycle_anchor", start);
            set_period(subscription, (start, end));
            lines.extend(invoices::period_lines(
                subscription,
                &billing.plan,
                (start, end),
            ));
        } else if self.proration == Proration::Later {
            billing.pending.append(&mut lines);
        }
        if !lines.is_empty() {
            lines.append(&mut billing.pending);
        }
        subscription.notes.billing = Some(billing);
        if lines.is_empty() {
            return Ok(());
        }
        let reason = "subscription_update";
        let mut invoice = invoices::draw(tx, act, subscription, reason, lines, (now, now)).await?;
        cycle::charge(tx, act, subscription, &mut invoice, Verdict::Card).await
    }
}

/// The wish to end a subscription now.
pub struct Cancelling {
    id: String,
    comment: Option<String>,
    feedback: Option<String>,
}

impl Cancelling {
    pub fn parse(id: String, params: &Params<'_>) -> Result<Self, Refusal> {
        params.only(&["cancellation_details", "expand", "invoice_now", "prorate"])?;
        for field in ["invoice_now", "prorate"] {
            if params.boolean(field)? == Some(true) {
                return Err(Refusal::unplayed(&format!("`{field}=true`"), field));
            }
        }
        let (mut comment, mut feedback) = (None, None);
        if let Some(details) = params.child("cancellation_details")? {
            details.only(&["comment", "feedback"])?;
            comment = details.text("comment")?;
            feedback = details.text("feedback")?;
        }
        Ok(Self {
            id,
            comment,
            feedback,
        })
    }
}

impl Operation for Cancelling {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        let mut subscription = locked(tx, &self.id).await?;
        let details = &mut subscription.shape["cancellation_details"];
        details["comment"] = self.comment.as_deref().into();
        details["feedback"] = self.feedback.as_deref().into();
        let now = act.at.seconds();
        // `canceled_at` says when it was asked for; a wish that came before is overtaken.
        subscription.set("canceled_at", now);
        cycle::end(tx, act, &mut subscription, now, "cancellation_requested").await?;
        Ok(subscription.shape)
    }
}
