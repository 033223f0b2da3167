//! The objects of the sandboxes, each a row with its JSON in its provider's shape.
//!
//! Whoever changes an object locks it first ([`lock`]), in the order its provider's `store` says, so
//! that two nodes neither overwrite nor block each other.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::AnyConnection;

use crate::time::Timestamp;

/// The kinds of objects that a provider has.
pub trait Kind: Copy + Debug + Eq + Send + Sync + Unpin + 'static {
    /// The provider, as rows and addresses name it.
    const PROVIDER: &'static str;
    const ALL: &'static [Self];
    const EVENT: Self;
    /// Where in the shape of an event is what kind of event it is.
    const EVENT_TYPE: &'static str;
    /// What the provider knows of an object but does not show.
    type Notes: Clone + Debug + Default + Serialize + DeserializeOwned + Send + Sync + Unpin;

    /// The provider's name of the kind, as in the field `object`.
    fn as_str(self) -> &'static str;

    /// The field of the shape of which lists of the kind take several values.
    fn facet(self) -> Option<&'static str>;

    /// What else lists of the kind are filtered by: names in the order of the alphabet, and where
    /// in the shape the values are.
    fn labels(self) -> &'static [(&'static str, &'static str)];

    /// One label more, behind the others in the alphabet, that only the notes have.
    fn noted(_notes: &Self::Notes) -> Option<(&'static str, &str)> {
        None
    }
}

/// One object with its row.
#[derive(Clone, Debug)]
pub struct Object<K: Kind> {
    pub kind: K,
    pub id: String,
    /// What it belongs to.
    pub parent: Option<String>,
    pub shape: Value,
    pub notes: K::Notes,
    pub due_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl<K: Kind> Object<K> {
    pub fn new(kind: K, shape: Value, parent: Option<String>, created_at: Timestamp) -> Self {
        let id = shape["id"].as_str().unwrap_or_default().to_owned();
        Self {
            kind,
            id,
            parent,
            shape,
            notes: K::Notes::default(),
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
        let noted = K::noted(&self.notes).map(|(name, value)| label(name, value));
        let text: String = values.chain(noted).collect();
        (!text.is_empty()).then_some(text)
    }
}

fn label(name: &str, value: &str) -> String {
    format!("<{name}={value}>")
}

/// An object's row.
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

impl<K: Kind> TryFrom<Row> for Object<K> {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let decode = |error| sqlx::Error::Decode(Box::new(error));
        let kind = K::ALL.iter().find(|kind| kind.as_str() == row.kind);
        let kind = *kind
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

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "id, kind, parent_id, state, notes, due_at, created_at",
            $after
        )
    };
}

fn read<K: Kind>(row: Option<Row>) -> sqlx::Result<Option<Object<K>>> {
    row.map(Object::try_from).transpose()
}

fn read_all<K: Kind>(rows: Vec<Row>) -> sqlx::Result<Vec<Object<K>>> {
    rows.into_iter().map(Object::try_from).collect()
}

/// Whether something can be looked for: PostgreSQL takes no null bytes.
fn is_text(text: &str) -> bool {
    !text.contains('\0')
}

async fn of_id<K: Kind>(
    connection: &mut AnyConnection,
    sql: &'static str,
    id: &str,
) -> sqlx::Result<Option<Object<K>>> {
    if !is_text(id) {
        return Ok(None);
    }
    let row = sqlx::query_as(sql).bind(K::PROVIDER).bind(id);
    read(row.fetch_optional(connection).await?)
}

/// The object as it is now, if it is of `kind`.
pub async fn find<K: Kind>(
    connection: &mut AnyConnection,
    kind: K,
    id: &str,
) -> sqlx::Result<Option<Object<K>>> {
    let sql = columns!(
        "SELECT ",
        " FROM sandbox_objects WHERE provider = $1 AND id = $2"
    );
    let found: Option<Object<K>> = of_id(connection, sql, id).await?;
    Ok(found.filter(|object| object.kind == kind))
}

