//! Webhook endpoints: the site's own, which the program sets up, and those that callers make, each
//! with a secret of its own.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::{Map, Value, json};
use sqlx::AnyConnection;

use super::{Call, Operation, listing};
use crate::sandbox::stripe::errors::{Failure, Refusal, json_response};
use crate::sandbox::stripe::events::Act;
use crate::sandbox::stripe::params::Params;
use crate::sandbox::stripe::store::{self, Kind, Object, Page};
use crate::sandbox::stripe::{Settings, StripeSandbox, ids, shapes};
use crate::secret;
use crate::time::Timestamp;

/// The id of the site's own endpoint.
const OWN: &str = "we_own";
const PARAM: &str = "webhook_endpoint";
/// Stripe: an account has up to 16 endpoints.
const MOST_ENDPOINTS: i64 = 16;
const ALL_EVENTS: &str = "*";

pub fn router() -> Router<StripeSandbox> {
    Router::new()
        .route("/webhook_endpoints", get(list).post(create))
        .route("/webhook_endpoints/{id}", get(retrieve).post(update))
}

async fn list(State(sandbox): State<StripeSandbox>, call: Call) -> Result<Response, Failure> {
    let params = call.params();
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let page = listing::page(&mut reader, Kind::WebhookEndpoint, &params, &[]).await?;
    let (endpoints, has_more) = store::list(&mut reader, &page).await?;
    let mut data: Vec<Value> = endpoints.into_iter().map(without_secret).collect();
    // The oldest of all, so the last.
    if !has_more && page.newer_than.is_none() {
        data.push(own(&sandbox.0.settings));
    }
    let list = shapes::list(data, has_more, page.kind.list_url());
    Ok(json_response(StatusCode::OK, list.to_string()))
}

async fn create(State(sandbox): State<StripeSandbox>, call: Call) -> Result<Response, Failure> {
    let new = NewEndpoint::parse(&call.params())?;
    sandbox.perform(&call, Kind::WebhookEndpoint, &new).await
}

