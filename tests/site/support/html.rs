//! Figures on a page, found by their test ids. A page is plain text to us: no browser is asked.

/// The `data-value` of every element with this `data-testid`, in the order of the page.
pub fn values(page: &str, test_id: &str) -> Vec<String> {
    let wanted = format!("data-testid=\"{test_id}\"");
    tags(page)
        .filter(|tag| tag.contains(&wanted))
        .map(|tag| attribute(tag, "data-value").unwrap_or_default())
        .collect()
}

/// The one value that all elements of this name show.
#[track_caller]
pub fn figure(page: &str, test_id: &str) -> String {
    let all = values(page, test_id);
    let first = all.first().cloned();
    let first = first.unwrap_or_else(|| panic!("no {test_id} on the page: {page}"));
    assert!(
        all.iter().all(|value| *value == first),
        "{test_id}: {all:?}"
    );
    first
}

/// The version of the wallet whose figures the page shows.
pub fn wallet_version(page: &str) -> Option<i64> {
    version(page, "data-wallet-version")
}

/// The version that everything else on the page is at least as new as.
pub fn as_of(page: &str) -> Option<i64> {
    version(page, "data-as-of")
}

fn version(page: &str, name: &str) -> Option<i64> {
    let tag = tags(page).find(|tag| tag.starts_with("html"))?;
    attribute(tag, name)?.parse().ok()
}

/// The opening tags of a page.
pub fn tags(page: &str) -> impl Iterator<Item = &str> {
    page.split('<')
        .filter_map(|piece| piece.split('>').next())
        .filter(|tag| !tag.starts_with(['/', '!']))
}

/// The value of an attribute of an opening tag.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

/// The value of the first input field of this name.
pub fn field(page: &str, name: &str) -> Option<String> {
    value_of(page, "input", name)
}

/// The value that the first button of this name sends.
pub fn button(page: &str, name: &str) -> Option<String> {
    value_of(page, "button", name)
}

fn value_of(page: &str, element: &str, name: &str) -> Option<String> {
    let wanted = format!("name=\"{name}\"");
    let tag = tags(page).find(|tag| tag.starts_with(element) && tag.contains(&wanted))?;
    attribute(tag, "value")
}
