//! The lines of a Checkout Session: what is bought, checked as Stripe checks it.

use serde_json::Map;
use sqlx::AnyConnection;

use super::catalog::{TAX_BEHAVIORS, interval};
use super::new_session::{at_least, currency, unit_amount};
use crate::sandbox::stripe::billing::Interval;
use crate::sandbox::stripe::errors::{Failure, Refusal};
use crate::sandbox::stripe::params::Params;
use crate::sandbox::stripe::store::{self, Kind, Object};
use crate::sandbox::stripe::tax::Taxed;
use crate::sandbox::stripe::{ids, money, shapes};
use crate::time::Timestamp;

const MAX_LINE_ITEMS: usize = 100;

/// Whether a session is paid once or again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Payment,
    Subscription,
}

impl Mode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Subscription => "subscription",
        }
    }
}

/// A line somebody wants.
pub struct WantedLine {
    price: WantedPrice,
    quantity: i64,
    /// Where the caller named the price.
    param: String,
}

enum WantedPrice {
    Known(String),
    Inline(InlinePrice),
}

/// A price made for one session.
struct InlinePrice {
    currency: String,
    unit_amount: i64,
    product: InlineProduct,
    interval: Option<Interval>,
    tax_behavior: Option<String>,
}

enum InlineProduct {
    Known(String),
    Named(String),
}

/// A line whose price is known.
pub struct Line {
    pub item: shapes::LineItem,
    /// The product and the price, where they were made for it.
    made: Vec<Object>,
}

pub fn parse(params: &Params<'_>) -> Result<Vec<WantedLine>, Refusal> {
    let items = params.items("line_items")?;
    if items.is_empty() {
        return Err(params.missing("line_items"));
    }
    if items.len() > MAX_LINE_ITEMS {
        let message = format!("A session can have at most {MAX_LINE_ITEMS} line items.");
        return Err(Refusal::invalid(message).param("line_items"));
    }
    items.iter().map(parse_line).collect()
}

fn parse_line(item: &Params<'_>) -> Result<WantedLine, Refusal> {
    item.only_or_unplayed(
        &["price", "price_data", "quantity"],
        &[
            "adjustable_quantity",
            "dynamic_tax_rates",
            "metadata",
            "tax_rates",
        ],
    )?;
    let price = match item.text("price")? {
        Some(id) => WantedPrice::Known(id),
        None => {
            let data = item.child("price_data")?;
            WantedPrice::Inline(parse_price(
                &data.ok_or_else(|| item.missing("price_data"))?,
            )?)
        }
    };
    Ok(WantedLine {
        price,
        quantity: at_least(item, "quantity", 1)?,
        param: item.name("price"),
    })
}

fn parse_price(price: &Params<'_>) -> Result<InlinePrice, Refusal> {
    price.only_or_unplayed(
        &[
            "currency",
            "product",
            "product_data",
            "recurring",
            "tax_behavior",
            "unit_amount",
        ],
        &["unit_amount_decimal"],
    )?;
    let product = match price.text("product")? {
        Some(id) => InlineProduct::Known(id),
        None => InlineProduct::Named(product_name(price)?),
    };
    let currency = currency(price)?;
    Ok(InlinePrice {
        product,
        unit_amount: unit_amount(price, &currency)?,
        currency,
        interval: interval(price)?,
        tax_behavior: price.one_of("tax_behavior", TAX_BEHAVIORS)?,
    })
}

fn product_name(price: &Params<'_>) -> Result<String, Refusal> {
    let product = price
        .child("product_data")?
        .ok_or_else(|| price.missing("product_data"))?;
    product.only_or_unplayed(
        &[
            "description",
            "images",
            "metadata",
            "name",
            "tax_code",
            "unit_label",
        ],
        &["tax_details"],
    )?;
    product.text("description")?;
    product.metadata("metadata")?;
    product.required("name")
}

/// Looks up what the wanted lines name.
pub async fn resolve(
    connection: &mut AnyConnection,
    wanted: &[WantedLine],
    automatic_tax: bool,
    at: Timestamp,
) -> Result<Vec<Line>, Failure> {
    let mut lines = Vec::new();
    for line in wanted {
        let mut made = Vec::new();
        let (name, price) = match &line.price {
            WantedPrice::Known(id) => known_price(connection, id, &line.param).await?,
            WantedPrice::Inline(inline) => inline_price(connection, inline, &mut made, at).await?,
        };
        lines.push(Line {
            item: shapes::LineItem::new(name, price, line.quantity, automatic_tax),
            made,
        });
    }
    Ok(lines)
}

type Named = (String, serde_json::Value);

