//! What a Checkout Session is asked to be, checked as Stripe checks it.

use std::time::Duration;

use serde_json::{Map, Value};
use sqlx::AnyConnection;
use url::Url;

use super::Operation;
use super::lines::{self, Mode, WantedLine};
use crate::sandbox::stripe::errors::{Failure, Refusal};
use crate::sandbox::stripe::events::Act;
use crate::sandbox::stripe::params::Params;
use crate::sandbox::stripe::store::{self, Kind, Next, Object};
use crate::sandbox::stripe::tax::Taxed;
use crate::sandbox::stripe::{money, shapes};
use crate::time::Timestamp;

/// Stripe: a session lives 30 minutes to 24 hours, 24 hours when nothing is said.
const SHORTEST_LIFE: Duration = Duration::from_secs(30 * 60);
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3_600);
const MAX_REFERENCE: usize = 200;

const KNOWN: &[&str] = &[
    "allowed_payment_method_types",
    "automatic_tax",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "customer",
    "customer_creation",
    "customer_email",
    "expand",
    "expires_at",
    "invoice_creation",
    "line_items",
    "locale",
    "metadata",
    "mode",
    "payment_intent_data",
    "payment_method_types",
    "submit_type",
    "subscription_data",
    "success_url",
    "ui_mode",
];
/// Known to Stripe, refused here until they are played.
const UNPLAYED: &[&str] = &[
    "adaptive_pricing",
    "after_expiration",
    "allow_promotion_codes",
    "branding_settings",
    "consent_collection",
    "currency",
    "custom_fields",
    "custom_text",
    "customer_account",
    "customer_update",
    "discounts",
    "excluded_payment_method_types",
    "integration_identifier",
    "managed_payments",
    "name_collection",
    "optional_items",
    "origin_context",
    "payment_method_collection",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "permissions",
    "phone_number_collection",
    "redirect_on_completion",
    "return_url",
    "saved_payment_method_options",
    "setup_intent_data",
    "shipping_address_collection",
    "shipping_options",
    "tax_id_collection",
    "wallet_options",
];
/// Taken and shown again; the page looks the same whatever they say.
const ONLY_SHOWN: &[&str] = &["billing_address_collection", "locale", "submit_type"];

/// A session somebody wants.
pub struct NewSession {
    page_url: String,
    success_url: String,
    cancel_url: Option<String>,
    client_reference_id: Option<String>,
    customer: Option<String>,
    customer_email: Option<String>,
    expires_at: Option<i64>,
    metadata: Map<String, Value>,
    intent: Map<String, Value>,
    makes_customer: bool,
    makes_invoice: bool,
    subscription: Map<String, Value>,
    mode: Mode,
    lines: Vec<WantedLine>,
    payment_method_types: Vec<String>,
    automatic_tax: bool,
    shown: Map<String, Value>,
}

impl NewSession {
    /// `page_url` is where the hosted pages are, without the session's id.
    pub fn parse(params: &Params<'_>, page_url: String) -> Result<Self, Refusal> {
        params.only_or_unplayed(KNOWN, UNPLAYED)?;
        let mode = mode(params)?;
        let (customer, customer_email) = payer(params)?;
        let lines = lines::parse(params)?;
        let creation = params.one_of("customer_creation", &["always", "if_required"])?;
        let makes_invoice = invoice_creation(params)?;
        Ok(Self {
            page_url,
            success_url: web_address(params, "success_url")?
                .ok_or_else(|| params.missing("success_url"))?,
            cancel_url: web_address(params, "cancel_url")?,
            client_reference_id: params.text_up_to("client_reference_id", MAX_REFERENCE)?,
            customer,
            customer_email,
            expires_at: params.integer("expires_at")?,
            metadata: params.metadata("metadata")?,
            intent: intent_data(params)?,
            // An invoice is drawn to somebody.
            makes_customer: creation.as_deref() == Some("always") || makes_invoice,
            makes_invoice,
            subscription: subscription_data(params)?,
            mode,
            lines,
            payment_method_types: payment_method_types(params)?,
            automatic_tax: automatic_tax(params)?,
            shown: shown(params, creation)?,
        })
    }
}

/// What only one of the modes takes.
const ONLY_FOR: &[(&str, Mode)] = &[
    ("customer_creation", Mode::Payment),
    ("invoice_creation", Mode::Payment),
    ("payment_intent_data", Mode::Payment),
    ("submit_type", Mode::Payment),
    ("subscription_data", Mode::Subscription),
];

fn mode(params: &Params<'_>) -> Result<Mode, Refusal> {
    let mode = match params
        .one_of("mode", &["payment", "setup", "subscription"])?
        .as_deref()
    {
        None => return Err(params.missing("mode")),
        Some("payment") => Mode::Payment,
        Some("subscription") => Mode::Subscription,
        Some(other) => return Err(Refusal::unplayed(&format!("`mode={other}`"), "mode")),
    };
    if let Some((field, only)) = ONLY_FOR
        .iter()
        .find(|(field, only)| params.has(field) && *only != mode)
    {
        let only = only.as_str();
        let message = format!("You can only use `{field}` in `{only}` mode.");
        return Err(Refusal::invalid(message).param(*field));
    }
    match params.one_of("ui_mode", UI_MODES)?.as_deref() {
        None | Some("hosted_page" | "hosted") => Ok(mode),
        Some(other) => Err(Refusal::unplayed(&format!("`ui_mode={other}`"), "ui_mode")),
    }
}

