use serde::Deserialize;
use serde_json::json;

use super::objects::Customer;
use super::{Creem, GatewayError, refused};
use crate::ids::UserId;

#[derive(Deserialize)]
struct Links {
    customer_portal_link: String,
}

impl Creem {
    /// The customer with the account's address; Creem has one for each. One that Creem knows under
    /// another account of ours is not handed out.
    pub(super) async fn find_or_create_customer(
        &self,
        user: &UserId,
        email: &str,
    ) -> Result<String, GatewayError> {
        if let Some(found) = self.customer_with(email).await? {
            return checked(found, user);
        }
        // Creem wants a name, and we know of none that is fit for its receipts.
        let body = json!({ "email": email, "name": email, "external_id": user });
        match self.act::<Customer>(&["customers"], &body).await {
            Ok(made) => Ok(made.id),
            // Somebody else may have been first.
            Err(error) => match self.customer_with(email).await? {
                Some(found) => checked(found, user),
                None => Err(error),
            },
        }
    }

    async fn customer_with(&self, email: &str) -> Result<Option<Customer>, GatewayError> {
        self.find(&["customers"], &[("email", email)]).await
    }

    pub(super) async fn portal_link(&self, customer: &str) -> Result<String, GatewayError> {
        let body = json!({ "customer_id": customer });
        let links: Links = self.act(&["customers", "billing"], &body).await?;
        Ok(links.customer_portal_link)
    }
}

fn checked(customer: Customer, user: &UserId) -> Result<String, GatewayError> {
    match &customer.external_id {
        Some(other) if other != user.as_str() => {
            Err(refused("the address belongs to another account"))
        }
        _ => Ok(customer.id),
    }
}
