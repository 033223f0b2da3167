use std::borrow::Cow;

use atelier_server::catalog::Catalog;
use atelier_server::payments::{Payments, Provider};
use atelier_server::studio::ProviderId;

use crate::i18n::Words;
use crate::visit::Visit;

/// Who sells, as pages name them. The sandbox has no seller of its own.
pub struct SellerView<'a> {
    pub name: Cow<'a, str>,
    pub address: Cow<'a, str>,
    pub tax_id: Cow<'a, str>,
    pub contact: Cow<'a, str>,
    pub terms_version: Cow<'a, str>,
}

const SANDBOX_SELLER: &str = "Atelier Sandbox";
const SANDBOX_ADDRESS: &str = "1 Example Street, 00000 Sampletown";
const SANDBOX_TAX_ID: &str = "XX000000000";
const SANDBOX_CONTACT: &str = "help@example.com";
const SANDBOX_TERMS: &str = "sandbox";

pub fn seller_of(catalog: &Catalog) -> SellerView<'_> {
    match &catalog.seller {
        Some(seller) => SellerView {
            name: seller.name.as_str().into(),
            address: seller.address.as_str().into(),
            tax_id: seller.tax_id.as_str().into(),
            contact: seller.contact.as_str().into(),
            terms_version: seller.terms_version.as_str().into(),
        },
        None => SellerView {
            name: SANDBOX_SELLER.into(),
            address: SANDBOX_ADDRESS.into(),
            tax_id: SANDBOX_TAX_ID.into(),
            contact: SANDBOX_CONTACT.into(),
            terms_version: SANDBOX_TERMS.into(),
        },
    }
}

/// What a payment provider calls itself.
pub const fn provider_name(provider: Provider) -> &'static str {
    match provider {
        Provider::Stripe => "Stripe",
        Provider::Creem => "Creem",
    }
}

/// Who takes the money: the providers switched on.
pub fn payment_providers(w: Words, payments: &Payments) -> String {
    let providers = [Provider::Stripe, Provider::Creem].into_iter();
    let names: Vec<&str> = providers
        .filter(|provider| payments.has(*provider))
        .map(provider_name)
        .collect();
    names.join(&w.or())
}

/// Who makes the pictures, and so gets to see those they are made from.
pub fn studio_providers(visit: &Visit) -> String {
    let w = visit.words();
    let studio = &visit.services.studio;
    if studio.makes_previews() {
        return w.say("studio-provider-sandbox");
    }
    let names: Vec<&str> = studio.providers().map(ai_name).collect();
    names.join(&w.or())
}

/// What an AI provider calls itself.
pub const fn ai_name(provider: ProviderId) -> &'static str {
    match provider {
        ProviderId::Fashn => "FASHN",
        ProviderId::Replicate => "Replicate",
    }
}
