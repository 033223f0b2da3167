use atelier_server::catalog::{Catalog, Tax};
use atelier_server::payments::{Payments, Provider};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::form::{hidden, one_time_key};
use super::link::button_class;
use super::seller::{provider_name, seller_of};
use super::sentence::sentence;
use crate::forms::payments::Checkout;
use crate::i18n::Words;
use crate::routes;

/// Something with a button that buys it.
#[derive(Clone, Debug)]
pub struct Ware<'a> {
    pub item: &'a str,
    pub label: String,
    /// The same with what is bought in it, for whoever hears the button alone.
    pub whole_label: String,
    pub class: &'static str,
}

/// The provider that sells a product of the catalogue beside the first one, if it is switched on.
pub fn also_sold_by(payments: &Payments, creem_product: Option<&String>) -> Option<Provider> {
    let sells = creem_product.is_some() && payments.has(Provider::Creem);
    sells.then_some(Provider::Creem)
}

/// The buttons that buy it: the first provider's, then a quieter one of the other. Each is a form of
/// its own with its own key, so that going back and taking the other one is not the same form with
/// other content.
pub fn ways_to_buy(w: Words, ware: Ware<'_>, also: Option<Provider>) -> AnyView {
    let item = ware.item.to_owned();
    let other = also.map(|provider| pay_with(w, &item, &ware.whole_label, provider));
    view! {
        <div class="ways">
            <form method="post" action=Checkout::PATH>
                {one_time_key()}
                {hidden("item", item)}
                <button class=button_class(ware.class) data-pending=w.say("pay-pack-pending")
                    aria-label=ware.whole_label>
                    {ware.label}
                </button>
            </form>
            {other}
        </div>
    }
    .into_any()
}

fn pay_with(w: Words, item: &str, whole_label: &str, provider: Provider) -> AnyView {
    let label = w.say_with("pay-with", &[("provider", provider_name(provider).into())]);
    let args = [
        ("provider", provider_name(provider).into()),
        ("what", whole_label.into()),
    ];
    let whole_label = w.say_with("pay-with-label", &args);
    view! {
        <form method="post" action=Checkout::PATH>
            {one_time_key()}
            {hidden("item", item)}
            {hidden("provider", provider.as_str())}
            <button class="button plain" data-pending=w.say("pay-pack-pending") aria-label=whole_label>
                {label}
            </button>
        </form>
    }
    .into_any()
}

/// What somebody agrees to by buying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    Credits,
    Plan,
}

/// What the buttons above it agree to, and how the prices stand to tax.
pub fn agreement(w: Words, catalog: &Catalog, to: Agreement) -> AnyView {
    let version = seller_of(catalog).terms_version.into_owned();
    let terms = w.say_with("pay-agree-terms", &[("version", version.into())]);
    let links = [("terms", routes::TERMS, terms)];
    let agreed = match to {
        Agreement::Credits => sentence(w, "pay-agree-credits", &links),
        Agreement::Plan => sentence(w, "pay-agree-plan", &links),
    };
    let tax = match catalog.tax {
        Tax::None => None,
        Tax::Inclusive => Some(w.say("pay-tax-inclusive")),
        Tax::Exclusive => Some(w.say("pay-tax-exclusive")),
    };
    view! {
        <p class="note part-note">{agreed}</p>
        {tax.map(|tax| view! { <p class="note">{tax}</p> })}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;

    use super::*;

    const EN: Words = Words(Language::En);

    fn ways(also: Option<Provider>) -> String {
        let ware = Ware {
            item: "starter",
            label: "Buy".to_owned(),
            whole_label: "Buy Starter".to_owned(),
            class: "main",
        };
        ways_to_buy(EN, ware, also).to_html()
    }

    #[test]
    fn the_other_provider_has_a_quieter_button_with_a_key_of_its_own() {
        let html = ways(None);
        assert_eq!(html.matches("<form").count(), 1, "{html}");
        assert!(!html.contains("provider"), "{html}");
        let html = ways(Some(Provider::Creem));
        assert!(html.contains("name=\"provider\" value=\"creem\""), "{html}");
        assert!(html.contains(">Pay with Creem<"), "{html}");
        let keys: Vec<&str> = html.split("name=\"key\" value=\"").skip(1).collect();
        let key = |at: usize| keys[at].split('"').next();
        assert_eq!(keys.len(), 2);
        assert_ne!(key(0), key(1));
    }

    #[test]
    fn the_agreement_names_the_terms_and_how_prices_stand_to_tax() {
        let mut catalog = Catalog::built_in();
        let html = agreement(EN, &catalog, Agreement::Credits).to_html();
        assert!(
            html.contains("<a href=\"/terms\">terms (version sandbox)</a>"),
            "{html}"
        );
        assert!(!html.contains("tax"), "{html}");
        catalog.tax = Tax::Exclusive;
        let html = agreement(EN, &catalog, Agreement::Plan).to_html();
        assert!(html.contains("Tax is added at the checkout"), "{html}");
        catalog.tax = Tax::Inclusive;
        let html = agreement(EN, &catalog, Agreement::Plan).to_html();
        assert!(html.contains("Prices include tax"), "{html}");
    }
}