const UI_MODES: &[&str] = &[
    "hosted_page",
    "hosted",
    "embedded_page",
    "embedded",
    "elements",
    "custom",
    "form",
];

fn payer(params: &Params<'_>) -> Result<(Option<String>, Option<String>), Refusal> {
    let customer = params.text("customer")?;
    let email = params.text_up_to("customer_email", 800)?;
    if customer.is_some() && email.is_some() {
        let message = "You may only specify one of these parameters: customer, customer_email.";
        return Err(Refusal::invalid(message)
            .code("parameters_exclusive")
            .param("customer"));
    }
    if let Some(email) = &email
        && !email
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
    {
        let message = format!("Invalid email address: {email}");
        return Err(Refusal::invalid(message)
            .code("email_invalid")
            .param("customer_email"));
    }
    Ok((customer, email))
}

/// An address a browser can be sent to.
pub fn web_address(params: &Params<'_>, field: &str) -> Result<Option<String>, Refusal> {
    let Some(text) = params.text(field)? else {
        return Ok(None);
    };
    let web = Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if web {
        return Ok(Some(text));
    }
    Err(Refusal::invalid("Not a valid URL")
        .code("url_invalid")
        .param(params.name(field)))
}

/// `currency`, if Stripe knows it.
pub fn currency(price: &Params<'_>) -> Result<String, Refusal> {
    let code = price.required("currency")?.to_ascii_lowercase();
    if money::is_known(&code) {
        return Ok(code);
    }
    let message = format!(
        "Invalid currency: {code}. Stripe currently supports the currencies listed at \
         https://docs.stripe.com/currencies."
    );
    Err(Refusal::invalid(message).param(price.name("currency")))
}

/// An integer that has to be there.
pub fn at_least(params: &Params<'_>, field: &str, least: i64) -> Result<i64, Refusal> {
    let number = params
        .integer(field)?
        .ok_or_else(|| params.missing(field))?;
    if number >= least {
        return Ok(number);
    }
    let message = format!("This value must be greater than or equal to {least}.");
    Err(Refusal::invalid(message)
        .code("parameter_invalid_integer")
        .param(params.name(field)))
}

/// `unit_amount` in a currency of which not every amount can be charged.
pub fn unit_amount(params: &Params<'_>, currency: &str) -> Result<i64, Refusal> {
    let amount = at_least(params, "unit_amount", 0)?;
    check_step(amount, currency).map_err(|refusal| refusal.param(params.name("unit_amount")))?;
    Ok(amount)
}

/// Refuses amounts with digits that the currency's coins do not have.
pub fn check_step(amount: i64, currency: &str) -> Result<(), Refusal> {
    let step = money::step(currency);
    if amount % step == 0 {
        return Ok(());
    }
    let message = format!("Invalid amount: in {currency} it must be divisible by {step}.");
    Err(Refusal::invalid(message).code("parameter_invalid_integer"))
}

/// Fields of the payment intent to be, named as they are there.
fn intent_data(params: &Params<'_>) -> Result<Map<String, Value>, Refusal> {
    let mut fields = Map::new();
    let Some(data) = params.child("payment_intent_data")? else {
        return Ok(fields);
    };
    data.only_or_unplayed(
        &[
            "description",
            "metadata",
            "receipt_email",
            "statement_descriptor",
            "statement_descriptor_suffix",
        ],
        &[
            "application_fee_amount",
            "capture_method",
            "on_behalf_of",
            "setup_future_usage",
            "shipping",
            "transfer_data",
            "transfer_group",
        ],
    )?;
    for (field, max) in [
        ("description", 1_000),
        ("receipt_email", 800),
        ("statement_descriptor", 22),
        ("statement_descriptor_suffix", 22),
    ] {
        if let Some(text) = data.text_up_to(field, max)? {
            fields.insert(field.to_owned(), text.into());
        }
    }
    fields.insert("metadata".to_owned(), data.metadata("metadata")?.into());
    Ok(fields)
}

/// Fields of the subscription to be, named as they are there.
fn subscription_data(params: &Params<'_>) -> Result<Map<String, Value>, Refusal> {
    let mut fields = Map::new();
    let Some(data) = params.child("subscription_data")? else {
        return Ok(fields);
    };
    data.only_or_unplayed(
        &["description", "metadata"],
        &[
            "application_fee_percent",
            "billing_cycle_anchor",
            "billing_cycle_anchor_config",
            "billing_mode",
            "default_tax_rates",
            "invoice_settings",
            "on_behalf_of",
            "pending_invoice_item_interval",
            "proration_behavior",
            "transfer_data",
            "trial_end",
            "trial_period_days",
            "trial_settings",
        ],
    )?;
    if let Some(text) = data.text_up_to("description", 500)? {
        fields.insert("description".to_owned(), text.into());
    }
    fields.insert("metadata".to_owned(), data.metadata("metadata")?.into());
    Ok(fields)
}

