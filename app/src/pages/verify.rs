use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::components::link::button_link;
use crate::components::message::{Mark, Message};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, Visit};

/// Where the link of the letter leads.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Verify { verified } = &visit.content else {
        return None;
    };
    let w = visit.words();
    let inside = if *verified { confirmed(w) } else { dead(w) };
    Some(view! { <main id="main" class="wrap">{inside}</main> }.into_any())
}

fn confirmed(w: Words) -> AnyView {
    let buttons = vec![button_link(
        "main",
        routes::DASHBOARD,
        w.say("auth-verify-button"),
    )];
    view! {
        <Message
            mark=Mark::Good
            image=Icon::Check
            title=w.say("auth-verify-title")
            lead=w.say("auth-verify-text")
            buttons=buttons
        />
    }
    .into_any()
}

fn dead(w: Words) -> AnyView {
    let buttons = vec![button_link(
        "main",
        routes::ACCOUNT,
        w.say("auth-verify-bad-button"),
    )];
    view! {
        <Message
            mark=Mark::Bad
            image=Icon::Close
            title=w.say("auth-verify-bad-title")
            lead=w.say("auth-verify-bad-text")
            buttons=buttons
        />
    }
    .into_any()
}
