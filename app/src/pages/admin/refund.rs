use atelier_server::payments::{RechargeStatus, RefundPreview};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::outcome_at;
use crate::components::field::{Field, field_error};
use crate::components::form::{hidden, one_time_key_after, submit};
use crate::components::notice::{Notice, Tone};
use crate::components::outcome::say_outcome;
use crate::flash::{Form, Outcome};
use crate::forms::admin::LONGEST_REASON;
use crate::forms::refunds::RefundPurchase;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{PurchasePage, REFUND_ALL, REFUND_PART, RefundAsked, Visit};

/// Choosing how much goes back, and, once that is chosen, what it does and the button that does it. Nothing where nothing is left
/// to go back.
pub fn section(visit: &Visit, page: &PurchasePage) -> Option<AnyView> {
    let w = visit.words();
    let recharge = &page.purchase.recharge;
    let left = recharge.paid_minor.unwrap_or(recharge.amount_minor) - recharge.returned_minor;
    let is_paid = recharge.status == RechargeStatus::Completed && left > 0;
    (is_paid || page.refund.is_some()).then(|| {
        let preview = page
            .refund
            .as_ref()
            .map(|asked| preview(visit, page, asked));
        let choose = is_paid.then(|| choose(w, page, w.money(left, &recharge.currency)));
        view! {
            <section id="refund">
                <h2>{w.say("admin-refund")}</h2>
                {choose}
                {preview}
            </section>
        }
        .into_any()
    })
}

fn choose(w: Words, page: &PurchasePage, left: String) -> AnyView {
    let recharge = &page.purchase.recharge;
    let asked = page.refund.as_ref();
    let is_part = asked.is_some_and(|asked| asked.how == REFUND_PART);
    let typed = asked.map(|asked| asked.amount.clone()).unwrap_or_default();
    let wrong = asked.and_then(|asked| asked.preview.as_ref().err().copied());
    let wrong = wrong.filter(|outcome| is_of_amount(*outcome));
    let wrong = wrong.map(|outcome| say_outcome(w, Form::Admin, outcome, None));
    let error = wrong.map(|said| field_error("f-refund-error".to_owned(), said, None));
    let described = match error {
        Some(_) => "f-refund-hint f-refund-error",
        None => "f-refund-hint",
    };
    let invalid = error.is_some().then_some("true");
    let all = w.say_with("admin-refund-all", &[("amount", left.into())]);
    let sign = w.currency_sign(&recharge.currency);
    view! {
        <form class="form" method="get" action=format!("{}#refund", routes::purchase(recharge.id.as_str()))>
            <fieldset class="field">
                <legend>{w.say("admin-refund-how")}</legend>
                <div class="choices">
                    <label class="choice">
                        <input type="radio" name="refund" value=REFUND_ALL checked=!is_part/>
                        <span>{all}</span>
                    </label>
                    <label class="choice">
                        <input type="radio" name="refund" value=REFUND_PART checked=is_part/>
                        <span>{w.say("admin-refund-part")}</span>
                    </label>
                </div>
            </fieldset>
            <div class="field">
                <label for="f-refund">{w.say_with("admin-refund-amount", &[("currency", sign.into())])}</label>
                <p class="hint" id="f-refund-hint">{w.say("admin-refund-amount-hint")}</p>
                <input
                    class="input" id="f-refund" name="amount" inputmode="decimal" autocomplete="off"
                    value=(!typed.is_empty()).then_some(typed) aria-describedby=described aria-invalid=invalid
                />
                {error}
            </div>
            <div>{submit("", w.say("admin-refund-look"), w.say("admin-pending"))}</div>
        </form>
    }
    .into_any()
}

/// Whether it is said at the field of the amount.
fn is_of_amount(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::RefundAmount | Outcome::RefundTooMuch)
}

fn preview(visit: &Visit, page: &PurchasePage, asked: &RefundAsked) -> AnyView {
    let w = visit.words();
    match &asked.preview {
        Ok(preview) => confirm(visit, page, asked, preview),
        Err(outcome) if is_of_amount(*outcome) => ().into_any(),
        Err(outcome) => {
            let said = say_outcome(w, Form::Admin, *outcome, None);
            view! { <Notice tone=Tone::Warn><p>{said}</p></Notice> }.into_any()
        }
    }
}

/// What it would do, by the books as they are, and the form that does it.
fn confirm(
    visit: &Visit,
    page: &PurchasePage,
    asked: &RefundAsked,
    preview: &RefundPreview,
) -> AnyView {
    let w = visit.words();
    let recharge = &page.purchase.recharge;
    let flash = visit
        .flash
        .as_ref()
        .filter(|flash| flash.form == Form::Admin);
    let typed = flash.map_or("", |flash| flash.typed("reason")).to_owned();
    let amount = w.money(preview.amount_minor, &recharge.currency);
    let button = w.say_with("admin-refund-button", &[("amount", amount.into())]);
    view! {
        <div>
            <h3>{w.say("admin-refund-preview")}</h3>
            {figures(w, page, preview)}
            {preview.ends_plan.then(|| view! { <p>{w.say("admin-refund-ends-plan")}</p> })}
            <form class="form" method="post" action=RefundPurchase::PATH>
                {hidden("id", recharge.id.to_string())}
                {hidden("refund", asked.how.clone())}
                {hidden("amount", asked.amount.clone())}
                {hidden("mark", preview.mark())}
                {one_time_key_after(flash)}
                <Field
                    w=w name="reason" label=w.say("admin-reason") autocomplete="off"
                    hint=w.say("admin-refund-reason-hint") value=typed maxlength=LONGEST_REASON
                    error=outcome_at(w, flash, Outcome::WhyMissing)
                />
                <div>{submit("main", button, w.say("admin-pending"))}</div>
            </form>
        </div>
    }
    .into_any()
}

fn figures(w: Words, page: &PurchasePage, preview: &RefundPreview) -> AnyView {
    let money = |minor| w.money(minor, &page.purchase.recharge.currency);
    let (taken, owed) = (preview.effect.taken, preview.effect.owed);
    let figures: Vec<_> = [
        ("refund-amount", "admin-refund-back", preview.amount_minor, money(preview.amount_minor)),
        ("refund-left", "admin-refund-left", preview.left_minor, money(preview.left_minor)),
        ("refund-taken", "admin-refund-taken", taken, w.number(taken)),
        ("refund-free", "admin-refund-free", taken - owed, w.number(taken - owed)),
        ("refund-owed", "admin-refund-owed", owed, w.number(owed)),
    ]
    .into_iter()
    .map(|(name, key, value, said)| {
        view! {
            <div>
                <dt>{w.say(key)}</dt>
                <dd class="figure"><data data-testid=name value=value.to_string() data-value=value.to_string()>{said}</data></dd>
            </div>
        }
    })
    .collect();
    view! { <dl class="figures">{figures}</dl> }.into_any()
}