/// Whether the payment makes an invoice.
fn invoice_creation(params: &Params<'_>) -> Result<bool, Refusal> {
    let Some(creation) = params.child("invoice_creation")? else {
        return Ok(false);
    };
    creation.only_or_unplayed(&["enabled"], &["invoice_data"])?;
    creation
        .boolean("enabled")?
        .ok_or_else(|| creation.missing("enabled"))
}

/// Older clients call it `payment_method_types`, newer ones `allowed_payment_method_types`.
fn payment_method_types(params: &Params<'_>) -> Result<Vec<String>, Refusal> {
    let mut types = params.texts("payment_method_types")?;
    types.extend(params.texts("allowed_payment_method_types")?);
    if types.is_empty() {
        types.push("card".to_owned());
    }
    types.dedup();
    Ok(types)
}

fn automatic_tax(params: &Params<'_>) -> Result<bool, Refusal> {
    let Some(tax) = params.child("automatic_tax")? else {
        return Ok(false);
    };
    tax.only_or_unplayed(&["enabled"], &["liability"])?;
    tax.boolean("enabled")?
        .ok_or_else(|| tax.missing("enabled"))
}

fn shown(params: &Params<'_>, creation: Option<String>) -> Result<Map<String, Value>, Refusal> {
    let mut shown = Map::new();
    for field in ONLY_SHOWN {
        if let Some(text) = params.text_up_to(field, 40)? {
            shown.insert((*field).to_owned(), text.into());
        }
    }
    if let Some(creation) = creation {
        shown.insert("customer_creation".to_owned(), creation.into());
    }
    Ok(shown)
}

impl NewSession {
    /// When the session ends. Looked at when it is made, not when it is read: the same call with the
    /// same idempotency key is given the same answer however late it is repeated.
    fn ends_at(&self, now: Timestamp) -> Result<Timestamp, Refusal> {
        let latest = now.plus(LONGEST_LIFE).seconds();
        let asked = self.expires_at.unwrap_or(latest);
        let refuse = |bound: &str| {
            let message = format!(
                "The `expires_at` timestamp must be {bound} from Checkout Session creation."
            );
            Err(Refusal::invalid(message).param("expires_at"))
        };
        if asked < now.plus(SHORTEST_LIFE).seconds() {
            return refuse("at least 30 minutes");
        }
        if asked > latest {
            return refuse("less than 24 hours");
        }
        Ok(Timestamp::from_seconds(asked))
    }

    fn shape(
        &self,
        known_email: Option<&str>,
        (currency, taxed): (&str, Taxed),
        ends_at: Timestamp,
        at: Timestamp,
    ) -> Value {
        let of = shapes::SessionOf {
            url: &self.page_url,
            success_url: &self.success_url,
            cancel_url: self.cancel_url.as_deref(),
            client_reference_id: self.client_reference_id.as_deref(),
            customer: self.customer.as_deref(),
            customer_email: self.customer_email.as_deref(),
            known_email: known_email.or(self.customer_email.as_deref()),
            mode: self.mode.as_str(),
            currency,
            taxed,
            makes_invoice: self.makes_invoice,
            expires_at: ends_at.seconds(),
            metadata: &self.metadata,
            payment_method_types: &self.payment_method_types,
            automatic_tax: self.automatic_tax,
            shown: &self.shown,
        };
        shapes::session(&of, at)
    }

    /// The address of the customer the caller named.
    async fn email_of_customer(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<Option<String>, Failure> {
        let Some(id) = &self.customer else {
            return Ok(None);
        };
        let customer = store::find(connection, Kind::Customer, id).await?;
        let customer = customer.ok_or_else(|| Kind::Customer.missing(id, "customer"))?;
        Ok(customer.text("email").map(str::to_owned))
    }
}

impl Operation for NewSession {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        let ends_at = self.ends_at(act.at)?;
        let email = self.email_of_customer(tx).await?;
        let lines = lines::resolve(tx, &self.lines, self.automatic_tax, act.at).await?;
        lines::check_mode(&lines, self.mode)?;
        let (currency, taxed) = lines::total(&lines)?;
        let shape = self.shape(email.as_deref(), (&currency, taxed), ends_at, act.at);
        let mut session = Object::new(Kind::Session, shape, self.customer.clone(), act.at);
        session.notes.line_items = lines
            .iter()
            .map(|line| shapes::line_item(&line.item))
            .collect();
        session.notes.intent = self.intent.clone();
        session.notes.subscription = self.subscription.clone();
        session.notes.makes_customer = self.makes_customer;
        session.notes.makes_invoice = self.makes_invoice;
        session.notes.next = Some(Next::Expire);
        session.due_at = Some(ends_at);
        if self.mode == Mode::Subscription {
            // Its invoices name them long after the session.
            lines::keep(tx, &lines).await?;
        }
        store::put(tx, &session).await?;
        Ok(session.shape)
    }
}
