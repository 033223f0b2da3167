//! The catalogue: tools, packs, top-up, plans. A TOML file the operator can change, checked whole
//! at start; the built-in one is for the sandbox.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::credits::{Price, Prices};
use crate::words::words;

/// The catalogue that is used when no other is given.
pub const BUILT_IN: &str = include_str!("catalog.toml");

/// What is wrong with a catalogue, worded for the operator.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// One line, though the parser would draw a picture of the place.
    #[error("{what} (line {line})")]
    Syntax { what: String, line: usize },
    #[error("{place}: {wants}")]
    Value { place: String, wants: &'static str },
}

impl CatalogError {
    fn syntax(text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start));
        Self::Syntax {
            what: error.message().replace('\n', " "),
            line: before.map_or(1, |before| before.lines().count().max(1)),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    pub initial: Initial,
    pub tools: Tools,
    #[serde(default)]
    pub packs: Vec<Pack>,
    pub top_up: Option<TopUp>,
    #[serde(default)]
    pub plans: Vec<Plan>,
    #[serde(default)]
    pub tax: Tax,
    /// Whether the payment provider makes an invoice for each purchase; a plan always has its own.
    #[serde(default)]
    pub invoices: bool,
    pub seller: Option<Seller>,
    pub costs: Option<Costs>,
}

/// What the operator pays an AI provider for a job, in minor units: for the overview, never shown to users.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    pub currency: String,
    pub try_on: i64,
    pub video: i64,
}

/// How the payment provider's automatic tax treats the prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tax {
    /// No automatic tax.
    #[default]
    None,
    /// The prices contain it.
    Inclusive,
    /// It comes on top.
    Exclusive,
}

/// What a new account is given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Initial {
    pub credits: i64,
    pub trials: i64,
    pub when: InitialWhen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InitialWhen {
    SignUp,
    Verified,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tools {
    pub try_on: ToolPrice,
    pub video: ToolPrice,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolPrice {
    pub credits: i64,
    pub trial: bool,
}

/// Money in ISO 4217 minor units.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    pub amount_minor: i64,
    /// Lower case, for example `usd`.
    pub currency: String,
}

/// A name in both languages of the product.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    pub en: String,
    pub zh: String,
}

/// Credits sold once. `credits` is what the buyer gets in all, `bonus` how many of them are given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    pub id: String,
    pub name: Name,
    pub credits: i64,
    #[serde(default)]
    pub bonus: i64,
    pub price: Money,
    /// Days until the credits lapse; without it they never do.
    pub expires_days: Option<i64>,
    /// The product at Creem; without one Creem does not sell it.
    pub creem_product: Option<String>,
}

/// Credits for an amount the buyer chooses, in whole units of a currency (yuan, not fen).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopUp {
    pub currency: String,
    pub credits_per_unit: i64,
    pub min: i64,
    pub max: i64,
    pub quick: Vec<i64>,
}

/// A subscription. Without `quota` its try-ons are unlimited.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub id: String,
    pub name: Name,
    pub price: Money,
    pub interval: Interval,
    pub quota: Option<i64>,
    /// The price at Stripe; without one it is made under a lookup key.
    pub stripe_price: Option<String>,
    /// The product at Creem; without one Creem does not sell it.
    pub creem_product: Option<String>,
}

impl Plan {
    /// Whether it is worth more than another: moving there is an upgrade.
    pub fn is_above(&self, other: &Self) -> bool {
        self.monthly() > other.monthly()
    }

    fn monthly(&self) -> i64 {
        match self.interval {
            Interval::Month => self.price.amount_minor,
            Interval::Year => self.price.amount_minor / 12,
        }
    }
}

words! {
    /// How long a period of a plan is.
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    Interval { Month = "month", Year = "year" }
}

/// Who sells: shown in the terms and on receipts. A live start needs it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seller {
    pub name: String,
    pub address: String,
    pub tax_id: String,
    pub contact: String,
    pub terms: Name,
    pub privacy: Name,
    pub terms_version: String,
}

/// Something that can be bought, with everything a recharge record freezes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// `credits-10`, `top-up`, `premium-monthly`.
    pub item: String,
    pub name: Name,
    pub price: Money,
    /// Credits in all, `bonus` of them given. A plan brings none.
    pub credits: i64,
    pub bonus: i64,
    pub expires_days: Option<i64>,
    /// Of a plan.
    pub plan: Option<PlanTerms>,
    pub creem_product: Option<String>,
}

