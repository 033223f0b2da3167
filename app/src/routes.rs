//! The addresses of pages: constants used by routes, links, redirects and tests.

pub const HOME: &str = "/";
pub const SIGN_UP: &str = "/sign-up";
pub const SIGN_IN: &str = "/sign-in";
pub const FORGOT: &str = "/forgot";
pub const RESET: &str = "/reset";
pub const VERIFY: &str = "/verify";
/// Below it stand the links that change the address of an account.
pub const CHANGE_EMAIL: &str = "/change-email";
pub const TERMS: &str = "/terms";
pub const PRIVACY: &str = "/privacy";
pub const DASHBOARD: &str = "/dashboard";
pub const PAYMENTS: &str = "/payments";
pub const SUCCESS: &str = "/payments/success";
/// Other addresses under which the success page was known; all answer alike.
pub const SUCCESS_ALIASES: [&str; 2] = ["/payment/success", "/success"];
/// Below it stands the receipt of each purchase.
pub const RECEIPTS: &str = "/payments/receipts";
pub const CANCELLED: &str = "/payments/cancelled";
pub const TRY_ON: &str = "/try-on";
pub const VIDEO: &str = "/video";
pub const JOBS: &str = "/jobs";
pub const GALLERY: &str = "/gallery";
pub const STATEMENT: &str = "/statement";
pub const ACCOUNT: &str = "/account";
/// Everything of an account as one archive, a download.
pub const EXPORT: &str = "/account/export";
/// What somebody sees whose account is deleted.
pub const GOODBYE: &str = "/goodbye";
/// The operator's pages.
pub const ADMIN: &str = "/admin";
pub const ADMIN_USERS: &str = "/admin/users";
pub const ADMIN_AUDIT: &str = "/admin/audit";
pub const ADMIN_EVENTS: &str = "/admin/webhooks";
pub const ADMIN_JOBS: &str = "/admin/jobs";
pub const ADMIN_SETTINGS: &str = "/admin/settings";
/// Many wallets at once; below it stands each batch.
pub const ADMIN_BULK: &str = "/admin/bulk";
pub const ADMIN_PURCHASES: &str = "/admin/purchases";
pub const ADMIN_SUBSCRIPTIONS: &str = "/admin/subscriptions";
/// The HTTP API, for people and for programs.
pub const API_DOCS: &str = "/api/docs";
pub const API_DOCUMENT: &str = "/api/openapi.json";
pub const ADMIN_RECONCILIATION: &str = "/admin/reconciliation";
pub const ADMIN_ANOMALIES: &str = "/admin/anomalies";
pub const SANDBOX: &str = "/sandbox";
/// The pieces pages are made of; in the sandbox only.
pub const STYLEGUIDE: &str = "/styleguide";
/// Every call of the client, tried on one's own wallet; in the sandbox only.
pub const TEST_CREDITS: &str = "/test-credits";
/// The client for other people's programs, and its types.
pub const CLIENT: &str = "/atelier.js";
pub const CLIENT_TYPES: &str = "/atelier.d.ts";
/// Moves the sandbox's clock forward.
pub const SANDBOX_CLOCK: &str = "/sandbox/clock";
pub const SANDBOX_MAIL: &str = "/sandbox/mail";
/// The statement for programs; as CSV it is a download.
pub const ENTRIES: &str = "/api/credits/entries";

/// The page of one job.
pub fn job(id: &str) -> String {
    format!("{JOBS}/{id}")
}

/// A letter of the sandbox as a page of its own.
pub fn letter(id: &str) -> String {
    format!("{SANDBOX_MAIL}/{id}")
}

/// The receipt of one purchase.
pub fn receipt(id: &str) -> String {
    format!("{RECEIPTS}/{id}")
}

/// The purchase whose receipt is at `path`, if one could be.
pub fn receipt_of(path: &str) -> Option<&str> {
    path.strip_prefix(RECEIPTS)?.strip_prefix('/')
}

/// The operator's page of one account.
pub fn person(id: &str) -> String {
    format!("{ADMIN_USERS}/{id}")
}

/// The operator's page of one job.
pub fn overseen_job(id: &str) -> String {
    format!("{ADMIN_JOBS}/{id}")
}

/// The operator's page of one webhook event, by the id under which it is kept.
pub fn event(id: &str) -> String {
    format!("{ADMIN_EVENTS}/{id}")
}

