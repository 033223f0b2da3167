use atelier_server::payments::{EventState, KeptEvent};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{choice, csv_address, head, moment, nothing, with_reason};
use crate::components::pager::pager;
use crate::forms::admin::{ReplayEvent, ReplayFailedEvents};
use crate::i18n::Words;
use crate::routes;
use crate::visit::Visit;

const LIST: &str = "/api/admin/webhook-events";

/// What payment providers told, and what became of it.
pub fn page(
    visit: &Visit,
    events: &[KeptEvent],
    failed: i64,
    state: Option<EventState>,
    next: Option<&str>,
) -> AnyView {
    let w = visit.words();
    let chosen = state.map_or("", EventState::as_str);
    let csv = csv_address(LIST, &[("state", chosen)]);
    let next = next.map(|before| visit.address_with(&[("before", before)]));
    let words = EventState::ALL.iter();
    let words = words
        .map(|state| (state.as_str(), w.say(state_key(*state))))
        .collect();
    let list = if events.is_empty() {
        nothing(w)
    } else {
        table(w, events)
    };
    // Failed ones may stand on another page.
    let list = if failed > 0 || events.iter().any(can_be_replayed) {
        let (flash, why) = (visit.flash.as_ref(), w.say("admin-why-replayed"));
        with_reason(w, flash, ReplayEvent::PATH, &why, again(w, failed), list)
    } else {
        list
    };
    view! {
        {head(w, w.say("admin-events-title"), "admin-events-lead", csv)}
        <form class="filter" method="get" action=routes::ADMIN_EVENTS>
            {choice("state", w.say("admin-events-state"), w.say("admin-all"), words, chosen)}
            <button class="button">{w.say("statement-filter-button")}</button>
        </form>
        {list}
        {pager(w, next)}
    }
    .into_any()
}

/// The button for all that were given up.
fn again(w: Words, failed: i64) -> Option<AnyView> {
    let said = w.say_with(
        "admin-events-replay-failed",
        &[("n", w.number(failed).into())],
    );
    (failed > 0).then(|| {
        view! {
            <button class="button" formaction=ReplayFailedEvents::PATH data-pending=w.say("admin-pending")>{said}</button>
        }
        .into_any()
    })
}

const fn state_key(state: EventState) -> &'static str {
    match state {
        EventState::Received => "admin-event-received",
        EventState::Processed => "admin-event-processed",
        EventState::Ignored => "admin-event-ignored",
        EventState::Unparsed => "admin-event-unparsed",
        EventState::Failed => "admin-event-failed",
    }
}

fn table(w: Words, events: &[KeptEvent]) -> AnyView {
    let rows: Vec<_> = events.iter().map(|event| row(w, event)).collect();
    view! {
        <div class="scroll">
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("statement-date")}</th>
                        <th scope="col">{w.say("admin-events-kind")}</th>
                        <th scope="col">{w.say("admin-events-state")}</th>
                        <th scope="col">{w.say("admin-events-about")}</th>
                        <th scope="col">{w.say("admin-reason")}</th>
                        <th scope="col" class="end">{w.say("admin-events-attempts")}</th>
                        <th scope="col">{w.say("admin-events-replay")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The tone and the word of a state.
pub fn state_of(w: Words, state: EventState) -> (&'static str, String) {
    let tone = match state {
        EventState::Processed => "completed",
        EventState::Received => "pending",
        EventState::Ignored => "cancelled",
        EventState::Unparsed | EventState::Failed => "failed",
    };
    (tone, w.say(state_key(state)))
}

pub fn can_be_replayed(event: &KeptEvent) -> bool {
    event.state != EventState::Unparsed
}

fn row(w: Words, event: &KeptEvent) -> impl IntoView + use<> {
    let (tone, state) = state_of(w, event.state);
    let replay = can_be_replayed(event).then(|| {
        let about = event.object_id.as_ref().unwrap_or(&event.event_id);
        let label = w.say_with(
            "admin-events-replay-one",
            &[("about", about.clone().into())],
        );
        view! {
            <button
                class="button plain" name="id" value=event.id.to_string() aria-label=label
                data-pending=w.say("admin-pending")
            >
                {w.say("admin-events-replay")}
            </button>
        }
    });
    let about = event.object_id.clone().unwrap_or_default();
    let reason = event.reason.clone().unwrap_or_default();
    view! {
        <tr>
            <td class="num soft">{moment(w, event.received_at)}</td>
            <th scope="row" class="first"><a href=routes::event(event.id.as_str())><code>{event.kind.clone()}</code></a></th>
            <td><span class="state" data-value=tone>{state}</span></td>
            <td><code class="id">{about}</code></td>
            <td class="soft"><code>{reason}</code></td>
            <td class="num end" data-label=w.say("admin-events-attempts")>{w.number(event.attempts)}</td>
            <td class="last">{replay}</td>
        </tr>
    }
}