impl Offer {
    /// Whether a provider can sell it: Creem sells its own products only.
    pub fn is_sold_by(&self, provider: &str) -> bool {
        provider != "creem" || self.creem_product.is_some()
    }
}

/// What a plan brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanTerms {
    /// Uses a period; `None` is unlimited.
    pub quota: Option<i64>,
    pub interval: Interval,
    pub stripe_price: Option<String>,
}

/// The name under which a top-up stands in a recharge record.
pub const TOP_UP: &str = "top-up";

/// No pack weighs more than this, so that no sum leaves the numbers both databases hold.
const MOST: i64 = 100_000_000;

impl Catalog {
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let catalog: Self =
            toml::from_str(text).map_err(|error| CatalogError::syntax(text, &error))?;
        catalog.check()?;
        Ok(catalog)
    }

    /// The catalogue of the sandbox.
    pub fn built_in() -> Self {
        match Self::parse(BUILT_IN) {
            Ok(catalog) => catalog,
            Err(error) => unreachable!("the built-in catalogue is tested: {error}"),
        }
    }

    pub fn prices(&self) -> Prices {
        // Plans are sold in try-ons; videos are not in them.
        let price = |tool: ToolPrice, plan| Price {
            credits: tool.credits,
            trial: tool.trial,
            plan,
        };
        Prices {
            try_on: price(self.tools.try_on, true),
            video: price(self.tools.video, false),
        }
    }

    pub fn pack(&self, id: &str) -> Option<Offer> {
        let pack = self.packs.iter().find(|pack| pack.id == id)?;
        Some(Offer {
            item: pack.id.clone(),
            name: pack.name.clone(),
            price: pack.price.clone(),
            credits: pack.credits,
            bonus: pack.bonus,
            expires_days: pack.expires_days,
            plan: None,
            creem_product: pack.creem_product.clone(),
        })
    }

    pub fn plan(&self, id: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.id == id)
    }

    /// The plan a provider means: it says our id, or that of its own price or product.
    pub fn plan_named(&self, name: &str) -> Option<&Plan> {
        let is = |own: &Option<String>| own.as_deref() == Some(name);
        let by_provider = |plan: &&Plan| is(&plan.stripe_price) || is(&plan.creem_product);
        self.plan(name)
            .or_else(|| self.plans.iter().find(by_provider))
    }

    /// The offer of a pack or a plan.
    pub fn offer(&self, item: &str) -> Option<Offer> {
        let plan = || {
            let plan = self.plan(item)?;
            Some(Offer {
                item: plan.id.clone(),
                name: plan.name.clone(),
                price: plan.price.clone(),
                credits: 0,
                bonus: 0,
                expires_days: None,
                plan: Some(PlanTerms {
                    quota: plan.quota,
                    interval: plan.interval,
                    stripe_price: plan.stripe_price.clone(),
                }),
                creem_product: plan.creem_product.clone(),
            })
        };
        self.pack(item).or_else(plan)
    }

    /// The offer for `units` whole units of the top-up's currency, if they are within its bounds.
    pub fn top_up(&self, units: i64) -> Option<Offer> {
        let top_up = self.top_up.as_ref()?;
        if !(top_up.min..=top_up.max).contains(&units) {
            return None;
        }
        let credits = units * top_up.credits_per_unit;
        Some(Offer {
            item: TOP_UP.to_owned(),
            name: Name {
                en: format!("{credits} credits"),
                zh: format!("{credits} 点"),
            },
            price: Money {
                amount_minor: units * 100,
                currency: top_up.currency.clone(),
            },
            credits,
            bonus: 0,
            expires_days: None,
            plan: None,
            creem_product: None,
        })
    }

    /// The name an item has now, for showing; records keep the id.
    pub fn item_name(&self, item: &str) -> Option<&Name> {
        let pack = self
            .packs
            .iter()
            .find(|pack| pack.id == item)
            .map(|pack| &pack.name);
        pack.or_else(|| {
            self.plans
                .iter()
                .find(|plan| plan.id == item)
                .map(|plan| &plan.name)
        })
    }

    fn check(&self) -> Result<(), CatalogError> {
        between("initial.credits", self.initial.credits, 0, MOST)?;
        between("initial.trials", self.initial.trials, 0, MOST)?;
        between("tools.try_on.credits", self.tools.try_on.credits, 1, MOST)?;
        between("tools.video.credits", self.tools.video.credits, 1, MOST)?;
        let mut seen = HashSet::from([TOP_UP]);
        for pack in &self.packs {
            unique(&mut seen, &pack.id)?;
            pack.check()?;
        }
        for plan in &self.plans {
            unique(&mut seen, &plan.id)?;
            plan.check()?;
        }
        self.costs.as_ref().map_or(Ok(()), Costs::check)?;
        self.top_up.as_ref().map_or(Ok(()), TopUp::check)
    }
}

