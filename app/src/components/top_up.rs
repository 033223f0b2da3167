use atelier_server::catalog::{TOP_UP, TopUp};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::field::field_error;
use super::form::{hidden, one_time_key, submit};
use super::icon::{Icon, icon};
use super::outcome::say_outcome;
use crate::flash::{Flash, Form, Outcome};
use crate::forms::payments::Checkout;
use crate::i18n::Words;

/// What a top-up gives, within which bounds.
pub fn terms(w: Words, top_up: &TopUp) -> String {
    let rate = w.number(top_up.credits_per_unit);
    let (min, max) = (
        w.whole_money(top_up.min, &top_up.currency),
        w.whole_money(top_up.max, &top_up.currency),
    );
    let args = [
        ("rate", rate.into()),
        ("min", min.into()),
        ("max", max.into()),
    ];
    w.say_with("pay-topup-lead", &args)
}

/// The window with the quick choices and an amount of one's own. It opens by itself where popovers
/// are known. After a refused amount (`flash`) it stands open in the page instead. `foot` is what its
/// buttons agree to.
pub fn top_up_window(w: Words, top_up: &TopUp, flash: Option<&Flash>, foot: AnyView) -> AnyView {
    let in_page = flash.is_some();
    let quick: Vec<_> = top_up
        .quick
        .iter()
        .map(|units| quick_choice(w, top_up, *units))
        .collect();
    let close = (!in_page).then(|| {
        view! {
            <button class="icon-button" type="button" popovertarget="top-up"
                popovertargetaction="hide" aria-label=w.say("common-close")>
                {icon(Icon::Close)}
            </button>
        }
    });
    view! {
        <div
            class="window"
            id="top-up"
            popover=(!in_page).then_some("auto")
            role=if in_page { "group" } else { "dialog" }
            aria-labelledby="top-up-title"
        >
            <div class="window-head">
                <h2 id="top-up-title">{w.say("pay-topup-window")}</h2>
                {close}
            </div>
            <div class="form">
                <p class="soft">{terms(w, top_up)}</p>
                <div class="field" role="group" aria-labelledby="quick-label">
                    <span class="label" id="quick-label">{w.say("pay-topup-quick")}</span>
                    <div class="quick">{quick}</div>
                </div>
                {own_amount(w, top_up, flash)}
                <div>{foot}</div>
            </div>
        </div>
    }
    .into_any()
}

/// Each quick choice is a form of its own with its own key, so that going back and taking another
/// one is not the same form with other content.
fn quick_choice(w: Words, top_up: &TopUp, units: i64) -> impl IntoView + use<> {
    let price = w.whole_money(units, &top_up.currency);
    let label = w.say_with("pay-topup-quick-buy", &[("price", price.into())]);
    let credits = w.count("common-credits", units * top_up.credits_per_unit);
    view! {
        <form method="post" action=Checkout::PATH>
            {one_time_key()}
            {hidden("item", TOP_UP)}
            {hidden("amount", units.to_string())}
            <button class="button" data-pending=w.say("pay-topup-pending")>
                <strong>{label}</strong>
                " "
                <small>{credits}</small>
            </button>
        </form>
    }
}

fn own_amount(w: Words, top_up: &TopUp, flash: Option<&Flash>) -> impl IntoView + use<> {
    let (min, max) = (w.number(top_up.min), w.number(top_up.max));
    let hint = w.say_with(
        "pay-topup-amount-hint",
        &[("min", min.into()), ("max", max.into())],
    );
    let typed = flash.map(|flash| flash.typed("amount").to_owned());
    let wrong = flash
        .filter(|flash| flash.has(Outcome::BadAmount))
        .map(|_| say_outcome(w, Form::TopUp, Outcome::BadAmount, Some(top_up)));
    let described = if wrong.is_some() {
        "amount-hint amount-error"
    } else {
        "amount-hint"
    };
    let sign = w.currency_sign(&top_up.currency);
    view! {
        <form class="form" method="post" action=Checkout::PATH>
            {one_time_key()}
            {hidden("item", TOP_UP)}
            <div class="field">
                <label for="amount">{w.say("pay-topup-amount")}</label>
                <p class="hint" id="amount-hint">{hint}</p>
                <div class="amount">
                    <span>{sign}</span>
                    <input class="input" id="amount" name="amount" type="number" inputmode="numeric"
                        min=top_up.min.to_string() max=top_up.max.to_string() step="1" required=true
                        autocomplete="off" value=typed aria-invalid=wrong.is_some().then_some("true")
                        aria-describedby=described/>
                </div>
                {wrong.map(|wrong| field_error("amount-error".to_owned(), wrong, None))}
                {gives(w, top_up)}
            </div>
            {submit("main large", w.say("pay-topup-buy"), w.say("pay-topup-pending"))}
        </form>
    }
}

/// What the typed amount gives; only script can say it.
fn gives(w: Words, top_up: &TopUp) -> impl IntoView + use<> {
    let before = format!("{} ", w.say("pay-topup-gives"));
    let after = format!(" {}", w.say("bar-credits"));
    view! {
        <p class="hint js-only">
            {before}<output for="amount" data-times=top_up.credits_per_unit.to_string()>"–"</output>{after}
        </p>
    }
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::catalog::Catalog;

    use super::*;

    fn render(flash: Option<&Flash>) -> String {
        let top_up = Catalog::built_in().top_up.unwrap();
        top_up_window(Words(Language::En), &top_up, flash, ().into_any()).to_html()
    }

    #[test]
    fn the_window_has_the_quick_choices_and_opens_by_itself() {
        let html = render(None);
        for part in [
            "popover=\"auto\"",
            "role=\"dialog\"",
            "Pay ¥200",
            "20,000 credits",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert_eq!(html.matches("name=\"key\"").count(), 5);
    }

    #[test]
    fn a_refused_amount_stands_in_the_page_with_what_was_typed() {
        let flash = Flash::new(Form::TopUp, Outcome::BadAmount).keep("amount", "3");
        let html = render(Some(&flash));
        for part in [
            "role=\"group\"",
            "value=\"3\"",
            "Between 5 and 10,000 yuan",
            "aria-invalid",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("popover"), "{html}");
    }
}
