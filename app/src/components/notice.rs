use leptos::prelude::*;

use super::icon::{Icon, icon};

/// How a notice is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Warn,
    Bad,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "notice",
            Self::Good => "notice good",
            Self::Warn => "notice warn",
            Self::Bad => "notice bad",
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Self::Plain => Icon::Info,
            Self::Good => Icon::Check,
            Self::Warn => Icon::Clock,
            Self::Bad => Icon::Alert,
        }
    }
}

/// Something to know. `answer` is for notices that answer a form: they are read out and can take
/// the focus.
#[component]
pub fn Notice(
    #[prop(optional)] tone: Tone,
    #[prop(optional)] image: Option<Icon>,
    #[prop(optional, into)] title: Option<String>,
    #[prop(optional)] answer: bool,
    children: Children,
) -> impl IntoView {
    let role = answer.then_some(if tone == Tone::Good {
        "status"
    } else {
        "alert"
    });
    let title = title.map(|title| view! { <h2>{title}</h2> });
    view! {
        <div class=tone.class() role=role tabindex=answer.then_some("-1")>
            {icon(image.unwrap_or(tone.icon()))}
            <div>{title}{children()}</div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_a_refused_form_is_read_out() {
        let html = view! { <Notice tone=Tone::Bad answer=true><p>"no"</p></Notice> }.to_html();
        assert!(html.contains("role=\"alert\" tabindex=\"-1\""), "{html}");
        let html = view! { <Notice><p>"so"</p></Notice> }.to_html();
        assert!(!html.contains("role"), "{html}");
    }
}
