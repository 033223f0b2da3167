use std::collections::HashMap;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::{Deed, Operator};
use crate::accounts::{self, Role, User, UserRow, end_access};
use crate::credits::{self, Prices, WalletView};
use crate::db::Database;
use crate::ids::UserId;
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// Of which kind the people of a list are.
    Standing {
        Admin = "admin", Blocked = "blocked", Unverified = "unverified", Debt = "debt",
        Stopped = "stopped",
    }
}

impl Standing {
    /// What holds of them, of the user `u` and the wallet `w`.
    const fn condition(self) -> &'static str {
        match self {
            Self::Admin => "u.role = 'admin'",
            Self::Blocked => "u.blocked_at IS NOT NULL",
            Self::Unverified => "u.verified_at IS NULL",
            Self::Debt => "w.debt > 0",
            Self::Stopped => "w.stopped_at IS NOT NULL",
        }
    }
}

/// By which id a list goes: that of the table whose rows are the few.
const fn order(standing: Option<Standing>) -> &'static str {
    match standing {
        Some(Standing::Debt | Standing::Stopped) => "w.user_id",
        _ => "u.id",
    }
}

/// Somebody with an account, as the operator sees them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Person {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub verified: bool,
    pub blocked: bool,
    /// Their spending is stopped.
    pub stopped: bool,
    /// What an outside identity system calls them.
    pub external_id: Option<String>,
    pub created_at: Timestamp,
    pub wallet: WalletView,
}

/// Which people.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    /// An id, an outside id, or how an address begins.
    pub search: String,
    pub standing: Option<Standing>,
    /// Behind this one in the list.
    pub after: Option<UserId>,
    pub limit: i64,
}

#[derive(FromRow)]
struct PersonRow {
    #[sqlx(flatten)]
    user: UserRow,
    external_id: Option<String>,
}

const COLUMNS: &str = "SELECT u.id, u.email, u.name, u.role, u.language, u.verified_at, \
                       u.blocked_at, u.created_at, u.access_epoch, u.external_id \
                       FROM users u JOIN wallets w ON w.user_id = u.id";

/// Behind every address that begins alike.
const LAST: char = '\u{10FFFF}';

/// The statement for a filter, and its values before the limit.
fn select(filter: &PeopleFilter) -> (String, Vec<String>) {
    let search = filter.search.trim();
    let begins = search.to_lowercase();
    let mut conditions = Vec::new();
    let mut values: Vec<String> = Vec::new();
    if let Some(id) = UserId::parse(search) {
        // Outside ids are often of the same shape.
        values.extend([id.to_string(), search.to_owned()]);
        conditions.push("(u.id = $1 OR u.external_id = $2)".to_owned());
    } else if !search.is_empty() {
        values.extend([begins.clone(), format!("{begins}{LAST}"), search.to_owned()]);
        conditions.push("((u.email >= $1 AND u.email < $2) OR u.external_id = $3)".to_owned());
    }
    conditions.extend(
        filter
            .standing
            .map(|standing| standing.condition().to_owned()),
    );
    let id = order(filter.standing);
    if let Some(after) = &filter.after {
        values.push(after.to_string());
        conditions.push(format!("{id} < ${}", values.len()));
    }
    let wanted = match conditions.is_empty() {
        true => String::new(),
        false => format!("WHERE {}", conditions.join(" AND ")),
    };
    let place = values.len() + 1;
    let select = format!("{COLUMNS} {wanted} ORDER BY {id} DESC LIMIT ${place}");
    (select, values)
}

/// People with their wallets as of `now`, newest first.
///
/// # Errors
/// The database's own.
pub async fn people(
    db: &Database,
    filter: &PeopleFilter,
    prices: &Prices,
    now: Timestamp,
) -> sqlx::Result<Vec<Person>> {
    let (select, values) = select(filter);
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(select));
    for value in values {
        query = query.bind(value);
    }
    let rows: Vec<PersonRow> = query.bind(filter.limit).fetch_all(db.reader()).await?;
    with_wallets(db, rows, prices, now).await
}

/// One of them.
///
/// # Errors
/// The database's own.
pub async fn person(
    db: &Database,
    id: &UserId,
    prices: &Prices,
    now: Timestamp,
) -> sqlx::Result<Option<Person>> {
    let filter = PeopleFilter {
        search: id.to_string(),
        limit: 1,
        ..PeopleFilter::default()
    };
    Ok(people(db, &filter, prices, now).await?.pop())
}