/// The object, whatever its kind, which nobody else changes until the transaction ends.
pub async fn lock_any<K: Kind>(
    connection: &mut AnyConnection,
    id: &str,
) -> sqlx::Result<Option<Object<K>>> {
    let sql = columns!(
        "UPDATE sandbox_objects SET revision = revision + 1 \
         WHERE provider = $1 AND id = $2 RETURNING ",
        ""
    );
    of_id(connection, sql, id).await
}

/// Like [`lock_any`], if the object is of `kind`.
pub async fn lock<K: Kind>(
    connection: &mut AnyConnection,
    kind: K,
    id: &str,
) -> sqlx::Result<Option<Object<K>>> {
    let found: Option<Object<K>> = lock_any(connection, id).await?;
    Ok(found.filter(|object| object.kind == kind))
}

/// Every object of `kind` that belongs to `parent`, newest first.
pub async fn children<K: Kind>(
    connection: &mut AnyConnection,
    kind: K,
    parent: &str,
) -> sqlx::Result<Vec<Object<K>>> {
    youngest(connection, kind, parent, i64::MAX).await
}

async fn youngest<K: Kind>(
    connection: &mut AnyConnection,
    kind: K,
    parent: &str,
    limit: i64,
) -> sqlx::Result<Vec<Object<K>>> {
    let rows = sqlx::query_as(columns!(
        "SELECT ",
        " FROM sandbox_objects WHERE provider = $1 AND parent_id = $2 AND kind = $3 \
         ORDER BY created_at DESC, id DESC LIMIT $4"
    ));
    let rows = rows.bind(K::PROVIDER).bind(parent);
    let rows = rows.bind(kind.as_str()).bind(limit);
    read_all(rows.fetch_all(connection).await?)
}

/// The newest object of `kind` that belongs to `parent`.
pub async fn newest_child<K: Kind>(
    connection: &mut AnyConnection,
    kind: K,
    parent: &str,
) -> sqlx::Result<Option<Object<K>>> {
    Ok(youngest(connection, kind, parent, 1).await?.pop())
}

/// The newest object of `kind` whose facet this is.
pub async fn find_by_facet<K: Kind>(
    connection: &mut AnyConnection,
    kind: K,
    facet: &str,
) -> sqlx::Result<Option<Object<K>>> {
    if !is_text(facet) {
        return Ok(None);
    }
    let row = sqlx::query_as(columns!(
        "SELECT ",
        " FROM sandbox_objects WHERE provider = $1 AND kind = $2 AND facet = $3 \
         ORDER BY created_at DESC, id DESC LIMIT 1"
    ));
    let row = row.bind(K::PROVIDER).bind(kind.as_str()).bind(facet);
    read(row.fetch_optional(connection).await?)
}

macro_rules! put_sql {
    ($conflict:literal) => {
        concat!(
            "INSERT INTO sandbox_objects (provider, id, kind, parent_id, facet, state, notes, \
             due_at, created_at, labels) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             ON CONFLICT ",
            $conflict
        )
    };
}

/// Writes a new object, or a changed one that was locked.
pub async fn put<K: Kind>(connection: &mut AnyConnection, object: &Object<K>) -> sqlx::Result<()> {
    let sql = put_sql!(
        "(provider, id) DO UPDATE SET parent_id = excluded.parent_id, facet = excluded.facet, \
         state = excluded.state, notes = excluded.notes, due_at = excluded.due_at, \
         labels = excluded.labels"
    );
    write(connection, sql, object).await?;
    Ok(())
}

/// Writes a new object. False if its id, or what else there can be only one of, is taken.
pub async fn add<K: Kind>(
    connection: &mut AnyConnection,
    object: &Object<K>,
) -> sqlx::Result<bool> {
    Ok(write(connection, put_sql!("DO NOTHING"), object).await? == 1)
}

