use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::i18n::Words;

/// The way to the next page of a list, if there is one.
pub fn pager(w: Words, next: Option<String>) -> Option<impl IntoView> {
    next.map(|href| {
        let label = format!("{} ", w.say("common-page-next"));
        view! {
            <nav class="pages" aria-label=w.say("common-pages")>
                <span></span>
                <a class="button" href=href>{label}{icon(Icon::Arrow)}</a>
            </nav>
        }
    })
}
