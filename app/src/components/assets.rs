use std::collections::HashMap;
use std::sync::Arc;

use leptos::prelude::use_context;

/// Where each asset is served, by its plain name.
#[derive(Clone, Debug, Default)]
pub struct Assets(pub Arc<HashMap<String, String>>);

/// The address of an asset. The program serves them under names that carry a hash of their content;
/// without its table, the plain name does.
pub fn asset(name: &str) -> String {
    let hashed = use_context::<Assets>().and_then(|assets| assets.0.get(name).cloned());
    hashed.unwrap_or_else(|| format!("/assets/{name}"))
}

#[cfg(test)]
mod tests {
    use leptos::prelude::{Owner, provide_context};

    use super::*;

    #[test]
    fn a_hashed_name_stands_for_the_plain_one() {
        Owner::new().with(|| {
            assert_eq!(asset("app.css"), "/assets/app.css");
            let table = [("app.css".to_owned(), "/assets/app.1a2b.css".to_owned())];
            provide_context(Assets(Arc::new(table.into())));
            assert_eq!(asset("app.css"), "/assets/app.1a2b.css");
            assert_eq!(asset("live.js"), "/assets/live.js");
        });
    }
}
