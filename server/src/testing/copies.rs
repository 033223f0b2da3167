//! A full house: copies of one account that lived through the real thing, each with ids and seals of its own, from an address
//! of its own, some days earlier and at another time of the day. Nothing about a copy differs from what the program would have written.

use std::collections::{BTreeSet, HashMap};

use sqlx::any::{AnyArguments, AnyRow, AnyTypeInfoKind};
use sqlx::{AnyConnection, Arguments, AssertSqlSafe, Column, Row, ValueRef};

use crate::credits::{self, Actor, EntryPart, Gathered, LotRow, PeriodRow, UseRow, WalletRow};
use crate::db::{Database, Tx, many_rows};
use crate::ids::{ConsumptionId, EntryId, JobId, LotId, PeriodId, RechargeId, UserId, uuid_v7};
use crate::payments::RechargeRow;
use crate::time::Timestamp;

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// Copies lie that many days apart at most, each one day earlier than the one before.
const DAYS: usize = 400;
/// Values in one statement: SQLite looks each parameter's name up in a list, so more are slower.
const AT_ONCE: usize = 800;
/// Copies in one transaction.
const COMMIT_EVERY: usize = 200;

/// What an account has, in the order in which one row refers to another, and whose rows they are.
const TABLES: [(&str, &str); 12] = [
    ("users", "id = $1"),
    ("wallets", "user_id = $1"),
    ("recharge_records", "user_id = $1"),
    ("subscriptions", "user_id = $1"),
    ("plan_periods", "user_id = $1"),
    ("lots", "user_id = $1"),
    ("entries", "user_id = $1"),
    (
        "entry_lots",
        "entry_id IN (SELECT id FROM entries WHERE user_id = $1)",
    ),
    ("jobs", "user_id = $1"),
    ("consumption_records", "user_id = $1"),
    ("wallet_days", "user_id = $1"),
    ("audit_log", "target = $1"),
];
/// Texts that are the row's own, beside its id.
const OWN_TEXTS: [&str; 7] = [
    "email",
    "signed_up_from",
    "callback_hash",
    "session_id",
    "payment_id",
    "transaction_id",
    "external_id",
];
/// Nothing is due of a copy.
const DUE: [&str; 2] = ["next_at", "next_check_at"];

/// Makes so many copies of an account.
///
/// # Errors
/// The database's own.
pub async fn multiply(db: &Database, template: &UserId, copies: usize) -> sqlx::Result<()> {
    let mut template = Template::read(db, template).await?;
    template.a_day = copies / DAYS + 1;
    let mut made = 0;
    while made < copies {
        let until = copies.min(made + COMMIT_EVERY);
        let some: Vec<Copied> = (made..until).map(|number| template.copy(number)).collect();
        let mut tx = db.begin().await?;
        for table in &template.tables {
            table.write(&mut tx, &some).await?;
        }
        for copy in &some {
            let new = |id: &str| copy.ids.get(id).map(String::as_str);
            let period = template.period.as_deref().and_then(new);
            if let (Some(user), Some(period)) = (new(template.user.as_str()), period) {
                credits::point_at_period(&mut tx, user, period).await?;
            }
        }
        tx.commit().await?;
        made = until;
    }
    Ok(())
}

/// Everything of the account that is copied.
struct Template {
    user: UserId,
    tables: Vec<Table>,
    /// Of its wallet, which is written before the period it names.
    period: Option<String>,
    /// Ids, and other texts that no two rows share.
    own: BTreeSet<String>,
    /// Since midnight, when it began.
    began: i64,
    /// Copies that lie on one day.
    a_day: usize,
}

struct Table {
    name: &'static str,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
    seals: Sealed,
}

#[derive(Clone)]
enum Value {
    Text(Option<String>),
    Number(Option<i64>),
}

/// The rows as the program knows them, in the order of the table's.
enum Sealed {
    Wallets(Vec<WalletRow>),
    Lots(Vec<LotRow>),
    Entries(Vec<(EntryPart, Vec<(LotId, i64)>)>),
    Uses(Vec<UseRow>),
    Periods(Vec<PeriodRow>),
    Recharges(Vec<RechargeRow>),
    Not,
}

