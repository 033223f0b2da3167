use atelier_server::studio::{Job, JobState, Tool};
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::state::job_state;
use crate::i18n::Words;
use crate::routes;

/// The jobs of a list as pictures.
pub fn shots(w: Words, jobs: &[Job]) -> Vec<AnyView> {
    jobs.iter().map(|job| shot(w, job)).collect()
}

/// One job: its picture or its state, leading to its page.
pub fn shot(w: Words, job: &Job) -> AnyView {
    view! {
        <a class="shot" href=routes::job(job.id.as_str()) data-job-id=job.id.to_string()>
            <span class="frame">{inside(w, job)}</span>
            <span class="shot-line">
                {job_state(w, job.state)}
                " "
                <time datetime=job.created_at.to_rfc3339()>{w.date(job.created_at)}</time>
            </span>
        </a>
    }
    .into_any()
}

fn inside(w: Words, job: &Job) -> AnyView {
    match job.state {
        JobState::Succeeded if job.tool() == Tool::Video => {
            // The first frame stands for the film.
            let source = format!("{}#t=0.1", routes::result(job.id.as_str()));
            view! {
                <video src=source preload="metadata" muted=true playsinline=true tabindex="-1"
                    aria-label=w.say("job-video-label")></video>
                {icon(Icon::Play)}
            }
            .into_any()
        }
        JobState::Succeeded => {
            let source = routes::result(job.id.as_str());
            view! { <img src=source alt=w.say("job-after-alt") width="720" height="960" loading="lazy"/> }.into_any()
        }
        JobState::Running => {
            let value = job.progress.to_string();
            view! {
                {icon(Icon::Clock)}
                <progress class="bare" value=value max="100" aria-label=w.say("job-progress")></progress>
            }
            .into_any()
        }
        JobState::Queued => icon(Icon::Clock).into_any(),
        JobState::Failed => icon(Icon::Alert).into_any(),
        JobState::Cancelled => icon(Icon::Close).into_any(),
    }
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::credits::PaidBy;
    use atelier_server::ids::{JobId, UserId};
    use atelier_server::studio::{Aspect, Category, Video, Work};
    use atelier_server::time::Timestamp;

    use super::*;

    fn job(state: JobState) -> Job {
        let at = Timestamp::from_seconds(1_000_000);
        Job {
            id: JobId::new(at),
            user_id: UserId::new(at),
            work: Work::TryOn {
                category: Category::Auto,
            },
            began_with_picture: true,
            state,
            progress: 60,
            cancel_requested: false,
            paid_by: PaidBy::Credits,
            cost: 1,
            created_at: at,
            finished_at: None,
            result_url: None,
            error: None,
        }
    }

    #[test]
    fn a_finished_job_shows_its_picture_and_a_running_one_its_progress() {
        let w = Words(Language::En);
        let html = shot(w, &job(JobState::Succeeded)).to_html();
        assert!(html.contains("/result\""), "{html}");
        let mut film = job(JobState::Succeeded);
        film.work = Work::Video(Video::new("snow", Aspect::Wide, 5).unwrap());
        assert!(shot(w, &film).to_html().contains("<video"));
        let html = shot(w, &job(JobState::Running)).to_html();
        assert!(
            html.contains("value=\"60\"") && html.contains("<progress"),
            "{html}"
        );
        assert!(
            html.contains("data-testid=\"job-state\" data-value=\"running\""),
            "{html}"
        );
    }
}