impl Costs {
    fn check(&self) -> Result<(), CatalogError> {
        between("costs.try_on", self.try_on, 0, MOST)?;
        between("costs.video", self.video, 0, MOST)?;
        check_currency("costs.currency", &self.currency)
    }
}

impl Pack {
    fn check(&self) -> Result<(), CatalogError> {
        between(&format!("pack {}: credits", self.id), self.credits, 1, MOST)?;
        between(
            &format!("pack {}: bonus", self.id),
            self.bonus,
            0,
            self.credits,
        )?;
        if let Some(days) = self.expires_days {
            between(&format!("pack {}: expires_days", self.id), days, 1, 36_500)?;
        }
        check_money(&format!("pack {}", self.id), &self.price)
    }
}

impl Plan {
    fn check(&self) -> Result<(), CatalogError> {
        if let Some(quota) = self.quota {
            between(&format!("plan {}: quota", self.id), quota, 1, MOST)?;
        }
        check_money(&format!("plan {}", self.id), &self.price)
    }
}

impl TopUp {
    fn check(&self) -> Result<(), CatalogError> {
        between("top_up.min", self.min, 1, self.max)?;
        between("top_up.max", self.max, self.min, 1_000_000)?;
        between("top_up.credits_per_unit", self.credits_per_unit, 1, 100_000)?;
        for choice in &self.quick {
            between("top_up.quick", *choice, self.min, self.max)?;
        }
        check_currency("top_up.currency", &self.currency)?;
        // A top-up counts in whole units, and its price in hundredths.
        if decimals_of(&self.currency) != 2 {
            let wanted = "wants a currency of a hundred minor units";
            return Err(value("top_up.currency", wanted));
        }
        Ok(())
    }
}

/// Digits behind the point of a currency's unit, by ISO 4217.
pub fn decimals_of(currency: &str) -> u32 {
    match currency {
        "bif" | "clp" | "djf" | "gnf" | "isk" | "jpy" | "kmf" | "krw" | "pyg" | "rwf" | "ugx"
        | "vnd" | "vuv" | "xaf" | "xof" | "xpf" => 0,
        "bhd" | "iqd" | "jod" | "kwd" | "lyd" | "omr" | "tnd" => 3,
        _ => 2,
    }
}

/// The minor units of an amount above zero as it is typed, in the currency's own units: `1.90`, `1.9`, `500`. Nothing else is taken: no
/// sign, no grouping, no more digits than the currency has.
pub fn minor_units(typed: &str, currency: &str) -> Option<i64> {
    let decimals = usize::try_from(decimals_of(currency)).ok()?;
    let (whole, part) = typed.trim().split_once('.').unwrap_or((typed.trim(), ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = !whole.is_empty() && part.len() <= decimals && is_number(whole) && is_number(part);
    let minor: i64 = format!("{whole}{part:0<decimals$}").parse().ok()?;
    (fits && minor > 0).then_some(minor)
}

/// Minor units as an amount is typed, with the currency.
pub fn in_units(amount_minor: i64, currency: &str) -> String {
    let decimals = decimals_of(currency);
    let (whole, part) = (
        amount_minor / 10_i64.pow(decimals),
        amount_minor % 10_i64.pow(decimals),
    );
    match usize::try_from(decimals) {
        Ok(digits @ 1..) => format!("{whole}.{part:0digits$} {currency}"),
        _ => format!("{whole} {currency}"),
    }
}

fn check_money(place: &str, money: &Money) -> Result<(), CatalogError> {
    between(
        &format!("{place}: price.amount_minor"),
        money.amount_minor,
        1,
        99_999_999,
    )?;
    check_currency(&format!("{place}: price.currency"), &money.currency)
}

fn check_currency(place: &str, currency: &str) -> Result<(), CatalogError> {
    let known = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_lowercase());
    if known {
        Ok(())
    } else {
        Err(value(place, "wants three lower-case letters, such as usd"))
    }
}

fn between(place: &str, number: i64, least: i64, most: i64) -> Result<(), CatalogError> {
    let inside = least <= number && number <= most;
    if inside {
        Ok(())
    } else {
        Err(value(place, "is out of bounds"))
    }
}

fn unique<'a>(seen: &mut HashSet<&'a str>, id: &'a str) -> Result<(), CatalogError> {
    let named = !id.is_empty()
        && id.len() <= 64
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !named {
        return Err(value(
            id,
            "an id has lower-case letters, digits and hyphens",
        ));
    }
    if seen.insert(id) {
        Ok(())
    } else {
        Err(value(id, "stands twice in the catalogue"))
    }
}

