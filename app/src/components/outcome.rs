use atelier_server::accounts::Password;
use atelier_server::catalog::TopUp;
use atelier_server::credits::Adjustment;
use atelier_server::oversight::Batch;
use atelier_server::studio::{LONGEST_SIDE, MOST_PIXELS, PictureError, SHORTEST_SIDE, Video};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::form::{hidden, submit};
use super::icon::Icon;
use super::notice::{Notice, Tone};
use crate::flash::{Flash, Form, Outcome};
use crate::forms::jobs::RestoreJob;
use crate::i18n::{Text, Words, grouped};

/// The most a picture may weigh, as it is said.
pub const PICTURE_LIMIT: &str = "10 MB";

/// An outcome in words.
pub fn say_outcome(w: Words, form: Form, outcome: Outcome, top_up: Option<&TopUp>) -> String {
    match outcome {
        Outcome::Sent => w.say("dash-verify-sent"),
        Outcome::Saved => w.say("account-saved"),
        Outcome::PasswordChanged => w.say("auth-reset-done"),
        Outcome::PasswordRenewed => w.say("account-password-done"),
        Outcome::ChangeLinkSent => w.say("account-email-sent"),
        Outcome::SessionEnded => w.say("account-session-ended"),
        Outcome::TokenMade => w.say("account-token-made"),
        Outcome::TokenRevoked => w.say("account-token-revoked"),
        Outcome::CreditsChanged => w.say("admin-credits-changed"),
        Outcome::Blocked => w.say("admin-blocked"),
        Outcome::Unblocked => w.say("admin-unblocked"),
        Outcome::SpendingStopped => w.say("admin-stopped"),
        Outcome::SpendingLifted => w.say("admin-lifted"),
        Outcome::Replayed => w.say("admin-replayed"),
        Outcome::Checked => w.say("admin-checked"),
        Outcome::CheckRuns => w.say("admin-check-runs"),
        Outcome::Mended => w.say("admin-mended"),
        Outcome::NothingWrong => w.say("admin-nothing-wrong"),
        Outcome::Refunded => w.say("admin-refunded-now"),
        Outcome::RefundAmount => w.say("admin-refund-amount-wrong"),
        Outcome::RefundTooMuch => w.say("admin-refund-too-much"),
        Outcome::RefundNothingLeft => w.say("admin-refund-nothing-left"),
        Outcome::RefundNotPaid => w.say("admin-refund-not-paid"),
        Outcome::RefundRefused => w.say("admin-refund-refused"),
        Outcome::RefundChanged => w.say("admin-refund-changed"),
        Outcome::RefundUnknown => w.say("admin-refund-unknown"),
        Outcome::StillWrong => w.say("admin-still-wrong"),
        Outcome::BatchApplied => w.say("admin-batch-was-applied"),
        Outcome::BatchUndone => w.say("admin-batch-was-undone"),
        Outcome::BatchWasUndone => w.say("admin-batch-undone-before"),
        Outcome::NothingToApply => w.say("admin-batch-nothing"),
        Outcome::NothingToUndo => w.say("admin-batch-not-undone"),
        Outcome::TwinApplied => w.say("admin-batch-twin-applied"),
        Outcome::TypeTotal => w.say("admin-batch-type-total"),
        Outcome::TableEmpty => w.say("admin-table-empty"),
        Outcome::TableTooLong => {
            let most = w.number(i64::try_from(Batch::MOST_ROWS).unwrap_or(i64::MAX));
            w.say_with("admin-table-long", &[("most", most.into())])
        }
        Outcome::TableTooLarge => w.say("admin-table-large"),
        Outcome::TableUnreadable { line } => placed(w, "admin-table-line", line),
        Outcome::TableColumn { column } => placed(w, "admin-table-column", column),
        Outcome::TableColumnMissing { column } => {
            let name = COLUMNS.get(column).copied().unwrap_or_default();
            w.say_with("admin-table-column-missing", &[("name", name.into())])
        }
        Outcome::TableRow { row } => placed(w, "admin-table-row", row),
        Outcome::JobRetried => w.say("admin-job-retried"),
        Outcome::JobCancelled => w.say("admin-job-cancelled"),
        Outcome::JobReleased => w.say("admin-job-released"),
        Outcome::ByHand => w.say("admin-by-hand"),
        Outcome::SignedOut => w.say("bar-toast-signed-out"),
        Outcome::Deleted => w.say("job-deleted"),
        Outcome::Restored => w.say("job-restored"),
        Outcome::BadEmail => w.say("field-email-invalid"),
        Outcome::EmailTaken => w.say("field-email-taken"),
        Outcome::BadPassword => {
            let shortest = Password::SHORTEST.to_string();
            w.say_with("field-password-short", &[("n", shortest.into())])
        }
        Outcome::WrongCredentials => w.say("auth-sign-in-wrong"),
        Outcome::WrongPassword => w.say("account-password-wrong"),
        Outcome::SameEmail => w.say("account-email-same"),
        Outcome::EmailKeptElsewhere => w.say("account-email-elsewhere"),
        Outcome::OtherEmail => w.say("account-delete-other"),
        Outcome::LastAdministrator => w.say("account-delete-last"),
        Outcome::ScopeMissing => w.say("account-token-scope-missing"),
        Outcome::ScopeForbidden => w.say("account-token-scope-forbidden"),
        Outcome::TooManyTokens => w.say("account-token-many"),
        Outcome::CreditsOutOfBounds => {
            let most = w.number(Adjustment::MOST);
            w.say_with("admin-credits-bounds", &[("most", most.into())])
        }
        Outcome::TypeAgain => w.say("admin-type-again"),
        Outcome::ReasonMissing
        | Outcome::WhyMissing
        | Outcome::CauseMissing
        | Outcome::ReasonOfRowMissing => w.say("admin-reason-missing"),
        Outcome::TooFewCredits => w.say("admin-too-few"),
        Outcome::OwnAccount => w.say("admin-own-account"),
        Outcome::RateLimited { seconds } => {
            let minutes = i64::try_from(seconds.div_ceil(60)).unwrap_or(i64::MAX);
            let said = w.number(minutes);
            let args = [("minutes", said.into()), ("count", minutes.into())];
            w.say_with("auth-sign-in-limited", &args)
        }
        Outcome::DeadLink => w.say("auth-reset-bad-title"),
        Outcome::Stopped => w.say("stopped-short"),
        Outcome::UnknownItem => w.say("field-unknown-item"),
        Outcome::BadAmount => bad_amount(w, top_up),
        Outcome::HasPlan => w.say("pay-plan-has-one"),
        Outcome::NoPlan => w.say("pay-plan-none"),
        Outcome::PlanChanged => w.say("pay-plan-changed"),
        Outcome::PlanEnds => w.say("pay-plan-ends"),
        Outcome::PlanGoesOn => w.say("pay-plan-goes-on"),
        Outcome::PlanRefused => w.say("pay-plan-refused"),
        Outcome::VerifyFirst => w.say("pay-portal-verify"),
        Outcome::ProviderUnavailable if matches!(form, Form::TryOn | Form::Video | Form::Job) => {
            w.say("tryon-unavailable")
        }
        Outcome::ProviderUnavailable if form == Form::Plan => w.say("pay-plan-unknown"),
        Outcome::ProviderUnavailable => w.say("pay-error-unavailable"),
        Outcome::KeyMismatch => w.say("error-idempotency-mismatch"),
        Outcome::JobEnded if form == Form::Admin => w.say("admin-job-had-ended"),
        Outcome::Conflict | Outcome::JobEnded => w.say("error-conflict"),
        Outcome::PersonMissing => w.say("field-person-missing"),
        Outcome::GarmentMissing => w.say("field-garment-missing"),
        Outcome::PictureMissing => w.say("field-picture-missing"),
        Outcome::PromptMissing => w.say("field-prompt-missing"),
        Outcome::PromptTooLong => {
            let most = w.number(i64::try_from(Video::LONGEST_PROMPT).unwrap_or(i64::MAX));
            w.say_with("field-prompt-long", &[("n", most.into())])
        }
        Outcome::OriginalsGone => w.say("job-originals-gone"),
        Outcome::PersonTooLarge | Outcome::GarmentTooLarge | Outcome::PictureTooLarge => {
            picture_text(PictureError::TooLarge).say(w)
        }
        Outcome::PersonUnsupported | Outcome::GarmentUnsupported | Outcome::PictureUnsupported => {
            picture_text(PictureError::Unsupported).say(w)
        }
        Outcome::PersonBroken | Outcome::GarmentBroken | Outcome::PictureBroken => {
            picture_text(PictureError::Broken).say(w)
        }
        Outcome::PersonAnimated | Outcome::GarmentAnimated | Outcome::PictureAnimated => {
            picture_text(PictureError::Animated).say(w)
        }
        Outcome::PersonTooSmall | Outcome::GarmentTooSmall | Outcome::PictureTooSmall => {
            picture_text(PictureError::TooSmall).say(w)
        }
        Outcome::PersonTooManyPixels
        | Outcome::GarmentTooManyPixels
        | Outcome::PictureTooManyPixels => picture_text(PictureError::TooManyPixels).say(w),
        Outcome::InsufficientCredits => w.say("error-insufficient-credits"),
        Outcome::TooManyJobs => w.say("error-too-many-jobs"),
        Outcome::Interrupted => w.say("error-interrupted-text"),
        Outcome::Incomplete => w.say("error-incomplete"),
        Outcome::Unexpected => w.say("error-internal-text"),
    }
}

