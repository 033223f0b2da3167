use leptos::prelude::*;

use super::icon::{Icon, icon};

/// The sign above a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Good,
    Bad,
    Wait,
    Plain,
}

impl Mark {
    const fn class(self) -> &'static str {
        match self {
            Self::Good => "mark good",
            Self::Bad => "mark bad",
            Self::Wait => "mark wait",
            Self::Plain => "mark",
        }
    }
}

/// A page that says one thing. `children` stand between the words and the row of buttons.
#[component]
pub fn Message(
    mark: Mark,
    image: Icon,
    title: String,
    lead: String,
    buttons: Vec<AnyView>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="message">
            <span class=mark.class()>{icon(image)}</span>
            <h1>{title}</h1>
            <p class="lead">{lead}</p>
            {children.map(|children| children())}
            <div class="row">{buttons}</div>
        </div>
    }
}