/// How one copy differs.
struct Copied {
    ids: HashMap<String, String>,
    days: i64,
    /// Days and a part of one.
    shift: i64,
}

impl Template {
    async fn read(db: &Database, user: &UserId) -> sqlx::Result<Self> {
        let mut snapshot = db.snapshot().await?;
        let mut tables = Vec::new();
        for (name, whose) in TABLES {
            tables.push(Table::read(&mut snapshot, name, whose, user).await?);
        }
        snapshot.rollback().await?;
        let own = tables.iter().flat_map(Table::own_texts).collect();
        let days: Vec<i64> = tables
            .iter()
            .flat_map(|table| table.numbers("day"))
            .collect();
        let began = tables
            .iter()
            .flat_map(|table| table.numbers("created_at"))
            .min();
        let began = began.unwrap_or(0).rem_euclid(MICROS_PER_DAY);
        // An account whose life went over midnight keeps its time of the day.
        let is_one_day = days.iter().all(|day| Some(day) == days.first());
        let period = tables.iter_mut().find_map(Table::take_period);
        Ok(Self {
            user: user.clone(),
            tables,
            period,
            own,
            began: if is_one_day { began } else { 0 },
            a_day: 1,
        })
    }

    fn copy(&self, number: usize) -> Copied {
        let count = |number: usize| i64::try_from(number).unwrap_or(0);
        let days = -count(number % DAYS);
        // Those of one day are spread over what there is of it.
        let earlier = self.began / count(self.a_day) * count(number / DAYS);
        let shift = days * MICROS_PER_DAY - earlier;
        let moved = |text: &String| match made_at(text) {
            Some(at) => uuid_v7(moved_by(shift, at)),
            None => format!("{number}-{text}"),
        };
        let mut ids: HashMap<String, String> = self
            .own
            .iter()
            .map(|text| (text.clone(), moved(text)))
            .collect();
        let new = ids.get(self.user.as_str()).and_then(|id| UserId::parse(id));
        if let Some(new) = new {
            let acts_as = |user: &UserId| Actor::User(user.clone()).to_string();
            ids.insert(acts_as(&self.user), acts_as(&new));
        }
        Copied { ids, days, shift }
    }
}

impl Table {
    async fn read(
        connection: &mut AnyConnection,
        name: &'static str,
        whose: &str,
        user: &UserId,
    ) -> sqlx::Result<Self> {
        let order = match name {
            "entry_lots" => "entry_id, lot_id",
            "wallet_days" => "day",
            "wallets" => "user_id",
            _ => "id",
        };
        let select = format!("SELECT * FROM {name} WHERE {whose} ORDER BY {order}");
        let rows: Vec<AnyRow> = sqlx::query(AssertSqlSafe(select.clone()))
            .bind(user)
            .fetch_all(&mut *connection)
            .await?;
        let columns = rows.first().map(|row| row.columns()).unwrap_or_default();
        let columns = columns.iter().map(|column| column.name().to_owned());
        Ok(Self {
            name,
            columns: columns.collect(),
            rows: rows.iter().map(values).collect::<sqlx::Result<_>>()?,
            seals: Sealed::read(connection, name, select, user).await?,
        })
    }

    /// The row's id and whatever else no two rows may share.
    fn own_texts(&self) -> Vec<String> {
        let is_own = |column: &String| {
            let names_itself = column == "id" || OWN_TEXTS.contains(&column.as_str());
            names_itself && self.name != "wallets"
        };
        let mut texts = Vec::new();
        for row in &self.rows {
            for (_, value) in self.columns.iter().zip(row).filter(|(c, _)| is_own(c)) {
                if let Value::Text(Some(text)) = value {
                    texts.push(text.clone());
                }
            }
        }
        texts
    }

    /// What stands in a column of numbers, if there is one.
    fn numbers(&self, column: &str) -> Vec<i64> {
        let Some(place) = self.columns.iter().position(|name| name == column) else {
            return Vec::new();
        };
        let values = self.rows.iter().map(|row| &row[place]);
        let numbers = values.filter_map(|value| match value {
            Value::Number(number) => *number,
            Value::Text(_) => None,
        });
        numbers.collect()
    }

