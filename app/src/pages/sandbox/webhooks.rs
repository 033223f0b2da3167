use atelier_server::sandbox::view::{Delivered, Event};
use leptos::prelude::*;

use super::desk::{Desk, SHOWN, choice, id, table};
use crate::components::form::hidden;
use crate::i18n::Words;

/// Where the webhooks stand on the page.
const WEBHOOKS: &str = "webhooks";

/// Ways to send webhooks, and the words for them.
const MODES: [(&str, &str); 5] = [
    ("normal", "sandbox-mode-normal"),
    ("delayed:10000", "sandbox-mode-delayed"),
    ("duplicate:3", "sandbox-mode-duplicate"),
    ("reversed", "sandbox-mode-reversed"),
    ("never", "sandbox-mode-never"),
];

/// Events with what became of telling them, and how they are sent from now on.
pub fn webhooks(desk: Desk, mode: &str, events: &[Event]) -> AnyView {
    let w = desk.words;
    let rows = events.iter().take(SHOWN).map(|it| row(desk, it));
    let heads = [
        "sandbox-date",
        "sandbox-event",
        "sandbox-delivery",
        "sandbox-acts",
    ];
    let heads = heads.into_iter().map(|key| w.say(key)).collect();
    let table = table(heads, rows.collect());
    desk.part(
        WEBHOOKS,
        "sandbox-events-title",
        Some(control(desk, mode)),
        table,
    )
}

/// How webhooks are sent, and those that are kept back let go.
fn control(desk: Desk, mode: &str) -> AnyView {
    let w = desk.words;
    let field = desk.place("mode");
    let known = MODES.iter().any(|(value, _)| *value == mode);
    // One that was set by a program.
    let other = (!known).then(|| {
        let mode = mode.to_owned();
        view! { <option value=mode.clone() selected=true>{mode.clone()}</option> }
    });
    let options: Vec<_> = MODES
        .iter()
        .map(|(value, key)| {
            view! { <option value=*value selected=*value == mode>{w.say(key)}</option> }
        })
        .collect();
    let set = view! {
        <div class="field">
            <label for=field.clone()>{w.say("sandbox-mode")}</label>
            <select class="input" id=field name="mode">{other}{options}</select>
        </div>
        <button class="button">{w.say("sandbox-mode-button")}</button>
    };
    let release = choice("action", "release", w.say("sandbox-release"));
    view! {
        <div class="desk-control">
            {desk.form("webhooks", WEBHOOKS, set.into_any())}
            {desk.form("webhooks", WEBHOOKS, release)}
        </div>
    }
    .into_any()
}

fn row(desk: Desk, it: &Event) -> AnyView {
    let w = desk.words;
    let told: Vec<_> = it
        .deliveries
        .iter()
        .map(|delivered| view! { <p class="note">{said(w, delivered)}</p> })
        .collect();
    let untold = told
        .is_empty()
        .then(|| view! { <p class="note">{w.say("sandbox-delivery-none")}</p> });
    let acts = view! {
        {hidden("event", &it.id)}
        {choice("action", "resend", w.say("sandbox-resend"))}
        {choice("action", "duplicate", w.say("sandbox-duplicate"))}
        {choice("action", "drop", w.say("sandbox-drop"))}
    };
    view! {
        <tr>
            <td class="num soft"><time datetime=it.created.to_rfc3339()>{w.moment(it.created)}</time></td>
            <th scope="row" class="first"><code>{it.kind.clone()}</code>" "{id(&it.object)}</th>
            <td class="last">{told}{untold}</td>
            <td class="last">{desk.form("webhooks", WEBHOOKS, acts.into_any())}</td>
        </tr>
    }
    .into_any()
}

/// What became of one delivery.
fn said(w: Words, it: &Delivered) -> String {
    let status = it
        .last_status
        .map_or_else(String::new, |status| status.to_string());
    let tries = it.attempts;
    let args = [
        ("status", status.into()),
        ("n", w.number(tries).into()),
        ("count", tries.into()),
    ];
    match (it.held, it.delivered_at, it.due_at) {
        (true, ..) => w.say("sandbox-delivery-held"),
        (_, Some(_), _) => w.say_with("sandbox-delivery-done", &args),
        (_, None, Some(at)) => w.say_with("sandbox-delivery-due", &[("at", w.moment(at).into())]),
        (_, None, None) => w.say_with("sandbox-delivery-gone", &args),
    }
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::payments::Provider;
    use atelier_server::time::Timestamp;

    use super::*;

    const EN: Words = Words(Language::En);
    const DESK: Desk = Desk {
        words: EN,
        provider: Provider::Stripe,
    };

    #[test]
    fn the_way_that_is_set_is_chosen_even_when_a_program_set_it() {
        let html = webhooks(DESK, "never", &[]).to_html();
        assert!(html.contains("<option value=\"never\" selected>"), "{html}");
        let html = webhooks(DESK, "delayed:5", &[]).to_html();
        assert!(
            html.contains("<option value=\"delayed:5\" selected>"),
            "{html}"
        );
    }

    #[test]
    fn each_end_of_a_delivery_has_words() {
        let at = Some(Timestamp::from_seconds(1));
        let one = |attempts, last_status, delivered_at, due_at, held| Delivered {
            attempts,
            last_status,
            delivered_at,
            due_at,
            held,
        };
        for (delivered, expected) in [
            (one(0, None, None, None, true), "Kept back"),
            (
                one(1, Some(200), at, None, false),
                "Delivered, answered 200",
            ),
            (one(0, None, None, at, false), "Due Jan 1, 1970, 00:00"),
            (
                one(3, Some(500), None, None, false),
                "Given up after 3 tries (500)",
            ),
        ] {
            assert_eq!(said(EN, &delivered), expected);
        }
    }
}
