use leptos::prelude::*;

use super::seller::studio_providers;
use crate::visit::Visit;

/// What sending pictures means, said before the button: in full until somebody has sent some, and folded
/// away after that.
pub fn consent(visit: &Visit, key: &'static str, has_consented: bool) -> AnyView {
    let w = visit.words();
    let args = [
        ("provider", studio_providers(visit).into()),
        ("days", originals_days(visit).into()),
    ];
    let text = w.say_with(key, &args);
    if has_consented {
        return view! {
            <details class="note" id="consent">
                <summary>{w.say("consent-again")}</summary>
                <p>{text}</p>
            </details>
        }
        .into_any();
    }
    view! { <p class="note">{text}</p> }.into_any()
}

/// How long the pictures somebody sent are kept after the job, in days.
pub fn originals_days(visit: &Visit) -> String {
    let days = visit.services.studio.originals_kept().as_secs() / (24 * 3_600);
    visit
        .words()
        .number(i64::try_from(days).unwrap_or(i64::MAX))
}
