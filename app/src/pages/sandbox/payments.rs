use atelier_server::payments::Provider;
use atelier_server::sandbox::view::{Checkout, Payment, Possible};
use leptos::prelude::*;

use super::desk::{Desk, SHOWN, acts, choice, id, state, table};
use crate::components::form::hidden;
use crate::components::link::text_link;
use crate::i18n::Words;

/// Where the payments stand on the page.
const PAYMENTS: &str = "payments";

/// Checkouts, open or not, with the way to the hosted page.
pub fn checkouts(desk: Desk, checkouts: &[Checkout]) -> AnyView {
    let w = desk.words;
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
    desk.part("checkouts", "sandbox-checkouts-title", None, table)
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
    let payment = it.payment_status.as_deref().map(state);
    view! {
        <tr>
            <td class="num soft"><time datetime=it.created.to_rfc3339()>{w.moment(it.created)}</time></td>
            <th scope="row" class="first">{it.item.clone()}{email}</th>
            <td class="num first">{w.money(it.amount, &it.currency)}</td>
            <td class="right">{state(&it.status)}" "{payment}</td>
            <td class="last">{id(&it.id)}" "{open}</td>
        </tr>
    }
    .into_any()
}

/// Payments with what can become of them: refunds and disputes.
pub fn payments(desk: Desk, payments: &[Payment]) -> AnyView {
    let w = desk.words;
    let rows = payments.iter().take(SHOWN).map(|it| payment(desk, it));
    let heads = [
        "sandbox-date",
        "pay-history-amount",
        "pay-history-status",
        "pay-history-method",
        "sandbox-acts",
    ];
    let heads = heads.into_iter().map(|key| w.say(key)).collect();
    let table = table(heads, rows.collect());
    desk.part(PAYMENTS, "sandbox-payments-title", None, table)
}

fn payment(desk: Desk, it: &Payment) -> AnyView {
    let w = desk.words;
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
                {id(&it.id)}
                {payment_acts(desk, it)}
            </td>
        </tr>
    }
    .into_any()
}

/// What can become of the payment; nothing of one that never succeeded.
fn payment_acts(desk: Desk, it: &Payment) -> Option<AnyView> {
    let possible = it.possible;
    if possible == Possible::default() {
        return None;
    }
    let inside = view! {
        {(possible.refund > 0).then(|| refund(desk, it, possible.refund))}
        {dispute(desk, it)}
    };
    let id = format!("acts-{}", it.id);
    Some(acts(
        id,
        desk.words.say("sandbox-payment-acts"),
        inside.into_any(),
    ))
}

/// A refund of all that is left or of a part, which may be made to fail later.
fn refund(desk: Desk, it: &Payment, left: i64) -> AnyView {
    let w = desk.words;
    let field = format!("amount-{}", it.id);
    let all = w.say_with("sandbox-refund-hint", &[("left", left.to_string().into())]);
    // Refunds by Creem do not come back.
    let fails = (desk.provider == Provider::Stripe).then(|| {
        view! {
            <label class="check">
                <input type="checkbox" name="fails" value="1"/>
                <span>{w.say("sandbox-refund-fails")}</span>
            </label>
        }
    });
    let inside = view! {
        {hidden(desk.payment_field(), &it.id)}
        <div class="field">
            <label for=field.clone()>{w.say("sandbox-refund-amount")}</label>
            <input class="input" id=field.clone() name="amount" type="number" inputmode="numeric" min="1"
                max=left.to_string() step="1" autocomplete="off" placeholder=all/>
        </div>
        {fails}
        <button class="button small">{w.say("sandbox-refund-button")}</button>
    };
    desk.form("refunds", PAYMENTS, inside.into_any())
}

fn dispute(desk: Desk, it: &Payment) -> Option<AnyView> {
    let w = desk.words;
    let buttons = match it.possible {
        Possible { outcome: true, .. } => view! {
            {choice("outcome", "won", w.say("sandbox-dispute-won"))}
            {choice("outcome", "lost", w.say("sandbox-dispute-lost"))}
        }
        .into_any(),
        Possible { dispute: true, .. } => {
            view! { <button class="button small">{w.say("sandbox-dispute-open")}</button> }
                .into_any()
        }
        _ => return None,
    };
    let inside = view! { {hidden(desk.payment_field(), &it.id)}{buttons} };
    Some(desk.form("disputes", PAYMENTS, inside.into_any()))
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::time::Timestamp;

    use super::*;

    fn render(possible: Possible) -> String {
        render_at(Provider::Stripe, possible)
    }

    fn render_at(provider: Provider, possible: Possible) -> String {
        let words = Words(Language::En);
        let desk = Desk { words, provider };
        let payment = Payment {
            id: "pi_1".to_owned(),
            amount: 990,
            refunded: 0,
            currency: "usd".to_owned(),
            status: "succeeded".to_owned(),
            dispute: None,
            possible,
            last4: Some("4242".to_owned()),
            invoice: None,
            created: Timestamp::from_seconds(1),
        };
        payments(desk, &[payment]).to_html()
    }

    const NOTHING: Possible = Possible {
        refund: 0,
        dispute: false,
        outcome: false,
    };

    #[test]
    fn a_payment_can_be_refunded_up_to_what_is_left_and_disputed_once() {
        let html = render(Possible {
            refund: 690,
            dispute: true,
            ..NOTHING
        });
        for part in [
            "action=\"/sandbox/stripe/refunds\"",
            "action=\"/sandbox/stripe/disputes\"",
            "name=\"return_to\" value=\"/sandbox#payments\"",
            "name=\"payment_intent\" value=\"pi_1\"",
            "max=\"690\"",
            "name=\"fails\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("name=\"outcome\""), "{html}");
    }

    #[test]
    fn creem_is_asked_in_its_own_words() {
        let html = render_at(
            Provider::Creem,
            Possible {
                refund: 690,
                ..NOTHING
            },
        );
        for part in [
            "action=\"/sandbox/creem/refunds\"",
            "name=\"return_to\" value=\"/sandbox#creem-payments\"",
            "name=\"transaction\"",
            "<h2 id=\"creem-payments-title\">Payments at Creem</h2>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("name=\"fails\""), "{html}");
    }

    #[test]
    fn an_open_dispute_waits_for_its_outcome() {
        let html = render(Possible {
            outcome: true,
            ..NOTHING
        });
        assert!(html.contains("name=\"outcome\" value=\"won\""), "{html}");
        assert!(html.contains("name=\"outcome\" value=\"lost\""), "{html}");
        assert!(!html.contains("stripe/refunds"), "{html}");
    }

    #[test]
    fn what_cannot_be_done_is_not_offered() {
        let html = render(NOTHING);
        assert!(html.contains("pi_1"), "{html}");
        assert!(
            !html.contains("<form") && !html.contains("<details"),
            "{html}"
        );
    }
}