/// The columns of a batch.
pub const COLUMNS: [&str; 4] = ["email", "action", "amount", "reason"];

/// What is wrong at a place of a table.
fn placed(w: Words, key: &str, place: u64) -> String {
    let place = w.number(i64::try_from(place).unwrap_or(i64::MAX));
    w.say_with(key, &[("n", place.into())])
}

/// Why a picture is not taken.
pub fn picture_text(error: PictureError) -> Text {
    match error {
        PictureError::TooLarge => Text::with(
            "field-picture-too-large",
            [("limit", PICTURE_LIMIT.to_owned())],
        ),
        PictureError::Unsupported => "field-picture-type".into(),
        PictureError::Broken => "field-picture-broken".into(),
        PictureError::Animated => "field-picture-animated".into(),
        PictureError::TooSmall => Text::with(
            "field-picture-too-small",
            [("n", grouped(SHORTEST_SIDE.into()))],
        ),
        PictureError::TooManyPixels => {
            let millions = i64::try_from(MOST_PIXELS / 1_000_000).unwrap_or(i64::MAX);
            let values = [
                ("millions", grouped(millions)),
                ("side", grouped(LONGEST_SIDE.into())),
            ];
            Text::with("field-picture-too-many-pixels", values)
        }
    }
}

fn bad_amount(w: Words, top_up: Option<&TopUp>) -> String {
    let Some(top_up) = top_up else {
        return w.say("field-unknown-item");
    };
    let (min, max) = (w.number(top_up.min), w.number(top_up.max));
    w.say_with(
        "field-amount-range",
        &[("min", min.into()), ("max", max.into())],
    )
}

