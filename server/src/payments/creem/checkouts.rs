use serde_json::json;

use super::objects::{Checkout, Order, Product, Related, own};
use super::{Creem, GatewayError, lacks};
use crate::payments::gateway::{CheckoutProgress, CheckoutState, NewCheckout, OpenedCheckout};

impl Creem {
    /// Makes the checkout of a recharge record. What is bought once costs what the record says; a
    /// plan costs what its product does.
    pub(super) async fn create_checkout(
        &self,
        new: &NewCheckout<'_>,
    ) -> Result<OpenedCheckout, GatewayError> {
        let product = new.product.ok_or(GatewayError::Setting(
            "the catalogue names no product at Creem for this",
        ))?;
        let mut body = json!({
            "product_id": product,
            "request_id": new.recharge,
            "success_url": success_url(new.success_url),
            "metadata": { "recharge_id": new.recharge, "user_id": new.user },
            "customer": match new.customer_id {
                Some(id) => json!({ "id": id }),
                None => json!({ "email": new.email }),
            },
        });
        if new.plan.is_none() {
            body["custom_price"] = json!(new.price.amount_minor);
        }
        let made: Checkout = self.act(&["checkouts"], &body).await?;
        let url = made.checkout_url;
        Ok(OpenedCheckout {
            session_id: made.id,
            url: url.ok_or(lacks("the address of the checkout"))?,
        })
    }

    pub(super) async fn read_checkout(
        &self,
        id: &str,
    ) -> Result<Option<CheckoutState>, GatewayError> {
        let query = [("checkout_id", id)];
        let Some(checkout) = self.find::<Checkout>(&["checkouts"], &query).await? else {
            return Ok(None);
        };
        let product = self.product(checkout.product.clone()).await?;
        Ok(Some(state_of(checkout, &product)))
    }

    pub(super) async fn product(&self, product: Related<Product>) -> Result<Product, GatewayError> {
        match product {
            Related::Whole(product) => Ok(*product),
            Related::Id(id) => {
                let found = self.find(&["products"], &[("product_id", &id)]).await?;
                found.ok_or(lacks("the product that was bought"))
            }
        }
    }
}

/// Creem puts `checkout_id` and others behind the address by itself.
fn success_url(url: &str) -> &str {
    let url = url.strip_suffix("session_id=").unwrap_or(url);
    url.trim_end_matches(['?', '&'])
}

