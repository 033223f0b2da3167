//! Lists: filters and cursors that all of them share.

use axum::response::Response;
use http::StatusCode;
use sqlx::AnyConnection;

use super::expand;
use crate::sandbox::stripe::errors::{Failure, Refusal, json_response};
use crate::sandbox::stripe::params::Params;
use crate::sandbox::stripe::shapes;
use crate::sandbox::stripe::store::{self, Kind, Page};
use crate::time::Timestamp;

const COMMON: [&str; 5] = [
    "created",
    "ending_before",
    "expand",
    "limit",
    "starting_after",
];
const DEFAULT_LIMIT: i64 = 10;
const MAX_LIMIT: i64 = 100;

/// The page asked for, as far as all lists have it; `own` are the filters of this one.
pub async fn page(
    connection: &mut AnyConnection,
    kind: Kind,
    params: &Params<'_>,
    own: &[&str],
) -> Result<Page, Failure> {
    let known: Vec<&str> = COMMON.iter().chain(own).copied().collect();
    params.only(&known)?;
    let mut page = Page::newest(kind, limit(params)?);
    (page.created_from, page.created_before) = created(params)?;
    page.older_than = cursor(connection, kind, params, "starting_after").await?;
    page.newer_than = cursor(connection, kind, params, "ending_before").await?;
    if page.older_than.is_some() && page.newer_than.is_some() {
        let message =
            "You may only specify one of these parameters: starting_after, ending_before.";
        return Err(Refusal::invalid(message)
            .code("parameters_exclusive")
            .into());
    }
    Ok(page)
}

/// Answers with the page.
pub async fn answer(
    connection: &mut AnyConnection,
    page: &Page,
    params: &Params<'_>,
) -> Result<Response, Failure> {
    let paths = expand::parse_list(page.kind, params)?;
    let (objects, has_more) = store::list(connection, page).await?;
    let data = objects.into_iter().map(|object| object.shape).collect();
    let mut list = shapes::list(data, has_more, page.kind.list_url());
    expand::apply(connection, &mut list, &paths).await?;
    Ok(json_response(StatusCode::OK, list.to_string()))
}

/// Filters the page by the label that the parameter of the same name asks for.
pub fn label(page: &mut Page, params: &Params<'_>, name: &'static str) -> Result<(), Refusal> {
    let value = params.text(name)?;
    page.labels.extend(value.map(|value| (name, value)));
    Ok(())
}

pub fn limit(params: &Params<'_>) -> Result<i64, Refusal> {
    let limit = params.integer("limit")?.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    let message = format!("Invalid limit: must be between 1 and {MAX_LIMIT}.");
    Err(Refusal::invalid(message)
        .code("parameter_invalid_integer")
        .param("limit"))
}

/// `created` as one second, or as bounds; from the first moment to before the second.
fn created(params: &Params<'_>) -> Result<(Option<Timestamp>, Option<Timestamp>), Refusal> {
    let second = Timestamp::from_seconds;
    if let Ok(Some(exact)) = params.integer("created") {
        return Ok((Some(second(exact)), Some(second(exact.saturating_add(1)))));
    }
    let Some(bounds) = params.child("created")? else {
        return Ok((None, None));
    };
    bounds.only(&["gt", "gte", "lt", "lte"])?;
    let at = |field: &str, plus: i64| {
        let seconds = bounds.integer(field)?;
        Ok::<_, Refusal>(seconds.map(|seconds| second(seconds.saturating_add(plus))))
    };
    let from = at("gte", 0)?.max(at("gt", 1)?);
    let before = match (at("lt", 0)?, at("lte", 1)?) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    Ok((from, before))
}

/// The place in the list of the object that `field` names.
async fn cursor(
    connection: &mut AnyConnection,
    kind: Kind,
    params: &Params<'_>,
    field: &str,
) -> Result<Option<(Timestamp, String)>, Failure> {
    let Some(id) = params.text(field)? else {
        return Ok(None);
    };
    let object = store::find(connection, kind, &id).await?;
    let object = object.ok_or_else(|| kind.missing(&id, field))?;
    Ok(Some((object.created_at, object.id)))
}
