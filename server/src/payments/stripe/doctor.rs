//! Whether a Stripe account is set up as the site needs it. Everything is only read; what a key may
//! write shows when it does.

use secrecy::{ExposeSecret, SecretString};
use stripe::{Client, ClientBuilder, StripeError};
use stripe_billing::billing_portal_configuration::ListBillingPortalConfiguration;
use stripe_billing::{
    BillingPortalConfiguration, PortalSubscriptionCancelMode,
    PortalSubscriptionUpdateDefaultAllowedUpdates,
};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_misc::WebhookEndpoint;
use stripe_misc::webhook_endpoint::ListWebhookEndpoint;
use stripe_product::price::ListPrice;
use stripe_types::Currency;
use url::Url;

use super::{API_VERSION, GatewayError, KINDS, TIMEOUT};
use crate::payments::checkup::Check;

/// Looks at an account.
pub struct Doctor {
    client: Client,
}

/// What the site needs of its account.
#[derive(Clone, Copy, Debug)]
pub struct Needs<'a> {
    /// Whether real money is to move.
    pub live: bool,
    /// Where webhooks have to go.
    pub endpoint: &'a Url,
    /// Whether Stripe can reach it.
    pub reachable: bool,
    /// Whether plans are sold.
    pub plans: bool,
}

const KEY: &str = "Stripe key";
const PERMISSIONS: &str = "Stripe permissions";
const MODE: &str = "Stripe mode";
const ENDPOINT: &str = "webhook endpoint";
const EVENTS: &str = "webhook events";
const PORTAL: &str = "billing portal";
const PRICES: &str = "prices of plans";

/// What is read in the course of buying and returning, and its name in the settings of a restricted
/// key.
const READ: [(&str, &str); 6] = [
    ("/events", "Events"),
    ("/payment_intents", "PaymentIntents"),
    ("/charges", "Charges"),
    ("/refunds", "Refunds"),
    ("/disputes", "Disputes"),
    ("/customers", "Customers"),
];
/// What plans need beside that.
const READ_FOR_PLANS: [(&str, &str); 3] = [
    ("/subscriptions", "Subscriptions"),
    ("/invoices", "Invoices"),
    ("/prices", "Prices"),
];
const MOST_ENDPOINTS: i64 = 100;
/// Stripe: events of all kinds, "except those that require explicit selection".
const ALL_EVENTS: &str = "*";

/// A list of which only one element is read, to see whether the key may.
struct Glance(&'static str);

#[derive(serde::Serialize)]
struct OnlyOne {
    limit: i64,
}

/// What all lists have in common.
#[derive(miniserde::Deserialize)]
struct Seen {
    data: Vec<SeenObject>,
}

#[derive(miniserde::Deserialize)]
struct SeenObject {
    livemode: Option<bool>,
}

impl StripeRequest for Glance {
    type Output = Seen;

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Get, self.0).query(&OnlyOne { limit: 1 })
    }
}

impl Doctor {
    /// `base` ends in a slash and names no version.
    pub fn new(key: &SecretString, base: &str) -> Result<Self, GatewayError> {
        let client = ClientBuilder::new(key.expose_secret())
            .url(base)
            .timeout(TIMEOUT)
            .build()
            .map_err(|_| GatewayError::Setting("the Stripe key or address cannot be used"))?;
        Ok(Self { client })
    }

    /// Everything that can be seen from outside. With a key that does not work, nothing can.
    pub async fn examine(&self, needs: Needs<'_>) -> Vec<Check> {
        let seen = match self.glance("/checkout/sessions").await {
            Ok(seen) => seen,
            Err(error) => return vec![key_fails(&error)],
        };
        let mut checks = vec![Check::ok(KEY, "it works")];
        let endpoints = self.endpoints().await;
        let portal = self.portal().await;
        checks.extend(mode(needs.live, livemode(&seen, &endpoints, &portal)));
        checks.push(self.permissions(needs).await);
        match endpoints {
            Ok(endpoints) => checks.extend(judge_endpoints(&endpoints, needs)),
            Err(error) => checks.push(cannot_see(ENDPOINT, "Webhook Endpoints", &error)),
        }
        checks.push(match portal {
            Ok(portal) => judge_portal(portal.as_ref(), needs.plans),
            Err(error) => cannot_see(PORTAL, "Customer portal", &error),
        });
        checks
    }

