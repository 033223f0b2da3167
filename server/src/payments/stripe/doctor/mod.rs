//! Whether a Stripe account is set up as the site needs it. Everything is only read; what a key may
//! write shows when it does. `judge` says what to make of what is read.

mod judge;

use secrecy::{ExposeSecret, SecretString};
use stripe::{Client, ClientBuilder, StripeError};
use stripe_billing::BillingPortalConfiguration;
use stripe_billing::billing_portal_configuration::ListBillingPortalConfiguration;
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_misc::WebhookEndpoint;
use stripe_misc::webhook_endpoint::ListWebhookEndpoint;
use stripe_product::price::ListPrice;
use stripe_types::Currency;
use url::Url;

use super::{GatewayError, TIMEOUT};
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
/// Stripe: up to ten lookup keys at once.
const MOST_LOOKUP_KEYS: usize = 10;

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
            Err(error) => return vec![judge::failing_key(&error)],
        };
        let mut checks = vec![judge::working_key()];
        let endpoints = self.endpoints().await;
        let portal = self.portal().await;
        let found = livemode(&seen, &endpoints, &portal);
        checks.extend(found.map(|found| judge::mode(needs.live, found)));
        checks.push(self.permissions(needs).await);
        match endpoints {
            Ok(endpoints) => checks.extend(judge::endpoints(&endpoints, needs)),
            Err(error) => checks.push(judge::unseen_endpoints(&error)),
        }
        checks.push(match portal {
            Ok(portal) => judge::portal(portal.as_ref(), needs.plans),
            Err(error) => judge::unseen_portal(&error),
        });
        checks
    }

    /// Whether there is an active price under each lookup key.
    ///
    /// For whoever makes the prices of plans: called beside [`examine`](Self::examine) once plans
    /// have lookup keys.
    pub async fn examine_prices(&self, lookup_keys: &[String]) -> Check {
        let mut found = Vec::new();
        for keys in lookup_keys.chunks(MOST_LOOKUP_KEYS) {
            let request = ListPrice::new().lookup_keys(keys.to_vec()).active(true);
            match request.customize().send(&self.client).await {
                Ok(list) => found.extend(list.data.into_iter().filter_map(|p| p.lookup_key)),
                Err(error) => return judge::unseen_prices(&error),
            }
        }
        judge::prices(lookup_keys, &found)
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
            match self.glance(path).await {
                // What the sandbox does not play needs no permission.
                Ok(_) | Err(StripeError::Stripe(_, 404)) => {}
                Err(error) if judge::is_denied(&error) => denied.push(*name),
                Err(error) => return judge::untried_permissions(&error),
            }
        }
        judge::permissions(&denied)
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

/// Whether Stripe takes money in a currency.
pub fn takes(currency: &str) -> bool {
    !matches!(currency.parse(), Ok(Currency::Unknown(_)) | Err(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_are_those_of_stripe() {
        assert!(takes("usd") && takes("cny") && takes("jpy"));
        assert!(!takes("btc") && !takes(""));
    }
}
