//! The description of the HTTP API (OpenAPI 3.1), made from the handlers: each names its path, what it takes and what
//! it answers, and what is the same for all of them is added here.

mod answers;
pub mod shapes;

use std::collections::BTreeMap;
use std::sync::Arc;

use atelier_server::catalog::{Catalog, TOP_UP};
use axum::Json;
use axum::extract::State as Extract;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;
use utoipa::{IntoParams, ToSchema};

use super::State;
use super::layers::session::COOKIE;

pub use shapes::File;

/// The header of requests that may come twice.
#[derive(IntoParams)]
#[into_params(names("Idempotency-Key"), parameter_in = Header)]
pub struct IdempotencyKey(
    /// Any 1 to 255 printable characters. The same request with the same key is carried out once and answered again
    /// with `Idempotency-Replayed: true`; with other fields it is refused (422).
    #[param(
        inline,
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]([ -~]*[!-~])?$"
    )]
    #[expect(dead_code, reason = "only its description is used")]
    Option<String>,
);

/// Why an operator does something, if they say so.
#[derive(ToSchema)]
pub struct Reason {
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// What is to be bought. The catalogue of the installation says what there is, see [`describe`].
#[derive(ToSchema)]
pub struct CheckoutBody {
    pub item: String,
    pub amount: Option<i64>,
    pub provider: Option<String>,
}

/// An answer that says no (RFC 9457).
#[derive(ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    #[schema(rename = "type")]
    pub kind: String,
    pub status: u16,
    /// What kind of refusal it is, in the language that was asked for.
    pub title: String,
    pub detail: String,
    /// The same in every language: what programs look at.
    pub code: String,
    /// What is wrong with which field.
    #[schema(nullable = false)]
    pub errors: Option<BTreeMap<String, String>>,
    /// Credits that are needed.
    #[schema(nullable = false)]
    pub required: Option<i64>,
    /// Credits that are there.
    #[schema(nullable = false)]
    pub remaining: Option<i64>,
    /// Where credits are sold.
    #[schema(nullable = false)]
    pub buy_url: Option<String>,
    /// Where a plan is changed.
    #[schema(nullable = false)]
    pub portal_url: Option<String>,
    /// What the log calls this error by.
    #[schema(nullable = false)]
    pub reference: Option<String>,
}

/// Serves the description.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "description",
    responses((status = 200, description = "This document", body = Object)),
)]
pub async fn show(Extract(state): Extract<State>) -> Json<Arc<Value>> {
    Json(state.api.clone())
}

/// The whole description, for an installation with this catalogue at this address.
pub fn document(catalog: &Catalog, url: &str) -> Value {
    let people = with_refusals(super::api().into_openapi(), Callers::People);
    let machines = with_refusals(super::machines().into_openapi(), Callers::Machines);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Atelier",
            "version": env!("CARGO_PKG_VERSION"),
            "description": INTRODUCTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": url.trim_end_matches('/') }],
        "tags": TAGS.map(|(name, description)| json!({ "name": name, "description": description })),
        "paths": {},
        "components": { "schemas": {}, "securitySchemes": {
            "session": { "type": "apiKey", "in": "cookie", "name": COOKIE, "description": "The cookie of whoever is signed in." },
            "token": { "type": "http", "scheme": "bearer", "description": "An API token, which may do what its scopes name and its owner may." },
        } },
    });
    for part in [people, machines] {
        add(&mut document["paths"], &part["paths"]);
        add(
            &mut document["components"]["schemas"],
            &part["components"]["schemas"],
        );
    }
    let problem = <ProblemBody as utoipa::PartialSchema>::schema();
    document["components"]["schemas"]["Problem"] = json!(problem);
    document["components"]["schemas"]["CheckoutBody"] = offers(catalog);
    document["components"]["schemas"]["RechargeBody"] = top_up(catalog);
    answers::close(&mut document);
    describe_forms(&mut document);
    document
}

