use atelier_server::catalog::{Catalog, TOP_UP};
use atelier_server::payments::Recharge;

use super::history::method_key;
use super::plan::quota_of;
use super::seller::provider_name;
use crate::i18n::Words;

/// What an item of a recharge record is called now.
pub fn item_name(w: Words, catalog: &Catalog, item: &str) -> String {
    if item == TOP_UP {
        return w.say("pay-item-top-up");
    }
    match catalog.item_name(item) {
        Some(name) => w.name(name).to_owned(),
        None => item.to_owned(),
    }
}

/// What was to be bought, and for how much.
pub fn item_and_price(w: Words, catalog: &Catalog, recharge: &Recharge) -> String {
    let name = item_name(w, catalog, &recharge.item);
    format!("{name} · {}", price_of(w, recharge))
}

/// What was paid for a purchase, tax included; what it costs, where nothing has been paid.
pub fn paid_of(w: Words, recharge: &Recharge) -> String {
    let paid = recharge.paid_minor.unwrap_or(recharge.amount_minor);
    w.money(paid, &recharge.currency)
}

/// What a purchase costs, as it was frozen in its record.
pub fn price_of(w: Words, recharge: &Recharge) -> String {
    w.money(recharge.amount_minor, &recharge.currency)
}

/// What a purchase brings: credits, or the uses of a plan.
pub fn bought(w: Words, recharge: &Recharge) -> String {
    match (recharge.plan, recharge.bonus) {
        (Some(plan), _) => quota_of(w, plan.interval, plan.quota),
        (None, 0) => w.count("common-credits", recharge.credits),
        (None, bonus) => {
            let credits = w.count("common-credits", recharge.credits);
            let bonus = w.number(bonus);
            let bonus = w.say_with("pay-pack-bonus", &[("n", bonus.into())]);
            format!("{credits}{}{bonus}", w.comma())
        }
    }
}

/// How a purchase was paid, and through whom.
pub fn paid_with(w: Words, recharge: &Recharge) -> String {
    let provider = provider_name(recharge.provider);
    match recharge.payment_method.as_deref() {
        Some(method) => format!("{} · {provider}", w.say(method_key(method))),
        None => provider.to_owned(),
    }
}
