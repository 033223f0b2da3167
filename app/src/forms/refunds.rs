//! The operator's form that gives money back, once it was shown what that does.

use atelier_server::accounts::User;
use atelier_server::idempotency::{self, BodyHash, Key, KeyRefused, Scope};
use atelier_server::ids::RechargeId;
use atelier_server::payments::{RefundOnceError, RefundPreview};
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

/// If it does still what the page showed, once under the form's key. The provider knows the refund by what was shown.
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
    let operator = acts(caller, admin, &wish.reason);
    let (wished, provider_key) = (
        (&wish.id, wish.amount_minor),
        RefundPreview::key_of(&wish.mark),
    );
    let refunded = payments
        .refund_once(
            &scope,
            wished,
            &provider_key,
            &operator,
            async || Ok(done()),
        )
        .await;
    match refunded {
        Ok(_) => Ok(()),
        Err(RefundOnceError::Key(refused)) => Err(Outcome::of_key(&refused)),
        Err(RefundOnceError::Refund(error)) if error.is_unknown() => {
            tracing::error!(%error, "it is not known whether a refund was made");
            Err(Outcome::RefundUnknown)
        }
        Err(RefundOnceError::Refund(error)) => Err(refused(error).unwrap_or_else(broken)),
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