/// Says of each file in a form what it may be.
fn describe_forms(document: &mut Value) {
    const PICTURES: &str = "image/jpeg, image/png, image/webp";
    let schemas = document["components"]["schemas"].clone();
    let mut forms = Vec::new();
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for operation in paths.flat_map(|(_, methods)| methods.as_object_mut().into_iter().flatten()) {
        let whole = "/requestBody/content/multipart~1form-data";
        let Some(form) = operation.1.pointer_mut(whole) else {
            continue;
        };
        let name = form["schema"]["$ref"].as_str().unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        let fields = schemas[&name]["properties"]
            .as_object()
            .into_iter()
            .flatten();
        let files = fields
            .clone()
            .filter(|(_, field)| field.to_string().contains("/File\""));
        form["encoding"] = files
            .map(|(field, _)| (field.clone(), json!({ "contentType": PICTURES })))
            .collect::<Map<_, _>>()
            .into();
        let fields = fields.map(|(field, schema)| (field.clone(), without_null(schema)));
        forms.push((name, fields.collect::<Map<_, _>>()));
    }
    for (name, fields) in forms {
        document["components"]["schemas"][name]["properties"] = fields.into();
    }
}

/// Of what a form or an address has: there is no `null` in them.
fn without_null(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if schema["oneOf"][1] == json!({ "type": "null" }) {
        return schema["oneOf"][0].take();
    }
    if schema["type"][1] == "null" {
        schema["type"] = schema["type"][0].take();
    }
    schema
}

const INTRODUCTION: &str = "JSON in, JSON out, UTF-8; a NUL is no part of any text. Times are RFC 3339 in UTC. Credits are \
     whole numbers, money is in minor units of ISO 4217. Lists come in pages: `next` is the `cursor` of the next one. \
     Refusals are `application/problem+json` with a `code`; each operation may answer 503 while the database is away. What may be used up says so in `RateLimit`. Names and refusals are in English or Chinese, as \
     `Accept-Language` asks.";

const TAGS: [(&str, &str); 8] = [
    ("account", "Signing in, and what belongs to an account."),
    ("credits", "Wallets and their statement."),
    ("payments", "Buying, and what was bought."),
    ("studio", "Try-on pictures and video clips."),
    (
        "admin",
        "What operators see and do. Every list is also a CSV.",
    ),
    ("callbacks", "What providers of payments and pictures call."),
    ("sandbox", "Only where real providers are played."),
    (
        "description",
        "The state of the service, and this document.",
    ),
];

fn add(to: &mut Value, from: &Value) {
    if let (Value::Object(to), Value::Object(from)) = (to, from) {
        to.extend(from.clone());
    }
}

/// What a checkout takes: what each provider sells.
fn offers(catalog: &Catalog) -> Value {
    let sold_by = |provider: &str| {
        let packs = catalog.packs.iter().map(|pack| pack.id.as_str());
        let ids = packs.chain(catalog.plans.iter().map(|plan| plan.id.as_str()));
        ids.filter(|id| {
            catalog
                .offer(id)
                .is_some_and(|offer| offer.is_sold_by(provider))
        })
        .collect::<Vec<_>>()
    };
    let mut bodies = vec![json!({
        "type": "object",
        "required": ["item"],
        "properties": {
            "item": { "type": "string", "enum": sold_by("stripe") },
            "provider": { "type": ["string", "null"], "enum": ["stripe", null] },
        },
    })];
    let at_creem = sold_by("creem");
    if !at_creem.is_empty() {
        bodies.push(json!({
            "type": "object",
            "required": ["item", "provider"],
            "properties": {
                "item": { "type": "string", "enum": at_creem },
                "provider": { "type": "string", "enum": ["creem"] },
            },
        }));
    }
    if let Some(units) = units(catalog) {
        bodies.push(json!({
            "type": "object",
            "required": ["item", "amount"],
            "properties": {
                "item": { "type": "string", "enum": [TOP_UP] },
                "amount": units,
                "provider": { "type": ["string", "null"], "enum": ["stripe", null] },
            },
        }));
    }
    json!({ "description": "What is to be bought, and where.", "anyOf": bodies })
}

fn top_up(catalog: &Catalog) -> Value {
    // Without a top-up in the catalogue no amount is one.
    let amount = units(catalog).unwrap_or(Value::Bool(false));
    json!({ "type": "object", "required": ["amount"], "properties": { "amount": amount } })
}

fn units(catalog: &Catalog) -> Option<Value> {
    let top_up = catalog.top_up.as_ref()?;
    Some(json!({
        "type": "integer",
        "minimum": top_up.min,
        "maximum": top_up.max,
        "description": format!("In whole units of {}.", top_up.currency.to_uppercase()),
    }))
}

/// Who asks: each has refusals of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Callers {
    People,
    Machines,
}

