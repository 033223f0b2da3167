use atelier_server::catalog::{Catalog, TOP_UP};
use atelier_server::payments::Recharge;

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
