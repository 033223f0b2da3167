use atelier_server::payments::Recharge;
use leptos::prelude::*;

use crate::components::figure::live_figure;
use crate::components::history::again;
use crate::components::icon::Icon;
use crate::components::item::{item_name, price_of};
use crate::components::link::{button_link, text_link};
use crate::components::message::{Mark, Message};
use crate::components::notice::Notice;
use crate::components::seller::seller_of;
use crate::components::state::{recharge_status, said_status};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, Delay, Landing, Visit};

/// After this many seconds a page that waits asks again, where nothing is pushed to it.
const ASK_AGAIN: &str = "1,3,5,7,9,11";

/// Where the payment provider sends people back to.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Success { landing, has_draft } = &visit.content else {
        return None;
    };
    let inside = match landing {
        Landing::Settled(recharge) => settled(visit, recharge, *has_draft),
        Landing::Updating(recharge, delay) => updating(visit, recharge, *delay),
        Landing::Unpaid(recharge) => unpaid(visit, recharge),
        Landing::Failed(recharge) => failed(visit, recharge),
        Landing::Expired(recharge) => expired(visit, recharge),
        Landing::Surplus(recharge) => surplus(visit, recharge),
        Landing::Missing => missing(visit.words()),
    };
    let known = !matches!(landing, Landing::Missing);
    let waits = matches!(landing, Landing::Updating(..));
    let leaves = visit.refresh().filter(|_| !waits);
    let main = view! {
        <main
            id="main"
            class="wrap"
            data-live-region=known.then_some("success")
            data-quiet=known.then_some("")
            data-poll=waits.then_some(ASK_AGAIN)
            data-leave-after=leaves.as_ref().map(|(seconds, _)| seconds.to_string())
            data-leave-to=leaves.map(|(_, target)| target)
        >
            {inside}
        </main>
    };
    Some(main.into_any())
}

fn settled(visit: &Visit, recharge: &Recharge, has_draft: bool) -> AnyView {
    let w = visit.words();
    let remaining = visit
        .wallet
        .as_ref()
        .map_or(0, |wallet| wallet.figures.remaining);
    let name = item_name(w, &visit.services.catalog, &recharge.item);
    let leaves = visit.refresh();
    let countdown = leaves.as_ref().map(|(seconds, _)| countdown(w, *seconds));
    let (credits, status) = (
        w.signed(recharge.credits),
        recharge_status(w, recharge.standing),
    );
    view! {
        <Message
            mark=Mark::Good
            image=Icon::Check
            title=w.say("success-title")
            lead=what_came(w, recharge)
            buttons=settled_buttons(visit, recharge, leaves.is_some())
        >
            <dl class="figures">
                <div>
                    <dt>{w.say("success-balance")}</dt>
                    <dd>{live_figure(w, "credits-remaining", "figure", remaining)}</dd>
                </div>
                <div>
                    <dt>{name}</dt>
                    <dd>
                        <span class="figure">{credits}</span>
                        <p class="note">{status}</p>
                    </dd>
                </div>
            </dl>
            {countdown}
            {has_draft.then(|| draft(w))}
        </Message>
    }
    .into_any()
}

fn what_came(w: Words, recharge: &Recharge) -> String {
    let mut args = vec![
        ("n", w.number(recharge.credits).into()),
        ("count", recharge.credits.into()),
        ("price", price_of(w, recharge).into()),
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
        let stay = visit.address_with(&[("stay", "1")]);
        vec![
            button_link("", stay, w.say("success-stay")),
            dashboard("main"),
        ]
    } else {
        let try_on = button_link("main", routes::TRY_ON, w.say("success-try-on"));
        vec![try_on, dashboard("")]
    };
    if let Some(receipt) = &recharge.receipt_url {
        buttons.push(button_link("plain", receipt, w.say("success-receipt")));
    }
    buttons
}

fn draft(w: Words) -> AnyView {
    view! {
        <Notice image=Icon::Hanger title=w.say("success-draft-title")>
            <p>{w.say("success-draft-text")}</p>
            <p>{text_link(routes::TRY_ON, w.say("success-draft-button"))}</p>
        </Notice>
    }
    .into_any()
}