/// The same description with what follows from how an operation is asked.
fn with_refusals(api: OpenApi, callers: Callers) -> Value {
    let mut api = json!(api);
    let Some(paths) = api["paths"].as_object_mut() else {
        return api;
    };
    for (path, methods) in paths {
        let Some(methods) = methods.as_object_mut() else {
            continue;
        };
        for (method, operation) in methods {
            operation["operationId"] = json!(name_of(method, path));
            // A body that may be left out is not therefore `null`.
            let whole = "/requestBody/content/application~1json/schema";
            if let Some(schema) = operation.pointer_mut(whole) {
                *schema = without_null(schema);
            }
            let parameters = operation.get_mut("parameters");
            for parameter in parameters
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                parameter["schema"] = without_null(&parameter["schema"]);
            }
            if callers == Callers::People {
                add_language(operation);
            }
            let refusals = refusals(path, method, operation, callers);
            let Some(responses) = operation["responses"].as_object_mut() else {
                continue;
            };
            for (status, description) in refusals {
                let known = responses.entry(status).or_insert_with(|| json!({}));
                if known["description"].as_str().unwrap_or_default().is_empty() {
                    known["description"] = json!(description);
                }
            }
            for (status, response) in responses {
                describe_headers(status, response, callers == Callers::People);
                let is_problem = status.starts_with(['4', '5']) && status != "416";
                if is_problem && response.get("content").is_none() {
                    response["content"] = json!({
                        "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
                    });
                }
            }
        }
    }
    api
}

/// What people read is in their language.
fn add_language(operation: &mut Value) {
    let language = json!({
        "name": "Accept-Language",
        "in": "header",
        "required": false,
        "description": "The language of names and of refusals; English where it names neither English nor Chinese.",
        "schema": { "type": "string" },
    });
    match operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut)
    {
        Some(parameters) => parameters.push(language),
        None => operation["parameters"] = json!([language]),
    }
}

/// What an operation may refuse because of how it is asked.
fn refusals(
    path: &str,
    method: &str,
    operation: &Value,
    callers: Callers,
) -> Vec<(&'static str, &'static str)> {
    let mut refusals = vec![("503", "The database does not answer; ask again")];
    let people = callers == Callers::People;
    let needs_account = operation["security"].is_array();
    if needs_account {
        refusals.push(("401", "Nobody is signed in, or the token is none"));
        refusals.push(("403", "The role or the scopes do not allow it"));
        refusals.push(("429", "The account asks too often"));
    }
    if people && method != "get" {
        refusals.push(("403", "The request comes from another site"));
    }
    if path.contains('{') {
        refusals.push(("404", "There is none, or it is somebody else's"));
    }
    if people && operation["requestBody"].is_object() {
        refusals.push(("413", "It is too large"));
        refusals.push(("415", "It is of another media type"));
        refusals.push(("422", "A field is not as it should be; `errors` names it"));
    }
    if operation["parameters"]
        .as_array()
        // Any language will do.
        .is_some_and(|all| {
            all.iter()
                .any(|one| one["in"] != "path" && one["name"] != "Accept-Language")
        })
    {
        refusals.push((
            "422",
            "A parameter is not as it should be; `errors` names it",
        ));
    }
    refusals
}

/// What an operation is called by programs: its method and its path, `get_jobs_id`.
fn name_of(method: &str, path: &str) -> String {
    let parts = path.split(['/', '-', '{', '}', '.', '_']);
    let words = parts.filter(|part| !part.is_empty() && *part != "api");
    [method]
        .into_iter()
        .chain(words)
        .collect::<Vec<_>>()
        .join("_")
}

fn describe_headers(status: &str, response: &mut Value, has_limit: bool) {
    let text =
        |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    let mut headers = Map::new();
    if has_limit {
        headers.insert(
            "RateLimit".to_owned(),
            text("What the account may still ask in this minute, where it is signed in; with 429 also what else is used up."),
        );
        headers.insert(
            "RateLimit-Policy".to_owned(),
            text("How much that is of, and in how many seconds."),
        );
    }
    if ["409", "429", "503"].contains(&status) {
        headers.insert(
            "Retry-After".to_owned(),
            text("Seconds to wait, where waiting helps."),
        );
    }
    if !headers.is_empty() {
        response["headers"] = Value::Object(headers);
    }
}
