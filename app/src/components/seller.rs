use std::borrow::Cow;

use atelier_server::catalog::Catalog;

use crate::visit::Visit;

/// Who sells, as pages name them. The sandbox has no seller of its own.
pub struct SellerView<'a> {
    pub name: Cow<'a, str>,
    pub contact: Cow<'a, str>,
    pub terms_version: Cow<'a, str>,
}

const SANDBOX_SELLER: &str = "Atelier Sandbox";
const SANDBOX_CONTACT: &str = "help@example.com";
const SANDBOX_TERMS: &str = "sandbox";

pub fn seller_of(catalog: &Catalog) -> SellerView<'_> {
    match &catalog.seller {
        Some(seller) => SellerView {
            name: seller.name.as_str().into(),
            contact: seller.contact.as_str().into(),
            terms_version: seller.terms_version.as_str().into(),
        },
        None => SellerView {
            name: SANDBOX_SELLER.into(),
            contact: SANDBOX_CONTACT.into(),
            terms_version: SANDBOX_TERMS.into(),
        },
    }
}

/// Who takes the money.
pub const PAYMENT_PROVIDER: &str = "Stripe";

/// Who makes the pictures, and so gets to see those they are made from.
pub fn studio_provider(visit: &Visit) -> String {
    if visit.services.studio.makes_previews() {
        visit.words().say("studio-provider-sandbox")
    } else {
        "FASHN".to_owned()
    }
}
