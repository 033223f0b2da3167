use leptos::prelude::*;

use super::desk::choice;
use crate::components::form::hidden;
use crate::routes;
use crate::visit::Visit;

/// What time it is in the sandbox, and the ways to let it pass.
pub fn clock(visit: &Visit) -> AnyView {
    let w = visit.words();
    let steps = [
        ("hours", "1", "sandbox-clock-hour"),
        ("days", "1", "sandbox-clock-day"),
        ("days", "4", "sandbox-clock-days"),
        ("days", "32", "sandbox-clock-month"),
    ];
    let steps = steps.map(|(name, value, key)| choice(name, value, w.say(key)));
    let back = format!("{}#clock", routes::SANDBOX);
    let now = w.say_with("sandbox-clock-now", &[("now", w.moment(visit.now).into())]);
    view! {
        <section class="part" id="clock" aria-labelledby="clock-title">
            <div class="aside sheet">
                <div>
                    <h2 id="clock-title">{w.say("sandbox-clock-title")}</h2>
                    <p><time datetime=visit.now.to_rfc3339()>{now}</time></p>
                    <p class="soft">{w.say("sandbox-clock-text")}</p>
                </div>
                <form class="desk-form" method="post" action=routes::SANDBOX_CLOCK>
                    {hidden("return_to", back)}
                    {steps}
                </form>
            </div>
        </section>
    }
    .into_any()
}
