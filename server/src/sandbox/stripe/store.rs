//! The objects of the sandbox, each a row with its JSON in Stripe's shape.
//!
//! Whoever changes an object locks it first ([`lock`]), in the order session, subscription, customer,
//! invoice, payment intent, charge, refund or dispute, so that two nodes neither overwrite nor block
//! each other.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::AnyConnection;

use super::errors::Refusal;
use super::events::WebhookMode;
use super::tax::Taxed;
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
    Product,
    Price,
    Subscription,
    Invoice,
    InvoicePayment,
    PortalSession,
    Event,
}

/// Every kind there is.
const KINDS: [Kind; 14] = [
    Kind::Session,
    Kind::PaymentIntent,
    Kind::Charge,
    Kind::Refund,
    Kind::Dispute,
    Kind::Customer,
    Kind::WebhookEndpoint,
    Kind::Product,
    Kind::Price,
    Kind::Subscription,
    Kind::Invoice,
    Kind::InvoicePayment,
    Kind::PortalSession,
    Kind::Event,
];

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
            Self::Product => "product",
            Self::Price => "price",
            Self::Subscription => "subscription",
            Self::Invoice => "invoice",
            Self::InvoicePayment => "invoice_payment",
            Self::PortalSession => "billing_portal.session",
            Self::Event => "event",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.as_str() == text)
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
            Self::Product => "/v1/products",
            Self::Price => "/v1/prices",
            Self::Subscription => "/v1/subscriptions",
            Self::Invoice => "/v1/invoices",
            Self::InvoicePayment => "/v1/invoice_payments",
            Self::PortalSession => "/v1/billing_portal/sessions",
            Self::Event => "/v1/events",
        }
    }

    /// The field of the shape of which lists of the kind take several values.
    const fn facet(self) -> Option<&'static str> {
        match self {
            Self::Session | Self::Subscription | Self::Invoice | Self::InvoicePayment => {
                Some("status")
            }
            Self::Product => Some("id"),
            Self::Price => Some("lookup_key"),
            Self::Event => Some("type"),
            _ => None,
        }
    }

    /// What else lists of the kind are filtered by: names in the order of the alphabet, and where
    /// in the shape the values are.
    const fn labels(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Session => &[("subscription", "/subscription")],
            Self::Customer => &[("email", "/email")],
            Self::Product => &[("active", "/active")],
            Self::Price => &[
                ("active", "/active"),
                ("currency", "/currency"),
                ("type", "/type"),
            ],
            Self::Subscription => &[("price", "/items/data/0/price/id")],
            Self::Invoice => &[("customer", "/customer")],
            Self::InvoicePayment => &[("payment_intent", "/payment/payment_intent")],
            _ => &[],
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
    /// Of a session: whether the payment makes an invoice.
    pub makes_invoice: bool,
    /// Of a session: what its subscription is made with.
    pub subscription: Map<String, Value>,
    /// Of a subscription: how it is billed.
    pub billing: Option<Billing>,
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
    /// The subscription's period ends, or its unpaid invoice is tried again.
    Bill,
}

/// How a subscription is billed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Billing {
    /// The number of the card its invoices are charged to.
    pub card: String,
    /// How many periods have ended since the billing cycle's anchor.
    pub cycles: i64,
    /// When the current period ends, in seconds.
    pub renews_at: i64,
    /// The latest invoice, while it is unpaid.
    pub unpaid: Option<Unpaid>,
    /// The name of what is subscribed to.
    pub plan: String,
    /// Lines that wait for the next invoice, with their tax.
    pub pending: Vec<(Value, Taxed)>,
    /// The `client_reference_id` of the session it began with, for the book.
    pub client_reference_id: Option<String>,
}

