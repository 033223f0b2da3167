//! The portal and invoices as HTML.

use std::fmt::Write;

use http::StatusCode;

use super::actions::Action;
use super::words::Words;
use crate::sandbox::page::{Page, card_field, escape};
use crate::sandbox::stripe::billing::{self, Interval};
use crate::sandbox::stripe::checkout::pages::page;
use crate::sandbox::stripe::money;
use crate::sandbox::stripe::store::Object;
use crate::time::Timestamp;

/// What the portal shows.
pub struct Shown {
    pub session: Object,
    pub subscriptions: Vec<Object>,
    pub invoices: Vec<Object>,
    /// Every plan that can be switched to, with its name.
    pub plans: Vec<(String, Object)>,
}

pub fn portal(status: StatusCode, words: &Words, shown: &Shown, problem: Option<&str>) -> Page {
    let mut main = format!("<h1>{}</h1>", words.title);
    if let Some(problem) = problem {
        let problem = escape(problem);
        let _ = write!(main, "<p class=\"problem\" role=\"alert\">{problem}</p>");
    }
    let _ = write!(main, "<h2>{}</h2>", words.plans);
    if shown.subscriptions.is_empty() {
        let _ = write!(main, "<p>{}</p>", words.no_plans);
    }
    for subscription in &shown.subscriptions {
        main.push_str(&plan(words, subscription, &shown.plans));
    }
    if shown.subscriptions.iter().any(|one| !billing::is_over(one)) {
        main.push_str(&card(words));
    }
    main.push_str(&invoices(words, &shown.invoices));
    if let Some(url) = shown.session.text("return_url") {
        let (url, back) = (escape(url), words.back);
        let _ = write!(main, "<p><a class=\"back\" href=\"{url}\">{back}</a></p>");
    }
    page(status, words.common, words.title, main)
}

/// The bank's question (3-D Secure) before an invoice is paid.
pub fn ask(words: &Words, action: &Action) -> Page {
    let subscription = escape(action.subscription().unwrap_or_default());
    let main = format!(
        "<h1>{title}</h1><p>{ask}</p><form method=\"post\">\
         <input type=\"hidden\" name=\"action\" value=\"pay\">\
         <input type=\"hidden\" name=\"subscription\" value=\"{subscription}\">\
         <button name=\"authentication\" value=\"complete\">{approve}</button>\
         <button name=\"authentication\" value=\"fail\" class=\"second\">{fail}</button></form>",
        title = words.title,
        ask = words.common.ask,
        approve = words.common.approve,
        fail = words.common.fail,
    );
    page(StatusCode::OK, words.common, words.title, main)
}

fn day(seconds: i64) -> String {
    Timestamp::from_seconds(seconds).day()
}

fn price_of(words: &Words, amount: i64, currency: &str, every: Option<Interval>) -> String {
    let amount = money::format(amount, currency);
    match every {
        Some(every) => format!("{amount} {}", words.common.interval(every)),
        None => amount,
    }
}

/// One subscription, with what can be done about it.
fn plan(words: &Words, subscription: &Object, plans: &[(String, Object)]) -> String {
    let currency = subscription.text("currency").unwrap_or_default();
    let (_, period_end) = billing::period(subscription);
    let when = match subscription.shape["cancel_at_period_end"] == true {
        true => (words.ends, period_end),
        false => (words.next_bill, period_end),
    };
    let when = match subscription.shape["ended_at"].as_i64() {
        Some(ended) => (words.ended, ended),
        None => when,
    };
    let mut html = format!(
        "<section class=\"plan\"><dl class=\"order\"><dt>{name} ({status})</dt><dd>{price}</dd>\
         <dt>{when}</dt><dd>{day}</dd></dl>",
        name = escape(billing::plan(subscription)),
        status = words.status(subscription.text("status").unwrap_or_default()),
        price = price_of(
            words,
            billing::amount(subscription),
            currency,
            billing::interval(subscription)
        ),
        when = when.0,
        day = day(when.1),
    );
    if !billing::is_over(subscription) {
        html.push_str(&forms(words, subscription, plans));
    }
    html.push_str("</section>");
    html
}

/// A form with one button about one subscription.
fn form(subscription: &Object, action: &str, inside: &str, button: &str, class: &str) -> String {
    format!(
        "<form method=\"post\"><input type=\"hidden\" name=\"subscription\" value=\"{id}\">{inside}\
         <button name=\"action\" value=\"{action}\"{class}>{button}</button></form>",
        id = escape(&subscription.id),
    )
}

