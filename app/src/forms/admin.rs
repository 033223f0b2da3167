//! The operator's forms. Each asks for a reason, and everything they do is in the audit log.

use std::time::Duration;

use atelier_server::accounts::User;
use atelier_server::credits::{self, Action, Actor, Adjustment, CreditsError, Figures};
use atelier_server::db;
use atelier_server::idempotency::{self, Answer, BodyHash, Claim, Key, Scope};
use atelier_server::ids::{InboxId, RechargeId, UserId};
use atelier_server::oversight::reconciliation::{Kind, Mended, Reconciliation};
use atelier_server::oversight::{self, Operator};
use leptos::prelude::*;

use super::{Caller, go, go_broken, go_with, unexpected};
use crate::flash::{Flash, Form, Outcome};
use crate::routes;

/// A change of more credits than this has to be typed a second time.
pub const TYPED_AGAIN_ABOVE: i64 = 1_000;
/// As long as a refused form can keep it.
pub const LONGEST_REASON: usize = 300;

/// The operator who posts the form. Anybody else is told that they may not.
pub(super) async fn operator(page: &str) -> Result<Option<(Caller, User)>, ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(page).await? else {
        return Ok(None);
    };
    if user.is_admin() {
        return Ok(Some((caller, user)));
    }
    // The page itself says so.
    go(page);
    Ok(None)
}

/// The operator who posts the form, and their reason. Without one it is asked for at the field that `missing` is the outcome of.
pub(super) async fn operator_because(
    page: &str,
    reason: &str,
    form: Form,
    missing: Outcome,
) -> Result<Option<(Caller, User, Operator)>, ServerFnError> {
    let Some((caller, admin)) = operator(page).await? else {
        return Ok(None);
    };
    let why = cut(reason);
    if why.is_empty() {
        go_with(page, &Flash::new(form, missing));
        return Ok(None);
    }
    let operator = acts(&caller, &admin, &why);
    Ok(Some((caller, admin, operator)))
}

pub(super) fn acts(caller: &Caller, user: &User, reason: &str) -> Operator {
    Operator {
        actor: Actor::Admin(user.id.clone()).to_string(),
        address: Some(caller.address.clone()),
        reason: reason.to_owned(),
    }
}

pub(super) fn cut(reason: &str) -> String {
    let letters = reason.trim().chars().filter(|letter| !letter.is_control());
    letters.take(LONGEST_REASON).collect()
}

/// Adds, takes or sets credits by hand, once per form.
#[server(prefix = "/do", endpoint = "admin-credits")]
pub async fn adjust_credits(
    id: String,
    key: String,
    #[server(default)] action: String,
    #[server(default)] amount: String,
    #[server(default)] again: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    let page = routes::person(&routes::encode(&id));
    let Some((caller, admin)) = operator(&page).await? else {
        return Ok(());
    };
    let answer = |outcomes: Vec<Outcome>| {
        let flash = Flash::several(Form::Admin, outcomes)
            .keep("action", &action)
            .keep("amount", &amount)
            .keep("reason", &reason)
            .keep("key", &key);
        go_with(&page, &flash);
    };
    let chosen = Action::parse(&action);
    let number: Option<i64> = amount.trim().parse().ok();
    let number = number
        .filter(|number| chosen.is_some_and(|action| Adjustment::amount_is_valid(action, *number)));
    let user = UserId::parse(&id);
    // Setting counts by what it moves: a debt is paid by what comes in.
    let figures = match (&user, chosen) {
        (Some(user), Some(Action::Set)) => {
            let wallet = caller.services.wallet(user).await.map_err(unexpected)?;
            wallet.figures
        }
        _ => Figures::default(),
    };
    let is_typed_again = |number: i64| {
        let change = match number - figures.remaining {
            missing @ 1.. => missing + figures.debt,
            surplus => -surplus,
        };
        change <= TYPED_AGAIN_ABOVE || again.trim() == amount.trim()
    };
    let why = cut(&reason);
    let (Some(user), Some(action), Some(amount), true, false) = (
        user,
        chosen,
        number,
        number.is_none_or(is_typed_again),
        why.is_empty(),
    ) else {
        let wrong = [
            number.is_none().then_some(Outcome::CreditsOutOfBounds),
            number
                .is_some_and(|number| !is_typed_again(number))
                .then_some(Outcome::TypeAgain),
            why.is_empty().then_some(Outcome::ReasonMissing),
        ];
        answer(wrong.into_iter().flatten().collect());
        return Ok(());
    };
    let adjustment = Adjustment {
        user,
        action,
        amount,
        reason: why,
        actor: Actor::Admin(admin.id.clone()),
        address: Some(caller.address.clone()),
    };
    match adjust_once(&caller, &admin, &adjustment, &key).await {
        Ok(()) => go_with(&page, &Flash::new(Form::Admin, Outcome::CreditsChanged)),
        Err(outcome) => answer(vec![outcome]),
    }
    Ok(())
}

