use leptos::prelude::*;

use super::link::text_link;
use crate::visit::Visit;

/// First on a page that looks again by itself: the way to keep it as it is.
pub fn stay(visit: &Visit) -> Option<AnyView> {
    let w = visit.words();
    let here = visit.stay()?;
    let said = w.followed(w.say("common-follows"));
    let line =
        view! { <p class="note stay plain-only">{said}{text_link(here, w.say("common-stay"))}</p> };
    Some(line.into_any())
}
