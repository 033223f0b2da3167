use atelier_server::sandbox::view::Subscription;
use leptos::prelude::*;

use super::desk::{Desk, SHOWN, acts, choice, id, state, table};
use crate::components::form::hidden;

/// Where the subscriptions stand on the page.
const SUBSCRIPTIONS: &str = "subscriptions";

/// Subscriptions, with the end of their period brought on.
pub fn subscriptions(desk: Desk, subscriptions: &[Subscription]) -> AnyView {
    let w = desk.words;
    let rows = subscriptions.iter().take(SHOWN).map(|it| row(desk, it));
    let heads = [
        "sandbox-period",
        "dash-plan",
        "pay-history-status",
        "sandbox-acts",
    ];
    let heads = heads.into_iter().map(|key| w.say(key)).collect();
    let table = table(heads, rows.collect());
    desk.part(SUBSCRIPTIONS, "sandbox-subscriptions-title", None, table)
}

fn row(desk: Desk, it: &Subscription) -> AnyView {
    let w = desk.words;
    let period = format!(
        "{} \u{2013} {}",
        w.date(it.period_start),
        w.date(it.period_end)
    );
    let price = w.money(it.amount, &it.currency);
    let email = it
        .email
        .clone()
        .map(|email| view! { <p class="note">{email}</p> });
    let ends = it
        .ends
        .then(|| view! { <p class="note">{w.say("sandbox-subscription-ends")}</p> });
    let renew = it.renewable.then(|| {
        acts(
            format!("acts-{}", it.id),
            w.say("sandbox-subscription-acts"),
            renew(desk, it),
        )
    });
    view! {
        <tr>
            <td class="num soft">{period}</td>
            <th scope="row" class="first">{it.plan.clone()}" · "{price}{email}</th>
            <td class="first right">{state(&it.status)}{ends}</td>
            <td class="last">{id(&it.id)}{renew}</td>
        </tr>
    }
    .into_any()
}

fn renew(desk: Desk, it: &Subscription) -> AnyView {
    let w = desk.words;
    let inside = view! {
        {hidden("subscription", &it.id)}
        {choice("outcome", "paid", w.say("sandbox-renew-paid"))}
        {choice("outcome", "failed", w.say("sandbox-renew-failed"))}
    };
    desk.form("renew", SUBSCRIPTIONS, inside.into_any())
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::payments::Provider;
    use atelier_server::time::Timestamp;

    use super::*;
    use crate::i18n::Words;

    fn render(renewable: bool) -> String {
        let subscription = Subscription {
            id: "sub_1".to_owned(),
            plan: "Premium Monthly".to_owned(),
            amount: 1_900,
            currency: "usd".to_owned(),
            status: "active".to_owned(),
            period_start: Timestamp::from_seconds(1),
            period_end: Timestamp::from_seconds(2),
            ends: false,
            renewable,
            email: None,
            created: Timestamp::from_seconds(1),
        };
        let desk = Desk {
            words: Words(Language::En),
            provider: Provider::Stripe,
        };
        subscriptions(desk, &[subscription]).to_html()
    }

    #[test]
    fn a_living_subscription_can_be_renewed_and_an_ended_one_not() {
        let html = render(true);
        assert!(html.contains("action=\"/sandbox/stripe/renew\""), "{html}");
        assert!(html.contains("name=\"outcome\" value=\"failed\""), "{html}");
        assert!(!render(false).contains("<form"));
    }
}
