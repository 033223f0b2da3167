use std::collections::HashMap;
use std::sync::Arc;

/// Where each asset is served, by its plain name.
#[derive(Clone, Debug, Default)]
pub struct Assets(pub Arc<HashMap<String, String>>);