/// Whether a text has the shape of a checkout's id: others are not asked for.
pub(super) fn is_checkout_id(text: &str) -> bool {
    let rest = text.strip_prefix("ch_").unwrap_or_default();
    (1..=200).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn state_of(checkout: Checkout, product: &Product) -> CheckoutState {
    let progress = progress_of(&checkout);
    let metadata = checkout.metadata.as_ref();
    let price = checkout.custom_price.unwrap_or(product.price);
    let (amount, discount, tax) = match &checkout.order {
        Some(order) => (
            order.amount_paid.unwrap_or(order.amount),
            order.discount_amount.unwrap_or(0),
            product.tax_on_top(order.tax_amount),
        ),
        None => (price * checkout.units.unwrap_or(1), 0, 0),
    };
    let currency = checkout.order.as_ref().map(|order| &order.currency);
    let currency = currency.unwrap_or(&product.currency).to_ascii_lowercase();
    let transaction = checkout.order.and_then(|order| order.transaction);
    CheckoutState {
        session_id: checkout.id,
        progress,
        user_id: own(metadata, "user_id"),
        recharge_id: own(metadata, "recharge_id"),
        amount_minor: amount,
        discount_minor: discount,
        tax_minor: tax,
        currency,
        transaction_id: transaction.filter(|_| checkout.subscription.is_none()),
        subscription_id: checkout.subscription.map(|named| named.id().to_owned()),
        payment_method: None,
        receipt_url: None,
    }
}

/// A checkout is paid when its order is; without one nothing was charged yet.
fn progress_of(checkout: &Checkout) -> CheckoutProgress {
    let paid = |order: &Order| order.status == "paid";
    match checkout.status.as_str() {
        _ if checkout.order.as_ref().is_some_and(paid) => CheckoutProgress::Paid,
        "completed" | "processing" => CheckoutProgress::Processing,
        "expired" => CheckoutProgress::Expired,
        _ => CheckoutProgress::Open,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn product(tax_mode: &str) -> Product {
        let product =
            json!({"id": "prod_1", "price": 1000, "currency": "EUR", "tax_mode": tax_mode});
        serde_json::from_value(product).unwrap()
    }

    fn state(changes: &Value, tax_mode: &str) -> CheckoutState {
        let mut checkout = json!({
            "id": "ch_1", "status": "completed", "product": "prod_1", "request_id": "r-1",
            "metadata": {"user_id": "u-1", "recharge_id": 5},
            "order": {
                "id": "ord_1", "transaction": "tran_1", "amount": 1000, "amount_paid": 1210,
                "tax_amount": 210, "currency": "EUR", "status": "paid",
            },
        });
        for (name, value) in changes.as_object().unwrap() {
            checkout[name] = value.clone();
        }
        state_of(
            serde_json::from_value(checkout).unwrap(),
            &product(tax_mode),
        )
    }

    #[test]
    fn tax_on_top_is_told_from_tax_within() {
        let on_top = state(&json!({}), "exclusive");
        assert_eq!((on_top.amount_minor, on_top.tax_minor), (1210, 210));
        let within = state(&json!({}), "inclusive");
        assert_eq!((within.amount_minor, within.tax_minor), (1210, 0));
        assert_eq!(on_top.currency, "eur");
        assert_eq!(
            on_top.recharge_id, None,
            "a request's id can come from anybody"
        );
        assert_eq!(on_top.user_id.as_deref(), Some("u-1"));
        assert_eq!(on_top.transaction_id.as_deref(), Some("tran_1"));
    }

    #[test]
    fn of_a_plan_the_payment_is_its_invoice_s() {
        for subscription in [json!("sub_1"), json!({"id": "sub_1", "status": "active"})] {
            let plan = state(&json!({"subscription": subscription}), "exclusive");
            assert_eq!(plan.transaction_id, None);
            assert_eq!(plan.subscription_id.as_deref(), Some("sub_1"));
        }
    }

    #[test]
    fn only_a_paid_order_is_paid() {
        let pending = json!({"amount": 1000, "currency": "EUR", "status": "pending"});
        for (status, order, progress) in [
            ("pending", Value::Null, CheckoutProgress::Open),
            ("processing", Value::Null, CheckoutProgress::Processing),
            ("completed", Value::Null, CheckoutProgress::Processing),
            ("completed", pending, CheckoutProgress::Processing),
            ("expired", Value::Null, CheckoutProgress::Expired),
            ("something_new", Value::Null, CheckoutProgress::Open),
        ] {
            let state = state(&json!({"status": status, "order": order}), "inclusive");
            assert_eq!(state.progress, progress, "{status}");
        }
        let open = state(
            &json!({"order": null, "units": 3, "custom_price": 500}),
            "inclusive",
        );
        assert_eq!((open.amount_minor, open.currency.as_str()), (1500, "eur"));
    }

    #[test]
    fn the_way_back_is_filled_in_by_creem() {
        let base = "http://x/payments/success";
        for url in [base.to_owned(), format!("{base}?session_id=")] {
            assert_eq!(success_url(&url), base);
        }
        assert_eq!(success_url("http://x/s?a=b&session_id="), "http://x/s?a=b");
    }

    #[test]
    fn only_ids_of_checkouts_are_asked_for() {
        assert!(is_checkout_id("ch_4l0N34kxo16AhRKUHFUuXr"));
        for id in [
            "",
            "ch_",
            "cs_test_1",
            "ch_../x",
            "ch_a?b",
            "ch_%00",
            "ch_a_b",
        ] {
            assert!(!is_checkout_id(id), "{id}");
        }
    }
}
