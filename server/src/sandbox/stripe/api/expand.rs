//! `expand[]`: ids in an answer replaced by the objects they name, and lists that are left out
//! unless asked for.

use serde_json::Value;
use sqlx::AnyConnection;

use crate::sandbox::stripe::errors::Refusal;
use crate::sandbox::stripe::params::Params;
use crate::sandbox::stripe::shapes;
use crate::sandbox::stripe::store::{self, Kind, Page};

/// Stripe: expansions have a maximum depth of four levels.
const MAX_DEPTH: usize = 4;
const MAX_REFUNDS: i64 = 10;

/// One field of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// An id of an object of the kind.
    Object(&'static str, Kind),
    LineItems,
    Refunds,
    /// Known to Stripe, always empty here.
    Empty,
}

/// A checked path, and whether it goes into the elements of a list.
#[derive(Clone, Debug)]
pub struct Path {
    into_list: bool,
    steps: Vec<Step>,
}

fn step(kind: Kind, field: &str) -> Option<Step> {
    let step = match (kind, field) {
        (Kind::Session, "line_items") => Step::LineItems,
        (Kind::Charge, "refunds") => Step::Refunds,
        (Kind::Session | Kind::Charge | Kind::Refund | Kind::Dispute, "payment_intent") => {
            Step::Object("payment_intent", Kind::PaymentIntent)
        }
        (Kind::PaymentIntent, "latest_charge") => Step::Object("latest_charge", Kind::Charge),
        (Kind::Refund | Kind::Dispute, "charge") => Step::Object("charge", Kind::Charge),
        (Kind::Session | Kind::PaymentIntent | Kind::Charge, "customer") => {
            Step::Object("customer", Kind::Customer)
        }
        (Kind::Session, "subscription" | "invoice" | "setup_intent" | "payment_link")
        | (Kind::PaymentIntent, "payment_method" | "review")
        | (Kind::Charge | Kind::Refund, "balance_transaction") => Step::Empty,
        _ => return None,
    };
    Some(step)
}

/// The paths the caller asks for, checked against what objects of `kind` have.
pub fn parse(kind: Kind, params: &Params<'_>) -> Result<Vec<Path>, Refusal> {
    params
        .texts("expand")?
        .iter()
        .map(|text| parse_path(kind, text))
        .collect()
}

fn parse_path(kind: Kind, text: &str) -> Result<Path, Refusal> {
    let refuse = || {
        let message = format!("This property cannot be expanded ({text}).");
        Refusal::invalid(message).param("expand")
    };
    let (into_list, rest) = match text.strip_prefix("data.") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut kind = Some(kind);
    let mut steps = Vec::new();
    for field in rest.split('.') {
        let step = kind.and_then(|kind| step(kind, field)).ok_or_else(refuse)?;
        kind = match step {
            Step::Object(_, kind) => Some(kind),
            Step::LineItems | Step::Refunds | Step::Empty => None,
        };
        steps.push(step);
    }
    if steps.len() > MAX_DEPTH {
        return Err(refuse());
    }
    Ok(Path { into_list, steps })
}

/// Expands `shape`, an object or a list of objects, in place.
pub async fn apply(
    connection: &mut AnyConnection,
    shape: &mut Value,
    paths: &[Path],
) -> sqlx::Result<()> {
    for path in paths {
        if !path.into_list {
            walk(connection, shape, &path.steps).await?;
            continue;
        }
        for element in shape["data"].as_array_mut().into_iter().flatten() {
            walk(connection, element, &path.steps).await?;
        }
    }
    Ok(())
}

async fn walk(
    connection: &mut AnyConnection,
    shape: &mut Value,
    steps: &[Step],
) -> sqlx::Result<()> {
    let mut at = shape;
    for step in steps {
        if !at.is_object() {
            return Ok(());
        }
        match *step {
            Step::Object(field, kind) => {
                if let Some(id) = at[field].as_str()
                    && let Some(object) = store::find_kind(connection, kind, id).await?
                {
                    at[field] = object.shape;
                }
                at = &mut at[field];
            }
            Step::LineItems => at["line_items"] = line_items(connection, at).await?,
            Step::Refunds => at["refunds"] = refunds(connection, at).await?,
            Step::Empty => {}
        }
    }
    Ok(())
}

async fn line_items(connection: &mut AnyConnection, session: &Value) -> sqlx::Result<Value> {
    let id = session["id"].as_str().unwrap_or_default();
    let session = store::find_kind(connection, Kind::Session, id).await?;
    let items = session
        .map(|session| session.notes.line_items)
        .unwrap_or_default();
    Ok(shapes::list(
        items,
        false,
        &format!("/v1/checkout/sessions/{id}/line_items"),
    ))
}

async fn refunds(connection: &mut AnyConnection, charge: &Value) -> sqlx::Result<Value> {
    let mut page = Page::newest(Kind::Refund, MAX_REFUNDS);
    page.parent = charge["payment_intent"].as_str().map(str::to_owned);
    let (refunds, has_more) = store::list(connection, &page).await?;
    let refunds = refunds.into_iter().map(|refund| refund.shape).collect();
    let id = charge["id"].as_str().unwrap_or_default();
    Ok(shapes::list(
        refunds,
        has_more,
        &format!("/v1/charges/{id}/refunds"),
    ))
}
