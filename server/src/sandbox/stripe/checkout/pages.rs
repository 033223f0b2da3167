//! The hosted pages as HTML.

use std::fmt::Write;

use http::StatusCode;

use super::payment;
use super::words::Words;
use crate::sandbox::page::{Page, card_field, escape, problem, select};
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

/// One sentence, for when there is nothing to do.
pub fn notice(status: StatusCode, words: &Words, sentence: &str) -> Page {
    let main = format!("<h1>{}</h1><p>{}</p>", words.title, escape(sentence));
    page(status, words, words.title, main)
}

/// The form to pay with.
pub fn pay(status: StatusCode, words: &Words, session: &Object, form: &PayForm) -> Page {
    let subscription = payment::is_subscription(session);
    let methods = match subscription {
        true => String::new(),
        false => select("method", words.method, &words.methods, &form.method),
    };
    let main = format!(
        "<h1>{title}</h1>{order}{renews}{problem}\
         <form method=\"post\">\
         {card}\
         <details><summary>{how}</summary>{methods}{webhook}{charge}</details>\
         <button type=\"submit\">{pay} {amount}</button></form>{cancel}{cards}",
        title = words.title,
        order = order(words, session),
        problem = problem(form.problem.as_deref()),
        card = card_field(
            words.card_number,
            &in_fours(&form.card),
            form.problem.is_some()
        ),
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
    page(status, words, words.title, main)
}

/// The bank's question (3-D Secure), with what was chosen carried along.
pub fn ask(words: &Words, session: &Object, form: &PayForm) -> Page {
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
    page(StatusCode::OK, words, words.title, main)
}

/// Nothing left to do but to go on.
pub fn complete(words: &Words, session: &Object, success_url: &str) -> Page {
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
    page(StatusCode::OK, words, words.title, main)
}

pub fn receipt(words: &Words, charge: &Object) -> Page {
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
    page(StatusCode::OK, words, words.receipt, main)
}

/// A page, ready to be sent.
pub fn page(status: StatusCode, words: &Words, title: &'static str, main: String) -> Page {
    Page {
        status,
        language: words.language,
        title,
        banner: words.sandbox,
        style: "../style.css",
        main,
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

#[cfg(test)]
mod tests {
    use super::in_fours;

    #[test]
    fn card_numbers_stand_in_fours() {
        assert_eq!(in_fours("4242424242424242"), "4242 4242 4242 4242");
        assert_eq!(in_fours("4242 42"), "4242 42");
        assert_eq!(in_fours(""), "");
    }
}
