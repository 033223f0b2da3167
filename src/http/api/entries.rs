use std::time::Duration;

use atelier_server::accounts::Scope;
use atelier_server::credits::{self, Entry, EntryFilter, EntryKind};
use atelier_server::time::Timestamp;
use axum::Json;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Page, limit};
use crate::http::State;
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::problem::Problem;

#[derive(Deserialize)]
pub struct Asked {
    limit: Option<i64>,
    cursor: Option<String>,
    kind: Option<String>,
    from: Option<String>,
    to: Option<String>,
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

/// A CSV holds at most this many entries.
const MOST_ROWS: i64 = 100_000;
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// `GET /api/credits/entries`: the statement, newest first.
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.require(Scope::CreditsRead)?;
    let services = &state.services;
    let csv = wants_csv(&asked, &headers);
    let wanted = if csv { MOST_ROWS } else { limit(asked.limit) };
    let filter = EntryFilter {
        limit: wanted + 1,
        ..filter(&asked)?
    };
    credits::settle_lapsed(&services.db, &caller.user.id, services.clock.now()).await?;
    let entries = credits::statement(&services.db, &caller.user.id, &filter).await?;
    if csv {
        return Ok(as_csv(&entries));
    }
    Ok(Json(Page::of(entries, wanted, |entry| entry.seq.to_string())).into_response())
}

fn wants_csv(asked: &Asked, headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    asked.format.as_deref() == Some("csv")
        || accept.is_some_and(|accept| accept.starts_with("text/csv"))
}

fn filter(asked: &Asked) -> Result<EntryFilter, Problem> {
    let set = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
    let bad = |field| {
        let wanted = match field {
            "from" | "to" => "wrong-time",
            _ => "wrong-word",
        };
        Problem::validation([(field, wanted)])
    };
    let before = set(&asked.cursor).map(|text| text.parse().map_err(|_| bad("cursor")));
    let kind = set(&asked.kind).map(|text| EntryKind::parse(&text).ok_or_else(|| bad("kind")));
    let from = set(&asked.from).map(|text| Timestamp::parse(&text).ok_or_else(|| bad("from")));
    let to = set(&asked.to).map(|text| end_of(&text).ok_or_else(|| bad("to")));
    Ok(EntryFilter {
        before: before.transpose()?,
        kind: kind.transpose()?,
        from: from.transpose()?,
        to: to.transpose()?,
        limit: 0,
    })
}

/// A day counts to its end.
fn end_of(text: &str) -> Option<Timestamp> {
    let at = Timestamp::parse(text)?;
    Some(if text.len() == 10 { at.plus(DAY) } else { at })
}

fn as_csv(entries: &[Entry]) -> Response {
    let mut text =
        String::from("created_at,kind,amount,balance_after,reason,actor,job_id,recharge_id\r\n");
    for entry in entries {
        let row = [
            entry.created_at.to_rfc3339(),
            entry.kind.as_str().to_owned(),
            entry.amount.to_string(),
            entry.balance_after.to_string(),
            entry.reason.clone(),
            entry.actor.clone(),
            entry
                .job_id
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            entry
                .recharge_id
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        ];
        text.push_str(&row.map(|cell| csv_cell(&cell)).join(","));
        text.push_str("\r\n");
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"statement.csv\"",
        ),
    ];
    (headers, text).into_response()
}

/// Quoted where needed (RFC 4180); text that a spreadsheet would run as a formula is disarmed.
fn csv_cell(text: &str) -> String {
    let number = text.parse::<i64>().is_ok();
    let formula = !number && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_disarmed() {
        for (cell, written) in [
            ("plain", "plain"),
            ("-5", "-5"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("@cmd", "'@cmd"),
        ] {
            assert_eq!(csv_cell(cell), written);
        }
    }

    #[test]
    fn a_day_counts_to_its_end() {
        assert_eq!(
            end_of("2026-03-05").unwrap().to_rfc3339(),
            "2026-03-06T00:00:00Z"
        );
        assert_eq!(
            end_of("2026-03-05T10:00:00Z").unwrap().to_rfc3339(),
            "2026-03-05T10:00:00Z"
        );
    }
}
