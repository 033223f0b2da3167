use atelier_server::credits::{self, Entry, EntryFilter, EntryKind};
use atelier_server::ids::UserId;
use atelier_server::time::Timestamp;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::lists::{List, Page, Wanted, moment, place, word};
use crate::http::State;
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::openapi::shapes;
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Whose; without it, one's own.
    #[param(value_type = Option<UserId>)]
    user_id: Option<String>,
    /// 1 to 200; 50 when it is not there.
    #[param(schema_with = shapes::limit)]
    limit: Option<i64>,
    /// The `next` of the page before.
    #[param(schema_with = shapes::count)]
    cursor: Option<String>,
    /// Only entries of this kind.
    #[param(schema_with = shapes::word_of::<EntryKind>)]
    kind: Option<String>,
    /// From this day or moment on.
    #[param(schema_with = shapes::moment)]
    from: Option<String>,
    /// To the end of this day, or before this moment.
    #[param(schema_with = shapes::moment)]
    to: Option<String>,
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

const LIST: List<Entry, i64> = List {
    name: "statement",
    head: &[
        "created_at",
        "kind",
        "amount",
        "balance_after",
        "reason",
        "actor",
        "job_id",
        "recharge_id",
    ],
    row,
    place: |entry| entry.seq,
};

/// List the entries of the statement
///
/// Newest first. With `Accept: text/csv` all of them as a file. One's own; an administrator's session or token
/// (`credits:read` and `admin`) reads any.
#[utoipa::path(
    get,
    path = "/api/credits/entries",
    tag = "credits",
    params(Asked),
    responses((status = 200, description = "A page of entries", content((Page<Entry> = "application/json"), (String = "text/csv"))), (status = 404, description = "There is no such account")),
    security(("session" = []), ("token" = ["credits:read"])),
)]
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    let user = caller.reads(asked.user_id.as_deref())?;
    let services = &state.services;
    let (db, now) = (services.db.clone(), services.clock.now());
    let filter = EntryFilter {
        before: None,
        kind: word("kind", asked.kind.as_deref(), EntryKind::parse)?,
        from: moment("from", asked.from.as_deref(), Timestamp::parse)?,
        to: moment("to", asked.to.as_deref(), Timestamp::parse_end)?,
        limit: 0,
    };
    let before = place(asked.cursor.as_deref(), |text| text.parse().ok())?;
    let wallet = credits::find_wallet(db.reader(), &user, now).await?;
    wallet.ok_or_else(Problem::not_found)?;
    credits::settle_lapsed(&db, &user, now).await?;
    let wanted = Wanted::of(asked.limit, asked.format.as_deref(), &headers);
    let read = move |before, limit| {
        let (db, user) = (db.clone(), user.clone());
        let filter = EntryFilter {
            before,
            limit,
            ..filter.clone()
        };
        async move { credits::statement(&db, &user, &filter).await }
    };
    LIST.answer(wanted, before, read).await
}

fn row(entry: Entry) -> Vec<String> {
    vec![
        entry.created_at.to_rfc3339(),
        entry.kind.as_str().to_owned(),
        entry.amount.to_string(),
        entry.balance_after.to_string(),
        entry.reason,
        entry.actor,
        entry.job_id.map(|id| id.to_string()).unwrap_or_default(),
        entry
            .recharge_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_to_its_end() {
        assert_eq!(
            Timestamp::parse_end("2026-03-05").unwrap().to_rfc3339(),
            "2026-03-06T00:00:00Z"
        );
        assert_eq!(
            Timestamp::parse_end("2026-03-05T10:00:00Z")
                .unwrap()
                .to_rfc3339(),
            "2026-03-05T10:00:00Z"
        );
    }
}