fn forms(words: &Words, subscription: &Object, plans: &[(String, Object)]) -> String {
    let second = " class=\"second\"";
    let mut html = String::new();
    if billing::is_unpaid(subscription) {
        let _ = write!(html, "<p class=\"problem\">{}</p>", words.unpaid);
        html.push_str(&form(subscription, "pay", "", words.pay, ""));
    }
    let others = other_plans(words, subscription, plans);
    if !others.is_empty() {
        let field = format!("price-{}", escape(&subscription.id));
        let inside = format!(
            "<label for=\"{field}\">{}</label><select id=\"{field}\" name=\"price\">{others}</select>",
            words.switch_to
        );
        html.push_str(&form(subscription, "switch", &inside, words.switch, second));
    }
    html.push_str(&match subscription.shape["cancel_at_period_end"] == true {
        true => form(subscription, "resume", "", words.resume, second),
        false => form(subscription, "cancel", "", words.cancel, second),
    });
    html
}

/// The plans the subscription can be switched to, as options.
fn other_plans(words: &Words, subscription: &Object, plans: &[(String, Object)]) -> String {
    let now = billing::items(subscription)
        .first()
        .map(|item| &item["price"]["id"]);
    let others = plans.iter().filter(|(_, price)| {
        price.shape["currency"] == subscription.shape["currency"]
            && now.is_none_or(|now| *now != price.shape["id"])
    });
    let options = others.map(|(name, price)| {
        let currency = price.text("currency").unwrap_or_default();
        let every = Interval::of(&price.shape);
        let cost = price_of(words, price.integer("unit_amount"), currency, every);
        let (id, name) = (escape(&price.id), escape(name));
        format!("<option value=\"{id}\">{name}: {cost}</option>")
    });
    options.collect()
}

fn card(words: &Words) -> String {
    format!(
        "<h2>{change}</h2><form method=\"post\">{card}<button name=\"action\" value=\"card\" class=\"second\">{change}</button>\
         </form>",
        change = words.change_card,
        card = card_field(words.card, "", false),
    )
}

fn invoices(words: &Words, invoices: &[Object]) -> String {
    let mut html = format!("<h2>{}</h2>", words.invoices);
    if invoices.is_empty() {
        let _ = write!(html, "<p>{}</p>", words.no_invoices);
        return html;
    }
    html.push_str("<ul class=\"cards\">");
    for invoice in invoices {
        let total = money::format(
            invoice.integer("total"),
            invoice.text("currency").unwrap_or_default(),
        );
        let _ = write!(
            html,
            "<li><a href=\"../invoices/{id}\">{day}</a> <span>{total} ({status})</span></li>",
            id = escape(&invoice.id),
            day = day(invoice.integer("created")),
            status = words.status(invoice.text("status").unwrap_or_default()),
        );
    }
    html.push_str("</ul>");
    html
}

/// One invoice.
pub fn invoice(words: &Words, invoice: &Object) -> Page {
    let currency = invoice.text("currency").unwrap_or_default();
    let row = |class: &str, name: &str, amount: i64| {
        let amount = money::format(amount, currency);
        format!("<dt{class}>{name}</dt><dd{class}>{amount}</dd>")
    };
    let lines = invoice.shape["lines"]["data"].as_array();
    let lines = lines.into_iter().flatten().map(|line| {
        let name = escape(line["description"].as_str().unwrap_or_default());
        row("", &name, line["amount"].as_i64().unwrap_or(0))
    });
    let mut rows: String = lines.collect();
    let tax = invoice.integer("total") - invoice.integer("total_excluding_tax");
    if tax != 0 {
        rows.push_str(&row("", words.common.tax, tax));
    }
    let total = " class=\"total\"";
    rows.push_str(&row(total, words.common.total, invoice.integer("total")));
    let main = format!(
        "<h1>{title} {number}</h1><dl class=\"order\">{rows}</dl><p>{day}: {status}</p>",
        title = words.invoice,
        number = escape(invoice.text("number").unwrap_or_default()),
        day = day(invoice.integer("created")),
        status = words.status(invoice.text("status").unwrap_or_default()),
    );
    page(StatusCode::OK, words.common, words.invoice, main)
}
