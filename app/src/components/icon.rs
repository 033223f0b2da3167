use leptos::prelude::*;

/// A drawing on a field of 24 by 24, in the colour of the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Alert,
    Arrow,
    Camera,
    Check,
    Chevron,
    Clock,
    Close,
    Download,
    Hanger,
    Info,
    Play,
    Upload,
}

impl Icon {
    const fn drawing(self) -> &'static str {
        match self {
            Self::Alert => r#"<path d="M12 4L2.8 20h18.4zM12 10v4.5M12 17.4v.1"/>"#,
            Self::Arrow => r#"<path d="M5 12h14M13 6l6 6-6 6"/>"#,
            Self::Camera => {
                r#"<path d="M3 8h4l1.6-2.5h6.8L17 8h4v11H3z"/><circle cx="12" cy="13" r="3.4"/>"#
            }
            Self::Check => r#"<path d="M4 12.5l5.5 5.5L20 7"/>"#,
            Self::Chevron => r#"<path d="M9 5l7 7-7 7"/>"#,
            Self::Clock => r#"<circle cx="12" cy="12" r="9"/><path d="M12 7v5.2l3.4 2"/>"#,
            Self::Close => r#"<path d="M6 6l12 12M18 6L6 18"/>"#,
            Self::Download => r#"<path d="M12 4v11M7 11l5 5 5-5M5 20h14"/>"#,
            Self::Hanger => {
                r#"<path d="M9.6 7.2A2.4 2.4 0 1 1 12 9.6v1.6L3 17.6c-1 .8-.5 2.2.7 2.2h16.6c1.2 0 1.7-1.4.7-2.2l-9-6.4"/>"#
            }
            Self::Info => r#"<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.5v.1"/>"#,
            Self::Play => r#"<path d="M8 5.5v13l10.5-6.5z"/>"#,
            Self::Upload => r#"<path d="M12 16V5M7 9l5-5 5 5M5 20h14"/>"#,
        }
    }
}

/// An icon beside words that say the same.
pub fn icon(icon: Icon) -> impl IntoView {
    view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" inner_html=icon.drawing()></svg> }
}
