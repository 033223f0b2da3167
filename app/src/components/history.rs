use atelier_server::catalog::{Catalog, TOP_UP};
use atelier_server::payments::{Recharge, RechargeStatus};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::form::{hidden, one_time_key, submit};
use super::item::{item_name, price_of};
use super::link::text_link;
use super::state::recharge_status;
use crate::forms::payments::Checkout;
use crate::i18n::Words;

/// The table of purchases, newest first.
pub fn history_table(w: Words, catalog: &Catalog, recharges: &[Recharge]) -> AnyView {
    let rows: Vec<_> = recharges
        .iter()
        .map(|recharge| row(w, catalog, recharge))
        .collect();
    view! {
        <div class="scroll">
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("pay-history-date")}</th>
                        <th scope="col">{w.say("pay-history-item")}</th>
                        <th scope="col" class="end">{w.say("pay-history-credits")}</th>
                        <th scope="col" class="end">{w.say("pay-history-amount")}</th>
                        <th scope="col">{w.say("pay-history-method")}</th>
                        <th scope="col">{w.say("pay-history-status")}</th>
                        <th scope="col">{w.say("pay-history-receipt")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(w: Words, catalog: &Catalog, recharge: &Recharge) -> impl IntoView + use<> {
    let method = recharge
        .payment_method
        .as_deref()
        .map(|method| w.say(method_key(method)));
    view! {
        <tr>
            <td class="num soft">
                <time datetime=recharge.created_at.to_rfc3339()>{w.moment(recharge.created_at)}</time>
            </td>
            <th scope="row" class="first">{item_name(w, catalog, &recharge.item)}</th>
            <td class="num end" data-label=w.say("pay-history-credits")>{w.number(recharge.credits)}</td>
            <td class="num end first">{price_of(w, recharge)}</td>
            <td class="last" data-label=w.say("pay-history-method")>{method}</td>
            <td>{recharge_status(w, recharge.standing)}</td>
            <td class="right">{next_step(w, catalog, recharge)}</td>
        </tr>
    }
}

/// Stripe's name of a payment method, in our words.
fn method_key(method: &str) -> &'static str {
    match method {
        "card" => "pay-method-card",
        "alipay" => "pay-method-alipay",
        "wechat_pay" => "pay-method-wechat-pay",
        "acss_debit" | "au_becs_debit" | "bacs_debit" | "customer_balance" | "sepa_debit"
        | "us_bank_account" => "pay-method-bank",
        _ => "pay-method-other",
    }
}

/// The receipt of what is paid, the way on with what is not, another try of what failed.
fn next_step(w: Words, catalog: &Catalog, recharge: &Recharge) -> Option<AnyView> {
    match recharge.status {
        RechargeStatus::Completed => {
            let href = recharge.receipt_url.clone()?;
            let args = [
                ("date", w.date(recharge.created_at).into()),
                ("amount", price_of(w, recharge).into()),
            ];
            let label = w.say_with("pay-history-receipt-label", &args);
            let link = view! { <a href=href aria-label=label>{w.say("pay-history-receipt")}</a> };
            Some(link.into_any())
        }
        RechargeStatus::Pending => {
            let href = recharge.checkout_url.clone()?;
            Some(text_link(href, w.say("pay-history-continue")))
        }
        RechargeStatus::Failed | RechargeStatus::Cancelled => {
            again(w, catalog, recharge, "", w.say("pay-history-again"))
        }
    }
}

/// A form that begins the same purchase again, while it is still on sale.
pub fn again(
    w: Words,
    catalog: &Catalog,
    recharge: &Recharge,
    class: &'static str,
    label: String,
) -> Option<AnyView> {
    let item = recharge.item.clone();
    let amount = if item == TOP_UP {
        let units = recharge.amount_minor / 100;
        catalog.top_up(units)?;
        Some(hidden("amount", units.to_string()))
    } else {
        catalog.offer(&item)?;
        None
    };
    let form = view! {
        <form method="post" action=Checkout::PATH>
            {one_time_key()}
            {hidden("item", item)}
            {amount}
            {submit(class, label, w.say("pay-pack-pending"))}
        </form>
    };
    Some(form.into_any())
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::ids::{RechargeId, UserId};
    use atelier_server::payments::{Provider, Standing};
    use atelier_server::time::Timestamp;

    use super::*;

    fn recharge(item: &str, status: RechargeStatus) -> Recharge {
        let at = Timestamp::from_seconds(1_000_000);
        Recharge {
            id: RechargeId::new(at),
            user_id: UserId::new(at),
            provider: Provider::Stripe,
            item: item.to_owned(),
            amount_minor: 5_000,
            currency: "cny".to_owned(),
            credits: 5_000,
            bonus: 0,
            status,
            payment_method: Some("alipay".to_owned()),
            payment_id: None,
            session_id: None,
            receipt_url: Some("https://pay.example/receipt".to_owned()),
            created_at: at,
            completed_at: None,
            checkout_url: Some("https://pay.example/checkout".to_owned()),
            expires_days: None,
            held_back: None,
            standing: Standing::parse(status.as_str()).unwrap(),
            paid_minor: None,
            returned_minor: 0,
            plan: None,
            subscription_id: None,
            transaction_id: None,
            terms_version: None,
        }
    }

    fn render(recharge: &Recharge) -> String {
        let catalog = Catalog::built_in();
        history_table(
            Words(Language::En),
            &catalog,
            std::slice::from_ref(recharge),
        )
        .to_html()
    }

    #[test]
    fn each_status_has_its_next_step() {
        let html = render(&recharge(TOP_UP, RechargeStatus::Completed));
        assert!(
            html.contains("href=\"https://pay.example/receipt\""),
            "{html}"
        );
        assert!(html.contains("data-value=\"completed\""), "{html}");
        let html = render(&recharge(TOP_UP, RechargeStatus::Pending));
        assert!(
            html.contains("href=\"https://pay.example/checkout\""),
            "{html}"
        );
        let html = render(&recharge(TOP_UP, RechargeStatus::Cancelled));
        assert!(html.contains("name=\"amount\" value=\"50\""), "{html}");
    }

    #[test]
    fn what_is_no_longer_sold_cannot_be_tried_again() {
        let html = render(&recharge("gone", RechargeStatus::Failed));
        assert!(!html.contains("<form"), "{html}");
    }
}
