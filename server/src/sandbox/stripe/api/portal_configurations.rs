//! How the billing portal is set up: one configuration, as an account has that kept the defaults and
//! let its customers change and cancel their plans.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Call, listing};
use crate::sandbox::stripe::errors::{Failure, json_response};
use crate::sandbox::stripe::{StripeSandbox, shapes};

pub fn router() -> Router<StripeSandbox> {
    Router::new().route("/billing_portal/configurations", get(list))
}

async fn list(State(_): State<StripeSandbox>, call: Call) -> Result<Response, Failure> {
    let params = call.params();
    params.only(&["active", "expand", "is_default", "limit"])?;
    listing::limit(&params)?;
    let shown = [params.boolean("active")?, params.boolean("is_default")?]
        .iter()
        .all(|wanted| *wanted != Some(false));
    let data = shown.then(configuration).into_iter().collect();
    let list = shapes::list(data, false, "/v1/billing_portal/configurations");
    Ok(json_response(StatusCode::OK, list.to_string()))
}

fn configuration() -> Value {
    json!({
        "id": "bpc_sandbox",
        "object": "billing_portal.configuration",
        "active": true,
        "application": null,
        "business_profile": {
            "headline": null, "privacy_policy_url": null, "terms_of_service_url": null,
        },
        "created": 0,
        "default_return_url": null,
        "features": features(),
        "is_default": true,
        "livemode": false,
        "login_page": { "enabled": false, "url": null },
        "metadata": {},
        "name": null,
        "updated": 0,
    })
}

fn features() -> Value {
    json!({
        "customer_update": { "allowed_updates": ["email", "tax_id"], "enabled": true },
        "invoice_history": { "enabled": true },
        "payment_method_update": { "enabled": true, "payment_method_configuration": null },
        "subscription_cancel": {
            "cancellation_reason": { "enabled": false, "options": ["other"] },
            "enabled": true,
            "mode": "at_period_end",
            "proration_behavior": "none",
        },
        "subscription_update": {
            "billing_cycle_anchor": null,
            "default_allowed_updates": ["price"],
            "enabled": true,
            "proration_behavior": "always_invoice",
            "schedule_at_period_end": {
                "conditions": [{ "type": "decreasing_item_amount" }],
            },
            "trial_update_behavior": "end_trial",
        },
    })
}