/// Whether an outcome is said at a field, and not above the form.
fn stands_at_field(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::BadEmail
            | Outcome::EmailTaken
            | Outcome::BadPassword
            | Outcome::WrongPassword
            | Outcome::SameEmail
            | Outcome::OtherEmail
            | Outcome::ScopeMissing
            | Outcome::CreditsOutOfBounds
            | Outcome::TypeAgain
            | Outcome::ReasonMissing
            | Outcome::WhyMissing
            | Outcome::TypeTotal
            | Outcome::TableEmpty
            | Outcome::TableTooLong
            | Outcome::TableTooLarge
            | Outcome::TableUnreadable { .. }
            | Outcome::TableColumn { .. }
            | Outcome::TableColumnMissing { .. }
            | Outcome::TableRow { .. }
            | Outcome::CauseMissing
            | Outcome::ReasonOfRowMissing
            | Outcome::BadAmount
            | Outcome::PersonMissing
            | Outcome::GarmentMissing
            | Outcome::PersonTooLarge
            | Outcome::GarmentTooLarge
            | Outcome::PersonUnsupported
            | Outcome::GarmentUnsupported
            | Outcome::PersonBroken
            | Outcome::GarmentBroken
            | Outcome::PersonAnimated
            | Outcome::GarmentAnimated
            | Outcome::PersonTooSmall
            | Outcome::GarmentTooSmall
            | Outcome::PersonTooManyPixels
            | Outcome::GarmentTooManyPixels
            | Outcome::PictureMissing
            | Outcome::PictureTooLarge
            | Outcome::PictureUnsupported
            | Outcome::PictureBroken
            | Outcome::PictureAnimated
            | Outcome::PictureTooSmall
            | Outcome::PictureTooManyPixels
            | Outcome::PromptMissing
            | Outcome::PromptTooLong
    )
}

