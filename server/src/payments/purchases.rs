//! Purchases as the operator looks for them: everybody's, newest first.

use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow};
use utoipa::ToSchema;

use super::inbox::KeptEvent;
use super::{Payments, Provider, Recharge, RechargeRow, Standing};
use crate::ids::{RechargeId, UserId};
use crate::words::words;

words! {
    /// Payments that came and gave nothing: all of them, or those held back for one reason.
    HeldBack {
        Any = "any", Owner = "owner", Record = "record", Currency = "currency", Amount = "amount",
        SecondPlan = "second_plan", AccountDeleted = "account_deleted",
    }
}

/// A purchase with whose it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Purchase {
    #[serde(flatten)]
    pub recharge: Recharge,
    pub user_id: UserId,
    /// Why a payment that arrived was not granted.
    pub held_back: Option<String>,
    /// The account's address; of a deleted account its id.
    #[serde(skip)]
    pub email: String,
}

/// Which purchases.
#[derive(Clone, Debug, Default)]
pub struct PurchaseFilter {
    pub standing: Option<Standing>,
    pub provider: Option<Provider>,
    pub held_back: Option<HeldBack>,
    /// An id of the record, its account, its checkout, its payment or its subscription, or the whole address of the account.
    pub search: String,
    /// Older than this one.
    pub before: Option<RechargeId>,
    pub limit: i64,
}

#[derive(FromRow)]
struct PurchaseRow {
    #[sqlx(flatten)]
    recharge: RechargeRow,
    email: String,
}

impl From<PurchaseRow> for Purchase {
    fn from(row: PurchaseRow) -> Self {
        let recharge = Recharge::from(row.recharge);
        Self {
            user_id: recharge.user_id.clone(),
            held_back: recharge.held_back.clone(),
            recharge,
            email: row.email,
        }
    }
}

/// What holds of a record `r` that stands so. Where something rarer has an index, the status is written so that its own is not
/// taken, and that PostgreSQL expects nearly all rows to pass.
const fn condition(standing: Standing) -> &'static str {
    match standing {
        Standing::Pending => "r.status = 'pending'",
        Standing::Failed => "r.status = 'failed'",
        Standing::Cancelled => "r.status = 'cancelled'",
        Standing::Completed => "r.status = 'completed' AND r.disputed = 0 AND r.returned_minor = 0",
        Standing::Disputed => {
            "r.disputed = 1 AND r.status NOT IN ('pending', 'failed', 'cancelled')"
        }
        Standing::Refunded => {
            "r.returned_minor > 0 AND r.returned_minor >= COALESCE(r.paid_minor, r.amount_minor) \
             AND r.disputed = 0 AND r.status NOT IN ('pending', 'failed', 'cancelled')"
        }
        Standing::PartiallyRefunded => {
            "r.returned_minor > 0 AND r.returned_minor < COALESCE(r.paid_minor, r.amount_minor) \
             AND r.disputed = 0 AND r.status NOT IN ('pending', 'failed', 'cancelled')"
        }
    }
}

/// The records with an id; of each place where it may stand, by its index.
const BY_ID: &str = "r.id IN (SELECT id FROM recharge_records WHERE id = $1 \
     UNION SELECT id FROM recharge_records WHERE user_id = $1)";
const BY_NAME: &str = "r.id IN (SELECT id FROM recharge_records WHERE session_id = $1 \
     UNION SELECT id FROM recharge_records WHERE payment_id = $1 \
     UNION SELECT id FROM recharge_records WHERE transaction_id = $1 \
     UNION SELECT id FROM recharge_records WHERE subscription_id = $1)";
const BY_ADDRESS: &str = "r.user_id = (SELECT id FROM users WHERE email = $1)";

/// The statement for a filter, and its values before the limit. What is not asked for is left out, so that the indexes serve.
fn select(filter: &PurchaseFilter) -> (String, Vec<String>) {
    let mut conditions = Vec::new();
    let mut values = Vec::new();
    let search = filter.search.trim();
    if let Some(id) = UserId::parse(search) {
        values.push(id.to_string());
        conditions.push(BY_ID.to_owned());
    } else if search.contains('@') {
        values.push(search.to_lowercase());
        conditions.push(BY_ADDRESS.to_owned());
    } else if !search.is_empty() {
        values.push(search.to_owned());
        conditions.push(BY_NAME.to_owned());
    }
    conditions.extend(
        filter
            .standing
            .map(|standing| condition(standing).to_owned()),
    );
    if let Some(provider) = filter.provider {
        values.push(provider.as_str().to_owned());
        conditions.push(format!("r.provider = ${}", values.len()));
    }
    if let Some(reason) = filter.held_back {
        conditions.push("r.held_back IS NOT NULL".to_owned());
        if reason != HeldBack::Any {
            values.push(reason.as_str().to_owned());
            conditions.push(format!("r.held_back = ${}", values.len()));
        }
    }
    if let Some(before) = &filter.before {
        values.push(before.to_string());
        conditions.push(format!("r.id < ${}", values.len()));
    }
    let wanted = match conditions.is_empty() {
        true => String::new(),
        false => format!("WHERE {}", conditions.join(" AND ")),
    };
    let place = values.len() + 1;
    let select = format!(
        "SELECT r.*, u.email FROM recharge_records r JOIN users u ON u.id = r.user_id \
         {wanted} ORDER BY r.id DESC LIMIT ${place}"
    );
    (select, values)
}

