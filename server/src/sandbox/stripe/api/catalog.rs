//! Products and prices: made, changed, read and listed.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value, json};
use sqlx::AnyConnection;

use super::new_session::{currency, unit_amount};
use super::{Call, Operation, listing};
use crate::sandbox::store::Kind as _;
use crate::sandbox::stripe::billing::{Interval, UNITS};
use crate::sandbox::stripe::errors::{Failure, Refusal};
use crate::sandbox::stripe::events::Act;
use crate::sandbox::stripe::params::Params;
use crate::sandbox::stripe::store::{self, Kind, Object, Page};
use crate::sandbox::stripe::{StripeSandbox, ids, shapes};

const MAX_LOOKUP_KEY: usize = 200;
const MAX_LOOKUP_KEYS: usize = 10;
pub const TAX_BEHAVIORS: &[&str] = &["exclusive", "inclusive", "unspecified"];

pub fn router() -> Router<StripeSandbox> {
    Router::new()
        .route("/products", get(list_products).post(create_product))
        .route("/products/{id}", get(retrieve_product).post(update_product))
        .route("/prices", get(list_prices).post(create_price))
        .route("/prices/{id}", get(retrieve_price).post(update_price))
}

type Id = Path<String>;
type Sandbox = State<StripeSandbox>;

async fn create_product(sandbox: Sandbox, call: Call) -> Result<Response, Failure> {
    let new = NewProduct::parse(&call.params())?;
    sandbox.perform(&call, Kind::Product, &new).await
}

async fn update_product(sandbox: Sandbox, Path(id): Id, call: Call) -> Result<Response, Failure> {
    let change = Change::product(id, &call.params())?;
    sandbox.perform(&call, Kind::Product, &change).await
}

async fn retrieve_product(sandbox: Sandbox, Path(id): Id, call: Call) -> Result<Response, Failure> {
    sandbox.retrieve(&call, Kind::Product, &id, "id").await
}

async fn create_price(sandbox: Sandbox, call: Call) -> Result<Response, Failure> {
    let new = NewPrice::parse(&call.params())?;
    sandbox.perform(&call, Kind::Price, &new).await
}

async fn update_price(sandbox: Sandbox, Path(id): Id, call: Call) -> Result<Response, Failure> {
    let change = Change::price(id, &call.params())?;
    sandbox.perform(&call, Kind::Price, &change).await
}

async fn retrieve_price(sandbox: Sandbox, Path(id): Id, call: Call) -> Result<Response, Failure> {
    sandbox.retrieve(&call, Kind::Price, &id, "price").await
}

async fn list_products(State(sandbox): Sandbox, call: Call) -> Result<Response, Failure> {
    let params = call.params();
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let mut page = listing::page(&mut reader, Kind::Product, &params, &["active", "ids"]).await?;
    page.facets = params.texts("ids")?;
    filter_active(&mut page, &params)?;
    listing::answer(&mut reader, &page, &params).await
}

async fn list_prices(State(sandbox): Sandbox, call: Call) -> Result<Response, Failure> {
    let params = call.params();
    let own = ["active", "currency", "lookup_keys", "product", "type"];
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let mut page = listing::page(&mut reader, Kind::Price, &params, &own).await?;
    page.facets = params.texts("lookup_keys")?;
    if page.facets.len() > MAX_LOOKUP_KEYS {
        let message = format!("You may only specify up to {MAX_LOOKUP_KEYS} lookup keys.");
        return Err(Refusal::invalid(message).param("lookup_keys").into());
    }
    page.parent = params.text("product")?;
    filter_active(&mut page, &params)?;
    listing::label(&mut page, &params, "currency")?;
    let kind = params.one_of("type", &["one_time", "recurring"])?;
    page.labels.extend(kind.map(|kind| ("type", kind)));
    listing::answer(&mut reader, &page, &params).await
}

fn filter_active(page: &mut Page, params: &Params<'_>) -> Result<(), Refusal> {
    let active = params.boolean("active")?;
    page.labels
        .extend(active.map(|active| ("active", active.to_string())));
    Ok(())
}

/// A product somebody wants to sell.
struct NewProduct {
    id: Option<String>,
    given: Map<String, Value>,
}

const PRODUCT_TEXTS: [(&str, usize); 5] = [
    ("description", 40_000),
    ("name", 5_000),
    ("statement_descriptor", 22),
    ("tax_code", 100),
    ("unit_label", 12),
];
const PRODUCT: &[&str] = &[
    "active",
    "description",
    "expand",
    "metadata",
    "name",
    "statement_descriptor",
    "tax_code",
    "unit_label",
];
const UNPLAYED_OF_PRODUCTS: &[&str] = &[
    "default_price",
    "default_price_data",
    "images",
    "marketing_features",
    "package_dimensions",
    "shippable",
    "tax_details",
    "type",
    "url",
];

