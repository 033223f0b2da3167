use atelier_server::accounts::EmailChange;
use atelier_server::studio::JobState;

use super::refused;
use crate::flash::{Form, Outcome};
use crate::routes;
use crate::visit::{AdminPage, Content, Landing, Visit};

/// What the page is called in the browser's tab.
pub fn of(visit: &Visit) -> String {
    let w = visit.words();
    match &visit.content {
        Content::Job(page) => w.about(key(visit), page.job.tool()),
        _ => w.say(key(visit)),
    }
}

fn key(visit: &Visit) -> &'static str {
    match &visit.content {
        Content::Plain => plain(visit),
        Content::SignInFirst => "auth-sign-in-page",
        Content::NotFound => "error-not-found-title",
        Content::Refused(refusal) => refused::title_key(refusal),
        Content::Dashboard { .. } => "dash-page",
        Content::Payments(_) => "pay-page",
        Content::Receipt(_) => "receipt-page",
        Content::Success { landing, .. } => landed(landing),
        Content::Cancelled { .. } => "cancelled-page",
        Content::TryOn(_) => "tryon-page",
        Content::Video { .. } => "video-page",
        Content::Job(page) => job(page.job.state),
        Content::Gallery { .. } => "job-gallery-page",
        Content::Statement(_) => "statement-page",
        Content::Account(_) => "account-page",
        Content::Admin(page) => admin(page),
        Content::Verify { verified: true } => "auth-verify-page",
        Content::Verify { verified: false } => "auth-verify-bad-page",
        Content::Reset { lives: true, .. } => "auth-reset-page",
        Content::Reset { lives: false, .. } => "auth-reset-bad-page",
        Content::EmailChange { change, .. } => email_change(change),
        Content::Sandbox { .. } => "sandbox-page",
        Content::Mail { .. } => "sandbox-mail-page",
        Content::Api(_) => "api-page",
    }
}

fn plain(visit: &Visit) -> &'static str {
    let sent = |flash: &crate::flash::Flash| flash.form == Form::Forgot && flash.has(Outcome::Sent);
    match visit.path.as_str() {
        routes::HOME => "home-page",
        routes::SIGN_UP => "auth-sign-up-page",
        routes::SIGN_IN => "auth-sign-in-page",
        routes::FORGOT if visit.flash.as_ref().is_some_and(sent) => "auth-forgot-sent-page",
        routes::FORGOT => "auth-forgot-page",
        routes::GOODBYE => "goodbye-page",
        routes::TERMS => "terms-page",
        routes::PRIVACY => "privacy-page",
        routes::STYLEGUIDE => "style-page",
        routes::TEST_CREDITS => "test-credits-page",
        _ => "error-not-found-title",
    }
}

fn landed(landing: &Landing) -> &'static str {
    let plan = landing
        .recharge()
        .is_some_and(|recharge| recharge.plan.is_some());
    match landing {
        Landing::Settled(_) => "success-page",
        Landing::Updating(..) if plan => "success-updating-page-plan",
        Landing::Updating(..) => "success-updating-page",
        Landing::Unpaid(_) => "success-unpaid-page",
        Landing::Failed(_) => "success-failed-page",
        Landing::Expired(_) => "success-expired-page",
        Landing::Surplus(_) => "success-surplus-page",
        Landing::Missing => "success-missing-page",
    }
}

fn admin(page: &AdminPage) -> &'static str {
    match page {
        AdminPage::Overview { .. } => "admin-overview-page",
        AdminPage::People { .. } => "admin-people-page",
        AdminPage::Person(_) => "admin-person-page",
        AdminPage::Audit { .. } => "admin-audit-page",
        AdminPage::Events { .. } => "admin-events-page",
        AdminPage::Event(_) => "admin-event-page",
        AdminPage::Jobs(_) => "admin-jobs-page",
        AdminPage::Job(_) => "admin-job-page",
        AdminPage::Bulk(_) => "admin-bulk-page",
        AdminPage::Batch(_) => "admin-batch-page",
        AdminPage::Settings(_) => "admin-settings-page",
        AdminPage::Purchases(_) => "admin-purchases-page",
        AdminPage::Purchase(_) => "admin-purchase-page",
        AdminPage::Subscriptions(_) => "admin-subscriptions-page",
        AdminPage::Statement(_) => "admin-statement-page",
        AdminPage::Reconciliation(_) => "admin-reconciliation-page",
        AdminPage::Anomalies(_) => "admin-anomalies-page",
    }
}

const fn email_change(change: &EmailChange) -> &'static str {
    match change {
        EmailChange::Open { .. } => "auth-change-page",
        EmailChange::Done => "auth-change-done-page",
        EmailChange::Dead => "auth-change-bad-page",
    }
}

const fn job(state: JobState) -> &'static str {
    match state {
        JobState::Queued => "job-page-queued",
        JobState::Running => "job-page-running",
        JobState::Succeeded => "job-page-succeeded",
        JobState::Failed => "job-page-failed",
        JobState::Cancelled => "job-page-cancelled",
    }
}
