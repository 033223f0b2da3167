//! The objects of the sandbox, each a row with its JSON in Creem's shape.
//!
//! Whoever changes an object locks it first ([`lock`]), in the order checkout, subscription,
//! transaction, so that two nodes neither overwrite nor block each other.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::AnyConnection;

use crate::sandbox::webhook_mode::WebhookMode;
use crate::time::Timestamp;

/// The kinds of objects kept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Checkout,
    Customer,
    Subscription,
    Transaction,
    Refund,
    Dispute,
    Event,
    /// A link to the portal.
    Portal,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Checkout,
        Self::Customer,
        Self::Subscription,
        Self::Transaction,
        Self::Refund,
        Self::Dispute,
        Self::Event,
        Self::Portal,
    ];

    /// Creem's name of the kind, as in the field `object`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Customer => "customer",
            Self::Subscription => "subscription",
            Self::Transaction => "transaction",
            Self::Refund => "refund",
            Self::Dispute => "dispute",
            Self::Event => "event",
            Self::Portal => "portal",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What Creem knows of an object but does not show.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// Of a checkout: the key it was made with, which signs the way back.
    pub key: String,
    /// What happens by itself when the object is due.
    pub next: Option<Next>,
    /// Of a subscription: that its card refuses from now on.
    pub card_refuses: bool,
    /// Of a subscription: how often its renewal was refused.
    pub refused: u32,
    /// Of a transaction: whether its refunds arrive at once.
    pub refunds_later: bool,
    /// Of a disputed transaction: what was refunded before, and its status then.
    pub before_dispute: Option<(i64, String)>,
    /// How events of what happens by itself are delivered.
    pub webhook: WebhookMode,
}

/// What happens to an object by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// The open checkout expires.
    Expire,
    /// The subscription's period is over.
    Renew,
    /// The holder of the card disputes the transaction.
    Dispute,
    /// The refund arrives.
    Refund,
}

/// One object with its row.
#[derive(Clone, Debug)]
pub struct Object {
    pub kind: Kind,
    pub id: String,
    /// What it belongs to: a subscription's or transaction's checkout, a refund's or dispute's
    /// transaction, an event's object.
    pub parent: Option<String>,
    /// Whose it is: the customer's id; of a customer, the shop's own id of the person.
    pub owner: Option<String>,
    pub product: Option<String>,
    /// A customer's e-mail address, a transaction's order.
    pub facet: Option<String>,
    pub shape: Value,
    pub notes: Notes,
    pub due_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl Object {
    pub fn new(kind: Kind, shape: Value, created_at: Timestamp) -> Self {
        let text = |field: &str| shape[field].as_str().map(str::to_owned);
        Self {
            kind,
            id: text("id").unwrap_or_default(),
            parent: None,
            owner: text(match kind {
                Kind::Customer => "external_id",
                _ => "customer",
            }),
            product: text("product"),
            facet: match kind {
                Kind::Customer => text("email"),
                Kind::Transaction => text("order"),
                _ => None,
            },
            notes: Notes::default(),
            due_at: None,
            created_at,
            shape,
        }
    }

    pub fn text(&self, field: &str) -> Option<&str> {
        self.shape[field].as_str()
    }

    pub fn integer(&self, field: &str) -> i64 {
        self.shape[field].as_i64().unwrap_or(0)
    }

    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.shape[field] = value.into();
    }

    /// Takes a field out: where Creem has nothing to say, it leaves the field out.
    pub fn unset(&mut self, field: &str) {
        if let Some(fields) = self.shape.as_object_mut() {
            fields.remove(field);
        }
    }

    /// Lets something happen to it by itself.
    pub fn plan(&mut self, next: Next, at: Timestamp) {
        self.notes.next = Some(next);
        self.due_at = Some(at);
    }

    /// Whether the moment has come at which something happens to it by itself.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|due| due <= now)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    kind: String,
    parent_id: Option<String>,
    owner_id: Option<String>,
    product_id: Option<String>,
    facet: Option<String>,
    state: String,
    notes: String,
    due_at: Option<i64>,
    created_at: i64,
}

impl TryFrom<Row> for Object {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let decode = |error| sqlx::Error::Decode(Box::new(error));
        let kind = Kind::from_stored(&row.kind)
            .ok_or_else(|| sqlx::Error::Decode(format!("unknown kind {}", row.kind).into()))?;
        Ok(Self {
            kind,
            id: row.id,
            parent: row.parent_id,
            owner: row.owner_id,
            product: row.product_id,
            facet: row.facet,
            shape: serde_json::from_str(&row.state).map_err(decode)?,
            notes: serde_json::from_str(&row.notes).map_err(decode)?,
            due_at: row.due_at.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "id, kind, parent_id, owner_id, product_id, facet, state, notes, due_at, created_at",
            $after
        )
    };
}

fn read(row: Option<Row>) -> sqlx::Result<Option<Object>> {
    row.map(Object::try_from).transpose()
}

/// Whether something can be looked for: PostgreSQL takes no null bytes.
fn is_text(text: &str) -> bool {
    !text.contains('\0')
}

/// The object as it is now, if it is of `kind`.
pub async fn find(
    connection: &mut AnyConnection,
    kind: Kind,
    id: &str,
) -> sqlx::Result<Option<Object>> {
    if !is_text(id) {
        return Ok(None);
    }
    let row = sqlx::query_as(columns!(
        "SELECT ",
        " FROM sandbox_creem_objects WHERE id = $1 AND kind = $2"
    ));
    let row = row.bind(id).bind(kind.as_str());
    read(row.fetch_optional(connection).await?)
}

