//! Lists: in pages, or whole as a file.

use std::fmt::Display;
use std::future::Future;

use atelier_server::db;
use atelier_server::time::Timestamp;
use axum::Json;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::csv::{self, Rows};
use crate::http::problem::Problem;

/// A page of a list, and where the next one begins.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// The bounds of `limit` in lists.
const MOST_ITEMS: i64 = 200;
const ITEMS: i64 = 50;
/// Items that are read at once for a file.
const ROWS_A_PAGE: i64 = 500;

/// The number of items a list is asked for.
pub fn limit(asked: Option<i64>) -> i64 {
    asked.unwrap_or(ITEMS).clamp(1, MOST_ITEMS)
}

impl<T> Page<T> {
    /// Makes a page of `limit` items out of up to one more; the one more says that there is a next.
    pub fn of(mut items: Vec<T>, limit: i64, cursor: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
    }
}

/// The place behind which a list goes on, if it goes on.
///
/// # Errors
/// When the cursor is none.
pub fn place<C>(
    cursor: Option<&str>,
    parse: impl Fn(&str) -> Option<C>,
) -> Result<Option<C>, Problem> {
    one_of("cursor", cursor, parse, "wrong-cursor")
}

/// A word of a filter, if it is set.
///
/// # Errors
/// When it is none of those there are.
pub fn word<T>(
    field: &'static str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    one_of(field, text, parse, "wrong-word")
}

/// A moment of a filter, if it is set.
///
/// # Errors
/// When it is none.
pub fn moment(
    field: &'static str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<Timestamp>,
) -> Result<Option<Timestamp>, Problem> {
    one_of(field, text, parse, "wrong-time")
}

fn one_of<T>(
    field: &'static str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
    wrong: &'static str,
) -> Result<Option<T>, Problem> {
    match text.filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => match parse(text) {
            None => Err(Problem::validation([(field, wrong)])),
            value => Ok(value),
        },
    }
}

/// A list that can be had as a file.
pub struct List<T, C> {
    /// What the file is called.
    pub name: &'static str,
    pub head: &'static [&'static str],
    pub row: fn(T) -> Vec<String>,
    /// Where an item stands.
    pub place: fn(&T) -> C,
}

/// How a list is asked for: so many items, or all of them as a file.
pub struct Wanted {
    limit: i64,
    as_file: bool,
}

impl Wanted {
    pub fn of(asked: Option<i64>, format: Option<&str>, headers: &HeaderMap) -> Self {
        Self {
            limit: limit(asked),
            as_file: csv::is_wanted(format, headers),
        }
    }
}

impl<T: Serialize, C: Display> List<T, C> {
    /// What was asked for of the items behind `after`. `read` gives those behind a place, as many as it is told at most.
    ///
    /// # Errors
    /// What `read` says; of a file, only for its first items.
    pub async fn answer<F, Read>(
        self,
        wanted: Wanted,
        after: Option<C>,
        read: F,
    ) -> Result<Response, Problem>
    where
        T: Send + 'static,
        C: Clone + Send + 'static,
        F: Fn(Option<C>, i64) -> Read + Send + 'static,
        Read: Future<Output = db::Result<Vec<T>>> + Send,
    {
        let Self {
            name,
            head,
            row,
            place,
        } = self;
        if wanted.as_file {
            return csv::answer(name, head, move |next: Option<C>| {
                let items = read(next.or_else(|| after.clone()), ROWS_A_PAGE);
                async move { Ok(Rows::of(items.await?, ROWS_A_PAGE, place, row)) }
            })
            .await;
        }
        let items = read(after, wanted.limit + 1).await?;
        let page = Page::of(items, wanted.limit, |item| place(item).to_string());
        Ok(Json(page).into_response())
    }
}
