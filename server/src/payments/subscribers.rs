//! Subscriptions as the operator looks for them: everybody's, newest first.

use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow};
use utoipa::ToSchema;

use super::{Payments, Provider, Subscription, SubscriptionStatus};
use crate::ids::UserId;
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// What the provider still has to be told of a subscription.
    Errand { End = "end", EndAndRefund = "end_and_refund" }
}

/// A subscription with whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Subscriber {
    /// The provider's.
    pub id: String,
    pub user_id: UserId,
    pub provider: Provider,
    /// What its next period will be, if there is one.
    pub plan: String,
    pub status: SubscriptionStatus,
    /// Whether another period follows by itself.
    pub renews: bool,
    /// Begun while another one lived: it gives nothing, is ended and paid back.
    pub surplus: bool,
    pub errand: Option<Errand>,
    pub period_start: Timestamp,
    pub period_end: Timestamp,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// The account's address; of a deleted account its id.
    #[serde(skip)]
    pub email: String,
}

/// Which subscriptions.
#[derive(Clone, Debug, Default)]
pub struct SubscriberFilter {
    pub status: Option<SubscriptionStatus>,
    pub provider: Option<Provider>,
    pub user: Option<UserId>,
    /// Its own id, that of its account, or the whole address of the account.
    pub search: String,
    /// Behind this one in the list.
    pub after: Option<String>,
    pub limit: i64,
}

#[derive(FromRow)]
struct SubscriberRow {
    #[sqlx(flatten)]
    subscription: Subscription,
    period_start: Timestamp,
    email: String,
}

impl From<SubscriberRow> for Subscriber {
    fn from(row: SubscriberRow) -> Self {
        let it = row.subscription;
        Self {
            renews: it.renews(),
            surplus: it.is_surplus(),
            errand: it.errand.as_deref().and_then(Errand::parse),
            id: it.id,
            user_id: it.user_id,
            provider: it.provider,
            plan: it.plan,
            status: it.status,
            period_start: row.period_start,
            period_end: it.period_end,
            created_at: it.created_at,
            ended_at: it.ended_at,
            email: row.email,
        }
    }
}

/// The statement for a filter; the moment and the id of the one it goes on behind come last but the limit.
fn select(filter: &SubscriberFilter) -> (String, Vec<String>) {
    let mut conditions = Vec::new();
    let mut values = Vec::new();
    let search = filter.search.trim();
    // Those of one account are few, so its index serves, and no other.
    let (status, provider) = match filter.user.is_some() || !search.is_empty() {
        true => ("COALESCE(s.status, '')", "COALESCE(s.provider, '')"),
        false => ("s.status", "s.provider"),
    };
    if let Some(wanted) = filter.status {
        values.push(wanted.as_str().to_owned());
        conditions.push(format!("{status} = ${}", values.len()));
    }
    if let Some(wanted) = filter.provider {
        values.push(wanted.as_str().to_owned());
        conditions.push(format!("{provider} = ${}", values.len()));
    }
    if let Some(user) = &filter.user {
        values.push(user.to_string());
        conditions.push(format!("s.user_id = ${}", values.len()));
    }
    let place = values.len() + 1;
    if let Some(id) = UserId::parse(search) {
        values.push(id.to_string());
        conditions.push(format!("s.user_id = ${place}"));
    } else if search.contains('@') {
        values.push(search.to_lowercase());
        conditions.push(format!(
            "s.user_id = (SELECT id FROM users WHERE email = ${place})"
        ));
    } else if !search.is_empty() {
        values.push(search.to_owned());
        conditions.push(format!("s.id = ${place}"));
    }
    let place = values.len() + 1;
    let limit = match filter.after {
        None => place,
        Some(_) => {
            conditions.push(format!("(s.created_at, s.id) < (${place}, ${})", place + 1));
            place + 2
        }
    };
    let wanted = match conditions.is_empty() {
        true => String::new(),
        false => format!("WHERE {}", conditions.join(" AND ")),
    };
    let select = format!(
        "SELECT s.*, u.email FROM subscriptions s JOIN users u ON u.id = s.user_id \
         {wanted} ORDER BY s.created_at DESC, s.id DESC LIMIT ${limit}"
    );
    (select, values)
}

impl Payments {
    /// Subscriptions of everybody, newest first. Behind one that is not there comes nothing.
    ///
    /// # Errors
    /// The database's own.
    pub async fn subscribers(&self, filter: &SubscriberFilter) -> sqlx::Result<Vec<Subscriber>> {
        let begun = match &filter.after {
            Some(id) => {
                let begun: Option<Timestamp> =
                    sqlx::query_scalar("SELECT created_at FROM subscriptions WHERE id = $1")
                        .bind(id.clone())
                        .fetch_optional(self.db.reader())
                        .await?;
                match begun {
                    Some(begun) => Some((begun, id.clone())),
                    None => return Ok(Vec::new()),
                }
            }
            None => None,
        };
        let (select, values) = select(filter);
        let mut query = sqlx::query_as(AssertSqlSafe(select));
        for value in values {
            query = query.bind(value);
        }
        if let Some((begun, id)) = begun {
            query = query.bind(begun).bind(id);
        }
        let rows: Vec<SubscriberRow> = query.bind(filter.limit).fetch_all(self.db.reader()).await?;
        Ok(rows.into_iter().map(Subscriber::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Course;
    use crate::on_both_databases;

    on_both_databases! {
        async fn every_list_goes_by_an_index(ground: TestGround) {
            let all = SubscriberFilter::default;
            let status = Some(SubscriptionStatus::Active);
            let provider = Some(Provider::Creem);
            let id = "0193f000-0000-7000-8000-000000000000";
            let search = |search: &str| SubscriberFilter { search: search.to_owned(), ..all() };
            let table = [
                (all(), "subscriptions_newest"),
                (SubscriberFilter { status, ..all() }, "subscriptions_status"),
                (SubscriberFilter { provider, ..all() }, "subscriptions_provider"),
                (SubscriberFilter { status, provider, ..all() }, "subscriptions_provider_status"),
                // Those of one account are few, and put in order.
                (SubscriberFilter { user: UserId::parse(id), ..all() }, "subscriptions_user_id"),
                (SubscriberFilter { user: UserId::parse(id), status, ..all() }, "subscriptions_user_id"),
                (search(id), "subscriptions_user_id"),
                (search("ann@example.com"), "subscriptions_user_id"),
                (SubscriberFilter { status, provider, ..search("ann@example.com") }, "subscriptions_user_id"),
                (search("sub_1"), "sqlite_autoindex_subscriptions_1"),
            ];
            for (filter, index) in table {
                for after in [None, Some("sub_1".to_owned())] {
                    let filter = SubscriberFilter { after, ..filter.clone() };
                    let (select, mut values) = select(&filter);
                    values.extend(filter.after.iter().flat_map(|id| ["0".to_owned(), id.clone()]));
                    values.push("51".to_owned());
                    let values: Vec<&str> = values.iter().map(String::as_str).collect();
                    let index = format!("{index} (");
                    // Without a condition the index is walked, not searched.
                    let index = if filter.after.is_none() { index.trim_end_matches(" (") } else { &index };
                    match index.contains("user_id") {
                        true => drop(Course::by_index(&ground.db, &select, &values, index).await),
                        false => Course::in_order(&ground.db, &select, &values, index).await,
                    }
                }
            }
        }
    }
}
