use atelier_server::studio::{JobState, Tool};
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::state::job_state_key;
use crate::i18n::Words;
use crate::routes;

/// Where script puts its messages, with the words for them in the page's language. The script fills
/// `{n}`, `{balance}` and `{id}` in.
pub fn toasts(w: Words) -> impl IntoView {
    let change = [("n", "{n}".into()), ("balance", "{balance}".into())];
    let state = |state| w.say(job_state_key(state));
    view! {
        <div
            id="toasts"
            class="toasts"
            role="status"
            aria-label=w.say("bar-toasts")
            data-job-href=routes::job("{id}")
            data-statement-href=routes::STATEMENT
            data-text-credited=w.say_with("bar-toast-credited", &change)
            data-text-taken=w.say_with("bar-toast-taken", &change)
            data-text-try_on-succeeded=w.about("bar-toast-succeeded", Tool::TryOn)
            data-text-try_on-failed=w.about("bar-toast-failed", Tool::TryOn)
            data-text-try_on-cancelled=w.about("bar-toast-cancelled", Tool::TryOn)
            data-text-video-succeeded=w.about("bar-toast-succeeded", Tool::Video)
            data-text-video-failed=w.about("bar-toast-failed", Tool::Video)
            data-text-video-cancelled=w.about("bar-toast-cancelled", Tool::Video)
            data-text-see=w.say("bar-toast-see")
            data-text-signed-out=w.say("bar-toast-signed-out")
            data-text-reload=w.say("bar-toast-reload")
            data-text-unlimited=w.say("common-unlimited")
            data-text-state-queued=state(JobState::Queued)
            data-text-state-running=state(JobState::Running)
            data-text-state-succeeded=state(JobState::Succeeded)
            data-text-state-failed=state(JobState::Failed)
            data-text-state-cancelled=state(JobState::Cancelled)
        >
            <template>
                <button type="button" class="icon-button" aria-label=w.say("bar-toast-close")>
                    {icon(Icon::Close)}
                </button>
            </template>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;

    use super::*;

    #[test]
    fn the_script_finds_places_to_fill_in() {
        let html = toasts(Words(Language::En)).to_html();
        assert!(html.contains("data-job-href=\"/jobs/{id}\""), "{html}");
        assert!(
            html.contains("{n} credits added. You now have {balance}."),
            "{html}"
        );
    }
}
