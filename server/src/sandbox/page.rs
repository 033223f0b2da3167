//! What hosted pages have in common: plain HTML that works without script, in one of two languages.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// A page, ready to be sent.
pub struct Page {
    pub status: StatusCode,
    pub language: &'static str,
    pub title: &'static str,
    /// What stands above everything: that no real money moves.
    pub banner: &'static str,
    /// Relative to the page, so that it works wherever it is mounted.
    pub style: &'static str,
    /// HTML.
    pub main: String,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let Self {
            status,
            language,
            title,
            banner,
            style,
            main,
        } = self;
        let html = format!(
            "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
             <link rel=\"stylesheet\" href=\"{style}\"></head><body>\
             <header class=\"banner\">{banner}</header><main>{main}</main></body></html>"
        );
        let mut response = (status, Html(html)).into_response();
        // No `form-action`: browsers apply it to the redirect to the success page as well.
        let policy =
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
        for (name, value) in [
            (header::CACHE_CONTROL, "no-store"),
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::VARY, "accept-language"),
            (HeaderName::from_static("x-content-type-options"), "nosniff"),
        ] {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// A style: the provider's colours, then what all have in common.
pub async fn style(colours: &'static str) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        [colours, include_str!("page.css")].concat(),
    )
}

/// A field to choose in.
pub fn select(name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> String {
    let options: String = options
        .iter()
        .map(|(value, text)| {
            let selected = if *value == chosen { " selected" } else { "" };
            format!("<option value=\"{value}\"{selected}>{text}</option>")
        })
        .collect();
    format!(
        "<label for=\"{name}\">{label}</label>\
         <select id=\"{name}\" name=\"{name}\">{options}</select>"
    )
}

/// The field for the number of a card, with what was wrong with the one that was typed above it.
pub fn card_field(label: &str, typed: &str, described: bool) -> String {
    let described = match described {
        true => " aria-invalid=\"true\" aria-describedby=\"problem\"",
        false => "",
    };
    format!(
        "<label for=\"card_number\">{label}</label>\
         <input id=\"card_number\" name=\"card_number\" value=\"{}\" inputmode=\"numeric\" \
         autocomplete=\"off\" maxlength=\"40\"{described}>",
        escape(typed)
    )
}

/// What was wrong with what was typed.
pub fn problem(problem: Option<&str>) -> String {
    let said = problem.map(|problem| {
        let problem = escape(problem);
        format!("<p class=\"problem\" role=\"alert\" id=\"problem\">{problem}</p>")
    });
    said.unwrap_or_default()
}

/// Whether a browser sent there stays on the site.
pub fn is_local_path(path: &str) -> bool {
    let plain = path
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    plain && path.starts_with('/') && !path.starts_with("//")
}

/// Text that is safe between tags and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            plain => safe.push(plain),
        }
    }
    safe
}

/// Whether the browser puts Chinese before English.
pub fn wants_chinese(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    let mut best = (0.0, false);
    for entry in accepted.unwrap_or_default().split(',') {
        let (tag, quality) = entry.split_once(";q=").unwrap_or((entry, "1"));
        let quality: f32 = quality.trim().parse().unwrap_or(0.0);
        let chinese = match tag.trim().get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("en") => false,
            Some("zh") => true,
            _ => continue,
        };
        if quality > best.0 {
            best = (quality, chinese);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_html_would_read() {
        assert_eq!(
            escape("<b a=\"x\">'&"),
            "&lt;b a=&quot;x&quot;&gt;&#39;&amp;"
        );
    }

    #[test]
    fn the_language_is_what_the_browser_puts_first() {
        for (accepted, chinese) in [
            ("", false),
            ("zh-CN,zh;q=0.9,en;q=0.8", true),
            ("en;q=0.9,zh;q=0.8", false),
            ("fr,zh;q=0.1", true),
            ("é", false),
        ] {
            let mut headers = HeaderMap::new();
            let value = HeaderValue::from_bytes(accepted.as_bytes()).unwrap();
            headers.insert(header::ACCEPT_LANGUAGE, value);
            assert_eq!(wants_chinese(&headers), chinese, "{accepted}");
        }
    }
}