async fn retrieve(
    State(sandbox): State<StripeSandbox>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Failure> {
    call.params().only(&["expand"])?;
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let shape = match id.as_str() {
        OWN => own(&sandbox.0.settings),
        id => without_secret(find(&mut reader, id).await?),
    };
    Ok(json_response(StatusCode::OK, shape.to_string()))
}

async fn update(
    State(sandbox): State<StripeSandbox>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Failure> {
    if id == OWN {
        return Err(Refusal::unplayed("changes to the site's own endpoint", PARAM).into());
    }
    let change = Change::parse(id, &call.params())?;
    sandbox.perform(&call, Kind::WebhookEndpoint, &change).await
}

async fn find(connection: &mut AnyConnection, id: &str) -> Result<Object, Failure> {
    let endpoint = store::find(connection, Kind::WebhookEndpoint, id).await?;
    Ok(endpoint.ok_or_else(|| Kind::WebhookEndpoint.missing(id, PARAM).in_url())?)
}

/// The site's own endpoint, as the program set it up.
fn own(settings: &Settings) -> Value {
    let given = Map::from_iter([
        ("description".to_owned(), json!("The site's own endpoint")),
        ("enabled_events".to_owned(), json!(settings.webhook_events)),
    ]);
    let url = settings.webhook_url.as_str();
    shape(OWN, url, &given, Timestamp::from_seconds(0))
}

/// An endpoint; `given` are the fields the caller set.
fn shape(id: &str, url: &str, given: &Map<String, Value>, at: Timestamp) -> Value {
    let mut shape = json!({
        "id": id,
        "object": "webhook_endpoint",
        "api_version": stripe_shared::version::VERSION.as_str(),
        "application": null,
        "created": at.seconds(),
        "description": null,
        "enabled_events": [],
        "livemode": false,
        "metadata": {},
        "status": "enabled",
        "url": url,
    });
    overlay(&mut shape, given);
    shape
}

fn overlay(shape: &mut Value, fields: &Map<String, Value>) {
    for (name, value) in fields {
        shape[name] = value.clone();
    }
}

/// Stripe: the secret is "only returned at creation".
fn without_secret(endpoint: Object) -> Value {
    let mut shape = endpoint.shape;
    if let Some(fields) = shape.as_object_mut() {
        fields.remove("secret");
    }
    shape
}

/// An endpoint somebody wants.
struct NewEndpoint {
    url: String,
    given: Map<String, Value>,
}

impl NewEndpoint {
    fn parse(params: &Params<'_>) -> Result<Self, Refusal> {
        let known = [
            "api_version",
            "description",
            "enabled_events",
            "expand",
            "metadata",
            "url",
        ];
        params.only_or_unplayed(&known, &["connect"])?;
        let url = url(params)?.ok_or_else(|| params.missing("url"))?;
        let mut given = given(params)?;
        if !given.contains_key("enabled_events") {
            return Err(params.missing("enabled_events"));
        }
        // Without one, the account's own version; the sandbox plays one only.
        if let Some(version) = params.text("api_version")? {
            given.insert("api_version".to_owned(), version.into());
        }
        Ok(Self { url, given })
    }
}

impl Operation for NewEndpoint {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        let page = Page::newest(Kind::WebhookEndpoint, MOST_ENDPOINTS - 1);
        let (others, has_more) = store::list(tx, &page).await?;
        if has_more || others.len() >= usize::try_from(MOST_ENDPOINTS - 1).unwrap_or(0) {
            let message = format!("You have reached the maximum of {MOST_ENDPOINTS} endpoints.");
            return Err(Refusal::invalid(message).into());
        }
        let mut shape = shape(&ids::fresh("we_"), &self.url, &self.given, act.at);
        shape["secret"] = format!("whsec_{}", secret::token()).into();
        let endpoint = Object::new(Kind::WebhookEndpoint, shape, None, act.at);
        store::put(tx, &endpoint).await?;
        Ok(endpoint.shape)
    }
}

/// What somebody wants to change of an endpoint.
struct Change {
    id: String,
    given: Map<String, Value>,
}

impl Change {
    fn parse(id: String, params: &Params<'_>) -> Result<Self, Refusal> {
        let known = [
            "description",
            "disabled",
            "enabled_events",
            "expand",
            "metadata",
            "url",
        ];
        params.only(&known)?;
        let mut given = given(params)?;
        if let Some(url) = url(params)? {
            given.insert("url".to_owned(), url.into());
        }
        if let Some(disabled) = params.boolean("disabled")? {
            let status = if disabled { "disabled" } else { "enabled" };
            given.insert("status".to_owned(), status.into());
        }
        Ok(Self { id, given })
    }
}

impl Operation for Change {
    async fn run(&self, tx: &mut AnyConnection, _act: &mut Act) -> Result<Value, Failure> {
        let endpoint = store::lock(tx, Kind::WebhookEndpoint, &self.id).await?;
        let mut endpoint =
            endpoint.ok_or_else(|| Kind::WebhookEndpoint.missing(&self.id, PARAM).in_url())?;
        overlay(&mut endpoint.shape, &self.given);
        store::put(tx, &endpoint).await?;
        Ok(without_secret(endpoint))
    }
}

/// What may be said of an endpoint when it is made and later.
fn given(params: &Params<'_>) -> Result<Map<String, Value>, Refusal> {
    let mut given = Map::new();
    let events = params.texts("enabled_events")?;
    if !events.is_empty() {
        given.insert("enabled_events".to_owned(), events.into());
    }
    if let Some(text) = params.text("description")? {
        given.insert("description".to_owned(), text.into());
    }
    if params.has("metadata") {
        given.insert("metadata".to_owned(), params.metadata("metadata")?.into());
    }
    Ok(given)
}

fn url(params: &Params<'_>) -> Result<Option<String>, Refusal> {
    let Some(text) = params.text("url")? else {
        return Ok(None);
    };
    let web = url::Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if web {
        return Ok(Some(text));
    }
    let message = "Invalid URL: An explicit scheme (such as https) must be provided.";
    Err(Refusal::invalid(message).code("url_invalid").param("url"))
}

/// Whether an endpoint asked for events of `kind`.
fn asks_for<'a>(mut events: impl Iterator<Item = &'a str>, kind: &str) -> bool {
    events.any(|event| event == kind || event == ALL_EVENTS)
}

/// The ids of the endpoints, beside the site's own, that are to hear of events of `kind`.
pub async fn listening(connection: &mut AnyConnection, kind: &str) -> sqlx::Result<Vec<String>> {
    let page = Page::newest(Kind::WebhookEndpoint, MOST_ENDPOINTS);
    let (endpoints, _) = store::list(connection, &page).await?;
    let asking = endpoints.into_iter().filter(|endpoint| {
        let events = endpoint.shape["enabled_events"].as_array();
        let events = events.into_iter().flatten().filter_map(Value::as_str);
        endpoint.text("status") == Some("enabled") && asks_for(events, kind)
    });
    Ok(asking.map(|endpoint| endpoint.id).collect())
}

impl Settings {
    /// Whether the site's own endpoint is to hear of events of `kind`.
    pub fn hears_of(&self, kind: &str) -> bool {
        asks_for(self.webhook_events.iter().map(String::as_str), kind)
    }
}
