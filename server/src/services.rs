//! Everything a request needs, built once at start and handed to every handler and page.

use std::ops::Deref;
use std::sync::Arc;

use crate::accounts::{Accounts, SessionStore};
use crate::catalog::Catalog;
use crate::credits::{self, Prices, Wallet};
use crate::db::Database;
use crate::ids::UserId;
use crate::installation::Installation;
use crate::oversight::anomalies::Lookout;
use crate::payments::Payments;
use crate::studio::Studio;
use crate::time::Clock;

/// The house's ground floor. One pointer: every layer and page of a request has its own.
#[derive(Clone)]
pub struct Services(Arc<Parts>);

/// What the services are.
pub struct Parts {
    pub db: Database,
    pub clock: Clock,
    pub catalog: Arc<Catalog>,
    pub installation: Installation,
    pub accounts: Accounts,
    pub sessions: SessionStore,
    pub payments: Payments,
    pub studio: Studio,
    pub lookout: Lookout,
}

impl Deref for Services {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Services {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The wallet as it is in the database right now.
    pub async fn wallet(&self, user: &UserId) -> sqlx::Result<Wallet> {
        credits::read(&self.db, user, self.clock.now()).await
    }

    pub fn prices(&self) -> Prices {
        self.catalog.prices()
    }
}
