//! What a browser calls itself, in few words.

use crate::i18n::Words;

/// By what each names itself; the first that fits counts, because most also claim to be others.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// The browser and the system that `agent`, a `User-Agent`, names.
pub fn device(w: Words, agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        let named = names.iter().find(|(sign, _)| agent.contains(sign));
        named.map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => w.say("account-session-unknown"),
    }
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;

    use super::*;

    #[test]
    fn the_true_name_is_found_among_those_that_are_claimed() {
        let said = |agent| device(Words(Language::En), agent);
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                    Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0";
        assert_eq!(said(edge), "Edge · Windows");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 \
                     (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
        assert_eq!(said(phone), "Safari · iPhone");
        assert_eq!(said("curl/8.5.0"), "Unknown device");
    }
}