async fn known_price(
    connection: &mut AnyConnection,
    id: &str,
    param: &str,
) -> Result<Named, Failure> {
    let price = store::find(connection, Kind::Price, id).await?;
    let price = price.ok_or_else(|| Kind::Price.missing(id, param))?;
    if price.shape["active"] != true {
        let message = "The price specified is inactive. This field only accepts active prices.";
        return Err(Refusal::invalid(message).param(param).into());
    }
    let product = price.text("product").unwrap_or_default();
    let product = store::find(connection, Kind::Product, product).await?;
    let name = product.and_then(|product| product.text("name").map(str::to_owned));
    Ok((name.unwrap_or_default(), price.shape))
}

async fn inline_price(
    connection: &mut AnyConnection,
    inline: &InlinePrice,
    made: &mut Vec<Object>,
    at: Timestamp,
) -> Result<Named, Failure> {
    let (id, name) = match &inline.product {
        InlineProduct::Named(name) => {
            let id = ids::fresh("prod_");
            let given = Map::from_iter([("name".to_owned(), name.as_str().into())]);
            let shape = shapes::product(&id, &given, at);
            made.push(Object::new(Kind::Product, shape, None, at));
            (id, name.clone())
        }
        InlineProduct::Known(id) => {
            let product = store::find(connection, Kind::Product, id).await?;
            let product = product.ok_or_else(|| Kind::Product.missing(id, "product"))?;
            (
                id.clone(),
                product.text("name").unwrap_or_default().to_owned(),
            )
        }
    };
    let of = shapes::PriceOf {
        active: false,
        currency: &inline.currency,
        unit_amount: inline.unit_amount,
        product: &id,
        interval: inline.interval,
        tax_behavior: inline.tax_behavior.as_deref().unwrap_or("unspecified"),
        lookup_key: None,
        nickname: None,
        metadata: &Map::new(),
    };
    let price = shapes::price(&of, at);
    made.push(Object::new(Kind::Price, price.clone(), Some(id), at));
    Ok((name, price))
}

/// Keeps the products and prices that were made for the lines.
pub async fn keep(connection: &mut AnyConnection, lines: &[Line]) -> sqlx::Result<()> {
    for object in lines.iter().flat_map(|line| &line.made) {
        store::put(connection, object).await?;
    }
    Ok(())
}

/// Refuses prices that do not go with the mode.
pub fn check_mode(lines: &[Line], mode: Mode) -> Result<(), Refusal> {
    let intervals: Vec<_> = lines
        .iter()
        .map(|line| Interval::of(&line.item.price))
        .collect();
    let refuse = |message: &str| Err(Refusal::invalid(message).param("mode"));
    match mode {
        Mode::Payment if intervals.iter().any(Option::is_some) => refuse(
            "You specified `payment` mode but passed a recurring price. Either switch to \
             `subscription` mode or use only one-time prices.",
        ),
        Mode::Payment => Ok(()),
        Mode::Subscription if intervals.iter().all(Option::is_none) => refuse(
            "You must provide at least one recurring price in `subscription` mode when using prices.",
        ),
        Mode::Subscription if intervals.iter().any(Option::is_none) => Err(Refusal::unplayed(
            "one-time prices in `subscription` mode",
            "line_items",
        )),
        Mode::Subscription if intervals.windows(2).any(|pair| pair[0] != pair[1]) => {
            Err(Refusal::invalid(
                "Checkout does not support multiple prices with different billing intervals.",
            )
            .param("line_items"))
        }
        Mode::Subscription => Ok(()),
    }
}

/// The one currency of all lines and their sum, within what can be charged.
pub fn total(lines: &[Line]) -> Result<(String, Taxed), Refusal> {
    let currency = lines
        .first()
        .map(|line| line.item.currency().to_owned())
        .unwrap_or_default();
    if lines.iter().any(|line| line.item.currency() != currency) {
        let message = "All line items of a Checkout Session must use the same currency.";
        return Err(Refusal::invalid(message).param("line_items"));
    }
    let refuse = |bound: &str, amount: i64, code| {
        let amount = money::format(amount, &currency);
        let message = format!("The Checkout Session's total amount due must {bound} {amount}");
        Err(Refusal::invalid(message).code(code).param("line_items"))
    };
    let charged: i64 = lines
        .iter()
        .fold(0, |sum, line| sum.saturating_add(line.item.taxed.total()));
    if charged > money::MAXIMUM {
        return refuse("be no more than", money::MAXIMUM, "amount_too_large");
    }
    if charged < money::minimum(&currency) {
        let least = money::minimum(&currency);
        return refuse("add up to at least", least, "amount_too_small");
    }
    let taxed: Taxed = lines.iter().map(|line| line.item.taxed).sum();
    Ok((currency, taxed))
}