fn tone_of(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Sent
        | Outcome::Saved
        | Outcome::PasswordChanged
        | Outcome::PasswordRenewed
        | Outcome::ChangeLinkSent
        | Outcome::SessionEnded
        | Outcome::TokenMade
        | Outcome::TokenRevoked
        | Outcome::CreditsChanged
        | Outcome::Blocked
        | Outcome::Unblocked
        | Outcome::SpendingStopped
        | Outcome::SpendingLifted
        | Outcome::Replayed
        | Outcome::Checked
        | Outcome::CheckRuns
        | Outcome::Mended
        | Outcome::NothingWrong
        | Outcome::BatchApplied
        | Outcome::BatchUndone
        | Outcome::JobRetried
        | Outcome::JobCancelled
        | Outcome::JobReleased
        | Outcome::Refunded
        | Outcome::SignedOut
        | Outcome::PlanChanged
        | Outcome::PlanEnds
        | Outcome::PlanGoesOn
        | Outcome::Deleted
        | Outcome::Restored => Tone::Good,
        Outcome::RateLimited { .. }
        | Outcome::ProviderUnavailable
        | Outcome::HasPlan
        | Outcome::TooManyJobs
        | Outcome::RefundChanged
        | Outcome::RefundUnknown
        | Outcome::Stopped
        | Outcome::Interrupted => Tone::Warn,
        _ => Tone::Bad,
    }
}

/// The notice above a form: what happened, or how many fields need attention.
pub fn outcome_notice(w: Words, flash: Option<&Flash>, form: Form) -> Option<AnyView> {
    let flash = flash.filter(|flash| flash.form == form)?;
    let at_fields = flash
        .outcomes
        .iter()
        .filter(|outcome| stands_at_field(**outcome))
        .count();
    if at_fields > 0 {
        return Some(summary(w, i64::try_from(at_fields).unwrap_or(i64::MAX)));
    }
    let outcome = *flash.outcomes.first()?;
    let text = say_outcome(w, form, outcome, None);
    let undo = (outcome == Outcome::Deleted).then(|| undo(w, flash.typed("job")));
    let notice = view! { <Notice tone=tone_of(outcome) answer=true><p>{text}</p>{undo}</Notice> };
    Some(notice.into_any())
}

/// The way back from a deletion.
fn undo(w: Words, job: &str) -> AnyView {
    view! {
        <form method="post" action=RestoreJob::PATH>
            {hidden("id", job)}
            {submit("", w.say("job-undo"), w.say("job-undo-pending"))}
        </form>
    }
    .into_any()
}