/// The texts and the activity that the caller gave.
fn given(params: &Params<'_>, texts: &[(&str, usize)]) -> Result<Map<String, Value>, Refusal> {
    let mut given = Map::new();
    for (field, max) in texts {
        if let Some(text) = params.text_up_to(field, *max)? {
            given.insert((*field).to_owned(), text.into());
        }
    }
    if let Some(active) = params.boolean("active")? {
        given.insert("active".to_owned(), active.into());
    }
    Ok(given)
}

impl NewProduct {
    fn parse(params: &Params<'_>) -> Result<Self, Refusal> {
        let known = [PRODUCT, &["id"]].concat();
        params.only_or_unplayed(&known, UNPLAYED_OF_PRODUCTS)?;
        params.required("name")?;
        let mut given = given(params, &PRODUCT_TEXTS)?;
        given.insert("metadata".to_owned(), params.metadata("metadata")?.into());
        Ok(Self {
            id: params.text_up_to("id", 255)?,
            given,
        })
    }
}

impl Operation for NewProduct {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        let id = self.id.clone().unwrap_or_else(|| ids::fresh("prod_"));
        let shape = shapes::product(&id, &self.given, act.at);
        let product = Object::new(Kind::Product, shape, None, act.at);
        if !store::add(tx, &product).await? {
            let message = format!("Product already exists: {id}");
            let refusal = Refusal::invalid(message).code("resource_already_exists");
            return Err(refusal.param("id").into());
        }
        act.tell(tx, "product.created", &product).await?;
        Ok(product.shape)
    }
}

/// A price somebody wants to ask.
struct NewPrice {
    currency: String,
    unit_amount: i64,
    product: Wanted,
    interval: Option<Interval>,
    tax_behavior: Option<String>,
    lookup: Lookup,
    nickname: Option<String>,
    active: bool,
    metadata: Map<String, Value>,
}

/// The product of a new price: one that is there, or one made with it.
enum Wanted {
    Known(String),
    New(Map<String, Value>),
}

/// The name a price can be found by.
struct Lookup {
    key: Option<String>,
    /// Whether it is taken away from the price that has it.
    transfer: bool,
}

impl Lookup {
    fn parse(params: &Params<'_>) -> Result<Self, Refusal> {
        let key = params.text_up_to("lookup_key", MAX_LOOKUP_KEY)?;
        if key.as_ref().is_some_and(|key| key.contains(',')) {
            return Err(Refusal::unplayed("lookup keys with commas", "lookup_key"));
        }
        Ok(Self {
            key,
            transfer: params.boolean("transfer_lookup_key")? == Some(true),
        })
    }

    /// Makes the key free, or refuses if another price has it.
    async fn free(&self, tx: &mut AnyConnection, of: Option<&str>) -> Result<(), Failure> {
        let Some(key) = &self.key else {
            return Ok(());
        };
        let mut page = Page::newest(Kind::Price, 1);
        page.facets.push(key.clone());
        let (holders, _) = store::list(tx, &page).await?;
        let Some(holder) = holders.first().filter(|holder| Some(&*holder.id) != of) else {
            return Ok(());
        };
        if !self.transfer {
            let message = format!("A price (`{}`) already uses that lookup key.", holder.id);
            let refusal = Refusal::invalid(message).code("resource_already_exists");
            return Err(refusal.param("lookup_key").into());
        }
        if let Some(mut holder) = store::lock(tx, Kind::Price, &holder.id).await? {
            holder.set("lookup_key", Value::Null);
            store::put(tx, &holder).await?;
        }
        Ok(())
    }
}

impl NewPrice {
    fn parse(params: &Params<'_>) -> Result<Self, Refusal> {
        params.only_or_unplayed(
            &[
                "active",
                "billing_scheme",
                "currency",
                "expand",
                "lookup_key",
                "metadata",
                "nickname",
                "product",
                "product_data",
                "recurring",
                "tax_behavior",
                "transfer_lookup_key",
                "unit_amount",
            ],
            &[
                "currency_options",
                "custom_unit_amount",
                "tiers",
                "tiers_mode",
                "transform_quantity",
                "unit_amount_decimal",
            ],
        )?;
        params.one_of("billing_scheme", &["per_unit"])?;
        let currency = currency(params)?;
        Ok(Self {
            unit_amount: unit_amount(params, &currency)?,
            currency,
            product: wanted_product(params)?,
            interval: interval(params)?,
            tax_behavior: params.one_of("tax_behavior", TAX_BEHAVIORS)?,
            lookup: Lookup::parse(params)?,
            nickname: params.text("nickname")?,
            active: params.boolean("active")?.unwrap_or(true),
            metadata: params.metadata("metadata")?,
        })
    }
}

