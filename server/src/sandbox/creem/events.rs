//! Events: written in the transaction of the change they tell of, with the deliveries they need.

use serde_json::Value;
use sqlx::AnyConnection;

use super::shapes;
use super::store::{Kind, Object};
use crate::sandbox::act;

pub type Act = act::Act<()>;

impl Act {
    /// Writes the event `kind` about `object`, as it is shown in events.
    pub async fn tell(
        &mut self,
        connection: &mut AnyConnection,
        kind: &str,
        object: &Value,
    ) -> sqlx::Result<()> {
        let at = self.next_moment();
        let about = object["id"].as_str().map(str::to_owned);
        let event = Object::new(Kind::Event, shapes::event(kind, object, at), about, at);
        self.send(connection, &event, &[]).await
    }
}
