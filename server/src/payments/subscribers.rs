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
    pub user: Option<UserId>,
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
    if let Some(status) = filter.status {
        values.push(status.as_str().to_owned());
        conditions.push(format!("s.status = ${}", values.len()));
    }
    if let Some(user) = &filter.user {
        values.push(user.to_string());
        conditions.push(format!("s.user_id = ${}", values.len()));
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
            let after = Some("sub_1".to_owned());
            let active = Some(SubscriptionStatus::Active);
            let user = Some(UserId::new(ground.clock.now()));
            for (filter, values, sorts) in [
                (SubscriberFilter::default(), vec!["51"], false),
                (SubscriberFilter { after: after.clone(), ..SubscriberFilter::default() }, vec!["0", "sub_1", "51"], false),
                (SubscriberFilter { status: active, after, ..SubscriberFilter::default() }, vec!["active", "0", "sub_1", "51"], false),
                // Those of one account are few.
                (SubscriberFilter { user, ..SubscriberFilter::default() }, vec!["0193f000-0000-7000-8000-000000000000", "9"], true),
            ] {
                let (select, _) = select(&filter);
                let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
                let course = Course::of(&ground.db, &select, &values).await.unwrap();
                assert!(!course.reads_a_whole_table, "{filter:?}\n{}", course.text);
                assert!(sorts || !course.sorts, "{filter:?}\n{}", course.text);
            }
        }
    }
}
