//! The operator's form that gives money back, once it was shown what that does.

use atelier_server::accounts::User;
use atelier_server::db;
use atelier_server::idempotency::{self, BodyHash, Claim, Key, KeyRefused, Scope};
use atelier_server::ids::RechargeId;
use atelier_server::payments::{RefundError, RefundPreview};
use atelier_server::time::Timestamp;
use leptos::prelude::*;

use super::admin::{acts, broken, cut, done, operator};
use super::{Caller, go_with, unexpected};
use crate::flash::{Flash, Form, Outcome};
use crate::routes;
use crate::visit::{refund_amount, refused};

/// What is to go back, and what whoever confirms it was shown.
struct Wish {
    id: RechargeId,
    /// Nothing is all that is left.
    amount_minor: Option<i64>,
    mark: String,
    reason: String,
}

/// Gives money of a purchase back, if that does still what the page showed. The same form sent twice gives it once.
#[server(prefix = "/do", endpoint = "admin-refund")]
pub async fn refund_purchase(
    id: String,
    key: String,
    refund: String,
    #[server(default)] amount: String,
    #[server(default)] mark: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    let page = routes::purchase(&routes::encode(&id));
    let Some((caller, admin)) = operator(&page).await? else {
        return Ok(());
    };
    let answer = |outcome| {
        let flash = Flash::new(Form::Admin, outcome)
            .keep("reason", &reason)
            .keep("key", &key);
        go_with(&routes::refund(&id, &refund, &amount), &flash);
    };
    let payments = &caller.services.payments;
    let recharge = match RechargeId::parse(&id) {
        Some(id) => payments.recharge(&id).await.map_err(unexpected)?,
        None => None,
    };
    let Some(recharge) = recharge else {
        go_with(&page, &Flash::new(Form::Admin, Outcome::Unexpected));
        return Ok(());
    };
    let amount_minor = match refund_amount(&refund, &amount, &recharge) {
        Ok(amount_minor) => amount_minor,
        Err(outcome) => {
            answer(outcome);
            return Ok(());
        }
    };
    let why = cut(&reason);
    if why.is_empty() {
        answer(Outcome::WhyMissing);
        return Ok(());
    }
    let wish = Wish {
        id: recharge.id,
        amount_minor,
        mark,
        reason: why,
    };
    match refund_once(&caller, &admin, &wish, &key).await {
        Ok(()) => go_with(&page, &Flash::new(Form::Admin, Outcome::Refunded)),
        Err(outcome) => answer(outcome),
    }
    Ok(())
}

/// The key is claimed, then the provider is asked, then the answer is kept. Whoever comes again after a crash in between goes on
/// with the same key, under which the provider gives back once.
async fn refund_once(caller: &Caller, admin: &User, wish: &Wish, key: &str) -> Result<(), Outcome> {
    let (services, payments) = (&caller.services, &caller.services.payments);
    let amount = wish.amount_minor.map(|amount| amount.to_string());
    let body = [
        ("purchase", wish.id.as_str().as_bytes()),
        ("amount", amount.as_deref().unwrap_or("all").as_bytes()),
        ("mark", wish.mark.as_bytes()),
        ("reason", wish.reason.as_bytes()),
    ];
    let scope = Scope {
        user: admin.id.clone(),
        endpoint: "POST /do/admin-refund".into(),
        key: Key::parse(key).ok_or(Outcome::Incomplete)?,
        body: BodyHash::of(&body),
    };
    let now = services.clock.now();
    if !is_begun(caller, &scope, now).await? {
        let previewed = payments.preview_refund(&wish.id, wish.amount_minor).await;
        let preview = match previewed {
            Ok(preview) => preview,
            Err(error) => return Err(refused(error).unwrap_or_else(broken)),
        };
        if preview.mark() != wish.mark {
            return Err(Outcome::RefundChanged);
        }
    }
    let mut tx = services.db.begin().await.map_err(broken)?;
    let claimed = idempotency::claim(&mut tx, &scope, now).await;
    match claimed.map_err(broken)? {
        Claim::New | Claim::Resume(_) => {}
        Claim::Done(_) => return Ok(()),
        Claim::Refused(refused) => return Err(Outcome::of_key(&refused)),
    }
    tx.commit().await.map_err(broken)?;
    let operator = acts(caller, admin, &wish.reason);
    let wished = RefundPreview::key_of(&wish.mark);
    let refunded = payments
        .refund(&wish.id, wish.amount_minor, Some(&wished), &operator)
        .await;
    match refunded {
        Ok(()) => keep(caller, &scope, now).await.map_err(broken),
        Err(error) => Err(end(caller, &scope, now, error).await),
    }
}

/// Whether this form was sent before: then what matters is what became of that.
async fn is_begun(caller: &Caller, scope: &Scope, now: Timestamp) -> Result<bool, Outcome> {
    let db = &caller.services.db;
    let used = idempotency::find(db, &scope.user, &scope.endpoint, &scope.key, now).await;
    match used.map_err(broken)? {
        None => Ok(false),
        Some(used) => match used.answer_for(&scope.body) {
            Err(KeyRefused::Mismatch) => Err(Outcome::KeyMismatch),
            Ok(_) | Err(KeyRefused::InFlight) => Ok(true),
        },
    }
}

async fn keep(caller: &Caller, scope: &Scope, claimed_at: Timestamp) -> db::Result<()> {
    let mut tx = caller.services.db.begin().await?;
    idempotency::keep(&mut tx, scope, claimed_at, &done()).await?;
    tx.commit().await
}

/// Refusals are not kept. Where nobody knows what became of it, the same form goes on with it.
async fn end(caller: &Caller, scope: &Scope, claimed_at: Timestamp, error: RefundError) -> Outcome {
    let db = &caller.services.db;
    if error.is_unknown() {
        tracing::error!(%error, "it is not known whether a refund was made");
        idempotency::hand_over(db, scope, claimed_at).await;
        return Outcome::RefundUnknown;
    }
    if let Err(error) = idempotency::give_up(db, scope, claimed_at).await {
        return broken(error);
    }
    refused(error).unwrap_or_else(broken)
}
