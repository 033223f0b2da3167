//! The HTTP API. The module a route names is the file that answers it.

pub mod admin;
pub mod auth;
pub mod callbacks;
pub mod catalog;
pub mod checkout;
pub mod credits;
pub mod entries;
pub mod jobs;
pub mod recharge;
pub mod stats;
pub mod studio;
pub mod sync;
pub mod test_creem;
pub mod tokens;
pub mod try_on;
pub mod video;

use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list, and where the next one begins.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// The bounds of `limit` in lists.
const MOST_ITEMS: i64 = 200;
const ITEMS: i64 = 50;

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
