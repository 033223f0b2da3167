//! What to make of what an account says of itself.

use stripe::StripeError;
use stripe_billing::{
    BillingPortalConfiguration, PortalSubscriptionCancelMode,
    PortalSubscriptionUpdateDefaultAllowedUpdates,
};
use stripe_misc::WebhookEndpoint;
use url::Url;

use super::Needs;
use crate::payments::checkup::Check;
use crate::payments::stripe::{API_VERSION, KINDS};

const KEY: &str = "Stripe key";
const PERMISSIONS: &str = "Stripe permissions";
const MODE: &str = "Stripe mode";
const ENDPOINT: &str = "webhook endpoint";
const EVENTS: &str = "webhook events";
const PORTAL: &str = "billing portal";
const PRICES: &str = "prices of plans";

/// Stripe: events of all kinds, "except those that require explicit selection".
const ALL_EVENTS: &str = "*";

pub fn working_key() -> Check {
    Check::ok(KEY, "it works")
}

pub fn is_denied(error: &StripeError) -> bool {
    matches!(error, StripeError::Stripe(_, 403))
}

pub fn failing_key(error: &StripeError) -> Check {
    match error {
        StripeError::Stripe(_, 401) => Check::wrong(
            KEY,
            "Stripe does not take it; copy STRIPE_SECRET_KEY anew from the Dashboard",
        ),
        StripeError::Stripe(_, 403) => Check::wrong(
            KEY,
            "it may not read Checkout Sessions; allow it in the Dashboard (docs/stripe.md)",
        ),
        error => Check::wrong(KEY, format!("it could not be tried: {}", why(error))),
    }
}

pub fn permissions(denied: &[&str]) -> Check {
    if denied.is_empty() {
        return Check::ok(PERMISSIONS, "the key may read what is needed");
    }
    let denied = denied.join(", ");
    Check::wrong(
        PERMISSIONS,
        format!("the key may not read {denied}; allow it in the Dashboard (docs/stripe.md)"),
    )
}

pub fn untried_permissions(error: &StripeError) -> Check {
    Check::wrong(
        PERMISSIONS,
        format!("they could not be tried: {}", why(error)),
    )
}

pub fn unseen_endpoints(error: &StripeError) -> Check {
    unseen(ENDPOINT, "Webhook Endpoints", error)
}

pub fn unseen_portal(error: &StripeError) -> Check {
    unseen(PORTAL, "Customer portal", error)
}

pub fn unseen_prices(error: &StripeError) -> Check {
    unseen(PRICES, "Prices", error)
}

fn unseen(what: &'static str, permission: &str, error: &StripeError) -> Check {
    if is_denied(error) {
        let says = format!("the key may not read {permission}; allow it, or look in the Dashboard");
        return Check::wrong(what, says);
    }
    Check::wrong(what, format!("it could not be read: {}", why(error)))
}

fn why(error: &StripeError) -> String {
    match error {
        StripeError::Stripe(error, status) => match &error.message {
            Some(message) => format!("Stripe says {status}, {message}"),
            None => format!("Stripe says {status}"),
        },
        StripeError::JSONDeserialize(_) => "the answer is not in a shape of Stripe's".to_owned(),
        StripeError::Timeout => "Stripe did not answer in time".to_owned(),
        StripeError::ClientError(error) | StripeError::ConfigError(error) => error.clone(),
    }
}

/// Whether real money moves as it should.
pub fn mode(live: bool, found: bool) -> Check {
    match (live, found) {
        (true, true) => Check::ok(MODE, "live: real money moves"),
        (false, false) => Check::ok(MODE, "test: no real money moves"),
        (true, false) => Check::wrong(
            MODE,
            "the site is live and the key is for tests; use a live key",
        ),
        (false, true) => Check::wrong(
            MODE,
            "the site is a sandbox and the key is live; use a test key",
        ),
    }
}

