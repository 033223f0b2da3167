use atelier_server::payments::{ERASED, KeptEvent};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::events::{can_be_replayed, state_of};
use super::{audit, because_at, moment};
use crate::components::form::hidden;
use crate::components::seller::provider_name;
use crate::flash::Outcome;
use crate::forms::admin::ReplayEvent;
use crate::i18n::Words;
use crate::visit::{EventPage, Visit};

/// Of what was sent, so many letters are shown; the API gives all of them.
const MOST_SHOWN: usize = 12_000;

/// One event: what was sent, and what became of it.
pub fn page(visit: &Visit, page: &EventPage) -> AnyView {
    let w = visit.words();
    let (tone, state) = state_of(w, page.event.state);
    view! {
        <div class="head">
            <div>
                <h1>{w.say("admin-event-page")}</h1>
                <p class="lead"><code>{page.event.kind.clone()}</code>" "<span class="state" data-value=tone>{state}</span></p>
                <p class="soft"><code class="id">{page.event.event_id.clone()}</code></p>
            </div>
        </div>
        {facts(w, page)}
        {replay(visit, &page.event)}
        <section>
            <h2>{w.say("admin-event-sent")}</h2>
            {sent(w, page)}
        </section>
        {audit::section(w, &page.log)}
    }
    .into_any()
}

fn facts(w: Words, page: &EventPage) -> AnyView {
    let event = &page.event;
    let about = event.object_id.clone().map(|id| {
        let id = view! { <code class="id">{id}</code> };
        let id = match page.about.clone() {
            Some(href) => view! { <a href=href>{id}</a> }.into_any(),
            None => id.into_any(),
        };
        view! { <dt>{w.say("admin-events-about")}</dt><dd>{id}</dd> }
    });
    let reason = event.reason.clone().map(|reason| {
        view! { <dt>{w.say("admin-event-error")}</dt><dd><code>{reason}</code></dd> }
    });
    let at = |key: &str, at| view! { <dt>{w.say(key)}</dt><dd>{moment(w, at)}</dd> };
    let origin = match event.origin.as_str() {
        "webhook" => "admin-event-told",
        _ => "admin-event-asked",
    };
    view! {
        <dl class="facts">
            <dt>{w.say("admin-provider")}</dt>
            <dd>{provider_name(event.provider)}</dd>
            <dt>{w.say("admin-event-origin")}</dt>
            <dd>{w.say(origin)}</dd>
            {about}
            {reason}
            <dt>{w.say("admin-events-attempts")}</dt>
            <dd>{w.number(event.attempts)}</dd>
            {at("admin-event-came", event.received_at)}
            {event.processed_at.map(|ended| at("admin-event-ended", ended))}
            {event.next_at.map(|next| at("admin-event-next", next))}
        </dl>
    }
    .into_any()
}

/// What cannot be read cannot be acted on.
fn replay(visit: &Visit, event: &KeptEvent) -> Option<AnyView> {
    let w = visit.words();
    let why = because_at(
        "f-why",
        Outcome::ReasonOfRowMissing,
        w,
        visit.flash.as_ref(),
        &w.say("admin-why-replayed"),
    );
    can_be_replayed(event).then(|| {
        view! {
            <section>
                <form class="form" method="post" action=ReplayEvent::PATH>
                    {hidden("id", event.id.to_string())}
                    {hidden("from_its_page", "true".to_owned())}
                    {why}
                    <button class="button" data-pending=w.say("admin-pending")>{w.say("admin-events-replay")}</button>
                </form>
            </section>
        }
        .into_any()
    })
}

fn sent(w: Words, page: &EventPage) -> AnyView {
    if page.payload == ERASED {
        return view! { <p class="soft">{w.say("admin-event-blank")}</p> }.into_any();
    }
    let whole = laid_out(&page.payload);
    let shown: String = whole.chars().take(MOST_SHOWN).collect();
    let cut = (shown.len() < whole.len()).then(|| {
        let href = format!("/api/admin/webhook-events/{}", page.event.id);
        view! { <p class="soft">{w.say("admin-event-cut")}" "<a href=href>{w.say("admin-event-whole")}</a></p> }
    });
    view! {
        <pre class="example" data-testid="event-payload"><code>{shown}</code></pre>
        {cut}
    }
    .into_any()
}

/// JSON with its members under each other, by name; anything else as it came.
fn laid_out(payload: &str) -> String {
    let read = serde_json::from_str::<serde_json::Value>(payload);
    read.and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| payload.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_shown_as_it_came() {
        assert_eq!(
            laid_out("{\"b\":1,\"a\":[2]}"),
            "{\n  \"a\": [\n    2\n  ],\n  \"b\": 1\n}"
        );
        assert_eq!(laid_out("{\"b\":"), "{\"b\":");
    }
}