async fn write<K: Kind>(
    connection: &mut AnyConnection,
    sql: &'static str,
    object: &Object<K>,
) -> sqlx::Result<u64> {
    let notes = serde_json::to_string(&object.notes)
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let written = sqlx::query(sql)
        .bind(K::PROVIDER)
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
pub async fn due<K: Kind>(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT id FROM sandbox_objects WHERE provider = $1 AND due_at <= $2 \
         ORDER BY due_at, id LIMIT $3",
    )
    .bind(K::PROVIDER)
    .bind(now.micros())
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// A part of a list, newest first.
#[derive(Clone, Debug)]
pub struct Page<K> {
    pub kind: K,
    pub limit: i64,
    /// How many are left out before the first.
    pub offset: i64,
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

impl<K: Kind> Page<K> {
    /// The newest of all.
    pub fn newest(kind: K, limit: i64) -> Self {
        Self {
            kind,
            limit,
            offset: 0,
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

    fn is_text(&self) -> bool {
        let labels = self.labels.iter().map(|(_, value)| value);
        let mut texts = labels.chain(&self.facets).chain(&self.parent);
        texts.all(|text| is_text(text))
    }

    /// The facets as one text. A text that is shorter without a value has it: the one test for "is
    /// in this list" that both databases can be given as a text.
    fn facet_list(&self) -> Option<String> {
        (!self.facets.is_empty()).then(|| format!(",{},", self.facets.join(",")))
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

/// What a page is filtered by, wherever it begins.
macro_rules! filtered {
    ($before:literal, $($after:literal),*) => {
        concat!(
            $before,
            " FROM sandbox_objects WHERE provider = $1 AND kind = $2 \
             AND created_at >= $3 AND created_at < $4 \
             AND ($5 IS NULL OR parent_id = $5) \
             AND ($6 IS NULL OR REPLACE($6, ',' || facet || ',', '') <> $6) \
             AND ($7 IS NULL OR id = $7) \
             AND ($8 IS NULL OR labels LIKE $8 ESCAPE '!')",
            $($after),*
        )
    };
}

macro_rules! page_sql {
    ($beside:literal, $order:literal) => {
        filtered!(
            "SELECT id, kind, parent_id, state, notes, due_at, created_at",
            " AND ($9 IS NULL OR (created_at, id) ",
            $beside,
            " ($9, $10)) ORDER BY created_at ",
            $order,
            ", id ",
            $order,
            " LIMIT $11 OFFSET $12"
        )
    };
}

/// The objects of the page, and whether more follow behind it.
pub async fn list<K: Kind>(
    connection: &mut AnyConnection,
    page: &Page<K>,
) -> sqlx::Result<(Vec<Object<K>>, bool)> {
    if !page.is_text() {
        return Ok((Vec::new(), false));
    }
    let backwards = page.newer_than.is_some();
    let sql = if backwards {
        page_sql!(">", "ASC")
    } else {
        page_sql!("<", "DESC")
    };
    let beside = page.newer_than.as_ref().or(page.older_than.as_ref());
    let mut rows: Vec<Row> = sqlx::query_as(sql)
        .bind(K::PROVIDER)
        .bind(page.kind.as_str())
        .bind(page.created_from.map_or(i64::MIN, Timestamp::micros))
        .bind(page.created_before.map_or(i64::MAX, Timestamp::micros))
        .bind(page.parent.as_deref())
        .bind(page.facet_list())
        .bind(page.id.as_deref())
        .bind(page.label_pattern())
        .bind(beside.map(|(at, _)| at.micros()))
        .bind(beside.map(|(_, id)| id.as_str()))
        .bind(page.limit + 1)
        .bind(page.offset)
        .fetch_all(connection)
        .await?;
    let limit = usize::try_from(page.limit).unwrap_or(0);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let mut objects = read_all(rows)?;
    if backwards {
        objects.reverse();
    }
    Ok((objects, has_more))
}

/// How many objects there are by the page's filters, on it or not.
pub async fn count<K: Kind>(connection: &mut AnyConnection, page: &Page<K>) -> sqlx::Result<i64> {
    if !page.is_text() {
        return Ok(0);
    }
    sqlx::query_scalar(filtered!("SELECT COUNT(*)", ""))
        .bind(K::PROVIDER)
        .bind(page.kind.as_str())
        .bind(page.created_from.map_or(i64::MIN, Timestamp::micros))
        .bind(page.created_before.map_or(i64::MAX, Timestamp::micros))
        .bind(page.parent.as_deref())
        .bind(page.facet_list())
        .bind(page.id.as_deref())
        .bind(page.label_pattern())
        .fetch_one(connection)
        .await
}