    /// Takes out of the wallet the period that is written after it.
    fn take_period(&mut self) -> Option<String> {
        if self.name != "wallets" {
            return None;
        }
        let place = self.columns.iter().position(|name| name == "period_id")?;
        self.columns.remove(place);
        let rows = self.rows.iter_mut();
        let taken = rows.map(|row| row.remove(place)).next();
        match taken {
            Some(Value::Text(period)) => period,
            _ => None,
        }
    }

    /// Writes the rows of all these copies.
    async fn write(&self, tx: &mut Tx, copies: &[Copied]) -> sqlx::Result<()> {
        let Some(width) = self.rows.first().map(Vec::len) else {
            return Ok(());
        };
        let seal = self.columns.iter().position(|name| name == "seal");
        let mut rows = Vec::new();
        for copy in copies {
            for (number, row) in self.rows.iter().enumerate() {
                let columns = self.columns.iter().map(String::as_str);
                let mut row: Vec<Value> = columns
                    .zip(row)
                    .map(|(name, value)| copy.of(name, value))
                    .collect();
                if let Some(seal) = seal {
                    row[seal] = Value::Text(Some(self.seals.of(number, copy)));
                }
                rows.push(row);
            }
        }
        let columns = self.columns.join(", ");
        for some in rows.chunks((AT_ONCE / width).max(1)) {
            let mut arguments = AnyArguments::default();
            for value in some.iter().flatten() {
                let added = match value {
                    Value::Text(text) => arguments.add(text.clone()),
                    Value::Number(number) => arguments.add(*number),
                };
                added.map_err(sqlx::Error::Encode)?;
            }
            let insert = many_rows(self.name, &columns, some.len());
            sqlx::query_with(insert, arguments)
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }
}

fn values(row: &AnyRow) -> sqlx::Result<Vec<Value>> {
    let value = |place: usize| {
        let value = row.try_get_raw(place)?;
        let kind = match value.type_info().kind() {
            // PostgreSQL wants to know what is missing.
            AnyTypeInfoKind::Null => row.column(place).type_info().kind(),
            kind => kind,
        };
        Ok(match kind {
            AnyTypeInfoKind::BigInt | AnyTypeInfoKind::Integer | AnyTypeInfoKind::SmallInt => {
                Value::Number(row.try_get(place)?)
            }
            AnyTypeInfoKind::Null => Value::Text(None),
            _ => Value::Text(row.try_get(place)?),
        })
    };
    (0..row.len()).map(value).collect()
}

impl Sealed {
    async fn read(
        connection: &mut AnyConnection,
        name: &str,
        select: String,
        user: &UserId,
    ) -> sqlx::Result<Self> {
        macro_rules! rows {
            () => {
                sqlx::query_as(AssertSqlSafe(select))
                    .bind(user)
                    .fetch_all(connection)
                    .await?
            };
        }
        Ok(match name {
            "wallets" => Self::Wallets(rows!()),
            "lots" => Self::Lots(rows!()),
            "consumption_records" => Self::Uses(rows!()),
            "plan_periods" => Self::Periods(rows!()),
            "recharge_records" => Self::Recharges(rows!()),
            "entries" => {
                let select = "SELECT e.*, p.lot_id AS part_lot, p.amount AS part_amount \
                              FROM entries e LEFT JOIN entry_lots p ON p.entry_id = e.id \
                              WHERE e.user_id = $1 ORDER BY e.id, p.lot_id";
                let parts: Vec<EntryPart> = sqlx::query_as(select)
                    .bind(user)
                    .fetch_all(connection)
                    .await?;
                let mut gathered = Gathered::default();
                let mut entries: Vec<_> = parts
                    .into_iter()
                    .filter_map(|part| gathered.add(part))
                    .collect();
                entries.extend(gathered.finish());
                Self::Entries(entries)
            }
            _ => Self::Not,
        })
    }

