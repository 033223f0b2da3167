use atelier_server::sandbox::stripe::view::Subscription;
use leptos::prelude::*;

use super::desk::{SHOWN, acts, choice, desk_form, id, part, state, table};
use crate::components::form::hidden;
use crate::i18n::Words;

/// Where the subscriptions stand on the page.
const SUBSCRIPTIONS: &str = "subscriptions";

/// Subscriptions, with the end of their period brought on.
pub fn subscriptions(w: Words, subscriptions: &[Subscription]) -> AnyView {
    let rows = subscriptions.iter().take(SHOWN).map(|it| row(w, it));
    let heads = [
        "sandbox-period",
        "dash-plan",
        "pay-history-status",
        "sandbox-acts",
    ];
    let heads = heads.into_iter().map(|key| w.say(key)).collect();
    let table = table(heads, rows.collect());
    part(w, SUBSCRIPTIONS, "sandbox-subscriptions-title", None, table)
}

fn row(w: Words, it: &Subscription) -> AnyView {
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
        .cancel_at_period_end
        .then(|| view! { <p class="note">{w.say("sandbox-subscription-ends")}</p> });
    let over = matches!(it.status.as_str(), "canceled" | "incomplete_expired");
    let renew = (!over).then(|| {
        acts(
            format!("acts-{}", it.id),
            w.say("sandbox-subscription-acts"),
            renew(w, it),
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

fn renew(w: Words, it: &Subscription) -> AnyView {
    let inside = view! {
        {hidden("subscription", &it.id)}
        {choice("outcome", "paid", w.say("sandbox-renew-paid"))}
        {choice("outcome", "failed", w.say("sandbox-renew-failed"))}
    };
    desk_form("renew", SUBSCRIPTIONS, inside.into_any())
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::time::Timestamp;

    use super::*;

    fn render(status: &str) -> String {
        let subscription = Subscription {
            id: "sub_1".to_owned(),
            plan: "Premium Monthly".to_owned(),
            amount: 1_900,
            currency: "usd".to_owned(),
            status: status.to_owned(),
            period_start: Timestamp::from_seconds(1),
            period_end: Timestamp::from_seconds(2),
            cancel_at_period_end: false,
            email: None,
            latest_invoice: None,
            created: Timestamp::from_seconds(1),
        };
        subscriptions(Words(Language::En), &[subscription]).to_html()
    }

    #[test]
    fn a_living_subscription_can_be_renewed_and_an_ended_one_not() {
        let html = render("active");
        assert!(html.contains("action=\"/sandbox/stripe/renew\""), "{html}");
        assert!(html.contains("name=\"outcome\" value=\"failed\""), "{html}");
        assert!(!render("canceled").contains("<form"));
    }
}
