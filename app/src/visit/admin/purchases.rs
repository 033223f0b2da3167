//! What the operator's pages of purchases show.

use std::time::Duration;

use atelier_server::catalog::minor_units;
use atelier_server::credits::{self, Bought};
use atelier_server::db;
use atelier_server::ids::RechargeId;
use atelier_server::oversight::reconciliation::{Item, Reconciliation};
use atelier_server::oversight::{AuditFilter, AuditLine, audit_lines};
use atelier_server::payments::{
    HeldBack, History, KeptEvent, Provider, Purchase, PurchaseFilter, Recharge, RefundError,
    RefundPreview, Standing, Subscriber, SubscriberFilter, SubscriptionStatus,
};

use super::super::Request;
use super::{LINES, NEWEST, asked, split};
use crate::flash::Outcome;

/// A page of purchases, and how they were asked for.
#[derive(Clone, Debug)]
pub struct PurchasesPage {
    pub purchases: Vec<Purchase>,
    pub filter: PurchaseFilter,
    pub next: Option<String>,
}

/// Everything about one purchase.
#[derive(Clone, Debug)]
pub struct PurchasePage {
    pub purchase: Purchase,
    /// Of this purchase: what became of its money, and the period it paid for.
    pub history: History,
    pub bought: Bought,
    /// What the inbox has about it.
    pub events: Vec<KeptEvent>,
    /// What does not agree about it; nothing where its provider did not answer.
    pub findings: Option<Vec<Item>>,
    /// What operators did to it.
    pub log: Vec<AuditLine>,
    pub refund: Option<RefundAsked>,
}

/// A refund that is looked at before it is made.
#[derive(Clone, Debug)]
pub struct RefundAsked {
    /// As the form has it: `all` or `part`.
    pub how: String,
    /// As it was typed.
    pub amount: String,
    pub preview: Result<RefundPreview, Outcome>,
}

/// All that is left of a payment goes back, or a part of it.
pub const REFUND_ALL: &str = "all";
pub const REFUND_PART: &str = "part";

/// How long the page waits for the payment provider.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn purchases(request: &Request) -> db::Result<PurchasesPage> {
    let filter = PurchaseFilter {
        standing: Standing::parse(&asked(request, "status")),
        provider: Provider::parse(&asked(request, "provider")),
        held_back: HeldBack::parse(&asked(request, "held_back")),
        search: asked(request, "q"),
        before: RechargeId::parse(&asked(request, "before")),
        limit: LINES + 1,
    };
    let found = request.services.payments.purchases(&filter).await?;
    let (purchases, next) = split(found, |purchase| purchase.recharge.id.to_string());
    Ok(PurchasesPage {
        purchases,
        filter,
        next,
    })
}

/// A page of subscriptions, and how they were asked for.
#[derive(Clone, Debug)]
pub struct SubscriptionsPage {
    pub subscribers: Vec<Subscriber>,
    pub filter: SubscriberFilter,
    pub next: Option<String>,
}

pub(super) async fn subscriptions(request: &Request) -> db::Result<SubscriptionsPage> {
    let after = asked(request, "after");
    let filter = SubscriberFilter {
        status: SubscriptionStatus::parse(&asked(request, "status")),
        provider: Provider::parse(&asked(request, "provider")),
        search: asked(request, "q"),
        after: (!after.is_empty()).then_some(after),
        limit: LINES + 1,
        ..SubscriberFilter::default()
    };
    let found = request.services.payments.subscribers(&filter).await?;
    let (subscribers, next) = split(found, |subscriber| subscriber.id.clone());
    Ok(SubscriptionsPage {
        subscribers,
        filter,
        next,
    })
}

pub(super) async fn purchase(
    request: &Request,
    id: &RechargeId,
) -> db::Result<Option<PurchasePage>> {
    let services = &request.services;
    let payments = &services.payments;
    let Some(purchase) = payments.purchase(id).await? else {
        return Ok(None);
    };
    let recharge = &purchase.recharge;
    let log = AuditFilter {
        target: Some(id.to_string()),
        limit: NEWEST,
        ..AuditFilter::default()
    };
    let refund = match asked(request, "refund") {
        how if how.is_empty() => None,
        how => Some(refund(request, recharge, how).await?),
    };
    Ok(Some(PurchasePage {
        history: payments.history_with(id).await?.unwrap_or_default(),
        bought: credits::bought(&services.db, id, services.clock.now()).await?,
        events: payments.events_of(recharge).await?,
        findings: findings(request, recharge).await?,
        log: audit_lines(services.db.reader(), &log).await?,
        refund,
        purchase,
    }))
}

async fn findings(request: &Request, recharge: &Recharge) -> db::Result<Option<Vec<Item>>> {
    let reconciliation = Reconciliation::of(&request.services);
    match reconciliation.about_within(recharge, PATIENCE).await {
        Some(Ok(items)) => Ok(Some(items)),
        Some(Err(error)) => match error.database() {
            Ok(error) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "a payment could not be read for the operator");
                Ok(None)
            }
        },
        None => Ok(None),
    }
}

async fn refund(request: &Request, recharge: &Recharge, how: String) -> db::Result<RefundAsked> {
    let amount = asked(request, "amount");
    let preview = match refund_amount(&how, &amount, recharge) {
        Ok(amount_minor) => {
            let payments = &request.services.payments;
            match payments.preview_refund(&recharge.id, amount_minor).await {
                Ok(preview) => Ok(preview),
                Err(error) => Err(refused(error)?),
            }
        }
        Err(outcome) => Err(outcome),
    };
    Ok(RefundAsked {
        how,
        amount,
        preview,
    })
}

/// How much the form of a refund means; nothing is all that is left.
pub fn refund_amount(how: &str, amount: &str, recharge: &Recharge) -> Result<Option<i64>, Outcome> {
    if how == REFUND_ALL {
        return Ok(None);
    }
    let typed = minor_units(amount, &recharge.currency);
    typed.map(Some).ok_or(Outcome::RefundAmount)
}

/// Why a refund cannot be made, or the database's own error.
pub fn refused(error: RefundError) -> db::Result<Outcome> {
    match error {
        RefundError::NotPaid => Ok(Outcome::RefundNotPaid),
        RefundError::NothingLeft => Ok(Outcome::RefundNothingLeft),
        RefundError::TooMuch(_) => Ok(Outcome::RefundTooMuch),
        error => match error.database() {
            Ok(error) => Err(error),
            Err(error) => {
                tracing::error!(%error, "a refund was not made");
                Ok(Outcome::RefundRefused)
            }
        },
    }
}