/// The webhook events that nobody could act on.
pub const ADMIN_EVENTS_FAILED: &str = "/admin/webhooks?state=failed";

/// The operator's page of one batch, by its encoded name.
pub fn batch(id: &str) -> String {
    format!("{ADMIN_BULK}/{id}")
}

/// The batch whose page is at `path`, if one could be. Programs name theirs as they like.
pub fn batch_of(path: &str) -> Option<String> {
    let id = path.strip_prefix(ADMIN_BULK)?.strip_prefix('/')?;
    let id = percent_decode(id)?;
    (!id.is_empty() && !id.contains('\0')).then_some(id)
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let value = digit(rest.next()?)? * 16 + digit(rest.next()?)?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// The whole statement of an account, as the operator sees it.
pub fn statement_of(id: &str) -> String {
    format!("{ADMIN_USERS}/{id}/statement")
}

/// The operator's page of one purchase.
pub fn purchase(id: &str) -> String {
    format!("{ADMIN_PURCHASES}/{id}")
}

/// The operator's list of the purchases that an id is known by.
pub fn purchases_about(id: &str) -> String {
    format!("{ADMIN_PURCHASES}?q={}", encode(id))
}

/// The operator's page of one purchase with a refund to be looked at.
pub fn refund(id: &str, how: &str, amount: &str) -> String {
    let (how, amount) = (encode(how), encode(amount));
    format!("{ADMIN_PURCHASES}/{id}?refund={how}&amount={amount}")
}

/// The purchases that a search finds.
pub fn purchases_of(search: &str) -> String {
    format!("{ADMIN_PURCHASES}?q={}", encode(search))
}

/// A kept report of the reconciliation; without an id the newest.
/// From behind the finding at the position `after`, if there is one.
pub fn reconciliation(report: &str, after: Option<i64>) -> String {
    if report.is_empty() {
        return ADMIN_RECONCILIATION.to_owned();
    }
    let after = after.map_or_else(String::new, |after| format!("&after={after}"));
    format!("{ADMIN_RECONCILIATION}?report={}{after}", encode(report))
}

/// The anomalies of one kind; of all of them the first, where it is no kind.
pub fn anomalies(kind: &str) -> String {
    match kind {
        "all" => ADMIN_ANOMALIES.to_owned(),
        kind => format!("{ADMIN_ANOMALIES}?kind={}", encode(kind)),
    }
}

/// One of the pictures a job was made from: `person`, `garment` or `picture`.
pub fn original(id: &str, which: &str) -> String {
    format!("{JOBS}/{id}/{which}")
}

/// The picture a job made.
pub fn result(id: &str) -> String {
    format!("/api/jobs/{id}/result")
}

/// The form of a tool with a picture of an earlier job in it.
pub fn again(tool: &str, id: &str) -> String {
    format!("{tool}?from={id}")
}

/// Where signing in leads back to `path`.
pub fn sign_in_then(path: &str) -> String {
    format!("{SIGN_IN}?next={}", encode(path))
}

/// Where signing up leads on to `path`.
pub fn sign_up_then(path: &str) -> String {
    format!("{SIGN_UP}?next={}", encode(path))
}

/// A path and query of this site that is safe to go to after signing in; anything else is the
/// dashboard. `//host` and `/\host` would leave the site.
pub fn safe_next(next: &str) -> String {
    let local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(char::is_control);
    if local {
        next.to_owned()
    } else {
        DASHBOARD.to_owned()
    }
}

/// Percent-encodes a query value.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_gone_to() {
        assert_eq!(safe_next("/payments?x=1"), "/payments?x=1");
        for next in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a\nb",
        ] {
            assert_eq!(safe_next(next), DASHBOARD, "{next}");
        }
    }

    #[test]
    fn a_batch_of_any_name_has_its_page() {
        for id in ["gifts", "spring 2026", "50 % & more?", "雪"] {
            assert_eq!(batch_of(&batch(&encode(id))), Some(id.to_owned()));
        }
        for path in [
            "/admin/bulk",
            "/admin/bulk/",
            "/admin/bulk/%",
            "/admin/bulk/%00",
            "/admin/users/x",
        ] {
            assert_eq!(batch_of(path), None, "{path}");
        }
    }

    #[test]
    fn a_query_value_is_encoded() {
        assert_eq!(
            sign_in_then("/payments/success?session_id=cs_1"),
            "/sign-in?next=/payments/success%3Fsession_id%3Dcs_1"
        );
    }
}
