use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::components::link::button_link;
use crate::components::message::{Mark, Message};
use crate::routes;
use crate::visit::Visit;

/// Nothing is at this address, or nothing that this person may see.
pub fn page(visit: &Visit) -> AnyView {
    let w = visit.words();
    let mut buttons = vec![button_link("main", routes::HOME, w.say("error-home"))];
    if visit.user.is_some() {
        buttons.push(button_link("", routes::DASHBOARD, w.say("error-dashboard")));
    }
    view! {
        <main id="main" class="wrap">
            <Message
                mark=Mark::Plain
                image=Icon::Info
                title=w.say("error-not-found-title")
                lead=w.say("error-not-found-text")
                buttons=buttons
            />
        </main>
    }
    .into_any()
}