    /// Whether there is an active price under each lookup key.
    ///
    /// For whoever makes the prices of plans: called beside [`examine`](Self::examine) once plans
    /// have lookup keys.
    pub async fn examine_prices(&self, lookup_keys: &[String]) -> Check {
        let request = ListPrice::new()
            .lookup_keys(lookup_keys.to_vec())
            .active(true);
        let found = match request.customize().send(&self.client).await {
            Ok(list) => list.data,
            Err(error) => return cannot_see(PRICES, "Prices", &error),
        };
        let found: Vec<String> = found
            .into_iter()
            .filter_map(|price| price.lookup_key)
            .collect();
        let missing: Vec<&str> = lookup_keys
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

    async fn glance(&self, path: &'static str) -> Result<Seen, StripeError> {
        Glance(path).customize().send(&self.client).await
    }

    async fn endpoints(&self) -> Result<Vec<WebhookEndpoint>, StripeError> {
        let request = ListWebhookEndpoint::new().limit(MOST_ENDPOINTS);
        Ok(request.customize().send(&self.client).await?.data)
    }

    async fn portal(&self) -> Result<Option<BillingPortalConfiguration>, StripeError> {
        let request = ListBillingPortalConfiguration::new()
            .active(true)
            .is_default(true)
            .limit(1);
        let list = request.customize().send(&self.client).await?;
        Ok(list.data.into_iter().next())
    }

    async fn permissions(&self, needs: Needs<'_>) -> Check {
        let of_plans = READ_FOR_PLANS.iter().filter(|_| needs.plans);
        let mut denied = Vec::new();
        for (path, name) in READ.iter().chain(of_plans) {
            if let Err(error) = self.glance(path).await
                && is_denied(&error)
            {
                denied.push(*name);
            }
        }
        if denied.is_empty() {
            return Check::ok(PERMISSIONS, "the key may read what is needed");
        }
        let denied = denied.join(", ");
        Check::wrong(
            PERMISSIONS,
            format!("the key may not read {denied}; allow it in the Dashboard (docs/stripe.md)"),
        )
    }
}

fn is_denied(error: &StripeError) -> bool {
    matches!(error, StripeError::Stripe(_, 403))
}

fn key_fails(error: &StripeError) -> Check {
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

fn cannot_see(what: &'static str, permission: &str, error: &StripeError) -> Check {
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

/// Whether the account that answers moves real money, as far as anything in it says so.
fn livemode(
    seen: &Seen,
    endpoints: &Result<Vec<WebhookEndpoint>, StripeError>,
    portal: &Result<Option<BillingPortalConfiguration>, StripeError>,
) -> Option<bool> {
    let of_sessions = seen.data.iter().find_map(|object| object.livemode);
    let of_endpoints = || Some(endpoints.as_ref().ok()?.first()?.livemode);
    let of_portal = || Some(portal.as_ref().ok()?.as_ref()?.livemode);
    of_sessions.or_else(of_endpoints).or_else(of_portal)
}

fn mode(live: bool, found: Option<bool>) -> Option<Check> {
    let found = found?;
    Some(match (live, found) {
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
    })
}

/// The one endpoint that sends to the site, and whether it sends what is acted on.
fn judge_endpoints(endpoints: &[WebhookEndpoint], needs: Needs<'_>) -> Vec<Check> {
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
        (_, [endpoint]) => vec![judge_version(endpoint), judge_events(endpoint)],
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

fn judge_version(endpoint: &WebhookEndpoint) -> Check {
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

fn judge_events(endpoint: &WebhookEndpoint) -> Check {
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
fn judge_portal(portal: Option<&BillingPortalConfiguration>, plans: bool) -> Check {
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

/// Whether Stripe takes money in a currency.
pub fn takes(currency: &str) -> bool {
    !matches!(currency.parse(), Ok(Currency::Unknown(_)) | Err(_))
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

    fn judged(endpoints: &[WebhookEndpoint], reachable: bool) -> (Verdict, String) {
        let site = SITE.parse().unwrap();
        let needs = Needs {
            live: false,
            endpoint: &site,
            reachable,
            plans: false,
        };
        let checks = judge_endpoints(endpoints, needs);
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
        let text = include_str!("../../../../docs/stripe.md");
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
        assert_eq!(mode(true, None), None);
        for (live, found, verdict) in [
            (true, true, Verdict::Ok),
            (false, false, Verdict::Ok),
            (true, false, Verdict::Wrong),
            (false, true, Verdict::Wrong),
        ] {
            assert_eq!(mode(live, Some(found)).unwrap().verdict, verdict);
        }
    }

    #[test]
    fn a_portal_that_does_not_let_go_is_named() {
        assert_eq!(judge_portal(None, false).verdict, Verdict::Missing);
    }

    #[test]
    fn currencies_are_those_of_stripe() {
        assert!(takes("usd") && takes("cny") && takes("jpy"));
        assert!(!takes("btc") && !takes(""));
    }
}
