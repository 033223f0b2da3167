use serde_json::{Value, json};

use crate::time::Timestamp;

/// The one configuration of the portal there is.
pub const PORTAL_CONFIGURATION: &str = "bpc_sandbox";

pub fn portal_session(
    id: &str,
    customer: &str,
    return_url: Option<&str>,
    url: &str,
    at: Timestamp,
) -> Value {
    json!({
        "id": id,
        "object": "billing_portal.session",
        "configuration": PORTAL_CONFIGURATION,
        "created": at.seconds(),
        "customer": customer,
        "customer_account": null,
        "flow": null,
        "livemode": false,
        "locale": null,
        "on_behalf_of": null,
        "return_url": return_url,
        "url": url,
    })
}

/// The portal as it is set up: everything the hosted page offers.
pub fn portal_configuration() -> Value {
    json!({
        "id": PORTAL_CONFIGURATION,
        "object": "billing_portal.configuration",
        "active": true,
        "application": null,
        "business_profile": {
            "headline": null, "privacy_policy_url": null, "terms_of_service_url": null,
        },
        "created": 0,
        "default_return_url": null,
        "features": {
            "customer_update": { "allowed_updates": [], "enabled": false },
            "invoice_history": { "enabled": true },
            "payment_method_update": { "enabled": true, "payment_method_configuration": null },
            "subscription_cancel": {
                "cancellation_reason": { "enabled": false, "options": [] },
                "enabled": true, "mode": "at_period_end", "proration_behavior": "none",
            },
            "subscription_update": {
                "billing_cycle_anchor": "unchanged",
                "default_allowed_updates": ["price"],
                "enabled": true,
                "products": [],
                "proration_behavior": "always_invoice",
                "schedule_at_period_end": { "conditions": [] },
                "trial_update_behavior": "end_trial",
            },
        },
        "is_default": true,
        "livemode": false,
        "login_page": { "enabled": false, "url": null },
        "metadata": {},
        "name": null,
        "updated": 0,
    })
}
