//! What the pages of many wallets at once show.

use atelier_server::accounts::User;
use atelier_server::db;
use atelier_server::oversight::{self, BatchLine, BulkError, Operator, RowState, Sheet, TypedRow};

use super::Request;
use super::admin::{AdminPage, LINES, asked, split};
use crate::forms::batches::bulk_of;

/// The batches there were, and the form of a new one.
#[derive(Clone, Debug)]
pub struct BulkPage {
    pub batches: Vec<BatchLine>,
    pub next: Option<String>,
    /// The rows of an earlier one, to be changed.
    pub earlier: Vec<TypedRow>,
}

/// A batch with some of its rows.
#[derive(Clone, Debug)]
pub struct BatchPage {
    pub sheet: Sheet,
    /// Only those in this state.
    pub state: Option<RowState>,
    /// Places of the rows that are shown.
    pub shown: Vec<usize>,
    /// The place behind which the next ones are.
    pub next: Option<usize>,
}

pub(super) async fn bulk(request: &Request, user: &User) -> db::Result<AdminPage> {
    let db = &request.services.db;
    let before = asked(request, "before");
    let before = Some(before.as_str()).filter(|before| !before.is_empty());
    let found = oversight::batches(db, before, LINES + 1).await?;
    let (batches, next) = split(found, |batch| batch.batch_id.clone());
    let from = asked(request, "from");
    let earlier = match sheet_of(request, user, &from).await? {
        Some(sheet) => sheet.rows.into_iter().map(|row| row.typed).collect(),
        None => Vec::new(),
    };
    Ok(AdminPage::Bulk(BulkPage {
        batches,
        next,
        earlier,
    }))
}

pub(super) async fn batch(
    request: &Request,
    user: &User,
    id: &str,
) -> db::Result<Option<AdminPage>> {
    let Some(sheet) = sheet_of(request, user, id).await? else {
        return Ok(None);
    };
    let state = RowState::parse(&asked(request, "state"));
    let after: Option<usize> = asked(request, "after").parse().ok();
    let rows = sheet.rows.iter().enumerate();
    let rows = rows.filter(|(_, row)| state.is_none_or(|state| row.state == state));
    let places = rows.map(|(at, _)| at);
    let most = usize::try_from(LINES).unwrap_or(usize::MAX);
    let places = places.filter(|at| after.is_none_or(|after| *at > after));
    let mut shown: Vec<usize> = places.take(most + 1).collect();
    let more = shown.len() > most;
    shown.truncate(most);
    let next = shown.last().copied().filter(|_| more);
    Ok(Some(AdminPage::Batch(Box::new(BatchPage {
        sheet,
        state,
        shown,
        next,
    }))))
}

async fn sheet_of(request: &Request, user: &User, id: &str) -> db::Result<Option<Sheet>> {
    if id.is_empty() {
        return Ok(None);
    }
    let looks = Operator {
        actor: String::new(),
        address: None,
        reason: String::new(),
    };
    match bulk_of(&request.services, user, looks).sheet(id).await {
        Ok(sheet) => Ok(sheet),
        Err(BulkError::Database(error)) => Err(error),
        Err(error) => {
            tracing::error!(%error, "a batch could not be read");
            Ok(None)
        }
    }
}