fn summary(w: Words, count: i64) -> AnyView {
    view! {
        <Notice tone=Tone::Bad image=Icon::Alert title=w.count("common-errors-heading", count) answer=true>
            <p>{w.say("error-validation")}</p>
        </Notice>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;

    use super::*;

    const EVERY: &[Outcome] = &[
        Outcome::Sent,
        Outcome::Saved,
        Outcome::PasswordChanged,
        Outcome::PasswordRenewed,
        Outcome::ChangeLinkSent,
        Outcome::SessionEnded,
        Outcome::TokenMade,
        Outcome::TokenRevoked,
        Outcome::CreditsChanged,
        Outcome::Blocked,
        Outcome::Unblocked,
        Outcome::SpendingStopped,
        Outcome::SpendingLifted,
        Outcome::Replayed,
        Outcome::Checked,
        Outcome::CheckRuns,
        Outcome::Mended,
        Outcome::NothingWrong,
        Outcome::BatchApplied,
        Outcome::BatchUndone,
        Outcome::BatchWasUndone,
        Outcome::NothingToApply,
        Outcome::NothingToUndo,
        Outcome::TwinApplied,
        Outcome::TypeTotal,
        Outcome::TableEmpty,
        Outcome::TableTooLong,
        Outcome::TableTooLarge,
        Outcome::TableUnreadable { line: 3 },
        Outcome::TableColumn { column: 5 },
        Outcome::TableColumnMissing { column: 3 },
        Outcome::TableRow { row: 2 },
        Outcome::JobRetried,
        Outcome::JobCancelled,
        Outcome::JobReleased,
        Outcome::Refunded,
        Outcome::RefundAmount,
        Outcome::RefundTooMuch,
        Outcome::RefundNothingLeft,
        Outcome::RefundNotPaid,
        Outcome::RefundRefused,
        Outcome::RefundChanged,
        Outcome::RefundUnknown,
        Outcome::SignedOut,
        Outcome::Deleted,
        Outcome::BadEmail,
        Outcome::EmailTaken,
        Outcome::BadPassword,
        Outcome::WrongCredentials,
        Outcome::WrongPassword,
        Outcome::SameEmail,
        Outcome::EmailKeptElsewhere,
        Outcome::OtherEmail,
        Outcome::LastAdministrator,
        Outcome::ScopeMissing,
        Outcome::ScopeForbidden,
        Outcome::TooManyTokens,
        Outcome::CreditsOutOfBounds,
        Outcome::TypeAgain,
        Outcome::ReasonMissing,
        Outcome::WhyMissing,
        Outcome::CauseMissing,
        Outcome::ReasonOfRowMissing,
        Outcome::TooFewCredits,
        Outcome::OwnAccount,
        Outcome::StillWrong,
        Outcome::ByHand,
        Outcome::RateLimited { seconds: 61 },
        Outcome::DeadLink,
        Outcome::Stopped,
        Outcome::UnknownItem,
        Outcome::BadAmount,
        Outcome::HasPlan,
        Outcome::NoPlan,
        Outcome::PlanChanged,
        Outcome::PlanEnds,
        Outcome::PlanGoesOn,
        Outcome::PlanRefused,
        Outcome::ProviderUnavailable,
        Outcome::KeyMismatch,
        Outcome::Conflict,
        Outcome::PersonMissing,
        Outcome::GarmentMissing,
        Outcome::PersonTooLarge,
        Outcome::GarmentTooLarge,
        Outcome::PersonUnsupported,
        Outcome::GarmentBroken,
        Outcome::PersonAnimated,
        Outcome::GarmentTooSmall,
        Outcome::PersonTooManyPixels,
        Outcome::InsufficientCredits,
        Outcome::TooManyJobs,
        Outcome::JobEnded,
        Outcome::Interrupted,
        Outcome::Incomplete,
        Outcome::Unexpected,
    ];

    #[test]
    fn every_outcome_has_words_in_both_languages() {
        for language in [Language::En, Language::Zh] {
            for outcome in EVERY.iter().copied() {
                let said = say_outcome(Words(language), Form::TryOn, outcome, None);
                // A key without words would show itself, in lower case.
                let has_words = said.chars().any(|c| c.is_uppercase() || !c.is_ascii());
                assert!(has_words, "{outcome:?}: {said}");
                assert!(!said.contains("{ $"), "{outcome:?}: {said}");
            }
        }
    }

    #[test]
    fn minutes_are_rounded_up() {
        let limited = Outcome::RateLimited { seconds: 61 };
        let said = say_outcome(Words(Language::En), Form::SignIn, limited, None);
        assert!(said.contains("2 minutes"), "{said}");
    }

    #[test]
    fn another_forms_outcome_is_not_shown() {
        let flash = Flash::new(Form::Checkout, Outcome::UnknownItem);
        let w = Words(Language::En);
        assert!(outcome_notice(w, Some(&flash), Form::TopUp).is_none());
        let html = outcome_notice(w, Some(&flash), Form::Checkout).map(RenderHtml::to_html);
        assert!(html.is_some_and(|html| html.contains("role=\"alert\"")));
    }
}
