//! What a form says after its redirect: an error from a closed set, and what was typed (never a
//! password). It travels in a cookie that lives a minute and is read once, so that refused forms
//! leave no session behind.

use std::collections::BTreeMap;

use atelier_server::db;
use atelier_server::idempotency::KeyRefused;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::{Cookie, SameSite};
use serde::{Deserialize, Serialize};

/// The cookie's name.
pub const COOKIE: &str = "atelier_flash";

/// A form on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    SignUp,
    SignIn,
    Forgot,
    Reset,
    Verify,
    Checkout,
    TopUp,
    Plan,
    TryOn,
    Video,
    Job,
    Account,
    Password,
    Email,
    Sessions,
    Tokens,
    Deletion,
    Admin,
    Batch,
}

/// What happened, as the page words it. A closed set without free text: the cookie can be forged,
/// and a page must never repeat somebody else's words as ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    // What went well.
    Sent,
    Saved,
    PasswordChanged,
    PasswordRenewed,
    ChangeLinkSent,
    SessionEnded,
    TokenMade,
    TokenRevoked,
    CreditsChanged,
    Blocked,
    Unblocked,
    SpendingStopped,
    SpendingLifted,
    Replayed,
    Checked,
    CheckRuns,
    Mended,
    NothingWrong,
    JobRetried,
    JobCancelled,
    JobReleased,
    Refunded,
    SignedOut,
    Deleted,
    Restored,
    // Accounts.
    BadEmail,
    EmailTaken,
    BadPassword,
    WrongCredentials,
    WrongPassword,
    SameEmail,
    EmailKeptElsewhere,
    OtherEmail,
    LastAdministrator,
    ScopeMissing,
    ScopeForbidden,
    TooManyTokens,
    // The operator's.
    CreditsOutOfBounds,
    TypeAgain,
    ReasonMissing,
    /// The same of a second form on the page.
    WhyMissing,
    /// The same of a third one.
    CauseMissing,
    /// The same of a list, above which it is asked for each of its rows.
    ReasonOfRowMissing,
    TooFewCredits,
    OwnAccount,
    StillWrong,
    ByHand,
    // The operator's batches. Places are counted as people do.
    BatchApplied,
    BatchUndone,
    BatchWasUndone,
    NothingToApply,
    NothingToUndo,
    TwinApplied,
    TypeTotal,
    TableEmpty,
    TableTooLong,
    TableTooLarge,
    TableUnreadable {
        line: u64,
    },
    /// A column that is none of ours, or there twice.
    TableColumn {
        column: u64,
    },
    TableColumnMissing {
        column: usize,
    },
    TableRow {
        row: u64,
    },
    RefundAmount,
    RefundTooMuch,
    RefundNothingLeft,
    RefundNotPaid,
    RefundRefused,
    /// What it would do has changed since it was shown.
    RefundChanged,
    /// The provider did not answer: the money may have gone back or not.
    RefundUnknown,
    RateLimited {
        seconds: u64,
    },
    DeadLink,
    /// An operator has stopped the spending of the account.
    Stopped,
    // Buying.
    UnknownItem,
    BadAmount,
    HasPlan,
    NoPlan,
    PlanChanged,
    PlanEnds,
    PlanGoesOn,
    PlanRefused,
    VerifyFirst,
    ProviderUnavailable,
    KeyMismatch,
    Conflict,
    // The studio.
    PersonMissing,
    GarmentMissing,
    PersonTooLarge,
    GarmentTooLarge,
    PersonUnsupported,
    GarmentUnsupported,
    PersonBroken,
    GarmentBroken,
    PersonAnimated,
    GarmentAnimated,
    PersonTooSmall,
    GarmentTooSmall,
    PersonTooManyPixels,
    GarmentTooManyPixels,
    PictureMissing,
    PictureTooLarge,
    PictureUnsupported,
    PictureBroken,
    PictureAnimated,
    PictureTooSmall,
    PictureTooManyPixels,
    PromptMissing,
    PromptTooLong,
    /// The pictures of a job are no longer kept.
    OriginalsGone,
    InsufficientCredits,
    TooManyJobs,
    JobEnded,
    /// The database does not answer; what was sent may have been done or not.
    Interrupted,
    /// What came is not what the form sends.
    Incomplete,
    // Anything else; it is in the log.
    Unexpected,
}

impl Outcome {
    /// What is said of a database's error.
    pub fn of_broken(error: &db::Error) -> Self {
        if db::is_unavailable(error) {
            Self::Interrupted
        } else {
            Self::Unexpected
        }
    }

    /// What is said of a form whose one-time key was refused.
    pub fn of_key(refused: &KeyRefused) -> Self {
        match refused {
            KeyRefused::Mismatch => Self::KeyMismatch,
            KeyRefused::InFlight => Self::Conflict,
        }
    }

    /// Whether nobody knows if the form was done: sending it again has to be the same request.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Interrupted | Self::RefundUnknown)
    }
}

/// An outcome on its way to the next page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    pub form: Form,
    pub outcomes: Vec<Outcome>,
    /// What was typed, by field.
    #[serde(default)]
    pub typed: BTreeMap<String, String>,
}

/// What is typed can be long; a cookie cannot.
const LONGEST_FIELD: usize = 300;

impl Flash {
    pub fn new(form: Form, outcome: Outcome) -> Self {
        Self {
            form,
            outcomes: vec![outcome],
            typed: BTreeMap::new(),
        }
    }

    pub fn several(form: Form, outcomes: Vec<Outcome>) -> Self {
        Self {
            form,
            outcomes,
            typed: BTreeMap::new(),
        }
    }

    /// Keeps what was typed into a field.
    #[must_use]
    pub fn keep(mut self, field: &str, typed: &str) -> Self {
        let typed = typed.chars().take(LONGEST_FIELD).collect();
        self.typed.insert(field.to_owned(), typed);
        self
    }

    /// The same on a page that is shown at once and goes through no cookie: however long it is.
    #[must_use]
    pub fn show(mut self, field: &str, typed: &str) -> Self {
        self.typed.insert(field.to_owned(), typed.to_owned());
        self
    }

    pub fn typed(&self, field: &str) -> &str {
        self.typed.get(field).map_or("", String::as_str)
    }

    /// Whether `outcome` is among what happened.
    pub fn has(&self, outcome: Outcome) -> bool {
        self.outcomes.contains(&outcome)
    }

    /// The `Set-Cookie` value that carries it.
    pub fn to_cookie(&self, secure: bool) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        cookie(
            URL_SAFE_NO_PAD.encode(json),
            cookie::time::Duration::minutes(1),
            secure,
        )
    }

    pub fn from_cookie(value: &str) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(value).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

/// The `Set-Cookie` value that takes it away again.
pub fn removal(secure: bool) -> String {
    cookie(String::new(), cookie::time::Duration::ZERO, secure)
}

fn cookie(value: String, life: cookie::time::Duration, secure: bool) -> String {
    Cookie::build((COOKIE, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(life)
        .build()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_way_through_a_cookie() {
        let flash = Flash::new(Form::SignIn, Outcome::RateLimited { seconds: 60 })
            .keep("email", "ann@example.com");
        let header = flash.to_cookie(false);
        let cookie = Cookie::parse(header.as_str()).unwrap();
        assert_eq!(Flash::from_cookie(cookie.value()), Some(flash));
        assert!(
            header.contains("HttpOnly") && header.contains("SameSite=Lax"),
            "{header}"
        );
    }

    #[test]
    fn a_forged_one_is_nothing() {
        assert_eq!(Flash::from_cookie("e30"), None);
        assert_eq!(Flash::from_cookie("<script>"), None);
    }
}