/// What is said of a database's error, which is logged here.
pub(super) fn broken(error: db::Error) -> Outcome {
    tracing::error!(%error, "an operator's form failed");
    Outcome::of_broken(&error)
}

/// What is kept under the key of a form that was done: its page tells the rest.
pub(super) fn done() -> Answer {
    Answer {
        status: 200,
        body: String::new(),
        replayed: false,
    }
}

/// One transaction: the form's key, the change, its answer.
async fn adjust_once(
    caller: &Caller,
    admin: &User,
    adjustment: &Adjustment,
    key: &str,
) -> Result<(), Outcome> {
    let services = &caller.services;
    let now = services.clock.now();
    let amount = adjustment.amount.to_string();
    let body = [
        ("user", adjustment.user.as_str().as_bytes()),
        ("action", adjustment.action.as_str().as_bytes()),
        ("amount", amount.as_bytes()),
        ("reason", adjustment.reason.as_bytes()),
    ];
    let scope = Scope {
        user: admin.id.clone(),
        endpoint: "POST /do/admin-credits".into(),
        key: Key::parse(key).ok_or(Outcome::Incomplete)?,
        body: BodyHash::of(&body),
    };
    let mut tx = services.db.begin().await.map_err(broken)?;
    match idempotency::claim(&mut tx, &scope, now)
        .await
        .map_err(broken)?
    {
        Claim::New | Claim::Resume(_) => {}
        Claim::Done(_) => return Ok(()),
        Claim::Refused(refused) => return Err(Outcome::of_key(&refused)),
    }
    match credits::adjust(&mut tx, adjustment, &services.prices(), now).await {
        Ok(_) => {}
        Err(CreditsError::Insufficient(_)) => return Err(Outcome::TooFewCredits),
        Err(CreditsError::NoWallet) => return Err(Outcome::Unexpected),
        Err(CreditsError::Deleted | CreditsError::Stopped) => return Err(Outcome::Conflict),
        Err(CreditsError::Database(error)) => return Err(broken(error)),
    }
    idempotency::keep(&mut tx, &scope, now, &done())
        .await
        .map_err(broken)?;
    tx.commit().await.map_err(broken)
}

/// Blocks an account, or lets it in again.
#[server(prefix = "/do", endpoint = "admin-block")]
pub async fn block_user(
    id: String,
    blocked: bool,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    let page = routes::person(&routes::encode(&id));
    let Some((caller, admin, operator)) =
        operator_because(&page, &reason, Form::Admin, Outcome::WhyMissing).await?
    else {
        return Ok(());
    };
    let answer = |outcome| go_with(&page, &Flash::new(Form::Admin, outcome));
    let Some(user) = UserId::parse(&id) else {
        answer(Outcome::Incomplete);
        return Ok(());
    };
    if blocked && user == admin.id {
        answer(Outcome::OwnAccount);
        return Ok(());
    }
    let services = &caller.services;
    let now = services.clock.now();
    match oversight::block(&services.db, &user, blocked, &operator, now).await {
        Ok(_) if blocked => answer(Outcome::Blocked),
        Ok(_) => answer(Outcome::Unblocked),
        Err(error) => go_broken(&page, Form::Admin, error),
    }
    Ok(())
}

/// Stops the spending of an account, or lifts that; from its own page or from the list of anomalies.
#[server(prefix = "/do", endpoint = "admin-stop")]
pub async fn stop_spending(
    id: String,
    stopped: bool,
    #[server(default)] reason: String,
    #[server(default)] anomalies: String,
) -> Result<(), ServerFnError> {
    let page = match anomalies.is_empty() {
        true => routes::person(&routes::encode(&id)),
        false => routes::anomalies(&anomalies),
    };
    let Some((caller, _, operator)) =
        operator_because(&page, &reason, Form::Admin, Outcome::CauseMissing).await?
    else {
        return Ok(());
    };
    let answer = |outcome| go_with(&page, &Flash::new(Form::Admin, outcome));
    let Some(user) = UserId::parse(&id) else {
        answer(Outcome::Incomplete);
        return Ok(());
    };
    let services = &caller.services;
    let now = services.clock.now();
    match oversight::stop_spending(&services.db, &user, stopped, &operator, now).await {
        Ok(None) => answer(Outcome::Conflict),
        Ok(_) if stopped => answer(Outcome::SpendingStopped),
        Ok(_) => answer(Outcome::SpendingLifted),
        Err(error) => go_broken(&page, Form::Admin, error),
    }
    Ok(())
}

/// Ends a session of somebody.
#[server(prefix = "/do", endpoint = "admin-end-session")]
pub async fn end_user_session(
    id: String,
    session: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    let page = routes::person(&routes::encode(&id));
    let Some((caller, _, operator)) =
        operator_because(&page, &reason, Form::Admin, Outcome::ReasonOfRowMissing).await?
    else {
        return Ok(());
    };
    let answer = |outcome| go_with(&page, &Flash::new(Form::Admin, outcome));
    let Some(user) = UserId::parse(&id) else {
        answer(Outcome::Incomplete);
        return Ok(());
    };
    let services = &caller.services;
    let now = services.clock.now();
    let ended = oversight::end_session(&services.db, &user, &session, &operator, now).await;
    ended.map_err(unexpected)?;
    answer(Outcome::SessionEnded);
    Ok(())
}