fn updating(visit: &Visit, recharge: &Recharge, delay: Delay) -> AnyView {
    let w = visit.words();
    let lead = w.say(match delay {
        Delay::Grant => "success-updating-text",
        Delay::Bank => "success-updating-text-delayed",
        Delay::Provider => "success-updating-text-unknown",
    });
    let contact = seller_of(&visit.services.catalog).contact.into_owned();
    let args = [
        ("contact", contact.into()),
        ("id", recharge.id.as_str().into()),
    ];
    let next = w.say_with("success-updating-next", &args);
    let status = said_status(recharge.standing, w.say("success-updating-status"));
    let bought = what(visit, recharge);
    let still_asking = !visit.asked_enough();
    let buttons = vec![
        button_link("", visit.address(), w.say("success-updating-again")),
        button_link("plain", routes::DASHBOARD, w.say("success-dashboard")),
    ];
    view! {
        <Message
            mark=Mark::Wait
            image=Icon::Clock
            title=w.say("success-updating-title")
            lead=lead
            buttons=buttons
        >
            {bought}
            <p>{status}</p>
            <div role="status" data-poll-done="" hidden=still_asking>
                <Notice title=w.say("success-updating-next-title")><p>{next}</p></Notice>
            </div>
        </Message>
    }
    .into_any()
}

fn unpaid(visit: &Visit, recharge: &Recharge) -> AnyView {
    let w = visit.words();
    let status = recharge_status(w, recharge.standing);
    let bought = what(visit, recharge);
    let open = recharge.checkout_url.as_ref();
    let go_on = open.map(|url| button_link("main", url, w.say("cancelled-continue")));
    let other = button_link("", routes::PAYMENTS, w.say("cancelled-other"));
    view! {
        <Message
            mark=Mark::Plain
            image=Icon::Clock
            title=w.say("success-unpaid-title")
            lead=w.say("success-unpaid-text")
            buttons=go_on.into_iter().chain([other]).collect()
        >
            {bought}
            <p>{status}</p>
        </Message>
    }
    .into_any()
}

fn failed(visit: &Visit, recharge: &Recharge) -> AnyView {
    let w = visit.words();
    let status = recharge_status(w, recharge.standing);
    let bought = what(visit, recharge);
    view! {
        <Message
            mark=Mark::Bad
            image=Icon::Close
            title=w.say("success-failed-title")
            lead=w.say("success-failed-text")
            buttons=try_again(visit, recharge)
        >
            {bought}
            <p>{status}</p>
        </Message>
    }
    .into_any()
}

fn expired(visit: &Visit, recharge: &Recharge) -> AnyView {
    let w = visit.words();
    let status = recharge_status(w, recharge.standing);
    let bought = what(visit, recharge);
    view! {
        <Message
            mark=Mark::Plain
            image=Icon::Clock
            title=w.say("success-expired-title")
            lead=w.say("success-expired-text")
            buttons=try_again(visit, recharge)
        >
            {bought}
            <p>{status}</p>
        </Message>
    }
    .into_any()
}

fn surplus(visit: &Visit, recharge: &Recharge) -> AnyView {
    let w = visit.words();
    let status = recharge_status(w, recharge.standing);
    let bought = what(visit, recharge);
    view! {
        <Message
            mark=Mark::Plain
            image=Icon::Info
            title=w.say("success-surplus-title")
            lead=w.say("success-surplus-text")
            buttons=vec![button_link("main", routes::PAYMENTS, w.say("success-missing-button"))]
        >
            {bought}
            <p>{status}</p>
        </Message>
    }
    .into_any()
}

fn try_again(visit: &Visit, recharge: &Recharge) -> Vec<AnyView> {
    let w = visit.words();
    let price = price_of(w, recharge);
    let label = w.say_with("success-failed-again", &[("price", price.into())]);
    let again = again(w, &visit.services.catalog, recharge, "main", label);
    let other = button_link("", routes::PAYMENTS, w.say("success-failed-other"));
    again.into_iter().chain([other]).collect()
}

/// What was to be bought, and for how much.
fn what(visit: &Visit, recharge: &Recharge) -> AnyView {
    let w = visit.words();
    let name = item_name(w, &visit.services.catalog, &recharge.item);
    view! { <p class="soft">{format!("{name} · {}", price_of(w, recharge))}</p> }.into_any()
}

fn missing(w: Words) -> AnyView {
    let buttons = vec![button_link(
        "main",
        routes::PAYMENTS,
        w.say("success-missing-button"),
    )];
    view! {
        <Message
            mark=Mark::Plain
            image=Icon::Info
            title=w.say("success-missing-title")
            lead=w.say("success-missing-text")
            buttons=buttons
        />
    }
    .into_any()
}
