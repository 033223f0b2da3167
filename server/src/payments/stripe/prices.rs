//! The prices of plans. A plan has one product at Stripe, made once under an id of ours, and a price
//! under a lookup key that says all there is to it: one that changes in the catalogue is another
//! price, and who subscribed before keeps the old one.

use stripe::StripeError;
use stripe_client_core::StripeRequest;
use stripe_product::price::{
    CreatePrice, CreatePriceRecurring, CreatePriceRecurringInterval, ListPrice,
};
use stripe_product::product::CreateProduct;
use stripe_shared::{ApiErrorsCode, Price, PriceTaxBehavior};

use super::{GatewayError, Stripe, amounts, sessions};
use crate::catalog::{Catalog, Interval, Tax};
use crate::payments::gateway::PlanPrice;

const PREFIX: &str = "atelier";

impl Stripe {
    /// The id of a plan's price, made if there is none.
    pub(super) async fn price_of(&self, plan: PlanPrice<'_>) -> Result<String, GatewayError> {
        if let Some(price) = plan.product {
            return Ok(price.to_owned());
        }
        let key = lookup_key(&plan);
        let request = ListPrice::new().lookup_keys(vec![key.clone()]).active(true);
        if let Some(price) = self.read(request).await?.data.into_iter().next() {
            return Ok(price.id.to_string());
        }
        let product = self.product_of(&plan).await?;
        let request = price_request(&plan, &product, &key)?;
        let price = self
            .send_once(&format!("price:{key}"), || request.customize())
            .await?;
        Ok(price.id.to_string())
    }

    async fn product_of(&self, plan: &PlanPrice<'_>) -> Result<String, GatewayError> {
        let id = format!("{PREFIX}-{}", plan.plan);
        let request = CreateProduct::new(plan.name).id(&id);
        match self
            .attempt(&format!("product:{id}"), || request.customize())
            .await
        {
            Ok(product) => Ok(product.id.to_string()),
            Err(StripeError::Stripe(error, _))
                if error.code == Some(ApiErrorsCode::ResourceAlreadyExists) =>
            {
                Ok(id)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn price_request(
    plan: &PlanPrice<'_>,
    product: &str,
    key: &str,
) -> Result<CreatePrice, GatewayError> {
    let code = &plan.price.currency;
    let interval = match plan.interval {
        Interval::Month => CreatePriceRecurringInterval::Month,
        Interval::Year => CreatePriceRecurringInterval::Year,
    };
    let request = CreatePrice::new(sessions::currency(code)?)
        .product(product)
        .unit_amount(amounts::to_stripe(plan.price.amount_minor, code))
        .recurring(CreatePriceRecurring::new(interval))
        .lookup_key(key);
    Ok(match plan.tax {
        Tax::None => request,
        Tax::Inclusive => request.tax_behavior(PriceTaxBehavior::Inclusive),
        Tax::Exclusive => request.tax_behavior(PriceTaxBehavior::Exclusive),
    })
}

/// Under which keys the prices of a catalogue's plans are found: of those that name no price of their
/// own.
pub fn lookup_keys(catalog: &Catalog) -> Vec<String> {
    let plans = catalog.plans.iter();
    plans
        .filter(|plan| plan.stripe_price.is_none())
        .map(|plan| {
            lookup_key(&PlanPrice {
                plan: &plan.id,
                name: &plan.name.en,
                price: &plan.price,
                interval: plan.interval,
                tax: catalog.tax,
                product: None,
            })
        })
        .collect()
}

/// For example `atelier:premium-monthly:1900:usd:month`.
fn lookup_key(plan: &PlanPrice<'_>) -> String {
    let interval = match plan.interval {
        Interval::Month => "month",
        Interval::Year => "year",
    };
    let tax = match plan.tax {
        Tax::None => "",
        Tax::Inclusive => ":inclusive",
        Tax::Exclusive => ":exclusive",
    };
    let (id, price) = (plan.plan, plan.price);
    format!(
        "{PREFIX}:{id}:{}:{}:{interval}{tax}",
        price.amount_minor, price.currency
    )
}

/// The plan of the catalogue that a price stands for: its lookup key says it, or, for one that an
/// operator made, the price's own id, which the catalogue knows.
pub(super) fn plan_of(price: &Price) -> Option<String> {
    let key = price.lookup_key.as_deref().unwrap_or_default();
    let mut parts = key.split(':');
    match (parts.next(), parts.next()) {
        (Some(PREFIX), Some(plan)) => Some(plan.to_owned()),
        _ => Some(price.id.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_key_says_all_there_is_to_a_price() {
        let mut catalog = Catalog::built_in();
        assert_eq!(
            lookup_keys(&catalog),
            [
                "atelier:premium-monthly:1900:usd:month",
                "atelier:premium-unlimited:4900:usd:month",
            ]
        );
        catalog.tax = Tax::Exclusive;
        catalog.plans[0].stripe_price = Some("price_1".to_owned());
        let keys = lookup_keys(&catalog);
        assert_eq!(keys, ["atelier:premium-unlimited:4900:usd:month:exclusive"]);
    }
}
