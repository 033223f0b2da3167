use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::components::link::button_link;
use crate::components::message::{Mark, Message};
use crate::routes;
use crate::visit::Visit;

/// Said once an account is deleted.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let w = visit.words();
    let buttons = vec![button_link("main", routes::HOME, w.say("goodbye-button"))];
    let main = view! {
        <main id="main" class="wrap">
            <Message
                mark=Mark::Good
                image=Icon::Check
                title=w.say("goodbye-title")
                lead=w.say("goodbye-text")
                buttons=buttons
            />
        </main>
    };
    Some(main.into_any())
}