/// The one endpoint that sends to the site, and whether it sends what is acted on.
pub fn endpoints(endpoints: &[WebhookEndpoint], needs: Needs<'_>) -> Vec<Check> {
    let ours: Vec<&WebhookEndpoint> = endpoints
        .iter()
        .filter(|endpoint| is_same(&endpoint.url, needs.endpoint))
        .collect();
    let enabled: Vec<&WebhookEndpoint> = ours
        .iter()
        .copied()
        .filter(|endpoint| endpoint.status == "enabled")
        .collect();
    match (ours.as_slice(), enabled.as_slice()) {
        ([], _) => vec![no_endpoint(needs)],
        ([first, ..], []) => vec![Check::wrong(
            ENDPOINT,
            format!("{} is disabled; enable it in the Dashboard", first.id),
        )],
        (_, [endpoint]) => vec![version(endpoint), events(endpoint)],
        (_, [first, second, ..]) => vec![Check::wrong(
            ENDPOINT,
            format!(
                "{} and {} both send to {}, so that each event comes twice; disable one",
                first.id, second.id, needs.endpoint
            ),
        )],
    }
}

fn is_same(address: &str, wanted: &Url) -> bool {
    Url::parse(address).is_ok_and(|url| url == *wanted)
}

fn no_endpoint(needs: Needs<'_>) -> Check {
    let url = needs.endpoint;
    if needs.reachable {
        let says = format!(
            "nothing sends to {url}; add it in the Dashboard with API version {API_VERSION} and \
             the events of docs/stripe.md"
        );
        return Check::missing(ENDPOINT, says);
    }
    let says = format!(
        "Stripe cannot reach {url}; set ATELIER_URL, or for tests: stripe listen --forward-to {url}"
    );
    Check::missing(ENDPOINT, says)
}

fn version(endpoint: &WebhookEndpoint) -> Check {
    match endpoint.api_version.as_deref() {
        Some(API_VERSION) => Check::ok(
            ENDPOINT,
            format!(
                "{} sends to the site, in API version {API_VERSION}",
                endpoint.id
            ),
        ),
        other => Check::wrong(
            ENDPOINT,
            format!(
                "{} sends API version {}, which cannot be changed; make another one with \
                 {API_VERSION} and delete this one",
                endpoint.id,
                other.unwrap_or("of the account")
            ),
        ),
    }
}

fn events(endpoint: &WebhookEndpoint) -> Check {
    let sent: Vec<&str> = endpoint.enabled_events.iter().map(String::as_str).collect();
    let all = sent.contains(&ALL_EVENTS);
    let missing: Vec<&str> = KINDS
        .into_iter()
        .filter(|kind| !all && !sent.contains(kind))
        .collect();
    let superfluous: Vec<&str> = sent
        .into_iter()
        .filter(|kind| !KINDS.contains(kind))
        .collect();
    match (missing.as_slice(), superfluous.as_slice()) {
        ([], []) => Check::ok(
            EVENTS,
            format!("exactly the {} that are acted on", KINDS.len()),
        ),
        ([], superfluous) => {
            let says = format!("nothing is done with {}; remove it", superfluous.join(", "));
            Check::wrong(EVENTS, says)
        }
        (missing, []) => Check::missing(EVENTS, format!("add {}", missing.join(", "))),
        (missing, superfluous) => {
            let (add, remove) = (missing.join(", "), superfluous.join(", "));
            Check::missing(EVENTS, format!("add {add}; remove {remove}"))
        }
    }
}

/// How buyers manage their plans by themselves.
pub fn portal(portal: Option<&BillingPortalConfiguration>, plans: bool) -> Check {
    let Some(portal) = portal else {
        let says =
            "it has no active default configuration; save its settings once in the Dashboard";
        return Check::missing(PORTAL, says);
    };
    if !plans {
        return Check::ok(PORTAL, "it is set up; no plans are sold");
    }
    let (cancel, update) = (
        &portal.features.subscription_cancel,
        &portal.features.subscription_update,
    );
    let mut wants = Vec::new();
    if !cancel.enabled || cancel.mode != PortalSubscriptionCancelMode::AtPeriodEnd {
        wants.push("cancelling at the end of the period");
    }
    let switches = update
        .default_allowed_updates
        .contains(&PortalSubscriptionUpdateDefaultAllowedUpdates::Price);
    if !update.enabled || !switches {
        wants.push("switching plans");
    }
    if wants.is_empty() {
        return Check::ok(
            PORTAL,
            "plans can be switched, and cancelled at the end of the period",
        );
    }
    Check::wrong(
        PORTAL,
        format!("allow {} in its settings", wants.join(" and ")),
    )
}