/// Lets every failed webhook event be acted on again.
#[server(prefix = "/do", endpoint = "admin-replay-failed")]
pub async fn replay_failed_events(#[server(default)] reason: String) -> Result<(), ServerFnError> {
    let page = routes::ADMIN_EVENTS;
    let Some((caller, _, operator)) =
        operator_because(page, &reason, Form::Admin, Outcome::ReasonOfRowMissing).await?
    else {
        return Ok(());
    };
    let answer = |outcome| go_with(page, &Flash::new(Form::Admin, outcome));
    match caller.services.payments.replay_failed(&operator).await {
        Ok(_) => answer(Outcome::Replayed),
        Err(error) => go_broken(page, Form::Admin, error),
    }
    Ok(())
}

/// Lets a webhook event be acted on again.
#[server(prefix = "/do", endpoint = "admin-replay")]
pub async fn replay_event(
    id: String,
    #[server(default)] reason: String,
    #[server(default)] from_its_page: bool,
) -> Result<(), ServerFnError> {
    let page = match InboxId::parse(&id).filter(|_| from_its_page) {
        Some(id) => routes::event(id.as_str()),
        None => routes::ADMIN_EVENTS.to_owned(),
    };
    let Some((caller, _, operator)) =
        operator_because(&page, &reason, Form::Admin, Outcome::ReasonOfRowMissing).await?
    else {
        return Ok(());
    };
    let answer = |outcome| go_with(&page, &Flash::new(Form::Admin, outcome));
    let replayed = match InboxId::parse(&id) {
        Some(id) => caller.services.payments.replay(&id, &operator).await,
        None => Ok(false),
    };
    match replayed {
        Ok(true) => answer(Outcome::Replayed),
        Ok(false) => answer(Outcome::Unexpected),
        Err(error) => go_broken(&page, Form::Admin, error),
    }
    Ok(())
}

/// A check takes as long as payment providers take. Within this time its answer has what it found; a longer one goes on, and the
/// page has it when it is done.
const WAITED_FOR: Duration = Duration::from_secs(5);

/// Has payments, ledger and jobs checked now; what is found is kept.
#[server(prefix = "/do", endpoint = "admin-reconcile")]
pub async fn reconcile_now(#[server(default)] reason: String) -> Result<(), ServerFnError> {
    let page = routes::ADMIN_RECONCILIATION;
    let Some((caller, _, operator)) =
        operator_because(page, &reason, Form::Admin, Outcome::WhyMissing).await?
    else {
        return Ok(());
    };
    let answer = |outcome| go_with(page, &Flash::new(Form::Admin, outcome));
    let reconciliation = Reconciliation::of(&caller.services);
    match reconciliation.ask_and_wait(&operator, WAITED_FOR).await {
        Ok(true) => answer(Outcome::Checked),
        Ok(false) => answer(Outcome::CheckRuns),
        Err(error) => go_broken(page, Form::Admin, error),
    }
    Ok(())
}

/// Mends one finding, if it is found still: a kind and an id.
#[server(prefix = "/do", endpoint = "admin-mend")]
pub async fn mend_finding(
    #[server(default)] finding: String,
    #[server(default)] report: String,
    #[server(default)] after: String,
    #[server(default)] purchase: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    let page = match RechargeId::parse(&purchase) {
        Some(purchase) => routes::purchase(purchase.as_str()),
        None => routes::reconciliation(&report, after.parse().ok()),
    };
    let Some((caller, _, operator)) =
        operator_because(&page, &reason, Form::Admin, Outcome::ReasonOfRowMissing).await?
    else {
        return Ok(());
    };
    let answer = |outcome| go_with(&page, &Flash::new(Form::Admin, outcome));
    let named = finding.split_once(' ').filter(|(_, id)| !id.contains('\0'));
    let Some((kind, id)) = named.and_then(|(kind, id)| Some((Kind::parse(kind)?, id))) else {
        answer(Outcome::Incomplete);
        return Ok(());
    };
    let reconciliation = Reconciliation::of(&caller.services);
    match reconciliation.mend(kind, id, &operator).await {
        Ok(Mended::Done) => answer(Outcome::Mended),
        Ok(Mended::NothingWrong) => answer(Outcome::NothingWrong),
        Ok(Mended::Remains) => answer(Outcome::StillWrong),
        Err(error) if error.is_by_hand() => answer(Outcome::ByHand),
        Err(error) => match error.database() {
            Ok(error) => go_broken(&page, Form::Admin, error),
            Err(error) => {
                tracing::error!(%error, "a finding could not be mended");
                answer(Outcome::ProviderUnavailable);
            }
        },
    }
    Ok(())
}
