//! Objects as they are shown: with those they belong to inside.

use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::store::{self, Kind, Object};
use super::{CreemSandbox, shapes};

impl CreemSandbox {
    /// A checkout with product, customer and subscription; the subscription names its own by id.
    pub(super) async fn show_checkout(
        &self,
        connection: &mut AnyConnection,
        checkout: &Object,
    ) -> sqlx::Result<Value> {
        let mut shape = checkout.shape.clone();
        self.expand_product(&mut shape);
        expand(connection, &mut shape, "customer", Kind::Customer).await?;
        expand(connection, &mut shape, "subscription", Kind::Subscription).await?;
        Ok(shape)
    }

    /// A subscription with product, customer and its last paid transaction.
    pub(super) async fn show_subscription(
        &self,
        connection: &mut AnyConnection,
        subscription: &Object,
    ) -> sqlx::Result<Value> {
        let mut shape = subscription.shape.clone();
        self.expand_product(&mut shape);
        expand(connection, &mut shape, "customer", Kind::Customer).await?;
        shape["last_transaction"] = shape["last_transaction_id"].clone();
        expand(
            connection,
            &mut shape,
            "last_transaction",
            Kind::Transaction,
        )
        .await?;
        Ok(shape)
    }

    /// A refund or dispute with the transaction and what that was for.
    pub(super) async fn show_return(
        &self,
        connection: &mut AnyConnection,
        returned: &Object,
        transaction: &Object,
    ) -> sqlx::Result<Value> {
        let mut shape = returned.shape.clone();
        shape["transaction"] = transaction.shape.clone();
        for (field, kind) in [
            ("customer", Kind::Customer),
            ("subscription", Kind::Subscription),
        ] {
            if transaction.shape[field].is_string() {
                shape[field] = transaction.shape[field].clone();
                expand(connection, &mut shape, field, kind).await?;
            }
        }
        if let Some(checkout) = &transaction.parent {
            shape["checkout"] = json!(checkout);
            expand(connection, &mut shape, "checkout", Kind::Checkout).await?;
            shape["order"] = shape["checkout"]["order"].clone();
        }
        Ok(shape)
    }

    fn expand_product(&self, shape: &mut Value) {
        let id = shape["product"].as_str().unwrap_or_default();
        if let Some(product) = self.product(id) {
            shape["product"] = shapes::product(product);
        }
    }
}

/// Puts the object in the place of its id, where there is one.
async fn expand(
    connection: &mut AnyConnection,
    shape: &mut Value,
    field: &str,
    kind: Kind,
) -> sqlx::Result<()> {
    if let Some(id) = shape[field].as_str()
        && let Some(object) = store::find(connection, kind, id).await?
    {
        shape[field] = object.shape;
    } else if let Some(fields) = shape.as_object_mut() {
        // Looking for it has put a null in its place.
        fields.retain(|name, value| name != field || !value.is_null());
    }
    Ok(())
}
