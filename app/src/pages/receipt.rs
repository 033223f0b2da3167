use atelier_server::accounts::User;
use atelier_server::catalog::{Catalog, TOP_UP, Tax};
use atelier_server::payments::{Provider, Recharge};
use leptos::prelude::*;

use crate::components::item::{bought, item_name, paid_with};
use crate::components::link::button_link;
use crate::components::notice::Notice;
use crate::components::seller::{provider_name, seller_of};
use crate::components::state::recharge_status;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, ReceiptPage, Visit};

/// One purchase on paper: who sold what to whom, what was paid, and what of it went back.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Receipt(page) = &visit.content else {
        return None;
    };
    let w = visit.words();
    let recharge = &page.recharge;
    let catalog = &visit.services.catalog;
    let sandbox = visit.is_sandbox().then(|| {
        view! { <Notice><p>{w.say("receipt-sandbox")}</p></Notice> }
    });
    let main = view! {
        <main id="main" class="wrap">
            <article class="receipt" data-live-region="receipt">
                <header class="receipt-head">
                    <h1>{w.say("receipt-title")}</h1>
                    {facts(w, recharge)}
                </header>
                {sandbox}
                <div class="receipt-parties">
                    {seller(w, catalog)}
                    {visit.user.as_ref().map(|user| buyer(w, user))}
                </div>
                {sums(w, catalog, page)}
                {remarks(w, catalog, recharge)}
            </article>
            {ways_on(w, recharge)}
        </main>
    };
    Some(main.into_any())
}

fn facts(w: Words, recharge: &Recharge) -> AnyView {
    let paid_at = recharge.completed_at.unwrap_or(recharge.created_at);
    let status = recharge_status(w, recharge.standing);
    let payment = recharge.payment_id.clone().map(|id| {
        view! { <dt>{w.say("receipt-payment")}</dt><dd>{id}</dd> }
    });
    view! {
        <dl class="facts">
            <dt>{w.say("receipt-number")}</dt><dd>{recharge.id.to_string()}</dd>
            <dt>{w.say("receipt-date")}</dt>
            <dd><time datetime=paid_at.to_rfc3339()>{w.date(paid_at)}</time></dd>
            <dt>{w.say("receipt-paid-with")}</dt><dd>{paid_with(w, recharge)}</dd>
            {payment}
            <dt>{w.say("pay-history-status")}</dt><dd>{status}</dd>
        </dl>
    }
    .into_any()
}

fn seller(w: Words, catalog: &Catalog) -> AnyView {
    let seller = seller_of(catalog);
    let tax_id = (!seller.tax_id.is_empty())
        .then(|| w.say_with("receipt-tax-id", &[("id", seller.tax_id.as_ref().into())]));
    let lines = seller.address.lines().map(str::to_owned);
    let lines = lines.chain(tax_id).chain([seller.contact.to_string()]);
    party(
        "receipt-seller",
        w.say("receipt-seller"),
        seller.name.to_string(),
        lines.collect(),
    )
}

fn buyer(w: Words, user: &User) -> AnyView {
    let title = w.say("receipt-buyer");
    if user.name.is_empty() {
        return party("receipt-buyer", title, user.email.clone(), Vec::new());
    }
    party(
        "receipt-buyer",
        title,
        user.name.clone(),
        vec![user.email.clone()],
    )
}

fn party(id: &'static str, title: String, name: String, lines: Vec<String>) -> AnyView {
    let lines: Vec<_> = lines
        .into_iter()
        .map(|line| view! { <p>{line}</p> })
        .collect();
    view! {
        <section aria-labelledby=id>
            <h2 class="label" id=id>{title}</h2>
            <p><strong>{name}</strong></p>
            {lines}
        </section>
    }
    .into_any()
}

/// Price, tax, total, and what went back.
fn sums(w: Words, catalog: &Catalog, page: &ReceiptPage) -> AnyView {
    let recharge = &page.recharge;
    let lines: Vec<_> = lines_of(w, page).into_iter().map(sum_line).collect();
    let name = if recharge.item == TOP_UP {
        w.count("common-credits", recharge.credits)
    } else {
        item_name(w, catalog, &recharge.item)
    };
    view! {
        <table class="table sums">
            <thead>
                <tr>
                    <th scope="col">{w.say("pay-history-item")}</th>
                    <th scope="col" class="end">{w.say("pay-history-amount")}</th>
                </tr>
            </thead>
            <tbody>
                <tr>
                    <th scope="row">{name}{brought(w, page)}</th>
                    <td class="num end">{w.money(recharge.amount_minor, &recharge.currency)}</td>
                </tr>
            </tbody>
            <tfoot>{lines}</tfoot>
        </table>
    }
    .into_any()
}

fn sum_line((name, amount, weight): (String, String, Weight)) -> AnyView {
    let class = match weight {
        Weight::Part => "",
        Weight::Sum => "sum-line",
    };
    view! {
        <tr class=class><th scope="row">{name}</th><td class="num end">{amount}</td></tr>
    }
    .into_any()
}

/// Whether a line is one of several or what they come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Part,
    Sum,
}

