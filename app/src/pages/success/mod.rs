mod settled;

use atelier_server::payments::{Recharge, Standing};
use leptos::prelude::*;

use self::settled::settled;
use crate::components::buy::{Agreement, agreement};
use crate::components::history::again;
use crate::components::icon::Icon;
use crate::components::item::{item_and_price, price_of};
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
    let Content::Success { landing, draft } = &visit.content else {
        return None;
    };
    let inside = match landing {
        Landing::Settled(recharge) => settled(visit, recharge, *draft),
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

/// What the page says of a purchase that is not settled: its state, then what was to be bought.
struct Said {
    mark: Mark,
    image: Icon,
    title: String,
    lead: String,
    /// The state of the purchase, where another word than the usual says it better.
    status: Option<AnyView>,
    more: Option<AnyView>,
    buttons: Vec<AnyView>,
}

impl Said {
    fn view(self, visit: &Visit, recharge: &Recharge) -> AnyView {
        let w = visit.words();
        let bought = item_and_price(w, &visit.services.catalog, recharge);
        let usual = || recharge_status(w, recharge.standing);
        let status = self.status.unwrap_or_else(usual);
        view! {
            <Message
                mark=self.mark
                image=self.image
                title=self.title
                lead=self.lead
                buttons=self.buttons
            >
                <p class="soft">{bought}</p>
                <p>{status}</p>
                {self.more}
            </Message>
        }
        .into_any()
    }
}

fn updating(visit: &Visit, recharge: &Recharge, delay: Delay) -> AnyView {
    let w = visit.words();
    let plan = recharge.plan.is_some();
    let contact = seller_of(&visit.services.catalog).contact.into_owned();
    let args = [
        ("contact", contact.into()),
        ("id", recharge.id.as_str().into()),
    ];
    let (title, next) = if plan {
        ("success-updating-title-plan", "success-updating-next-plan")
    } else {
        ("success-updating-title", "success-updating-next")
    };
    let next = w.say_with(next, &args);
    let still_asking = !visit.asked_enough();
    let more = view! {
        <div role="status" data-poll-done="" hidden=still_asking>
            <Notice title=w.say("success-updating-next-title")><p>{next}</p></Notice>
        </div>
    };
    let status = w.say("success-updating-status");
    let said = Said {
        mark: Mark::Wait,
        image: Icon::Clock,
        title: w.say(title),
        lead: waits_for(visit, recharge, delay),
        status: Some(said_status(recharge.standing, "state", status)),
        more: Some(more.into_any()),
        buttons: vec![
            button_link("", visit.address(), w.say("success-updating-again")),
            button_link("plain", routes::DASHBOARD, w.say("success-dashboard")),
        ],
    };
    said.view(visit, recharge)
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
    let open = recharge.checkout_url.as_ref();
    let go_on = open.map(|url| button_link("main", url, w.say("cancelled-continue")));
    let other = button_link("", routes::PAYMENTS, w.say("cancelled-other"));
    let said = Said {
        mark: Mark::Plain,
        image: Icon::Clock,
        title: w.say("success-unpaid-title"),
        lead: w.say(if recharge.plan.is_some() {
            "success-unpaid-text-plan"
        } else {
            "success-unpaid-text"
        }),
        status: None,
        more: None,
        buttons: go_on.into_iter().chain([other]).collect(),
    };
    said.view(visit, recharge)
}

fn failed(visit: &Visit, recharge: &Recharge) -> AnyView {
    let w = visit.words();
    let said = Said {
        mark: Mark::Bad,
        image: Icon::Close,
        title: w.say("success-failed-title"),
        lead: w.say("success-failed-text"),
        status: None,
        more: Some(agreed(visit, recharge)),
        buttons: try_again(visit, recharge),
    };
    said.view(visit, recharge)
}

fn expired(visit: &Visit, recharge: &Recharge) -> AnyView {
    let w = visit.words();
    let said = Said {
        mark: Mark::Plain,
        image: Icon::Clock,
        title: w.say("success-expired-title"),
        lead: w.say("success-expired-text"),
        status: None,
        more: Some(agreed(visit, recharge)),
        buttons: try_again(visit, recharge),
    };
    said.view(visit, recharge)
}

fn surplus(visit: &Visit, recharge: &Recharge) -> AnyView {
    let w = visit.words();
    let on_its_way = recharge.standing == Standing::Completed;
    let status = on_its_way.then(|| {
        let said = w.say("success-surplus-status");
        said_status(recharge.standing, "state going-back", said)
    });
    let said = Said {
        mark: Mark::Plain,
        image: Icon::Info,
        title: w.say("success-surplus-title"),
        lead: w.say("success-surplus-text"),
        status,
        more: None,
        buttons: vec![button_link(
            "main",
            routes::PAYMENTS,
            w.say("success-missing-button"),
        )],
    };
    said.view(visit, recharge)
}

/// What trying again agrees to.
fn agreed(visit: &Visit, recharge: &Recharge) -> AnyView {
    let to = if recharge.plan.is_some() {
        Agreement::Plan
    } else {
        Agreement::Credits
    };
    let agreed = agreement(visit.words(), &visit.services.catalog, to);
    view! { <div>{agreed}</div> }.into_any()
}

fn try_again(visit: &Visit, recharge: &Recharge) -> Vec<AnyView> {
    let w = visit.words();
    let price = price_of(w, recharge);
    let label = w.say_with("success-failed-again", &[("price", price.into())]);
    let again = again(w, &visit.services.catalog, recharge, "main", label);
    let other = button_link("", routes::PAYMENTS, w.say("success-failed-other"));
    again.into_iter().chain([other]).collect()
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
