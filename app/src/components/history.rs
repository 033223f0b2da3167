use atelier_server::catalog::{Catalog, TOP_UP};
use atelier_server::payments::{History, Provider, Recharge, RechargeStatus};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::form::{hidden, one_time_key, submit};
use super::item::{item_name, paid_of};
use super::link::text_link;
use super::plan::quota_of;
use super::returns::what_became;
use super::state::recharge_status;
use crate::forms::payments::Checkout;
use crate::i18n::Words;
use crate::routes;

/// What the words of the history are made from.
#[derive(Clone, Copy)]
pub struct Past<'a> {
    pub catalog: &'a Catalog,
    pub history: &'a History,
}

/// The table of purchases, newest first. What became of a purchase's money stands in a row under it.
pub fn history_table(w: Words, past: Past<'_>) -> AnyView {
    let recharges = past.history.recharges.iter();
    let rows: Vec<_> = recharges
        .map(|recharge| view! { {row(w, past, recharge)}{row_under(w, past, recharge)} })
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

fn row(w: Words, past: Past<'_>, recharge: &Recharge) -> impl IntoView + use<> {
    let catalog = past.catalog;
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
            {brought(w, past.history, recharge)}
            <td class="num end first">{paid_of(w, recharge)}</td>
            <td class="last" data-label=w.say("pay-history-method")>{method}</td>
            <td>{recharge_status(w, recharge.standing)}</td>
            <td class="right">{next_step(w, catalog, recharge)}</td>
        </tr>
    }
}

/// What was bought: credits, or the uses of a plan.
fn brought(w: Words, history: &History, recharge: &Recharge) -> AnyView {
    match recharge.plan {
        Some(_) if history.is_difference(recharge) => {
            view! { <td class="end">{w.say("pay-history-difference")}</td> }.into_any()
        }
        Some(plan) => {
            view! { <td class="end">{quota_of(w, plan.interval, plan.quota)}</td> }.into_any()
        }
        None => view! {
            <td class="num end" data-label=w.say("pay-history-credits")>{w.number(recharge.credits)}</td>
        }
        .into_any(),
    }
}

fn row_under(w: Words, past: Past<'_>, recharge: &Recharge) -> Option<AnyView> {
    let told = what_became(w, past.catalog, &past.history.returns, recharge);
    if told.is_empty() {
        return None;
    }
    let told: Vec<_> = told
        .into_iter()
        .map(|said| view! { <p class="note">{said}</p> })
        .collect();
    let row = view! { <tr class="under"><td class="last" colspan="7">{told}</td></tr> };
    Some(row.into_any())
}

/// Stripe's name of a payment method, in our words.
pub fn method_key(method: &str) -> &'static str {
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
            let href = routes::receipt(recharge.id.as_str());
            let args = [
                ("date", w.date(recharge.created_at).into()),
                ("amount", paid_of(w, recharge).into()),
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
    let provider = (recharge.provider != Provider::Stripe)
        .then(|| hidden("provider", recharge.provider.as_str()));
    let form = view! {
        <form method="post" action=Checkout::PATH>
            {one_time_key()}
            {hidden("item", item)}
            {amount}
            {provider}
            {submit(class, label, w.say("pay-pack-pending"))}
        </form>
    };
    Some(form.into_any())
}

#[cfg(test)]
pub mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::catalog::Interval;
    use atelier_server::ids::{RechargeId, UserId};
    use atelier_server::payments::{RecordedPlan, Refund, Returns, Standing};
    use atelier_server::time::Timestamp;

    use super::*;

    /// A top-up of 50 yuan, under another name.
    pub fn recharge(item: &str, status: RechargeStatus) -> Recharge {
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
            immediate_at: None,
        }
    }

    fn render(recharge: &Recharge) -> String {
        render_all(&History {
            recharges: vec![recharge.clone()],
            ..History::default()
        })
    }

    fn render_all(history: &History) -> String {
        let catalog = Catalog::built_in();
        let past = Past {
            catalog: &catalog,
            history,
        };
        history_table(Words(Language::En), past).to_html()
    }

    #[test]
    fn each_status_has_its_next_step() {
        let completed = recharge(TOP_UP, RechargeStatus::Completed);
        let html = render(&completed);
        let receipt = format!("href=\"/payments/receipts/{}\"", completed.id);
        assert!(html.contains(&receipt), "{html}");
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
    fn a_plan_shows_its_uses_and_what_was_paid_with_tax() {
        let mut plan = recharge("premium-monthly", RechargeStatus::Completed);
        plan.credits = 0;
        plan.paid_minor = Some(5_950);
        plan.plan = Some(RecordedPlan {
            interval: Interval::Month,
            quota: Some(100),
        });
        let at = plan.created_at;
        let html = render_all(&History {
            periods: [(plan.id.clone(), (at, at.plus_days(30)))].into(),
            recharges: vec![plan.clone()],
            ..History::default()
        });
        assert!(html.contains("100 try-ons a month"), "{html}");
        assert!(html.contains("¥59.50"), "{html}");
        assert!(!html.contains("¥50.00"), "{html}");
        let html = render(&plan);
        assert!(!html.contains("100 try-ons"), "{html}");
        assert!(html.contains("Difference after moving up"), "{html}");
    }

    #[test]
    fn what_went_back_stands_under_its_purchase() {
        let recharge = recharge(TOP_UP, RechargeStatus::Completed);
        assert!(!render(&recharge).contains("class=\"under\""));
        let returns = Returns {
            refunds: vec![Refund {
                id: "re_1".to_owned(),
                recharge_id: recharge.id.clone(),
                amount_minor: 1_000,
                status: "pending".to_owned(),
                created_at: recharge.created_at,
            }],
            disputes: Vec::new(),
        };
        let html = render_all(&History {
            recharges: vec![recharge],
            returns,
            ..History::default()
        });
        assert!(html.contains("<tr class=\"under\">"), "{html}");
        assert!(html.contains("Refund of ¥10.00 on Jan 12, 1970"), "{html}");
    }

    #[test]
    fn another_try_goes_to_the_same_provider() {
        let mut failed = recharge(TOP_UP, RechargeStatus::Failed);
        assert!(!render(&failed).contains("name=\"provider\""));
        failed.provider = Provider::Creem;
        assert!(render(&failed).contains("name=\"provider\" value=\"creem\""));
    }

    #[test]
    fn what_is_no_longer_sold_cannot_be_tried_again() {
        let html = render(&recharge("gone", RechargeStatus::Failed));
        assert!(!html.contains("<form"), "{html}");
    }
}
