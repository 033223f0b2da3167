use leptos::prelude::*;

use super::notice::{Notice, Tone};
use super::seller::seller_of;
use crate::visit::Visit;

/// Says that an operator has stopped the visitor's spending, and whom to write to.
pub fn stopped_notice(visit: &Visit) -> Option<AnyView> {
    visit.wallet.as_ref().filter(|wallet| wallet.is_stopped)?;
    let w = visit.words();
    let contact = seller_of(&visit.services.catalog).contact.to_string();
    let notice = view! {
        <Notice tone=Tone::Warn title=w.say("stopped-title")>
            <p>{w.say_with("stopped-text", &[("contact", contact.into())])}</p>
        </Notice>
    };
    Some(notice.into_any())
}

/// The same at the top of a page, where it comes and goes while the page is open.
pub fn stopped_region(visit: &Visit) -> AnyView {
    view! { <div class="notices" data-live-region="stopped">{stopped_notice(visit)}</div> }
        .into_any()
}
