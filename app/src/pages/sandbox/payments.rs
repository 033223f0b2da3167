use atelier_server::sandbox::stripe::view::{Checkout, Payment};
use leptos::prelude::*;

use super::desk::{SHOWN, acts, choice, desk_form, id, part, state, table};
use crate::components::form::hidden;
use crate::components::link::text_link;
use crate::i18n::Words;

/// Where the payments stand on the page.
const PAYMENTS: &str = "payments";

/// Checkouts, open or not, with the way to the hosted page.
pub fn checkouts(w: Words, checkouts: &[Checkout]) -> AnyView {
    let rows = checkouts.iter().take(SHOWN).map(|it| checkout(w, it));
    let heads = [
        "sandbox-date",
        "pay-history-item",
        "pay-history-amount",
        "pay-history-status",
    ];
    let mut heads: Vec<String> = heads.into_iter().map(|key| w.say(key)).collect();
    heads.push(w.say("sandbox-page-of"));
    let table = table(heads, rows.collect());
    part(w, "checkouts", "sandbox-checkouts-title", None, table)
}

fn checkout(w: Words, it: &Checkout) -> AnyView {
    let open = it
        .url
        .clone()
        .map(|url| text_link(url, w.say("sandbox-checkout-open")));
    let email = it
        .email
        .clone()
        .map(|email| view! { <p class="note">{email}</p> });
    view! {
        <tr>
            <td class="num soft"><time datetime=it.created.to_rfc3339()>{w.moment(it.created)}</time></td>
            <th scope="row" class="first">{it.item.clone()}{email}</th>
            <td class="num first">{w.money(it.amount, &it.currency)}</td>
            <td class="right">{state(&it.status)}" "{state(&it.payment_status)}</td>
            <td class="last">{id(&it.id)}" "{open}</td>
        </tr>
    }
    .into_any()
}

/// Payments with what can become of them: refunds and disputes.
pub fn payments(w: Words, payments: &[Payment]) -> AnyView {
    let rows = payments.iter().take(SHOWN).map(|it| payment(w, it));
    let heads = [
        "sandbox-date",
        "pay-history-amount",
        "pay-history-status",
        "pay-history-method",
        "sandbox-acts",
    ];
    let heads = heads.into_iter().map(|key| w.say(key)).collect();
    let table = table(heads, rows.collect());
    part(w, PAYMENTS, "sandbox-payments-title", None, table)
}

fn payment(w: Words, it: &Payment) -> AnyView {
    let card = it
        .last4
        .as_ref()
        .map(|last4| format!("\u{2022}\u{2022}\u{2022}\u{2022} {last4}"));
    let refunded = (it.refunded > 0).then(|| {
        let refunded = w.money(it.refunded, &it.currency);
        let said = w.say_with("sandbox-refunded", &[("amount", refunded.into())]);
        view! { <p class="note">{said}</p> }
    });
    let dispute = it.dispute.as_deref().map(|word| {
        let said = w.say("sandbox-dispute");
        view! { <p class="note">{said}" "{state(word)}</p> }
    });
    view! {
        <tr>
            <td class="num soft"><time datetime=it.created.to_rfc3339()>{w.moment(it.created)}</time></td>
            <th scope="row" class="num first">{w.money(it.amount, &it.currency)}{refunded}</th>
            <td class="first right">{state(&it.status)}{dispute}</td>
            <td class="soft num">{card}</td>
            <td class="last">
                {id(&it.payment_intent)}
                {acts(format!("acts-{}", it.payment_intent), w.say("sandbox-payment-acts"), payment_acts(w, it))}
            </td>
        </tr>
    }
    .into_any()
}

fn payment_acts(w: Words, it: &Payment) -> AnyView {
    let left = it.amount - it.refunded;
    view! {
        {(left > 0).then(|| refund(w, it, left))}
        {dispute(w, it)}
    }
    .into_any()
}

/// A refund of all that is left or of a part, which may be made to fail later.
fn refund(w: Words, it: &Payment, left: i64) -> AnyView {
    let field = format!("amount-{}", it.payment_intent);
    let all = w.say_with("sandbox-refund-hint", &[("left", left.to_string().into())]);
    let inside = view! {
        {hidden("payment_intent", &it.payment_intent)}
        <div class="field">
            <label for=field.clone()>{w.say("sandbox-refund-amount")}</label>
            <input class="input" id=field.clone() name="amount" type="number" inputmode="numeric" min="1"
                max=left.to_string() step="1" autocomplete="off" placeholder=all/>
        </div>
        <label class="check">
            <input type="checkbox" name="fails" value="1"/>
            <span>{w.say("sandbox-refund-fails")}</span>
        </label>
        <button class="button small">{w.say("sandbox-refund-button")}</button>
    };
    desk_form("refunds", PAYMENTS, inside.into_any())
}

fn dispute(w: Words, it: &Payment) -> AnyView {
    let buttons = if it.dispute_open {
        view! {
            {choice("outcome", "won", w.say("sandbox-dispute-won"))}
            {choice("outcome", "lost", w.say("sandbox-dispute-lost"))}
        }
        .into_any()
    } else if it.dispute.is_none() {
        view! { <button class="button small">{w.say("sandbox-dispute-open")}</button> }.into_any()
    } else {
        return ().into_any();
    };
    let inside = view! { {hidden("payment_intent", &it.payment_intent)}{buttons} };
    desk_form("disputes", PAYMENTS, inside.into_any())
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::time::Timestamp;

    use super::*;

    fn render(refunded: i64, dispute: Option<&str>) -> String {
        let payment = Payment {
            payment_intent: "pi_1".to_owned(),
            amount: 990,
            refunded,
            currency: "usd".to_owned(),
            status: "succeeded".to_owned(),
            dispute: dispute.map(str::to_owned),
            dispute_open: dispute == Some("needs_response"),
            last4: Some("4242".to_owned()),
            invoice: None,
            created: Timestamp::from_seconds(1),
        };
        payments(Words(Language::En), &[payment]).to_html()
    }

    #[test]
    fn a_payment_can_be_refunded_up_to_what_is_left_and_disputed_once() {
        let html = render(0, None);
        for part in [
            "action=\"/sandbox/stripe/refunds\"",
            "action=\"/sandbox/stripe/disputes\"",
            "name=\"return_to\" value=\"/sandbox#payments\"",
            "name=\"payment_intent\" value=\"pi_1\"",
            "max=\"990\"",
            "name=\"fails\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("name=\"outcome\""), "{html}");
        assert!(render(300, None).contains("max=\"690\""));
        assert!(!render(990, None).contains("stripe/refunds"));
    }

    #[test]
    fn an_open_dispute_waits_for_its_outcome() {
        let html = render(0, Some("needs_response"));
        assert!(html.contains("name=\"outcome\" value=\"won\""), "{html}");
        assert!(html.contains("name=\"outcome\" value=\"lost\""), "{html}");
        assert!(!render(0, Some("lost")).contains("stripe/disputes"));
    }
}
