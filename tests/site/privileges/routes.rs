//! What the router serves, out of the router. axum lists its routes nowhere but in its `Debug`, which is enough for a test:
//! should that ever read otherwise, the test finds no routes and fails.

use std::collections::HashMap;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// `GET /path` for each route of a router, printed by `Debug`:
/// `PathRouter { routes: {RouteId(0): MethodRouter(…), …}, node: Node { paths: {RouteId(0): "/path", …} } }`, then fallbacks.
pub fn of(router: &str) -> Vec<String> {
    let (handlers, rest) = router
        .split_once("node: Node")
        .expect("the paths of a router");
    let (paths, _) = rest.split_once("} }").expect("the end of the paths");
    let numbered = |text: &'static str| {
        move |part: &'_ str| {
            part.split_once(text)
                .map(|(id, rest)| (id.to_owned(), rest.to_owned()))
        }
    };
    let of_paths: HashMap<String, String> = paths
        .split("RouteId(")
        .filter_map(numbered("): \""))
        .collect();
    let of_handlers = handlers
        .split("RouteId(")
        .filter_map(numbered("): MethodRouter("));
    let mut all = Vec::new();
    let mut count = 0;
    for (id, handler) in of_handlers {
        let path = of_paths[&id].split('"').next().unwrap_or_default();
        let served = METHODS
            .iter()
            .filter(|method| !handler.contains(&format!("{method}: None")));
        all.extend(served.map(|method| format!("{} {path}", method.to_uppercase())));
        count += 1;
    }
    assert_eq!(count, of_paths.len(), "each path has its methods");
    assert!(count > 100, "the router has {count} routes");
    all
}

/// Whether it is a route of a sandbox, which plays somebody else's machine.
pub fn is_played(route: &str) -> bool {
    const PLAYED: [&str; 5] = ["stripe/", "creem/", "fashn/", "studio/", "clock"];
    let path = route.split_once(" /sandbox/").map_or("", |(_, path)| path);
    PLAYED.iter().any(|each| path.starts_with(each))
}
