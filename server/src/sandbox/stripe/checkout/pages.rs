//! The hosted pages as HTML.

use std::fmt::Write;

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

use super::payment;
use super::words::Words;
use crate::sandbox::stripe::billing::Interval;
use crate::sandbox::stripe::money;
use crate::sandbox::stripe::store::Object;

/// What the payer typed and chose, and what was wrong with it.
#[derive(Clone, Debug, Default)]
pub struct PayForm {
    pub card: String,
    pub webhook: String,
    pub method: String,
    pub charge: String,
    pub authentication: String,
    pub problem: Option<String>,
}

/// One page, ready to be sent.
pub struct Page {
    status: StatusCode,
    html: String,
}

impl Page {
    /// One sentence, for when there is nothing to do.
    pub fn notice(status: StatusCode, words: &Words, sentence: &str) -> Self {
        let main = format!("<h1>{}</h1><p>{}</p>", words.title, escape(sentence));
        Self::new(status, words, words.title, &main)
    }

    /// The form to pay with.
    pub fn pay(status: StatusCode, words: &Words, session: &Object, form: &PayForm) -> Self {
        let problem = match &form.problem {
            Some(problem) => format!(
                "<p class=\"problem\" role=\"alert\" id=\"problem\">{}</p>",
                escape(problem)
            ),
            None => String::new(),
        };
        let described = match form.problem {
            Some(_) => " aria-invalid=\"true\" aria-describedby=\"problem\"",
            None => "",
        };
        let subscription = payment::is_subscription(session);
        let methods = match subscription {
            true => String::new(),
            false => select("method", words.method, &words.methods, &form.method),
        };
        let main = format!(
            "<h1>{title}</h1>{order}{renews}{problem}\
             <form method=\"post\">\
             <label for=\"card_number\">{card_number}</label>\
             <input id=\"card_number\" name=\"card_number\" value=\"{card}\" inputmode=\"numeric\" \
             autocomplete=\"off\" maxlength=\"40\"{described}>\
             <details><summary>{how}</summary>{methods}{webhook}{charge}</details>\
             <button type=\"submit\">{pay} {amount}</button></form>{cancel}{cards}",
            title = words.title,
            order = order(words, session),
            card_number = words.card_number,
            card = escape(&in_fours(&form.card)),
            how = words.how,
            renews = renewal(words, session),
            charge = if subscription {
                String::new()
            } else {
                charge_field(words, form)
            },
            webhook = select("webhook", words.webhook, &words.webhooks, &form.webhook),
            pay = words.pay,
            amount = amount_of(session),
            cancel = cancel(words, session),
            cards = test_cards(words),
        );
        Self::new(status, words, words.title, &main)
    }

    /// The bank's question (3-D Secure), with what was chosen carried along.
    pub fn ask(words: &Words, session: &Object, form: &PayForm) -> Self {
        let hidden = |name: &str, value: &str| {
            format!(
                "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
                escape(value)
            )
        };
        let main = format!(
            "<h1>{title}</h1>{order}<p>{ask}</p><form method=\"post\">{card}{webhook}{method}{charge}\
             <button name=\"authentication\" value=\"complete\">{approve}</button>\
             <button name=\"authentication\" value=\"fail\" class=\"second\">{fail}</button></form>",
            title = words.title,
            order = order(words, session),
            ask = words.ask,
            card = hidden("card_number", &form.card),
            webhook = hidden("webhook", &form.webhook),
            method = hidden("method", &form.method),
            charge = hidden("charge", &form.charge),
            approve = words.approve,
            fail = words.fail,
        );
        Self::new(StatusCode::OK, words, words.title, &main)
    }

    /// Nothing left to do but to go on.
    pub fn complete(words: &Words, session: &Object, success_url: &str) -> Self {
        let paid = session.text("payment_status") != Some("unpaid");
        let main = format!(
            "<h1>{title}</h1>{order}<p>{sentence}</p><p><a href=\"{url}\">{go_on}</a></p>",
            title = words.title,
            order = order(words, session),
            sentence = if paid {
                words.already_paid
            } else {
                words.under_way
            },
            url = escape(success_url),
            go_on = words.go_on,
        );
        Self::new(StatusCode::OK, words, words.title, &main)
    }

    pub fn receipt(words: &Words, charge: &Object) -> Self {
        let currency = charge.text("currency").unwrap_or_default();
        let row = |name: &str, amount: i64| {
            format!(
                "<dt>{name}</dt><dd>{}</dd>",
                money::format(amount, currency)
            )
        };
        let mut rows = row(words.total, charge.integer("amount"));
        if charge.integer("amount_refunded") > 0 {
            rows.push_str(&row(words.refunded, charge.integer("amount_refunded")));
        }
        let id = escape(&charge.id);
        let main = format!(
            "<h1>{}</h1><dl class=\"order\">{rows}</dl><p>{id}</p>",
            words.receipt
        );
        Self::new(StatusCode::OK, words, words.receipt, &main)
    }

