use atelier_server::catalog::Pack;
use atelier_server::payments::Provider;
use leptos::prelude::*;

use super::buy::{Ware, ways_to_buy};
use crate::i18n::Words;

/// The pack with the lowest price per credit, among those sold for the same currency as the first.
pub fn best_of(packs: &[Pack]) -> Option<&Pack> {
    let first = packs.first()?;
    packs
        .iter()
        .filter(|pack| pack.price.currency == first.price.currency)
        // Of two fractions the smaller one, without dividing.
        .reduce(|best, pack| {
            let ours = i128::from(pack.price.amount_minor) * i128::from(best.credits);
            let theirs = i128::from(best.price.amount_minor) * i128::from(pack.credits);
            if ours < theirs { pack } else { best }
        })
}

/// A pack on the home page: what it is and costs.
pub fn pack_price(w: Words, pack: &Pack, best: bool) -> AnyView {
    let price = w.money(pack.price.amount_minor, &pack.price.currency);
    let price = view! { <p class="price figure word">{price}</p> };
    card(w, pack, best, None, price.into_any())
}

/// A pack with its button. `cost` is what a try-on takes; `also` sells it too, beside the first
/// provider.
pub fn pack_offer(w: Words, pack: &Pack, best: bool, cost: i64, also: Option<Provider>) -> AnyView {
    let try_ons = (cost > 0).then(|| pack.credits / cost);
    card(w, pack, best, try_ons, buy(w, pack, best, also))
}

fn card(w: Words, pack: &Pack, best: bool, try_ons: Option<i64>, end: AnyView) -> AnyView {
    let bonus = (pack.bonus > 0).then(|| {
        let bonus = w.number(pack.bonus);
        w.say_with("pay-pack-bonus", &[("n", bonus.into())])
    });
    let each = w.money_each(pack.price.amount_minor, pack.credits, &pack.price.currency);
    let facts = [
        bonus,
        try_ons.map(|n| w.count("pay-pack-tryons", n)),
        Some(w.say_with("pay-pack-each", &[("price", each.into())])),
    ];
    let facts: Vec<_> = facts
        .into_iter()
        .flatten()
        .map(|fact| view! { <li>{fact}</li> })
        .collect();
    let best_line = best.then(|| view! { <li class="best">{w.say("pay-pack-best")}</li> });
    view! {
        <li class=if best { "pack piece" } else { "pack sheet" }>
            <h3>{w.name(&pack.name).to_owned()}</h3>
            <p class="pack-size">
                <span class="figure">{w.number(pack.credits)}</span>
                " "
                <span>{w.say("pay-pack-credits")}</span>
            </p>
            <ul>{facts}{best_line}</ul>
            {end}
        </li>
    }
    .into_any()
}

fn buy(w: Words, pack: &Pack, best: bool, also: Option<Provider>) -> AnyView {
    let price = w.money(pack.price.amount_minor, &pack.price.currency);
    let label = w.say_with("pay-pack-buy", &[("price", (&price).into())]);
    let (name, credits) = (w.name(&pack.name), w.number(pack.credits));
    let args = [
        ("price", price.into()),
        ("pack", name.into()),
        ("n", credits.into()),
    ];
    let ware = Ware {
        item: &pack.id,
        label,
        whole_label: w.say_with("pay-pack-buy-label", &args),
        class: if best { "main" } else { "" },
    };
    ways_to_buy(w, ware, also)
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::catalog::Catalog;

    use super::*;

    #[test]
    fn the_best_pack_is_the_one_with_the_cheapest_credit() {
        let packs = Catalog::built_in().packs;
        assert_eq!(
            best_of(&packs).map(|pack| pack.id.as_str()),
            Some("credits-1000")
        );
        assert_eq!(best_of(&[]), None);
    }

    #[test]
    fn a_pack_says_what_it_is_and_carries_a_fresh_key() {
        let catalog = Catalog::built_in();
        let render =
            || pack_offer(Words(Language::En), &catalog.packs[1], false, 1, None).to_html();
        let html = render();
        for part in [
            "<h3>Starter</h3>",
            "with 15 bonus",
            "for 115 try-ons",
            "$0.086 per credit",
            "action=\"/do/checkout\"",
            "aria-label=\"Buy for $9.90: Starter, 115 credits\"",
            "name=\"item\" value=\"starter\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert_ne!(html, render(), "the key is used once");
    }
}