/// The lines below the price.
fn lines_of(w: Words, page: &ReceiptPage) -> Vec<(String, String, Weight)> {
    let recharge = &page.recharge;
    let money = |amount| w.money(amount, &recharge.currency);
    let less = |amount: i64| format!("\u{2212}{}", money(amount));
    let paid = recharge.paid_minor.unwrap_or(recharge.amount_minor);
    let mut lines = Vec::new();
    if paid > recharge.amount_minor {
        let tax = money(paid - recharge.amount_minor);
        lines.push((w.say("receipt-tax"), tax, Weight::Part));
    }
    if paid < recharge.amount_minor {
        let discount = less(recharge.amount_minor - paid);
        lines.push((w.say("receipt-discount"), discount, Weight::Part));
    }
    lines.push((w.say("receipt-total"), money(paid), Weight::Sum));
    for refund in &page.returns.refunds {
        let date = [("date", w.date(refund.created_at).into())];
        let name = match refund.status.as_str() {
            "failed" => continue,
            "succeeded" => w.say_with("receipt-refund", &date),
            _ => w.say_with("receipt-refund-pending", &date),
        };
        lines.push((name, less(refund.amount_minor), Weight::Part));
    }
    for dispute in &page.returns.disputes {
        if dispute.status == "lost" {
            let date = [("date", w.date(dispute.created_at).into())];
            let name = w.say_with("receipt-dispute", &date);
            lines.push((name, less(dispute.amount_minor), Weight::Part));
        }
    }
    if recharge.returned_minor > 0 {
        let kept = money(paid - recharge.returned_minor);
        lines.push((w.say("receipt-kept"), kept, Weight::Sum));
    }
    lines
}

/// What was bought, under its name: credits, or a plan and its period.
fn brought(w: Words, page: &ReceiptPage) -> AnyView {
    let recharge = &page.recharge;
    let said = match recharge.plan {
        Some(_) if page.is_difference => w.say("receipt-difference"),
        _ => bought(w, recharge),
    };
    let said = (recharge.item != TOP_UP).then(|| view! { <p class="note">{said}</p> });
    let period = page.period.map(|(from, to)| {
        let args = [("from", w.date(from).into()), ("to", w.date(to).into())];
        view! { <p class="note">{w.say_with("receipt-period", &args)}</p> }
    });
    view! { {said}{period} }.into_any()
}

fn remarks(w: Words, catalog: &Catalog, recharge: &Recharge) -> AnyView {
    let tax = (catalog.tax == Tax::Inclusive)
        .then(|| view! { <p class="note">{w.say("pay-tax-inclusive")}</p> });
    // Creem sells to the buyer itself.
    let merchant = (recharge.provider == Provider::Creem).then(|| {
        let provider = provider_name(recharge.provider);
        let said = w.say_with("receipt-merchant", &[("provider", provider.into())]);
        view! { <p class="note">{said}</p> }
    });
    view! { {tax}{merchant} }.into_any()
}

/// What is no part of the paper.
fn ways_on(w: Words, recharge: &Recharge) -> AnyView {
    let provider = provider_name(recharge.provider);
    let label = w.say_with("receipt-provider", &[("provider", provider.into())]);
    let own = recharge.receipt_url.clone();
    let own = own.map(|href| button_link("", href, label));
    view! {
        <p class="note part-note screen">{w.say("receipt-print")}</p>
        <div class="row part-note screen">
            {own}
            {button_link("plain", routes::PAYMENTS, w.say("receipt-back"))}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::payments::{Dispute, RechargeStatus, Refund, Returns};

    use super::*;
    use crate::components::history::tests::recharge;

    const EN: Words = Words(Language::En);

    /// Lines of a purchase of ¥50.00: name and amount.
    fn lines(
        paid: Option<i64>,
        refunds: &[(i64, &str)],
        lost: Option<i64>,
    ) -> Vec<(String, String)> {
        let mut recharge = recharge("starter", RechargeStatus::Completed);
        recharge.paid_minor = paid;
        let refunded = refunds.iter().filter(|(_, status)| *status != "failed");
        let refunded: i64 = refunded.map(|(amount, _)| amount).sum();
        recharge.returned_minor = refunded + lost.unwrap_or(0);
        let refunds = refunds.iter().map(|(amount, status)| Refund {
            id: status.to_string(),
            recharge_id: recharge.id.clone(),
            amount_minor: *amount,
            status: status.to_string(),
            created_at: recharge.created_at,
        });
        let disputes = lost.map(|amount| Dispute {
            id: "dp".to_owned(),
            recharge_id: recharge.id.clone(),
            amount_minor: amount,
            status: "lost".to_owned(),
            created_at: recharge.created_at,
        });
        let returns = Returns {
            refunds: refunds.collect(),
            disputes: disputes.into_iter().collect(),
        };
        let page = ReceiptPage {
            recharge,
            returns,
            is_difference: false,
            period: None,
        };
        let lines = lines_of(EN, &page).into_iter();
        lines.map(|(name, amount, _)| (name, amount)).collect()
    }

    fn is(lines: &[(String, String)], expected: &[(&str, &str)]) {
        let lines: Vec<(&str, &str)> = lines
            .iter()
            .map(|(name, amount)| (name.as_str(), amount.as_str()))
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_is_above_the_price_is_tax_and_what_is_below_a_discount() {
        is(&lines(None, &[], None), &[("Total paid", "¥50.00")]);
        is(
            &lines(Some(5_950), &[], None),
            &[("Tax", "¥9.50"), ("Total paid", "¥59.50")],
        );
        is(
            &lines(Some(4_000), &[], None),
            &[("Discount", "\u{2212}¥10.00"), ("Total paid", "¥40.00")],
        );
    }

    #[test]
    fn what_went_back_is_taken_off_with_its_day_and_what_failed_is_not() {
        let refunds = [(1_000, "succeeded"), (500, "failed"), (700, "pending")];
        is(
            &lines(Some(5_000), &refunds, Some(300)),
            &[
                ("Total paid", "¥50.00"),
                ("Refund of Jan 12, 1970", "\u{2212}¥10.00"),
                ("Refund of Jan 12, 1970, on its way", "\u{2212}¥7.00"),
                ("Returned after a dispute of Jan 12, 1970", "\u{2212}¥3.00"),
                ("Paid after returns", "¥30.00"),
            ],
        );
    }
}