fn wanted_product(params: &Params<'_>) -> Result<Wanted, Refusal> {
    match (params.text("product")?, params.child("product_data")?) {
        (Some(id), None) => Ok(Wanted::Known(id)),
        (None, Some(data)) => {
            data.only_or_unplayed(PRODUCT, &["id", "tax_details"])?;
            data.required("name")?;
            let mut given = given(&data, &PRODUCT_TEXTS)?;
            given.insert("metadata".to_owned(), data.metadata("metadata")?.into());
            Ok(Wanted::New(given))
        }
        (None, None) => Err(params.missing("product")),
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: product, product_data.";
            Err(Refusal::invalid(message)
                .code("parameters_exclusive")
                .param(params.name("product")))
        }
    }
}

/// `recurring` of a price.
pub fn interval(params: &Params<'_>) -> Result<Option<Interval>, Refusal> {
    let Some(recurring) = params.child("recurring")? else {
        return Ok(None);
    };
    recurring.only_or_unplayed(
        &["interval", "interval_count", "usage_type"],
        &["meter", "trial_period_days"],
    )?;
    recurring.one_of("usage_type", &["licensed"])?;
    let unit = recurring
        .one_of("interval", UNITS)?
        .ok_or_else(|| recurring.missing("interval"))?;
    let count = recurring.integer("interval_count")?.unwrap_or(1);
    let interval = Interval::new(&unit, count).ok_or_else(|| {
        let message = "The period must be at least one day and at most three years long.";
        Refusal::invalid(message).param(recurring.name("interval_count"))
    })?;
    Ok(Some(interval))
}

impl Operation for NewPrice {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        if let Wanted::Known(id) = &self.product
            && store::find(tx, Kind::Product, id).await?.is_none()
        {
            return Err(Kind::Product.missing(id, "product").into());
        }
        self.lookup.free(tx, None).await?;
        let product = match &self.product {
            Wanted::Known(id) => id.clone(),
            Wanted::New(given) => new_product(tx, act, given).await?,
        };
        let of = shapes::PriceOf {
            active: self.active,
            currency: &self.currency,
            unit_amount: self.unit_amount,
            product: &product,
            interval: self.interval,
            tax_behavior: self.tax_behavior.as_deref().unwrap_or("unspecified"),
            lookup_key: self.lookup.key.as_deref(),
            nickname: self.nickname.as_deref(),
            metadata: &self.metadata,
        };
        let price = Object::new(
            Kind::Price,
            shapes::price(&of, act.at),
            Some(product),
            act.at,
        );
        store::put(tx, &price).await?;
        act.tell(tx, "price.created", &price).await?;
        Ok(price.shape)
    }
}

/// Makes a product with a fresh id, and gives the id back.
async fn new_product(
    tx: &mut AnyConnection,
    act: &mut Act,
    given: &Map<String, Value>,
) -> sqlx::Result<String> {
    let id = ids::fresh("prod_");
    let shape = shapes::product(&id, given, act.at);
    let product = Object::new(Kind::Product, shape, None, act.at);
    store::put(tx, &product).await?;
    act.tell(tx, "product.created", &product).await?;
    Ok(id)
}

/// Other words for a product or a price; what is bought stays what it is.
struct Change {
    kind: Kind,
    id: String,
    given: Map<String, Value>,
    metadata: Map<String, Value>,
    lookup: Option<Lookup>,
}

impl Change {
    fn product(id: String, params: &Params<'_>) -> Result<Self, Refusal> {
        params.only_or_unplayed(PRODUCT, UNPLAYED_OF_PRODUCTS)?;
        Ok(Self {
            kind: Kind::Product,
            id,
            given: given(params, &PRODUCT_TEXTS)?,
            metadata: params.metadata("metadata")?,
            lookup: None,
        })
    }

    fn price(id: String, params: &Params<'_>) -> Result<Self, Refusal> {
        params.only_or_unplayed(
            &[
                "active",
                "expand",
                "lookup_key",
                "metadata",
                "nickname",
                "transfer_lookup_key",
            ],
            &["currency_options", "tax_behavior"],
        )?;
        let lookup = Lookup::parse(params)?;
        let mut given = given(params, &[("nickname", 5_000)])?;
        if let Some(key) = &lookup.key {
            given.insert("lookup_key".to_owned(), json!(key));
        }
        Ok(Self {
            kind: Kind::Price,
            id,
            given,
            metadata: params.metadata("metadata")?,
            lookup: Some(lookup),
        })
    }
}

impl Operation for Change {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        let object = store::lock(tx, self.kind, &self.id).await?;
        let mut object = object.ok_or_else(|| self.kind.missing(&self.id, "id").in_url())?;
        if let Some(lookup) = &self.lookup {
            lookup.free(tx, Some(&self.id)).await?;
        }
        let before = object.shape.clone();
        for (name, value) in &self.given {
            object.set(name, value.clone());
        }
        for (name, value) in &self.metadata {
            object.shape["metadata"][name] = value.clone();
        }
        store::put(tx, &object).await?;
        let event = format!("{}.updated", self.kind.as_str());
        let previous = shapes::previous(&before, &object.shape);
        act.tell_change(tx, &event, &object, previous).await?;
        Ok(object.shape)
    }
}
