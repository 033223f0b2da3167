//! Where the sandboxes are mounted. In live mode nothing of this exists.

use atelier_server::sandbox::fashn::FashnSandbox;
use axum::Router;

/// The sandboxes that are switched on.
#[derive(Default)]
pub struct Sandboxes {
    pub stripe: Option<Router>,
    pub fashn: Option<FashnSandbox>,
}

impl Sandboxes {
    pub fn router(self) -> Router {
        let mut router = Router::new();
        if let Some(stripe) = self.stripe {
            router = router.nest("/sandbox/stripe", stripe);
        }
        if let Some(fashn) = self.fashn {
            router = router
                .nest("/sandbox/fashn", fashn.router())
                .nest("/sandbox/studio", fashn.script_router());
        }
        router
    }
}
