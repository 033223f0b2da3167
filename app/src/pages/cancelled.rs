use atelier_server::payments::RechargeStatus;
use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::components::item::item_and_price;
use crate::components::link::button_link;
use crate::components::message::{Mark, Message};
use crate::routes;
use crate::visit::{Content, Visit};

/// Back from the payment provider without paying. Coming here cancels nothing.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Cancelled { recharge } = &visit.content else {
        return None;
    };
    let w = visit.words();
    let open = recharge
        .as_ref()
        .filter(|recharge| recharge.status == RechargeStatus::Pending)
        .and_then(|recharge| recharge.checkout_url.as_ref());
    let buttons: Vec<_> = [
        open.map(|url| button_link("main", url, w.say("cancelled-continue"))),
        Some(button_link("", routes::PAYMENTS, w.say("cancelled-other"))),
        Some(button_link(
            "plain",
            routes::DASHBOARD,
            w.say("cancelled-dashboard"),
        )),
    ]
    .into_iter()
    .flatten()
    .collect();
    let bought = recharge
        .as_ref()
        .map(|recharge| item_and_price(w, &visit.services.catalog, recharge));
    let stays = open.map(|_| view! { <p class="soft">{w.say("cancelled-text-open")}</p> });
    let main = view! {
        <main id="main" class="wrap">
            <Message
                mark=Mark::Plain
                image=Icon::Arrow
                title=w.say("cancelled-title")
                lead=w.say("cancelled-text")
                buttons=buttons
            >
                {bought.map(|said| view! { <p class="soft">{said}</p> })}
                {stays}
            </Message>
        </main>
    };
    Some(main.into_any())
}
