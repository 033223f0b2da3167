//! Everything a request needs, built once at start and handed to every handler and page.

use std::sync::Arc;

use crate::accounts::{Accounts, SessionStore};
use crate::catalog::Catalog;
use crate::credits::{self, Prices, Wallet};
use crate::db::Database;
use crate::ids::UserId;
use crate::installation::Installation;
use crate::payments::Payments;
use crate::studio::Studio;
use crate::time::Clock;

/// The house's ground floor. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub db: Database,
    pub clock: Clock,
    pub catalog: Arc<Catalog>,
    pub installation: Arc<Installation>,
    pub accounts: Accounts,
    pub sessions: SessionStore,
    pub payments: Payments,
    pub studio: Studio,
}

impl Services {
    /// The wallet as it is in the database right now.
    pub async fn wallet(&self, user: &UserId) -> sqlx::Result<Wallet> {
        credits::read(&self.db, user, self.clock.now()).await
    }

    pub fn prices(&self) -> Prices {
        self.catalog.prices()
    }
}