pub fn prices(wanted: &[String], found: &[String]) -> Check {
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|key| !found.contains(key))
        .map(String::as_str)
        .collect();
    if missing.is_empty() {
        return Check::ok(PRICES, "each is there");
    }
    let missing = missing.join(", ");
    Check::missing(
        PRICES,
        format!("no active price has the lookup key {missing}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::checkup::Verdict;

    const SITE: &str = "https://studio.example.com/api/v1/webhooks/stripe";

    fn endpoint(id: &str, events: &[&str]) -> WebhookEndpoint {
        WebhookEndpoint {
            api_version: Some(API_VERSION.to_owned()),
            application: None,
            created: 0,
            description: None,
            enabled_events: events.iter().map(|kind| (*kind).to_owned()).collect(),
            id: id.into(),
            livemode: false,
            metadata: Default::default(),
            secret: None,
            status: "enabled".to_owned(),
            url: SITE.to_owned(),
        }
    }

    fn judged(list: &[WebhookEndpoint], reachable: bool) -> (Verdict, String) {
        let site = SITE.parse().unwrap();
        let needs = Needs {
            live: false,
            endpoint: &site,
            reachable,
            plans: false,
        };
        let checks = endpoints(list, needs);
        let worst = checks.iter().find(|check| !check.is_ok());
        let worst = worst.or(checks.first()).unwrap();
        (worst.verdict, worst.says.clone())
    }

    #[test]
    fn the_list_fits_into_one_question() {
        assert!(KINDS.len() <= 20);
        assert!(KINDS.is_sorted());
        assert!(KINDS.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn the_document_for_operators_has_the_same_list_and_version() {
        let text = include_str!("../../../../../docs/stripe.md");
        let part = text.split("## Webhook endpoint").nth(1).unwrap();
        let list = part.split("```").nth(1).unwrap();
        let named: Vec<&str> = list.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(named, KINDS);
        assert!(part.contains(&format!("**API version** `{API_VERSION}`")));
    }

    #[test]
    fn an_endpoint_as_it_should_be() {
        assert_eq!(judged(&[endpoint("we_1", &KINDS)], true).0, Verdict::Ok);
    }

    #[test]
    fn an_endpoint_that_is_not_there_or_cannot_be() {
        let elsewhere = WebhookEndpoint {
            url: "https://studio.example.com/api/webhooks/creem".to_owned(),
            ..endpoint("we_1", &KINDS)
        };
        let (verdict, says) = judged(std::slice::from_ref(&elsewhere), true);
        assert_eq!(verdict, Verdict::Missing);
        assert!(says.contains(SITE) && says.contains(API_VERSION), "{says}");
        let (verdict, says) = judged(&[], false);
        assert_eq!(verdict, Verdict::Missing);
        assert!(says.contains("stripe listen"), "{says}");
    }

    #[test]
    fn an_endpoint_that_is_off_or_there_twice() {
        let off = WebhookEndpoint {
            status: "disabled".to_owned(),
            ..endpoint("we_off", &KINDS)
        };
        let (verdict, says) = judged(std::slice::from_ref(&off), true);
        assert_eq!((verdict, says.contains("we_off")), (Verdict::Wrong, true));
        // One that is off beside one that is on does no harm.
        assert_eq!(
            judged(&[off, endpoint("we_on", &KINDS)], true).0,
            Verdict::Ok
        );
        let twice = [endpoint("we_1", &KINDS), endpoint("we_2", &KINDS)];
        let (verdict, says) = judged(&twice, true);
        assert_eq!((verdict, says.contains("twice")), (Verdict::Wrong, true));
    }

    #[test]
    fn an_endpoint_of_another_api_version() {
        let old = WebhookEndpoint {
            api_version: Some("2019-02-19".to_owned()),
            ..endpoint("we_1", &KINDS)
        };
        let (verdict, says) = judged(&[old], true);
        assert_eq!(
            (verdict, says.contains("2019-02-19")),
            (Verdict::Wrong, true)
        );
        let unsaid = WebhookEndpoint {
            api_version: None,
            ..endpoint("we_1", &KINDS)
        };
        assert_eq!(judged(&[unsaid], true).0, Verdict::Wrong);
    }

    #[test]
    fn missing_and_superfluous_events_are_named() {
        let (verdict, says) = judged(&[endpoint("we_1", &KINDS[1..])], true);
        assert_eq!(
            (verdict, says),
            (Verdict::Missing, format!("add {}", KINDS[0]))
        );
        let more = [&KINDS[..], &["charge.captured"]].concat();
        let (verdict, says) = judged(&[endpoint("we_1", &more)], true);
        assert_eq!(
            (verdict, says.contains("charge.captured")),
            (Verdict::Wrong, true)
        );
        let other = [&KINDS[1..], &["charge.captured"]].concat();
        let (verdict, says) = judged(&[endpoint("we_1", &other)], true);
        assert_eq!(verdict, Verdict::Missing);
        assert!(
            says.contains(KINDS[0]) && says.contains("charge.captured"),
            "{says}"
        );
        let (verdict, says) = judged(&[endpoint("we_1", &["*"])], true);
        assert_eq!((verdict, says.contains('*')), (Verdict::Wrong, true));
    }

    #[test]
    fn the_mode_has_to_fit() {
        for (live, found, verdict) in [
            (true, true, Verdict::Ok),
            (false, false, Verdict::Ok),
            (true, false, Verdict::Wrong),
            (false, true, Verdict::Wrong),
        ] {
            assert_eq!(mode(live, found).verdict, verdict);
        }
    }

    /// A portal in which plans are cancelled in this way and these things can be changed.
    fn portal_of(cancel: &str, updates: &str) -> BillingPortalConfiguration {
        let text = format!(
            r#"{{
                "id": "bpc_1", "active": true, "business_profile": {{}}, "created": 0,
                "is_default": true, "livemode": false, "login_page": {{"enabled": false}},
                "updated": 0,
                "features": {{
                    "customer_update": {{"allowed_updates": [], "enabled": false}},
                    "invoice_history": {{"enabled": true}},
                    "payment_method_update": {{"enabled": true}},
                    "subscription_cancel": {{
                        "cancellation_reason": {{"enabled": false, "options": []}},
                        "enabled": true, "mode": "{cancel}", "proration_behavior": "none"
                    }},
                    "subscription_update": {{
                        "default_allowed_updates": [{updates}], "enabled": true,
                        "proration_behavior": "none", "trial_update_behavior": "end_trial",
                        "schedule_at_period_end": {{"conditions": []}}
                    }}
                }}
            }}"#
        );
        miniserde::json::from_str(&text).unwrap()
    }

    #[test]
    fn the_portal_has_to_let_go_and_let_switch_where_plans_are_sold() {
        assert_eq!(portal(None, false).verdict, Verdict::Missing);
        let good = portal_of("at_period_end", r#""price", "quantity""#);
        assert_eq!(portal(Some(&good), true).verdict, Verdict::Ok);
        let at_once = portal_of("immediately", r#""price""#);
        let check = portal(Some(&at_once), true);
        assert_eq!(check.verdict, Verdict::Wrong);
        assert!(check.says.contains("end of the period") && !check.says.contains("switching"));
        let stuck = portal_of("at_period_end", r#""quantity""#);
        assert!(portal(Some(&stuck), true).says.contains("switching plans"));
        assert_eq!(portal(Some(&stuck), false).verdict, Verdict::Ok);
    }

    #[test]
    fn prices_that_are_missing_are_named() {
        let keys = |names: &[&str]| names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>();
        assert!(prices(&[], &[]).is_ok());
        assert!(prices(&keys(&["a"]), &keys(&["b", "a"])).is_ok());
        let check = prices(&keys(&["a", "b"]), &keys(&["a"]));
        assert_eq!(
            (check.verdict, check.says.ends_with("key b")),
            (Verdict::Missing, true)
        );
    }
}