fn value(place: &str, wants: &'static str) -> CatalogError {
    CatalogError::Value {
        place: place.to_owned(),
        wants,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_typed_in_the_units_of_its_currency() {
        let table = [
            ("1.90", "usd", Some(190)),
            ("1.9", "usd", Some(190)),
            (" 50 ", "cny", Some(5_000)),
            ("0.01", "usd", Some(1)),
            ("500", "jpy", Some(500)),
            ("1.005", "kwd", Some(1_005)),
            ("500.0", "jpy", None),
            ("1.900", "usd", None),
            ("1,90", "usd", None),
            ("1,000", "usd", None),
            ("-1", "usd", None),
            ("+1", "usd", None),
            (".5", "usd", None),
            ("0.00", "usd", None),
            ("", "usd", None),
            ("99999999999999999999", "usd", None),
        ];
        for (typed, currency, minor) in table {
            assert_eq!(minor_units(typed, currency), minor, "{typed} {currency}");
            let Some(minor) = minor else { continue };
            let said = in_units(minor, currency);
            let amount = said.strip_suffix(currency).unwrap();
            assert_eq!(minor_units(amount, currency), Some(minor), "{said}");
        }
        assert_eq!(in_units(0, "usd"), "0.00 usd");
    }

    #[test]
    fn the_built_in_catalogue_has_the_published_figures() {
        let catalog = Catalog::parse(BUILT_IN).unwrap();
        let packs: Vec<_> = catalog
            .packs
            .iter()
            .map(|pack| {
                (
                    pack.id.as_str(),
                    pack.credits,
                    pack.bonus,
                    pack.price.amount_minor,
                )
            })
            .collect();
        assert_eq!(
            packs,
            [
                ("credits-10", 10, 0, 190),
                ("starter", 115, 15, 990),
                ("standard", 355, 55, 3_000),
                ("credits-1000", 1_000, 0, 5_900),
                ("premium", 1_450, 450, 9_900),
            ]
        );
        assert_eq!((catalog.initial.credits, catalog.initial.trials), (8, 3));
    }

    #[test]
    fn an_offer_counts_all_credits_and_says_how_many_are_given() {
        let offer = Catalog::built_in().pack("starter").unwrap();
        assert_eq!((offer.credits, offer.bonus), (115, 15));
    }

    #[test]
    fn a_top_up_is_whole_yuan_within_bounds() {
        let catalog = Catalog::built_in();
        let offer = catalog.top_up(10).unwrap();
        assert_eq!((offer.credits, offer.price.amount_minor), (1_000, 1_000));
        assert!(catalog.top_up(5).is_some());
        assert!(catalog.top_up(10_000).is_some());
        assert!(catalog.top_up(4).is_none());
        assert!(catalog.top_up(10_001).is_none());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (from, to, names) in [
            ("credits = 115", "credits = 0", "pack starter: credits"),
            ("bonus = 15", "bonus = 116", "pack starter: bonus"),
            (
                "\"credits-1000\"",
                "\"credits-10\"",
                "credits-10: stands twice",
            ),
            (
                "currency = \"cny\"",
                "currency = \"yuan\"",
                "top_up.currency",
            ),
            ("quota = 100", "quotas = 100", "quotas"),
        ] {
            let error = Catalog::parse(&BUILT_IN.replacen(from, to, 1)).unwrap_err();
            assert!(error.to_string().contains(names), "{error}");
        }
    }
}
