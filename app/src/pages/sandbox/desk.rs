//! Forms for what a person at a payment provider, or at the payer's bank, could do.

use atelier_server::payments::Provider;
use leptos::prelude::*;

use crate::components::form::hidden;
use crate::components::icon::{Icon, icon};
use crate::i18n::Words;
use crate::routes;

/// How many rows of each kind are shown.
pub const SHOWN: usize = 20;

/// The desk of one payment provider.
#[derive(Clone, Copy)]
pub struct Desk {
    pub words: Words,
    pub provider: Provider,
}

impl Desk {
    /// The name on the page of one of its parts: those of Stripe have it to themselves.
    pub fn place(self, part: &str) -> String {
        match self.provider {
            Provider::Stripe => part.to_owned(),
            Provider::Creem => format!("creem-{part}"),
        }
    }

    /// What its forms call a payment.
    pub fn payment_field(self) -> &'static str {
        match self.provider {
            Provider::Stripe => "payment_intent",
            Provider::Creem => "transaction",
        }
    }

    /// A form; afterwards the browser comes back to the part of the page that is named `back`.
    pub fn form(self, action: &'static str, back: &str, inside: AnyView) -> AnyView {
        let action = format!("/sandbox/{}/{action}", self.provider.as_str());
        let back = format!("{}#{}", routes::SANDBOX, self.place(back));
        view! {
            <form class="desk-form" method="post" action=action>{hidden("return_to", back)}{inside}</form>
        }
        .into_any()
    }

    /// A part of the page with its table, or what is said while there is nothing in it.
    pub fn part(
        self,
        part: &str,
        title: &str,
        above: Option<AnyView>,
        table: Option<AnyView>,
    ) -> AnyView {
        let w = self.words;
        let empty = table
            .is_none()
            .then(|| view! { <p class="soft">{w.say("sandbox-nothing")}</p> });
        let title = match self.provider {
            Provider::Stripe => w.say(title),
            Provider::Creem => w.say_with("sandbox-at-creem", &[("what", w.say(title).into())]),
        };
        let id = self.place(part);
        let title_id = format!("{id}-title");
        let labelled = title_id.clone();
        view! {
            <section class="part" id=id aria-labelledby=labelled>
                <div class="part-head"><h2 id=title_id>{title}</h2></div>
                {above}
                {table}
                {empty}
            </section>
        }
        .into_any()
    }
}

/// A button that says one of several things.
pub fn choice(name: &'static str, value: &'static str, label: String) -> AnyView {
    view! { <button class="button small" name=name value=value>{label}</button> }.into_any()
}

/// A table whose rows become cards on a phone; none without rows.
pub fn table(heads: Vec<String>, rows: Vec<AnyView>) -> Option<AnyView> {
    if rows.is_empty() {
        return None;
    }
    let heads: Vec<_> = heads
        .into_iter()
        .map(|head| view! { <th scope="col">{head}</th> })
        .collect();
    let table = view! {
        <div class="scroll">
            <table class="table cards desk">
                <thead><tr>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    };
    Some(table.into_any())
}

/// What can be done about a row, out of sight until it is wanted.
pub fn acts(id: String, label: String, inside: AnyView) -> AnyView {
    view! {
        <details class="acts" id=id>
            <summary>{icon(Icon::Chevron)}{label}</summary>
            <div class="acts-inside">{inside}</div>
        </details>
    }
    .into_any()
}

/// A provider's own word for a state.
pub fn state(word: &str) -> AnyView {
    view! { <span class="state" data-value=word.to_owned()>{word.to_owned()}</span> }.into_any()
}

/// One of a provider's ids.
pub fn id(text: &str) -> AnyView {
    view! { <code class="id" title=text.to_owned()>{text.to_owned()}</code> }.into_any()
}
