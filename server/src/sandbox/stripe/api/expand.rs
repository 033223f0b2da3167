//! `expand[]`: ids in an answer replaced by the objects they name, and lists that are left out
//! unless asked for.

use futures::future::BoxFuture;
use serde_json::Value;
use sqlx::AnyConnection;

use crate::sandbox::stripe::errors::Refusal;
use crate::sandbox::stripe::params::Params;
use crate::sandbox::stripe::shapes;
use crate::sandbox::stripe::store::{self, Kind, Page};

/// Stripe: an expand string has at most four properties.
const MAX_DEPTH: usize = 4;
const MOST_IN_LIST: i64 = 10;

/// What stands at a place of a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Object(Kind),
    /// A list of such objects.
    Objects(Kind),
    /// A list of what follows, which is no object of its own.
    List(&'static At),
    LineItem,
    SubscriptionItem,
    InvoiceLine,
    InvoiceParent,
    SubscriptionDetails,
    Pricing,
    PriceDetails,
    AssociatedPayment,
    /// Nothing that could be expanded further.
    Nothing,
}

/// One field of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// An id, to be replaced by the object of the kind.
    Object(&'static str, Kind),
    /// A shape that is there already.
    Into(&'static str),
    /// The elements of a list.
    Each,
    /// A list that is left out unless asked for.
    Fill(Filled),
    /// Known to Stripe, always empty here.
    Empty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filled {
    LineItems,
    Refunds,
    Payments,
}

/// A checked path.
#[derive(Clone, Debug)]
pub struct Path(Vec<Step>);

impl At {
    /// The step from here into `field`, and what is found there.
    fn step(self, field: &str) -> Option<(Step, Self)> {
        match self {
            Self::Object(kind) => step_of(kind, field),
            Self::Objects(kind) => (field == "data").then_some((Step::Each, Self::Object(kind))),
            Self::List(of) => (field == "data").then_some((Step::Each, *of)),
            Self::LineItem => into("price", field, Self::Object(Kind::Price)),
            Self::SubscriptionItem => into("price", field, Self::Object(Kind::Price)),
            Self::InvoiceLine => into("pricing", field, Self::Pricing),
            Self::Pricing => into("price_details", field, Self::PriceDetails),
            Self::PriceDetails => object("price", field, Kind::Price),
            Self::InvoiceParent => into("subscription_details", field, Self::SubscriptionDetails),
            Self::SubscriptionDetails => object("subscription", field, Kind::Subscription),
            Self::AssociatedPayment => object("payment_intent", field, Kind::PaymentIntent),
            Self::Nothing => None,
        }
    }
}

fn into(name: &'static str, field: &str, at: At) -> Option<(Step, At)> {
    (field == name).then_some((Step::Into(name), at))
}

fn object(name: &'static str, field: &str, kind: Kind) -> Option<(Step, At)> {
    (field == name).then_some((Step::Object(name, kind), At::Object(kind)))
}

/// The fields that hold an id of another kind.
const OBJECTS: &[(&str, Kind, &[Kind])] = &[
    (
        "payment_intent",
        Kind::PaymentIntent,
        &[Kind::Session, Kind::Charge, Kind::Refund, Kind::Dispute],
    ),
    ("latest_charge", Kind::Charge, &[Kind::PaymentIntent]),
    ("charge", Kind::Charge, &[Kind::Refund, Kind::Dispute]),
    (
        "customer",
        Kind::Customer,
        &[
            Kind::Session,
            Kind::PaymentIntent,
            Kind::Charge,
            Kind::Subscription,
            Kind::Invoice,
        ],
    ),
    ("subscription", Kind::Subscription, &[Kind::Session]),
    (
        "invoice",
        Kind::Invoice,
        &[Kind::Session, Kind::InvoicePayment],
    ),
    ("latest_invoice", Kind::Invoice, &[Kind::Subscription]),
    ("product", Kind::Product, &[Kind::Price]),
];

/// The fields of each kind that Stripe could expand and that are always empty here.
const EMPTY: &[(Kind, &[&str])] = &[
    (Kind::Session, &["setup_intent", "payment_link"]),
    (Kind::PaymentIntent, &["payment_method", "review"]),
    (Kind::Charge, &["balance_transaction"]),
    (Kind::Refund, &["balance_transaction"]),
    (Kind::Product, &["default_price"]),
    (
        Kind::Subscription,
        &[
            "default_payment_method",
            "discounts",
            "pending_setup_intent",
            "schedule",
            "test_clock",
        ],
    ),
    (
        Kind::Invoice,
        &[
            "confirmation_secret",
            "default_payment_method",
            "discounts",
            "test_clock",
        ],
    ),
];

fn step_of(kind: Kind, field: &str) -> Option<(Step, At)> {
    let found = match (kind, field) {
        (Kind::Session, "line_items") => (Step::Fill(Filled::LineItems), At::List(&At::LineItem)),
        (Kind::Charge, "refunds") => (Step::Fill(Filled::Refunds), At::Objects(Kind::Refund)),
        (Kind::Invoice, "payments") => (
            Step::Fill(Filled::Payments),
            At::Objects(Kind::InvoicePayment),
        ),
        (Kind::Invoice, "lines") => (Step::Into("lines"), At::List(&At::InvoiceLine)),
        (Kind::Invoice, "parent") => (Step::Into("parent"), At::InvoiceParent),
        (Kind::Subscription, "items") => (Step::Into("items"), At::List(&At::SubscriptionItem)),
        (Kind::InvoicePayment, "payment") => (Step::Into("payment"), At::AssociatedPayment),
        _ => return named_step(kind, field),
    };
    Some(found)
}

fn named_step(kind: Kind, field: &str) -> Option<(Step, At)> {
    let mut objects = OBJECTS.iter();
    if let Some((name, of, _)) =
        objects.find(|(name, _, kinds)| *name == field && kinds.contains(&kind))
    {
        return Some((Step::Object(name, *of), At::Object(*of)));
    }
    let mut empty = EMPTY.iter();
    let known = empty.any(|(of, fields)| *of == kind && fields.contains(&field));
    known.then_some((Step::Empty, At::Nothing))
}

/// The paths the caller asks for, checked against what an object of `kind` has.
pub fn parse(kind: Kind, params: &Params<'_>) -> Result<Vec<Path>, Refusal> {
    parse_from(At::Object(kind), params)
}

/// The paths the caller asks for, checked against what a list of `kind` has.
pub fn parse_list(kind: Kind, params: &Params<'_>) -> Result<Vec<Path>, Refusal> {
    parse_from(At::Objects(kind), params)
}

fn parse_from(start: At, params: &Params<'_>) -> Result<Vec<Path>, Refusal> {
    let texts = params.texts("expand")?;
    texts.iter().map(|text| parse_path(start, text)).collect()
}

fn parse_path(start: At, text: &str) -> Result<Path, Refusal> {
    let refuse = |message: String| Refusal::invalid(message).param("expand");
    let (mut at, mut steps) = (start, Vec::new());
    for field in text.split('.') {
        let (step, next) = at
            .step(field)
            .ok_or_else(|| refuse(format!("This property cannot be expanded ({text}).")))?;
        steps.push(step);
        at = next;
    }
    if steps.len() > MAX_DEPTH {
        let message = "You cannot expand more than 4 levels of a property. Property:";
        return Err(refuse(format!("{message} {text}")));
    }
    Ok(Path(steps))
}

/// Expands `shape`, an object or a list of objects, in place.
pub async fn apply(
    connection: &mut AnyConnection,
    shape: &mut Value,
    paths: &[Path],
) -> sqlx::Result<()> {
    for path in paths {
        walk(connection, shape, &path.0).await?;
    }
    Ok(())
}

fn walk<'a>(
    connection: &'a mut AnyConnection,
    shape: &'a mut Value,
    steps: &'a [Step],
) -> BoxFuture<'a, sqlx::Result<()>> {
    Box::pin(async move {
        let Some((step, rest)) = steps.split_first() else {
            return Ok(());
        };
        let field = match *step {
            Step::Each => {
                for element in shape["data"].as_array_mut().into_iter().flatten() {
                    walk(&mut *connection, element, rest).await?;
                }
                return Ok(());
            }
            Step::Empty => return Ok(()),
            Step::Into(field) => field,
            Step::Object(field, kind) => {
                if let Some(id) = shape[field].as_str()
                    && let Some(object) = store::find(connection, kind, id).await?
                {
                    shape[field] = object.shape;
                }
                field
            }
            Step::Fill(list) => {
                let (field, filled) = fill(connection, list, shape).await?;
                if shape[field].is_null() {
                    shape[field] = filled;
                }
                field
            }
        };
        match &mut shape[field] {
            within @ Value::Object(_) => walk(connection, within, rest).await,
            _ => Ok(()),
        }
    })
}

async fn fill(
    connection: &mut AnyConnection,
    list: Filled,
    shape: &Value,
) -> sqlx::Result<(&'static str, Value)> {
    Ok(match list {
        Filled::LineItems => ("line_items", line_items(connection, shape).await?),
        Filled::Refunds => ("refunds", refunds(connection, shape).await?),
        Filled::Payments => ("payments", payments(connection, shape).await?),
    })
}

async fn line_items(connection: &mut AnyConnection, session: &Value) -> sqlx::Result<Value> {
    let id = session["id"].as_str().unwrap_or_default();
    let session = store::find(connection, Kind::Session, id).await?;
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
    let mut page = Page::newest(Kind::Refund, MOST_IN_LIST);
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

async fn payments(connection: &mut AnyConnection, invoice: &Value) -> sqlx::Result<Value> {
    let mut page = Page::newest(Kind::InvoicePayment, MOST_IN_LIST);
    page.parent = invoice["id"].as_str().map(str::to_owned);
    let (payments, has_more) = store::list(connection, &page).await?;
    let payments = payments.into_iter().map(|payment| payment.shape).collect();
    Ok(shapes::list(payments, has_more, "/v1/invoice_payments"))
}
