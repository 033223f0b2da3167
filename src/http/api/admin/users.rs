use atelier_server::accounts::Scope;
use atelier_server::ids::UserId;
use atelier_server::oversight::{self, Operator, PeopleFilter, Person, Standing};
use axum::Json;
use axum::extract::{Path, State as Extract};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::operator;
use crate::http::State;
use crate::http::api::lists::{List, Page, Wanted, place, word};
use crate::http::body::{Fields, Queried};
use crate::http::caller::Caller;
use crate::http::openapi::shapes;
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// An id, an outside id, or how an address begins.
    q: Option<String>,
    /// Only people of whom this holds.
    #[param(schema_with = shapes::word_of::<Standing>)]
    standing: Option<String>,
    /// 1 to 200; 50 when it is not there.
    #[param(schema_with = shapes::limit)]
    limit: Option<i64>,
    /// The `next` of the page before.
    #[param(schema_with = shapes::cursor)]
    cursor: Option<String>,
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

const LIST: List<Person, UserId> = List {
    name: "users",
    head: &[
        "id",
        "email",
        "name",
        "role",
        "verified",
        "blocked",
        "external_id",
        "created_at",
        "remaining",
        "held",
        "frozen",
        "total",
        "used",
        "removed",
        "debt",
        "plan",
        "stopped",
    ],
    row,
    place: |it| it.id.clone(),
};

#[derive(ToSchema)]
pub struct BlockBody {
    pub blocked: bool,
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub reason: String,
}

#[derive(ToSchema)]
pub struct StopBody {
    pub stopped: bool,
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub reason: String,
}

/// List people with their wallets
///
/// Newest first. With `Accept: text/csv` all of them as a file.
#[utoipa::path(
    get,
    path = "/api/admin/users",
    tag = "admin",
    params(Asked),
    responses((status = 200, description = "A page of people", content((Page<Person> = "application/json"), (String = "text/csv")))),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let filter = PeopleFilter {
        search: asked.q.clone().unwrap_or_default(),
        standing: word("standing", asked.standing.as_deref(), Standing::parse)?,
        after: None,
        limit: 0,
    };
    let wanted = Wanted::of(asked.limit, asked.format.as_deref(), &headers);
    let after = place(asked.cursor.as_deref(), UserId::parse)?;
    let services = state.services.clone();
    let read = move |after, limit| {
        let services = services.clone();
        let filter = PeopleFilter {
            after,
            limit,
            ..filter.clone()
        };
        async move {
            let now = services.clock.now();
            oversight::people(&services.db, &filter, &services.prices(), now).await
        }
    };
    LIST.answer(wanted, after, read).await
}

fn row(person: Person) -> Vec<String> {
    let figures = &person.wallet.credits;
    let numbers = [
        figures.remaining,
        figures.held,
        figures.frozen,
        figures.total,
        figures.used,
        figures.removed,
        figures.debt,
    ];
    let mut row = vec![
        person.id.to_string(),
        person.email,
        person.name,
        person.role.as_str().to_owned(),
        person.verified.to_string(),
        person.blocked.to_string(),
        person.external_id.unwrap_or_default(),
        person.created_at.to_rfc3339(),
    ];
    row.extend(numbers.map(|number| number.to_string()));
    row.push(person.wallet.premium.plan.unwrap_or_default());
    row.push(person.stopped.to_string());
    row
}

/// Read one person
#[utoipa::path(
    get,
    path = "/api/admin/users/{id}",
    tag = "admin",
    responses((status = 200, description = "The person and their wallet", body = Person)),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn show(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Person>, Problem> {
    caller.require(Scope::Admin)?;
    find(&state, &id).await.map(Json)
}

async fn find(state: &State, id: &str) -> Result<Person, Problem> {
    let services = &state.services;
    let id = UserId::parse(id).ok_or_else(Problem::not_found)?;
    let now = services.clock.now();
    let found = oversight::person(&services.db, &id, &services.prices(), now).await?;
    found.ok_or_else(Problem::not_found)
}

/// Block an account, or let it in again
///
/// A block ends its sessions, tokens and streams.
#[utoipa::path(
    post,
    path = "/api/admin/users/{id}/block",
    tag = "admin",
    request_body = BlockBody,
    responses((status = 200, description = "The person", body = Person)),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn block(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    caller: Caller,
    mut fields: Fields,
) -> Result<Json<Person>, Problem> {
    caller.require(Scope::Admin)?;
    let blocked = fields.boolean("blocked");
    let operator = with_reason(&caller, &mut fields);
    let id = UserId::parse(&id).ok_or_else(Problem::not_found)?;
    if blocked && id == caller.user.id {
        fields.refuse("blocked", "wrong-own-account");
    }
    fields.check()?;
    let services = &state.services;
    let now = services.clock.now();
    let found = oversight::block(&services.db, &id, blocked, &operator, now).await?;
    found.ok_or_else(Problem::not_found)?;
    find(&state, id.as_str()).await.map(Json)
}

/// The caller with the reason they have to give.
fn with_reason(caller: &Caller, fields: &mut Fields) -> Operator {
    let operator = operator(caller, fields);
    if operator.reason.trim().is_empty() {
        fields.refuse("reason", "wrong-missing");
    }
    operator
}

/// Stop the spending of an account, or lift that
///
/// While it is stopped, the account starts no job, deducts nothing and buys nothing. Everything else goes on: what was paid
/// is granted, what was held ends, and money can go back. Its owner is written to.
#[utoipa::path(
    post,
    path = "/api/admin/users/{id}/stop",
    tag = "admin",
    request_body = StopBody,
    responses((status = 200, description = "The person", body = Person)),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn stop(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    caller: Caller,
    mut fields: Fields,
) -> Result<Json<Person>, Problem> {
    caller.require(Scope::Admin)?;
    let stopped = fields.boolean("stopped");
    let operator = with_reason(&caller, &mut fields);
    let id = UserId::parse(&id).ok_or_else(Problem::not_found)?;
    fields.check()?;
    let services = &state.services;
    let now = services.clock.now();
    let found = oversight::stop_spending(&services.db, &id, stopped, &operator, now).await?;
    found.ok_or_else(Problem::not_found)?;
    find(&state, id.as_str()).await.map(Json)
}