/// An invoice that could not be charged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unpaid {
    pub invoice: String,
    /// How often it was tried by itself.
    pub tries: usize,
    /// When it is tried again, in seconds; never, once it is given up.
    pub again_at: Option<i64>,
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
    /// What it belongs to: a session's, subscription's or portal session's customer, an intent's
    /// session or invoice, a charge's or refund's or dispute's intent, a price's product, an
    /// invoice's subscription, an invoice payment's invoice, an event's object.
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

    /// Its labels as they are stored: `<active=true><type=recurring>`.
    fn labels(&self) -> Option<String> {
        let labels = self.kind.labels().iter();
        let values = labels.filter_map(|(name, place)| {
            let value = self.shape.pointer(place).filter(|value| !value.is_null())?;
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            Some(label(name, &text))
        });
        let text: String = values.collect();
        (!text.is_empty()).then_some(text)
    }
}

fn label(name: &str, value: &str) -> String {
    format!("<{name}={value}>")
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

/// Every object of `kind` that belongs to `parent`, newest first.
pub async fn children(
    connection: &mut AnyConnection,
    kind: Kind,
    parent: &str,
) -> sqlx::Result<Vec<Object>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, kind, parent_id, state, notes, due_at, created_at \
         FROM sandbox_stripe_objects WHERE parent_id = $1 AND kind = $2 \
         ORDER BY created_at DESC, id DESC",
    )
    .bind(parent)
    .bind(kind.as_str())
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Object::try_from).collect()
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

macro_rules! put_sql {
    ($conflict:literal) => {
        concat!(
            "INSERT INTO sandbox_stripe_objects \
             (id, kind, parent_id, facet, state, notes, due_at, created_at, labels) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO ",
            $conflict
        )
    };
}

/// Writes a new object, or a changed one that was locked.
pub async fn put(connection: &mut AnyConnection, object: &Object) -> sqlx::Result<()> {
    let sql = put_sql!(
        "UPDATE SET parent_id = excluded.parent_id, facet = excluded.facet, \
         state = excluded.state, notes = excluded.notes, due_at = excluded.due_at, \
         labels = excluded.labels"
    );
    write(connection, sql, object).await?;
    Ok(())
}

/// Writes a new object whose id the caller chose. False if the id is taken.
pub async fn add(connection: &mut AnyConnection, object: &Object) -> sqlx::Result<bool> {
    Ok(write(connection, put_sql!("NOTHING"), object).await? == 1)
}

async fn write(
    connection: &mut AnyConnection,
    sql: &'static str,
    object: &Object,
) -> sqlx::Result<u64> {
    let notes = serde_json::to_string(&object.notes)
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let written = sqlx::query(sql)
        .bind(&object.id)
        .bind(object.kind.as_str())
        .bind(object.parent.as_deref())
        .bind(object.facet())
        .bind(object.shape.to_string())
        .bind(notes)
        .bind(object.due_at.map(Timestamp::micros))
        .bind(object.created_at.micros())
        .bind(object.labels())
        .execute(connection)
        .await?;
    Ok(written.rows_affected())
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
    /// Names and values, names in the order of the alphabet.
    pub labels: Vec<(&'static str, String)>,
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
            labels: Vec::new(),
            parent: None,
            id: None,
        }
    }

    /// The pattern that the stored labels have to match.
    fn label_pattern(&self) -> Option<String> {
        let labels = self.labels.iter();
        let wanted: Vec<_> = labels
            .map(|(name, value)| escape_pattern(&label(name, value)))
            .collect();
        (!wanted.is_empty()).then(|| format!("%{}%", wanted.join("%")))
    }
}

/// Text that LIKE takes literally, escaped by `!`.
fn escape_pattern(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            escaped.push('!');
        }
        escaped.push(c);
    }
    escaped
}

macro_rules! page_sql {
    ($beside:literal, $order:literal) => {
        concat!(
            "SELECT id, kind, parent_id, state, notes, due_at, created_at \
             FROM sandbox_stripe_objects WHERE kind = $1 \
             AND created_at >= $2 AND created_at < $3 \
             AND ($4 IS NULL OR parent_id = $4) \
             AND ($5 IS NULL OR REPLACE($5, ',' || facet || ',', '') <> $5) \
             AND ($9 IS NULL OR id = $9) \
             AND ($10 IS NULL OR labels LIKE $10 ESCAPE '!') \
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
    // A text that is shorter without a value has it: the one test for "is in this list" that both
    // databases can be given as a text.
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
        .bind(page.label_pattern())
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
