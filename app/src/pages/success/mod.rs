mod settled;

use atelier_server::payments::Recharge;
use leptos::prelude::*;

use self::settled::settled;
use crate::components::buy::{Agreement, agreement};
use crate::components::history::again;
use crate::components::icon::Icon;
use crate::components::item::{item_name, price_of};
use crate::components::link::button_link;
use crate::components::message::{Mark, Message};
use crate::components::notice::Notice;
use crate::components::returns::held_back;
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

fn updating(visit: &Visit, recharge: &Recharge, delay: Delay) -> AnyView {
    let w = visit.words();
    let plan = recharge.plan.is_some();
    let lead = waits_for(visit, recharge, delay);
    let contact = seller_of(&visit.services.catalog).contact.into_owned();
    let args = [
        ("contact", contact.into()),
        ("id", recharge.id.as_str().into()),
    ];
    let next = if plan {
        w.say_with("success-updating-next-plan", &args)
    } else {
        w.say_with("success-updating-next", &args)
    };
    let title = w.say(if plan {
        "success-updating-title-plan"
    } else {
        "success-updating-title"
    });
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
            title=title
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

/// Why what was paid for is not there yet.
fn waits_for(visit: &Visit, recharge: &Recharge, delay: Delay) -> String {
    let w = visit.words();
    let held_back = held_back(w, &visit.services.catalog, recharge);
    match (delay, recharge.plan.is_some(), held_back) {
        (Delay::HeldBack, _, Some(said)) => said,
        (Delay::Bank | Delay::HeldBack, false, _) => w.say("success-updating-text-delayed"),
        (Delay::Bank | Delay::HeldBack, true, _) => w.say("success-updating-text-delayed-plan"),
        (Delay::Provider, false, _) => w.say("success-updating-text-unknown"),
        (Delay::Provider, true, _) => w.say("success-updating-text-unknown-plan"),
    }
}

fn unpaid(visit: &Visit, recharge: &Recharge) -> AnyView {
    let w = visit.words();
    let status = recharge_status(w, recharge.standing);
    let bought = what(visit, recharge);
    let open = recharge.checkout_url.as_ref();
    let go_on = open.map(|url| button_link("main", url, w.say("cancelled-continue")));
    let other = button_link("", routes::PAYMENTS, w.say("cancelled-other"));
    let unpaid_text = if recharge.plan.is_some() {
        "success-unpaid-text-plan"
    } else {
        "success-unpaid-text"
    };
    view! {
        <Message
            mark=Mark::Plain
            image=Icon::Clock
            title=w.say("success-unpaid-title")
            lead=w.say(unpaid_text)
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
    let agreed = agreed(visit, recharge);
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
            <div>{agreed}</div>
        </Message>
    }
    .into_any()
}

/// What trying again agrees to.
fn agreed(visit: &Visit, recharge: &Recharge) -> AnyView {
    let to = if recharge.plan.is_some() {
        Agreement::Plan
    } else {
        Agreement::Credits
    };
    agreement(visit.words(), &visit.services.catalog, to)
}

fn expired(visit: &Visit, recharge: &Recharge) -> AnyView {
    let w = visit.words();
    let status = recharge_status(w, recharge.standing);
    let bought = what(visit, recharge);
    let agreed = agreed(visit, recharge);
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
            <div>{agreed}</div>
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