/// The object, which nobody else changes until the transaction ends.
pub async fn lock(
    connection: &mut AnyConnection,
    kind: Kind,
    id: &str,
) -> sqlx::Result<Option<Object>> {
    if !is_text(id) {
        return Ok(None);
    }
    let row = sqlx::query_as(columns!(
        "UPDATE sandbox_creem_objects SET revision = revision + 1 \
         WHERE id = $1 AND kind = $2 RETURNING ",
        ""
    ));
    let row = row.bind(id).bind(kind.as_str());
    read(row.fetch_optional(connection).await?)
}

/// The object `id` that is due, whatever its kind, locked.
pub async fn lock_any(connection: &mut AnyConnection, id: &str) -> sqlx::Result<Option<Object>> {
    let row = sqlx::query_as(columns!(
        "UPDATE sandbox_creem_objects SET revision = revision + 1 WHERE id = $1 RETURNING ",
        ""
    ));
    read(row.bind(id).fetch_optional(connection).await?)
}

/// The customer with this e-mail address.
pub async fn customer_by_email(
    connection: &mut AnyConnection,
    email: &str,
) -> sqlx::Result<Option<Object>> {
    if !is_text(email) {
        return Ok(None);
    }
    let row = sqlx::query_as(columns!(
        "SELECT ",
        " FROM sandbox_creem_objects WHERE kind = 'customer' AND facet = $1"
    ));
    read(row.bind(email).fetch_optional(connection).await?)
}

/// The newest object of `kind` that belongs to `parent`.
pub async fn newest_child(
    connection: &mut AnyConnection,
    kind: Kind,
    parent: &str,
) -> sqlx::Result<Option<Object>> {
    let row = sqlx::query_as(columns!(
        "SELECT ",
        " FROM sandbox_creem_objects WHERE parent_id = $1 AND kind = $2 \
         ORDER BY created_at DESC, id DESC LIMIT 1"
    ));
    let row = row.bind(parent).bind(kind.as_str());
    read(row.fetch_optional(connection).await?)
}

/// Writes a new object, or a changed one that was locked.
pub async fn put(connection: &mut AnyConnection, object: &Object) -> sqlx::Result<()> {
    let notes = serde_json::to_string(&object.notes)
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query(
        "INSERT INTO sandbox_creem_objects \
         (id, kind, parent_id, owner_id, product_id, facet, state, notes, due_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (id) DO UPDATE SET owner_id = excluded.owner_id, \
         product_id = excluded.product_id, state = excluded.state, notes = excluded.notes, \
         due_at = excluded.due_at",
    )
    .bind(&object.id)
    .bind(object.kind.as_str())
    .bind(object.parent.as_deref())
    .bind(object.owner.as_deref())
    .bind(object.product.as_deref())
    .bind(object.facet.as_deref())
    .bind(object.shape.to_string())
    .bind(notes)
    .bind(object.due_at.map(Timestamp::micros))
    .bind(object.created_at.micros())
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes a new customer, unless the address has one already.
pub async fn add_customer(connection: &mut AnyConnection, customer: &Object) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO sandbox_creem_objects (id, kind, facet, state, notes, created_at) \
         VALUES ($1, 'customer', $2, $3, '{}', $4) \
         ON CONFLICT (facet) WHERE kind = 'customer' DO NOTHING",
    )
    .bind(&customer.id)
    .bind(customer.facet.as_deref())
    .bind(customer.shape.to_string())
    .bind(customer.created_at.micros())
    .execute(connection)
    .await?;
    Ok(())
}

/// Ids of what should have happened by now, the longest due first.
pub async fn due(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT id FROM sandbox_creem_objects WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2",
    )
    .bind(now.micros())
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Which objects are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub owner: Option<String>,
    pub product: Option<String>,
    pub facet: Option<String>,
}

impl Filter {
    fn is_text(&self) -> bool {
        let mut texts = [&self.owner, &self.product, &self.facet]
            .into_iter()
            .flatten();
        texts.all(|text| is_text(text))
    }
}

macro_rules! filtered {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " FROM sandbox_creem_objects WHERE kind = $1 AND ($2 IS NULL OR owner_id = $2) \
             AND ($3 IS NULL OR product_id = $3) AND ($4 IS NULL OR facet = $4)",
            $after
        )
    };
}

/// A part of the objects of `kind`, newest first, and how many there are in all.
pub async fn list(
    connection: &mut AnyConnection,
    kind: Kind,
    filter: &Filter,
    limit: i64,
    offset: i64,
) -> sqlx::Result<(Vec<Object>, i64)> {
    if !filter.is_text() {
        return Ok((Vec::new(), 0));
    }
    let total: i64 = sqlx::query_scalar(filtered!("SELECT COUNT(*)", ""))
        .bind(kind.as_str())
        .bind(filter.owner.as_deref())
        .bind(filter.product.as_deref())
        .bind(filter.facet.as_deref())
        .fetch_one(&mut *connection)
        .await?;
    let rows: Vec<Row> = sqlx::query_as(filtered!(
        "SELECT id, kind, parent_id, owner_id, product_id, facet, state, notes, due_at, created_at",
        " ORDER BY created_at DESC, id DESC LIMIT $5 OFFSET $6"
    ))
    .bind(kind.as_str())
    .bind(filter.owner.as_deref())
    .bind(filter.product.as_deref())
    .bind(filter.facet.as_deref())
    .bind(limit)
    .bind(offset)
    .fetch_all(connection)
    .await?;
    let objects = rows.into_iter().map(Object::try_from);
    Ok((objects.collect::<sqlx::Result<_>>()?, total))
}
