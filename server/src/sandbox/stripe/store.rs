//! The objects of the sandbox, each a row with its JSON in Stripe's shape.
//!
//! Whoever changes an object locks it first ([`lock`]), in the order session, payment intent,
//! charge, refund or dispute, so that two nodes neither overwrite nor block each other.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::AnyConnection;

use super::errors::Refusal;
use super::events::WebhookMode;
use crate::time::Timestamp;

/// The kinds of objects kept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Session,
    PaymentIntent,
    Charge,
    Refund,
    Dispute,
    Customer,
    WebhookEndpoint,
    Event,
}

impl Kind {
    /// Stripe's name of the kind, as in the field `object`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "checkout.session",
            Self::PaymentIntent => "payment_intent",
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::Dispute => "dispute",
            Self::Customer => "customer",
            Self::WebhookEndpoint => "webhook_endpoint",
            Self::Event => "event",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        [
            Self::Session,
            Self::PaymentIntent,
            Self::Charge,
            Self::Refund,
            Self::Dispute,
            Self::Customer,
            Self::WebhookEndpoint,
            Self::Event,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == text)
    }

    /// Where objects of the kind are listed.
    pub const fn list_url(self) -> &'static str {
        match self {
            Self::Session => "/v1/checkout/sessions",
            Self::PaymentIntent => "/v1/payment_intents",
            Self::Charge => "/v1/charges",
            Self::Refund => "/v1/refunds",
            Self::Dispute => "/v1/disputes",
            Self::Customer => "/v1/customers",
            Self::WebhookEndpoint => "/v1/webhook_endpoints",
            Self::Event => "/v1/events",
        }
    }

    /// The field of the shape that lists of the kind are filtered by.
    const fn facet(self) -> Option<&'static str> {
        match self {
            Self::Session => Some("status"),
            Self::Event => Some("type"),
            _ => None,
        }
    }

    /// There is none of this kind with that id; `param` names where the caller said it.
    pub fn missing(self, id: &str, param: &str) -> Refusal {
        Refusal::missing(self.as_str(), id, param)
    }
}

/// What Stripe knows of an object but does not show.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// Of a session: what is bought.
    pub line_items: Vec<Value>,
    /// Of a session: what its payment intent is made with.
    pub intent: Map<String, Value>,
    /// Of a session: whether the payment makes a customer.
    pub makes_customer: bool,
    /// What happens by itself when the object is due.
    pub next: Option<Next>,
    /// Of a charge: what becomes of its refunds, if not what usually does.
    pub refunds: Option<RefundFate>,
    /// How events of what happens by itself are delivered.
    pub webhook: WebhookMode,
}

/// What happens to an object by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// The open session expires.
    Expire,
    /// The delayed payment of the session comes in, or does not.
    Settle { succeeds: bool },
    /// The holder of the card disputes the charge.
    Dispute { reason: String, inquiry: bool },
    /// The refund arrives, or comes back.
    Refund { succeeds: bool },
}

/// What the test card makes of refunds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundFate {
    SucceedsLater,
    FailsLater,
}