/// Events of one purchase that are shown.
const EVENTS: i64 = 50;

impl Payments {
    /// Purchases of everybody, newest first.
    ///
    /// # Errors
    /// The database's own.
    pub async fn purchases(&self, filter: &PurchaseFilter) -> sqlx::Result<Vec<Purchase>> {
        let (select, values) = select(filter);
        let mut query = sqlx::query_as(AssertSqlSafe(select));
        for value in values {
            query = query.bind(value);
        }
        let rows: Vec<PurchaseRow> = query.bind(filter.limit).fetch_all(self.db.reader()).await?;
        Ok(rows.into_iter().map(Purchase::from).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// The database's own.
    pub async fn purchase(&self, id: &RechargeId) -> sqlx::Result<Option<Purchase>> {
        let filter = PurchaseFilter {
            search: id.to_string(),
            limit: 1,
            ..PurchaseFilter::default()
        };
        let found = self.purchases(&filter).await?.pop();
        Ok(found.filter(|purchase| purchase.recharge.id == *id))
    }

    /// What the inbox has about a purchase: its checkout, its payment, its subscription. Newest first.
    ///
    /// # Errors
    /// The database's own.
    pub async fn events_of(&self, recharge: &Recharge) -> sqlx::Result<Vec<KeptEvent>> {
        let ids = [
            &recharge.session_id,
            &recharge.payment_id,
            &recharge.transaction_id,
            &recharge.subscription_id,
        ];
        self.events_about(&ids.map(Option::as_deref), EVENTS).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::closing::DELETED;
    use super::super::fulfil::SURPLUS;
    use super::*;
    use crate::db::Course;
    use crate::on_both_databases;

    #[test]
    fn reasons_are_those_that_records_are_held_back_for() {
        assert_eq!(HeldBack::SecondPlan.as_str(), SURPLUS);
        assert_eq!(HeldBack::AccountDeleted.as_str(), DELETED);
    }

    on_both_databases! {
        async fn every_list_goes_by_an_index(ground: TestGround) {
            let all = PurchaseFilter::default;
            let standing = |standing| PurchaseFilter { standing: Some(standing), ..all() };
            let held_back = |reason| PurchaseFilter { held_back: Some(reason), ..all() };
            let search = |search: &str| PurchaseFilter { search: search.to_owned(), ..all() };
            let table = [
                (all(), "recharge_records"),
                (PurchaseFilter { before: Some(RechargeId::new(ground.clock.now())), ..all() }, "recharge_records"),
                (PurchaseFilter { provider: Some(Provider::Creem), ..all() }, "recharge_records_provider"),
                (standing(Standing::Pending), "recharge_records_status"),
                (standing(Standing::Completed), "recharge_records_status"),
                (standing(Standing::Refunded), "recharge_records_refunded"),
                (standing(Standing::PartiallyRefunded), "recharge_records_partly_refunded"),
                (standing(Standing::Disputed), "recharge_records_disputed"),
                (held_back(HeldBack::Any), "recharge_records_held_back"),
                (held_back(HeldBack::Owner), "recharge_records_held_back"),
                (search("ann@example.com"), "recharge_records_buyer"),
                (search("cs_test_1"), "recharge_records_payment_id"),
                (search("0193f000-0000-7000-8000-000000000000"), "recharge_records_"),
                (PurchaseFilter { standing: Some(Standing::Completed), provider: Some(Provider::Stripe), ..search("ann@example.com") }, "recharge_records_buyer"),
                (PurchaseFilter { standing: Some(Standing::Pending), provider: Some(Provider::Stripe), ..search("cs_test_1") }, "recharge_records_payment_id"),
            ];
            for (filter, index) in table {
                let (select, mut values) = select(&filter);
                values.push("50".to_owned());
                let course = Course::of(&ground.db, &select, &values).await.unwrap();
                assert!(!course.reads_a_whole_table, "{filter:?}\n{}", course.text);
                let by_name = !filter.search.is_empty() && !filter.search.contains('@');
                assert!(by_name || !course.sorts, "{filter:?}\n{}", course.text);
                // The other database goes by what its tables hold, and these hold nothing.
                let chooses = ground.db.kind() == Kind::Sqlite;
                assert!(!chooses || course.text.contains(index), "{filter:?}\n{}", course.text);
            }
        }
    }
}