    fn of(&self, number: usize, copy: &Copied) -> String {
        macro_rules! sealed {
            ($rows:ident) => {{
                let mut row = $rows[number].clone();
                row.follow(copy);
                row.seal()
            }};
        }
        match self {
            Self::Wallets(rows) => sealed!(rows),
            Self::Lots(rows) => sealed!(rows),
            Self::Uses(rows) => sealed!(rows),
            Self::Periods(rows) => sealed!(rows),
            Self::Recharges(rows) => {
                let mut row = rows[number].clone();
                row.follow(copy);
                row.next_check_at = None;
                row.seal()
            }
            Self::Entries(rows) => {
                let (part, lots) = &rows[number];
                let mut entry = part.entry.clone();
                let id = &mut entry.id;
                id.follow(copy);
                entry.user_id.follow(copy);
                entry.actor.follow(copy);
                entry.job_id.follow(copy);
                entry.recharge_id.follow(copy);
                entry.created_at.follow(copy);
                let mut lots = lots.clone();
                for (lot, _) in &mut lots {
                    lot.follow(copy);
                }
                lots.sort();
                entry.seal(&lots)
            }
            Self::Not => String::new(),
        }
    }
}

impl Copied {
    /// The value of a column in this copy.
    fn of(&self, column: &str, value: &Value) -> Value {
        match value {
            Value::Number(_) if DUE.contains(&column) => Value::Number(None),
            Value::Number(Some(number)) if column == "day" => {
                Value::Number(Some(number + self.days))
            }
            Value::Number(Some(number)) if is_moment(column) && *number > 0 => {
                let moved = moved_by(self.shift, Timestamp::from_micros(*number));
                Value::Number(Some(moved.micros()))
            }
            Value::Text(Some(text)) => {
                let new = self.ids.get(text).unwrap_or(text);
                Value::Text(Some(new.clone()))
            }
            value => value.clone(),
        }
    }
}

fn is_moment(column: &str) -> bool {
    column.ends_with("_at")
        || matches!(
            column,
            "at" | "serves_until" | "period_start" | "period_end"
        )
}

fn moved_by(shift: i64, at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.micros() + shift)
}

/// When an id was made.
fn made_at(id: &str) -> Option<Timestamp> {
    let (seconds, nanos) = uuid::Uuid::try_parse(id).ok()?.get_timestamp()?.to_unix();
    let seconds = i64::try_from(seconds).ok()?;
    Some(Timestamp::from_micros(
        seconds * 1_000_000 + i64::from(nanos / 1_000),
    ))
}

/// Becomes what it is in a copy.
trait Follow {
    fn follow(&mut self, copy: &Copied);
}

impl Follow for String {
    fn follow(&mut self, copy: &Copied) {
        if let Some(new) = copy.ids.get(self) {
            self.clone_from(new);
        }
    }
}

impl Follow for Timestamp {
    fn follow(&mut self, copy: &Copied) {
        *self = moved_by(copy.shift, *self);
    }
}

impl<T: Follow> Follow for Option<T> {
    fn follow(&mut self, copy: &Copied) {
        if let Some(value) = self {
            value.follow(copy);
        }
    }
}

macro_rules! ids_follow {
    ($($id:ty),+) => {$(
        impl Follow for $id {
            fn follow(&mut self, copy: &Copied) {
                if let Some(new) = copy.ids.get(self.as_str()).and_then(|id| Self::parse(id)) {
                    *self = new;
                }
            }
        }
    )+};
}

ids_follow!(
    ConsumptionId,
    EntryId,
    JobId,
    LotId,
    PeriodId,
    RechargeId,
    UserId
);

macro_rules! rows_follow {
    ($($row:ty { $($field:ident),+ })+) => {$(
        impl Follow for $row {
            fn follow(&mut self, copy: &Copied) {
                $(self.$field.follow(copy);)+
            }
        }
    )+};
}

rows_follow! {
    WalletRow { user_id, period_id, changed_at, stopped_at }
    LotRow { id, user_id, expires_at, recharge_id, created_at }
    UseRow { id, user_id, job_id, period_id, hold_entry, created_at, settled_at, refunded_at }
    PeriodRow { id, user_id, subscription_id, starts_at, ends_at, serves_until, recharge_id }
    RechargeRow {
        id, user_id, payment_id, session_id, created_at, completed_at, subscription_id, transaction_id, immediate_at
    }
}
