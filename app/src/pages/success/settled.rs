use atelier_server::credits::Period;
use atelier_server::payments::{Recharge, RecordedPlan};
use atelier_server::studio::Tool;
use leptos::prelude::*;

use crate::components::figure::live_figure;
use crate::components::icon::Icon;
use crate::components::item::{item_name, paid_of};
use crate::components::link::{button_link, text_link};
use crate::components::message::{Mark, Message};
use crate::components::notice::Notice;
use crate::components::plan::quota_of;
use crate::components::state::recharge_status;
use crate::i18n::Words;
use crate::routes;
use crate::visit::Visit;

/// What was bought is there: the new balance, or the plan. Then the page leaves by itself.
pub fn settled(visit: &Visit, recharge: &Recharge, kept: Option<Tool>) -> AnyView {
    let w = visit.words();
    let leaves = visit.refresh();
    let countdown = leaves.as_ref().map(|(seconds, _)| countdown(w, *seconds));
    let (title, lead, figures) = match recharge.plan {
        Some(plan) => (
            w.say("success-title-plan"),
            plan_began(visit, recharge),
            plan_figures(visit, recharge, plan),
        ),
        None => (
            w.say("success-title"),
            what_came(w, recharge),
            credit_figures(visit, recharge),
        ),
    };
    view! {
        <Message
            mark=Mark::Good
            image=Icon::Check
            title=title
            lead=lead
            buttons=settled_buttons(visit, recharge, leaves.is_some())
        >
            <dl class="figures">{figures}</dl>
            {countdown}
            {kept.map(|tool| draft(w, tool))}
        </Message>
    }
    .into_any()
}

fn credit_figures(visit: &Visit, recharge: &Recharge) -> AnyView {
    let w = visit.words();
    let wallet = visit.wallet.as_ref();
    let remaining = wallet.map_or(0, |wallet| wallet.figures.remaining);
    let name = item_name(w, &visit.services.catalog, &recharge.item);
    let status = recharge_status(w, recharge.standing);
    view! {
        <div>
            <dt>{w.say("success-balance")}</dt>
            <dd>{live_figure(w, "credits-remaining", "figure", remaining)}</dd>
        </div>
        <div>
            <dt>{name}</dt>
            <dd>
                <span class="figure">{w.signed(recharge.credits)}</span>
                <p class="note">{status}</p>
            </dd>
        </div>
    }
    .into_any()
}

/// The plan, its try-ons, and the day it renews.
fn plan_figures(visit: &Visit, recharge: &Recharge, plan: RecordedPlan) -> AnyView {
    let w = visit.words();
    let status = recharge_status(w, recharge.standing);
    let name = item_name(w, &visit.services.catalog, &recharge.item);
    let renews = serving(visit, recharge).map(|period| {
        let name = w.say(if period.renews {
            "success-plan-renews"
        } else {
            "success-plan-ends"
        });
        view! {
            <div class="span">
                <dt>{name}</dt>
                <dd><span class="figure word">{w.date(period.ends_at)}</span></dd>
            </div>
        }
    });
    view! {
        <div>
            <dt>{w.say("dash-plan")}</dt>
            <dd>
                <span class="figure word">{name}</span>
                <p class="note">{status}</p>
            </dd>
        </div>
        <div>
            <dt>{w.say("success-plan-quota")}</dt>
            <dd><span class="figure word">{quota_of(w, plan.interval, plan.quota)}</span></dd>
        </div>
        {renews}
    }
    .into_any()
}

/// The period of this plan that serves now.
fn serving<'a>(visit: &'a Visit, recharge: &Recharge) -> Option<&'a Period> {
    let period = visit.wallet.as_ref()?.period.as_ref()?;
    (period.plan == recharge.item).then_some(period)
}

fn plan_began(visit: &Visit, recharge: &Recharge) -> String {
    let w = visit.words();
    let args = [("price", paid_of(w, recharge).into())];
    w.say_with("success-text-plan", &args)
}

fn what_came(w: Words, recharge: &Recharge) -> String {
    let mut args = vec![
        ("n", w.number(recharge.credits).into()),
        ("count", recharge.credits.into()),
        ("price", paid_of(w, recharge).into()),
    ];
    if recharge.bonus == 0 {
        return w.say_with("success-text", &args);
    }
    args.push(("bonus", w.number(recharge.bonus).into()));
    w.say_with("success-text-bonus", &args)
}

fn countdown(w: Words, seconds: u64) -> AnyView {
    let counted = w.say_with("success-leave-counted", &[("n", "{n}".into())]);
    let said = w.say_with("success-leave", &[("seconds", seconds.to_string().into())]);
    view! { <p class="note" data-countdown=counted>{said}</p> }.into_any()
}

/// Staying comes first: the page leaves by itself.
fn settled_buttons(visit: &Visit, recharge: &Recharge, leaves: bool) -> Vec<AnyView> {
    let w = visit.words();
    let dashboard = |class| button_link(class, routes::DASHBOARD, w.say("success-dashboard"));
    let mut buttons = if leaves {
        let stay = visit.staying();
        vec![
            button_link("", stay, w.say("success-stay")),
            dashboard("main"),
        ]
    } else {
        let try_on = button_link("main", routes::TRY_ON, w.say("success-try-on"));
        vec![try_on, dashboard("")]
    };
    let receipt = routes::receipt(recharge.id.as_str());
    buttons.push(button_link("plain", receipt, w.say("success-receipt")));
    buttons
}

fn draft(w: Words, tool: Tool) -> AnyView {
    let page = match tool {
        Tool::TryOn => routes::TRY_ON,
        Tool::Video => routes::VIDEO,
    };
    view! {
        <Notice image=Icon::Hanger title=w.say("success-draft-title")>
            <p>{w.say("success-draft-text")}</p>
            <p>{text_link(page, w.about("success-draft-button", tool))}</p>
        </Notice>
    }
    .into_any()
}
