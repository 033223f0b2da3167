use atelier_server::catalog::{Interval, Plan};
use atelier_server::payments::Provider;
use leptos::prelude::*;

use super::buy::{Ware, ways_to_buy};
use crate::i18n::Words;

/// What a plan costs, and how often: `$19.00 a month`.
pub fn plan_price(w: Words, plan: &Plan) -> String {
    let price = w.money(plan.price.amount_minor, &plan.price.currency);
    let key = match plan.interval {
        Interval::Month => "pay-plan-price-month",
        Interval::Year => "pay-plan-price-year",
    };
    w.say_with(key, &[("price", price.into())])
}

/// The try-ons in a period of this length.
pub fn quota_of(w: Words, interval: Interval, quota: Option<i64>) -> String {
    match (quota, interval) {
        (None, _) => w.say("pay-plan-unlimited"),
        (Some(quota), Interval::Month) => w.count("pay-plan-quota-month", quota),
        (Some(quota), Interval::Year) => w.count("pay-plan-quota-year", quota),
    }
}

/// A plan with the button that begins it. `also` sells it too, beside the first provider.
pub fn plan_offer(w: Words, plan: &Plan, also: Option<Provider>) -> AnyView {
    let args = [
        ("plan", w.name(&plan.name).into()),
        ("price", plan_price(w, plan).into()),
    ];
    let ware = Ware {
        item: &plan.id,
        label: w.say("pay-plan-subscribe"),
        whole_label: w.say_with("pay-plan-subscribe-label", &args),
        class: "",
    };
    plan_card(w, plan, ways_to_buy(w, ware, also))
}

/// What a plan is, above what can be done about it.
pub fn plan_card(w: Words, plan: &Plan, end: AnyView) -> AnyView {
    let price = w.money(plan.price.amount_minor, &plan.price.currency);
    let each = w.say(match plan.interval {
        Interval::Month => "pay-plan-each-month",
        Interval::Year => "pay-plan-each-year",
    });
    view! {
        <li class="pack sheet">
            <h3>{w.name(&plan.name).to_owned()}</h3>
            <p class="pack-size"><span class="figure">{price}</span>" "<span>{each}</span></p>
            <ul>
                <li>{quota_of(w, plan.interval, plan.quota)}</li>
                <li>{w.say("pay-plan-no-video")}</li>
            </ul>
            {end}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::catalog::Catalog;

    use super::*;

    const EN: Words = Words(Language::En);

    #[test]
    fn a_plan_says_what_it_is_and_how_often_it_is_paid() {
        let plans = Catalog::built_in().plans;
        let html = plan_offer(EN, &plans[0], None).to_html();
        for part in [
            "<h3>Premium Monthly</h3>",
            ">$19.00<",
            ">a month<",
            "100 try-ons a month",
            "Video is not included",
            "action=\"/do/checkout\"",
            "name=\"item\" value=\"premium-monthly\"",
            "name=\"key\"",
            "aria-label=\"Subscribe to Premium Monthly for $19.00 a month\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        let html = plan_offer(EN, &plans[1], None).to_html();
        assert!(html.contains("Unlimited try-ons"), "{html}");
    }

    #[test]
    fn a_year_is_said_as_a_year() {
        let mut plan = Catalog::built_in().plans.remove(0);
        plan.interval = Interval::Year;
        assert_eq!(plan_price(EN, &plan), "$19.00 a year");
        assert_eq!(quota_of(EN, plan.interval, Some(1)), "1 try-on a year");
    }
}