async fn with_wallets(
    db: &Database,
    rows: Vec<PersonRow>,
    prices: &Prices,
    now: Timestamp,
) -> sqlx::Result<Vec<Person>> {
    let users: Vec<(User, Option<String>)> = rows
        .into_iter()
        .filter_map(|row| Some((row.user.into_user()?, row.external_id)))
        .collect();
    let ids: Vec<UserId> = users.iter().map(|(user, _)| user.id.clone()).collect();
    let wallets = credits::find_wallets(db.reader(), &ids, now).await?;
    let mut wallets: HashMap<UserId, (WalletView, bool)> = wallets
        .into_iter()
        .map(|wallet| {
            let user = wallet.user_id.clone();
            (user, (wallet.view(prices), wallet.is_stopped))
        })
        .collect();
    let people = users.into_iter().filter_map(|(user, external_id)| {
        let (wallet, stopped) = wallets.remove(&user.id)?;
        Some(Person {
            wallet,
            stopped,
            id: user.id,
            email: user.email,
            name: user.name,
            role: user.role,
            verified: user.verified,
            blocked: user.blocked,
            external_id,
            created_at: user.created_at,
        })
    });
    Ok(people.collect())
}

/// Blocks an account, which ends its sessions, tokens and streams, or lets it in again. Says whether it was blocked
/// before; `None` when there is no such account (any more).
///
/// # Errors
/// The database's own.
pub async fn block(
    db: &Database,
    user: &UserId,
    blocked: bool,
    by: &Operator,
    now: Timestamp,
) -> sqlx::Result<Option<bool>> {
    let mut tx = db.begin().await?;
    let select = tx.locking("SELECT blocked_at FROM users WHERE id = $1 AND deleted_at IS NULL");
    let row: Option<(Option<i64>,)> = sqlx::query_as(select)
        .bind(user)
        .fetch_optional(&mut *tx)
        .await?;
    let Some((blocked_at,)) = row else {
        return Ok(None);
    };
    let before = blocked_at.is_some();
    if before == blocked {
        return Ok(Some(before));
    }
    sqlx::query("UPDATE users SET blocked_at = $2 WHERE id = $1")
        .bind(user)
        .bind(blocked.then_some(now))
        .execute(&mut *tx)
        .await?;
    let (action, was, is) = match blocked {
        true => (Deed::UserBlock, "open", "blocked"),
        false => (Deed::UserUnblock, "blocked", "open"),
    };
    if blocked {
        end_access(&mut tx, user).await?;
    }
    by.records(&mut tx, action, user.as_str(), was, is, now)
        .await?;
    tx.commit().await?;
    Ok(Some(before))
}

/// Ends a session of `user` by its name; says whether it lived.
///
/// # Errors
/// The database's own.
pub async fn end_session(
    db: &Database,
    user: &UserId,
    name: &str,
    by: &Operator,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let mut tx = db.begin().await?;
    if !accounts::end_session(&mut tx, user, name).await? {
        return Ok(false);
    }
    by.records(
        &mut tx,
        Deed::SessionEnd,
        user.as_str(),
        "open",
        "ended",
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Course;
    use crate::on_both_databases;

    const ID: &str = "0193f000-0000-7000-8000-000000000000";

    on_both_databases! {
        async fn every_list_goes_by_an_index(ground: TestGround) {
            let standings = [
                (None, "users"),
                (Some(Standing::Admin), "users_admins"),
                (Some(Standing::Blocked), "users_blocked"),
                (Some(Standing::Unverified), "users_unverified"),
                (Some(Standing::Debt), "wallets_in_debt"),
                (Some(Standing::Stopped), "wallets_stopped"),
            ];
            for (standing, index) in standings {
                for after in [None, UserId::parse(ID)] {
                    let filter = PeopleFilter { standing, after, ..PeopleFilter::default() };
                    let (statement, mut values) = select(&filter);
                    values.push("51".to_owned());
                    let values: Vec<&str> = values.iter().map(String::as_str).collect();
                    Course::in_order(&ground.db, &statement, &values, index).await;
                    // Those who are searched for are found by their names, whatever else they are, and put in order.
                    for search in [ID, "ann", "ann@example.com"] {
                        let filter = PeopleFilter { search: search.to_owned(), ..filter.clone() };
                        let (statement, mut values) = select(&filter);
                        values.push("51".to_owned());
                        let values: Vec<&str> = values.iter().map(String::as_str).collect();
                        Course::by_index(&ground.db, &statement, &values, "users").await;
                    }
                }
            }
        }
    }
}