    pub fn new(status: StatusCode, words: &Words, title: &str, main: &str) -> Self {
        // The style's address is relative, so that the pages work wherever they are mounted.
        let html = format!(
            "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
             <link rel=\"stylesheet\" href=\"../style.css\"></head><body>\
             <p class=\"banner\">{sandbox}</p><main>{main}</main></body></html>",
            language = words.language,
            sandbox = words.sandbox,
        );
        Self { status, html }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = (self.status, Html(self.html)).into_response();
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

fn amount_of(session: &Object) -> String {
    money::format(
        session.integer("amount_total"),
        session.text("currency").unwrap_or_default(),
    )
}

/// What is bought, and what it costs in all.
fn order(words: &Words, session: &Object) -> String {
    let mut rows = String::new();
    for item in &session.notes.line_items {
        let name = escape(item["description"].as_str().unwrap_or_default());
        let quantity = item["quantity"].as_i64().unwrap_or(1);
        let times = if quantity > 1 {
            format!(" × {quantity}")
        } else {
            String::new()
        };
        let currency = item["currency"].as_str().unwrap_or_default();
        let price = money::format(item["amount_subtotal"].as_i64().unwrap_or(0), currency);
        // Writing to a String cannot fail.
        let _ = write!(rows, "<dt>{name}{times}</dt><dd>{price}</dd>");
    }
    let tax = session.shape["total_details"]["amount_tax"].as_i64();
    if let Some(tax) = tax.filter(|tax| *tax > 0) {
        let tax = money::format(tax, session.text("currency").unwrap_or_default());
        let _ = write!(rows, "<dt>{}</dt><dd>{tax}</dd>", words.tax);
    }
    format!(
        "<dl class=\"order\">{rows}<dt class=\"total\">{}</dt><dd class=\"total\">{}</dd></dl>",
        words.total,
        amount_of(session)
    )
}

/// That, and how often, it is paid again.
fn renewal(words: &Words, session: &Object) -> String {
    let price = session.notes.line_items.first().map(|line| &line["price"]);
    match price.and_then(Interval::of) {
        Some(every) => format!(
            "<p class=\"renews\">{}</p>",
            words.renews(every, &amount_of(session))
        ),
        None => String::new(),
    }
}

/// What the session is to end with, for those who try out records that do not fit.
fn charge_field(words: &Words, form: &PayForm) -> String {
    format!(
        "<label for=\"charge\">{}</label><input id=\"charge\" name=\"charge\" value=\"{}\" \
         autocomplete=\"off\" maxlength=\"40\" placeholder=\"amount:500, currency:eur, discount:90\">",
        words.charge,
        escape(&form.charge)
    )
}

pub fn select(name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> String {
    let mut html =
        format!("<label for=\"{name}\">{label}</label><select id=\"{name}\" name=\"{name}\">");
    for (value, text) in options {
        let selected = if *value == chosen { " selected" } else { "" };
        let _ = write!(html, "<option value=\"{value}\"{selected}>{text}</option>");
    }
    html.push_str("</select>");
    html
}

fn cancel(words: &Words, session: &Object) -> String {
    match session.text("cancel_url") {
        Some(url) => {
            format!(
                "<p><a class=\"cancel\" href=\"{}\">{}</a></p>",
                escape(url),
                words.cancel
            )
        }
        None => String::new(),
    }
}

/// The test cards, each a link that fills in its number.
fn test_cards(words: &Words) -> String {
    let mut rows = String::new();
    for (number, meaning) in &words.cards {
        let _ = write!(
            rows,
            "<li><a href=\"?card={number}\"><code>{shown}</code></a> <span>{meaning}</span></li>",
            shown = in_fours(number)
        );
    }
    format!(
        "<section><h2>{}</h2><ul class=\"cards\">{rows}</ul></section>",
        words.test_cards
    )
}

/// A card number as it stands on cards; anything else as it is.
fn in_fours(number: &str) -> String {
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return number.to_owned();
    }
    let mut grouped = String::with_capacity(number.len() + number.len() / 4);
    for (index, digit) in number.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
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

#[cfg(test)]
mod tests {
    use super::{escape, in_fours};

    #[test]
    fn card_numbers_stand_in_fours() {
        assert_eq!(in_fours("4242424242424242"), "4242 4242 4242 4242");
        assert_eq!(in_fours("4242 42"), "4242 42");
        assert_eq!(in_fours(""), "");
    }

    #[test]
    fn escapes_what_html_would_read() {
        assert_eq!(
            escape("<b a=\"x\">'&"),
            "&lt;b a=&quot;x&quot;&gt;&#39;&amp;"
        );
    }
}