/// One object with its row.
#[derive(Clone, Debug)]
pub struct Object {
    pub kind: Kind,
    pub id: String,
    /// What it belongs to: a session's customer, an intent's session, a charge's or refund's or
    /// dispute's intent, an event's object.
    pub parent: Option<String>,
    pub shape: Value,
    pub notes: Notes,
    pub due_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl Object {
    pub fn new(kind: Kind, shape: Value, parent: Option<String>, created_at: Timestamp) -> Self {
        let id = shape["id"].as_str().unwrap_or_default().to_owned();
        Self {
            kind,
            id,
            parent,
            shape,
            notes: Notes::default(),
            due_at: None,
            created_at,
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

    /// Whether the moment has come at which something happens to it by itself.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|due| due <= now)
    }

    fn facet(&self) -> Option<&str> {
        self.text(self.kind.facet()?)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    kind: String,
    parent_id: Option<String>,
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
            shape: serde_json::from_str(&row.state).map_err(decode)?,
            notes: serde_json::from_str(&row.notes).map_err(decode)?,
            due_at: row.due_at.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

fn read(row: Option<Row>) -> sqlx::Result<Option<Object>> {
    row.map(Object::try_from).transpose()
}

/// Whether an id can be looked for: PostgreSQL takes no null bytes.
fn is_id(text: &str) -> bool {
    !text.contains('\0')
}

/// The object as it is now, whatever its kind.
pub async fn find(connection: &mut AnyConnection, id: &str) -> sqlx::Result<Option<Object>> {
    if !is_id(id) {
        return Ok(None);
    }
    let row = sqlx::query_as(
        "SELECT id, kind, parent_id, state, notes, due_at, created_at \
         FROM sandbox_stripe_objects WHERE id = $1",
    );
    read(row.bind(id).fetch_optional(connection).await?)
}

/// The object as it is now, if it is of `kind`.
pub async fn find_kind(
    connection: &mut AnyConnection,
    kind: Kind,
    id: &str,
) -> sqlx::Result<Option<Object>> {
    Ok(find(connection, id)
        .await?
        .filter(|object| object.kind == kind))
}

/// The object, which nobody else changes until the transaction ends.
pub async fn lock(connection: &mut AnyConnection, id: &str) -> sqlx::Result<Option<Object>> {
    if !is_id(id) {
        return Ok(None);
    }
    let row = sqlx::query_as(
        "UPDATE sandbox_stripe_objects SET revision = revision + 1 WHERE id = $1 \
         RETURNING id, kind, parent_id, state, notes, due_at, created_at",
    );
    read(row.bind(id).fetch_optional(connection).await?)
}

/// Like [`lock`], if the object is of `kind`.
pub async fn lock_kind(
    connection: &mut AnyConnection,
    kind: Kind,
    id: &str,
) -> sqlx::Result<Option<Object>> {
    Ok(lock(connection, id)
        .await?
        .filter(|object| object.kind == kind))
}

/// The newest object of `kind` that belongs to `parent`.
pub async fn newest_child(
    connection: &mut AnyConnection,
    kind: Kind,
    parent: &str,
) -> sqlx::Result<Option<Object>> {
    let row = sqlx::query_as(
        "SELECT id, kind, parent_id, state, notes, due_at, created_at \
         FROM sandbox_stripe_objects WHERE parent_id = $1 AND kind = $2 \
         ORDER BY created_at DESC, id DESC LIMIT 1",
    );
    read(
        row.bind(parent)
            .bind(kind.as_str())
            .fetch_optional(connection)
            .await?,
    )
}

/// Writes a new object, or a changed one that was locked.
pub async fn put(connection: &mut AnyConnection, object: &Object) -> sqlx::Result<()> {
    let notes = serde_json::to_string(&object.notes)
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query(
        "INSERT INTO sandbox_stripe_objects \
         (id, kind, parent_id, facet, state, notes, due_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (id) DO UPDATE SET parent_id = excluded.parent_id, \
         facet = excluded.facet, state = excluded.state, notes = excluded.notes, \
         due_at = excluded.due_at",
    )
    .bind(&object.id)
    .bind(object.kind.as_str())
    .bind(object.parent.as_deref())
    .bind(object.facet())
    .bind(object.shape.to_string())
    .bind(notes)
    .bind(object.due_at.map(Timestamp::micros))
    .bind(object.created_at.micros())
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
        "SELECT id FROM sandbox_stripe_objects WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2",
    )
    .bind(now.micros())
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// A part of a list, newest first.
#[derive(Clone, Debug)]
pub struct Page {
    pub kind: Kind,
    pub limit: i64,
    /// Only objects older than this one.
    pub older_than: Option<(Timestamp, String)>,
    /// Only objects newer than this one, those next to it.
    pub newer_than: Option<(Timestamp, String)>,
    pub created_from: Option<Timestamp>,
    pub created_before: Option<Timestamp>,
    pub facets: Vec<String>,
    pub parent: Option<String>,
    pub id: Option<String>,
}

impl Page {
    /// The newest of all.
    pub fn newest(kind: Kind, limit: i64) -> Self {
        Self {
            kind,
            limit,
            older_than: None,
            newer_than: None,
            created_from: None,
            created_before: None,
            facets: Vec::new(),
            parent: None,
            id: None,
        }
    }
}

macro_rules! page_sql {
    ($beside:literal, $order:literal) => {
        concat!(
            "SELECT id, kind, parent_id, state, notes, due_at, created_at \
             FROM sandbox_stripe_objects WHERE kind = $1 \
             AND created_at >= $2 AND created_at < $3 \
             AND ($4 IS NULL OR parent_id = $4) \
             AND ($5 IS NULL OR $5 LIKE '%,' || facet || ',%') \
             AND ($9 IS NULL OR id = $9) \
             AND ($6 IS NULL OR (created_at, id) ",
            $beside,
            " ($6, $7)) ORDER BY created_at ",
            $order,
            ", id ",
            $order,
            " LIMIT $8"
        )
    };
}

/// The objects of the page, and whether more follow behind it.
pub async fn list(
    connection: &mut AnyConnection,
    page: &Page,
) -> sqlx::Result<(Vec<Object>, bool)> {
    let backwards = page.newer_than.is_some();
    let sql = if backwards {
        page_sql!(">", "ASC")
    } else {
        page_sql!("<", "DESC")
    };
    let beside = page.newer_than.as_ref().or(page.older_than.as_ref());
    // LIKE is the one test for "is in this list" that both databases can be given as a text.
    let facets = (!page.facets.is_empty()).then(|| format!(",{},", page.facets.join(",")));
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(page.kind.as_str())
        .bind(page.created_from.map_or(i64::MIN, Timestamp::micros))
        .bind(page.created_before.map_or(i64::MAX, Timestamp::micros))
        .bind(page.parent.as_deref())
        .bind(facets)
        .bind(beside.map(|(at, _)| at.micros()))
        .bind(beside.map(|(_, id)| id.as_str()))
        .bind(page.limit + 1)
        .bind(page.id.as_deref())
        .fetch_all(connection)
        .await?;
    let limit = usize::try_from(page.limit).unwrap_or(0);
    let has_more = rows.len() > limit;
    let objects = rows.into_iter().take(limit).map(Object::try_from);
    let mut objects = objects.collect::<sqlx::Result<Vec<_>>>()?;
    if backwards {
        objects.reverse();
    }
    Ok((objects, has_more))
}
