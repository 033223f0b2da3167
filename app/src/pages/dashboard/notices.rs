use atelier_server::catalog::InitialWhen;
use atelier_server::credits::WalletView;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::board::PLANS;
use crate::components::form::submit;
use crate::components::icon::Icon;
use crate::components::item::item_name;
use crate::components::link::{button_link, text_link};
use crate::components::notice::{Notice, Tone};
use crate::components::own_plan::{portal, unpaid_until};
use crate::components::stopped::stopped_notice;
use crate::forms::accounts::ResendVerification;
use crate::i18n::Words;
use crate::routes;
use crate::visit::Visit;

/// What this person should know about their wallet and account.
pub fn notices(visit: &Visit, wallet: &WalletView, no_jobs: bool) -> Vec<AnyView> {
    let w = visit.words();
    let figures = &wallet.credits;
    let has_plan = wallet.premium.active || rests(visit);
    let as_given = figures.total == figures.initial && !has_plan;
    let untouched = no_jobs && as_given && figures.used == 0 && wallet.trials.used == 0;
    let nothing_left = wallet.remaining_uses.try_on == Some(0);
    let notices = [
        stopped_notice(visit),
        (untouched && !nothing_left).then(|| first(w, wallet)),
        (nothing_left && figures.debt == 0).then(|| empty(visit)),
        plan(visit),
        (figures.debt > 0).then(|| debt(w, figures.debt)),
        (figures.frozen > 0).then(|| frozen(w, figures.frozen)),
        verify(visit),
    ];
    notices.into_iter().flatten().collect()
}

fn first(w: Words, wallet: &WalletView) -> AnyView {
    let args = [
        (
            "credits",
            w.count("common-credits", wallet.credits.remaining).into(),
        ),
        (
            "trials",
            w.count("common-trials", wallet.trials.remaining).into(),
        ),
    ];
    view! {
        <Notice image=Icon::Hanger title=w.say("dash-first-title")>
            <p>{w.say_with("dash-first-text", &args)}</p>
        </Notice>
    }
    .into_any()
}

fn empty(visit: &Visit) -> AnyView {
    let w = visit.words();
    let text = visit
        .services
        .catalog
        .packs
        .iter()
        .min_by_key(|pack| pack.credits)
        .map(|pack| {
            let args = [
                ("credits", w.count("common-credits", pack.credits).into()),
                (
                    "price",
                    w.money(pack.price.amount_minor, &pack.price.currency)
                        .into(),
                ),
            ];
            view! { <p>{w.say_with("dash-empty-text", &args)}</p> }
        });
    view! {
        <Notice title=w.say("dash-empty-title")>
            {text}
            <p>{button_link("main", routes::PAYMENTS, w.say("dash-recharge"))}</p>
        </Notice>
    }
    .into_any()
}

fn debt(w: Words, debt: i64) -> AnyView {
    view! {
        <Notice tone=Tone::Bad title=w.count("dash-debt-title", debt)>
            <p>{w.say("dash-debt-text")}</p>
            <p>{button_link("main", routes::PAYMENTS, w.say("dash-recharge"))}</p>
        </Notice>
    }
    .into_any()
}

fn frozen(w: Words, frozen: i64) -> AnyView {
    view! {
        <Notice tone=Tone::Warn title=w.count("dash-frozen-title", frozen)>
            <p>{w.say("dash-frozen-text")}</p>
        </Notice>
    }
    .into_any()
}

/// Whether there is a plan that serves nothing until its renewal is paid.
pub fn rests(visit: &Visit) -> bool {
    let wallet = visit.wallet.as_ref();
    wallet.is_some_and(|wallet| wallet.unpaid_plan.is_some())
}

/// The renewal of the plan is unpaid, and it serves some days more or nothing; or there will be none.
fn plan(visit: &Visit) -> Option<AnyView> {
    let w = visit.words();
    if rests(visit) {
        let notice = view! {
            <Notice tone=Tone::Bad title=w.say("dash-plan-rests-title")>
                <p>{w.say("pay-own-rests")}</p>
                {portal(w, "main")}
            </Notice>
        };
        return Some(notice.into_any());
    }
    let period = visit.wallet.as_ref()?.period.as_ref()?;
    let name = item_name(w, &visit.services.catalog, &period.plan);
    if period.past_due {
        let args = [
            ("date", w.date(period.ends_at).into()),
            ("until", w.moment(unpaid_until(period)).into()),
        ];
        let notice = view! {
            <Notice tone=Tone::Warn title=w.say("dash-plan-unpaid-title")>
                <p>{w.say_with("pay-own-unpaid", &args)}</p>
                {portal(w, "main")}
            </Notice>
        };
        return Some(notice.into_any());
    }
    if period.renews {
        return None;
    }
    let args = [
        ("plan", name.into()),
        ("date", w.date(period.ends_at).into()),
    ];
    let notice = view! {
        <Notice image=Icon::Clock title=w.say_with("dash-plan-ends-title", &args)>
            <p>{w.say("dash-plan-ends-text")}</p>
            <p>{text_link(PLANS, w.say("dash-plan-manage"))}</p>
        </Notice>
    };
    Some(notice.into_any())
}

/// Asks to confirm the address, as long as it is not.
fn verify(visit: &Visit) -> Option<AnyView> {
    let w = visit.words();
    let user = visit.user.as_ref().filter(|user| !user.verified)?;
    let initial = &visit.services.catalog.initial;
    let text = match initial.when {
        InitialWhen::SignUp => w.say_with("dash-verify-text", &[("email", (&user.email).into())]),
        InitialWhen::Verified => {
            let credits = w.number(initial.credits);
            let args = [("email", (&user.email).into()), ("credits", credits.into())];
            w.say_with("dash-verify-text-credits", &args)
        }
    };
    let notice = view! {
        <Notice tone=Tone::Warn image=Icon::Info title=w.say("dash-verify-title")>
            <p>{text}</p>
            <form method="post" action=ResendVerification::PATH>
                {submit("", w.say("dash-verify-resend"), w.say("account-email-resend-pending"))}
            </form>
        </Notice>
    };
    Some(notice.into_any())
}
