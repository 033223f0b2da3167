use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::components::link::button_link;
use crate::components::message::{Mark, Message};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Refusal, Visit};

/// Says why the page that was asked for is not shown.
pub fn page(visit: &Visit, refusal: &Refusal) -> AnyView {
    let w = visit.words();
    let (mark, image) = match refusal {
        Refusal::Forbidden | Refusal::CrossSite => (Mark::Plain, Icon::Info),
        Refusal::RateLimited { .. } | Refusal::Unavailable | Refusal::Interrupted => {
            (Mark::Plain, Icon::Clock)
        }
        Refusal::Internal { .. } => (Mark::Bad, Icon::Alert),
    };
    let home = |class| button_link(class, routes::HOME, w.say("error-home"));
    let again = button_link("main", visit.address(), w.say("error-retry"));
    let buttons = match refusal {
        Refusal::Forbidden | Refusal::CrossSite => vec![home("main")],
        Refusal::RateLimited { .. } => vec![again],
        Refusal::Internal { .. } | Refusal::Unavailable | Refusal::Interrupted => {
            vec![again, home("")]
        }
    };
    let reference = reference(w, refusal);
    view! {
        <main id="main" class="wrap">
            <Message
                mark=mark
                image=image
                title=w.say(title_key(refusal))
                lead=text(w, refusal)
                buttons=buttons
            >
                {reference}
            </Message>
        </main>
    }
    .into_any()
}

pub const fn title_key(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Forbidden => "error-forbidden-title",
        Refusal::CrossSite => "error-cross-site-title",
        Refusal::RateLimited { .. } => "error-rate-limited-title",
        Refusal::Internal { .. } => "error-internal-title",
        Refusal::Unavailable => "error-unavailable-title",
        Refusal::Interrupted => "error-interrupted-title",
    }
}

fn text(w: Words, refusal: &Refusal) -> String {
    match refusal {
        Refusal::Forbidden => w.say("error-forbidden-text"),
        Refusal::CrossSite => w.say("error-cross-site-text"),
        Refusal::RateLimited { seconds } => {
            let said = w.number(*seconds);
            let args = [("seconds", said.into()), ("count", (*seconds).into())];
            w.say_with("error-rate-limited-text", &args)
        }
        Refusal::Internal { .. } => w.say("error-internal-text"),
        Refusal::Unavailable => w.say("error-unavailable-text"),
        Refusal::Interrupted => w.say("error-interrupted-text"),
    }
}

fn reference(w: Words, refusal: &Refusal) -> Option<impl IntoView + use<>> {
    let Refusal::Internal {
        reference: Some(reference),
    } = refusal
    else {
        return None;
    };
    let said = w.say_with("error-reference", &[("id", reference.into())]);
    Some(view! { <p class="note">{said}</p> })
}
