use atelier_server::catalog::{Catalog, Plan};
use atelier_server::credits::Period;
use atelier_server::payments::{GRACE, Subscription, SubscriptionStatus};
use atelier_server::time::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::form::{hidden, submit};
use super::icon::Icon;
use super::item::item_name;
use super::link::button_class;
use super::notice::{Notice, Tone};
use super::plan::{plan_card, plan_price};
use crate::forms::payments::{ChangePlan, OpenPortal, PlanAction};
use crate::i18n::Words;

/// The plan of an account, as it serves and as it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPlan {
    /// What serves now, or, where nothing does, what was bought.
    pub plan: String,
    /// What the next period will be.
    pub next: String,
    pub course: Course,
    /// Of the period that serves: uses in it, `None` for unlimited, and those made or being made.
    pub quota: Option<i64>,
    pub used: i64,
}

/// How a plan goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    Renews(Timestamp),
    Ends(Timestamp),
    /// The renewal is not paid yet; since when, and until when the plan serves all the same.
    Unpaid(Timestamp, Timestamp),
    /// It has not been paid in time, and serves nothing until it is.
    Rests,
    /// Nothing serves just now, and it is not for want of money.
    Waits,
}

impl OwnPlan {
    pub fn of(subscription: &Subscription, period: Option<&Period>) -> Self {
        let late = subscription.status == SubscriptionStatus::PastDue;
        Self {
            plan: period
                .map_or(&subscription.plan, |period| &period.plan)
                .clone(),
            next: subscription.plan.clone(),
            course: course_of(period, late, subscription.renews()),
            quota: period.and_then(|period| period.quota),
            used: period.map_or(0, |period| period.used + period.held),
        }
    }

    /// Whether it may move to another plan: what is unpaid or ends cannot.
    fn moves(&self) -> bool {
        matches!(self.course, Course::Renews(_))
    }

    fn serves(&self) -> bool {
        !matches!(self.course, Course::Rests | Course::Waits)
    }
}

fn course_of(period: Option<&Period>, late: bool, renews: bool) -> Course {
    match period {
        None if late => Course::Rests,
        None => Course::Waits,
        Some(period) if period.past_due => Course::Unpaid(period.ends_at, unpaid_until(period)),
        Some(period) if renews => Course::Renews(period.ends_at),
        Some(period) => Course::Ends(period.ends_at),
    }
}

/// Until when a period serves whose renewal is unpaid.
pub fn unpaid_until(period: &Period) -> Timestamp {
    period.ends_at.plus(GRACE)
}

/// The plan, what is used of it, how it goes on, and what can be done about it.
pub fn own_plan(w: Words, catalog: &Catalog, own: &OwnPlan) -> AnyView {
    let name = item_name(w, catalog, &own.plan);
    let others: Vec<_> = catalog
        .plans
        .iter()
        .filter(|plan| own.moves() && plan.id != own.next)
        .map(|plan| plan_card(w, plan, moving(w, catalog, own, plan)))
        .collect();
    let others = (!others.is_empty()).then(|| {
        view! {
            <h3 class="part-note">{w.say("pay-own-others")}</h3>
            <ul class="packs plans">{others}</ul>
        }
    });
    view! {
        <div class="own-plan piece">
            <div class="own-plan-words">
                <p class="label">{w.say("pay-own-title")}</p>
                <h3 class="figure word" data-testid="plan-name" data-value=own.plan.clone()>{name}</h3>
                {own.serves().then(|| used(w, own))}
                {course(w, catalog, own)}
            </div>
            <div class="own-plan-acts">{acts(w, own)}</div>
        </div>
        {others}
    }
    .into_any()
}

fn used(w: Words, own: &OwnPlan) -> AnyView {
    let Some(quota) = own.quota else {
        return view! { <p class="soft">{w.count("pay-own-used-unlimited", own.used)}</p> }
            .into_any();
    };
    let args = [
        ("used", w.number(own.used).into()),
        ("quota", w.number(quota).into()),
        ("count", quota.into()),
    ];
    let said = w.say_with("pay-own-used", &args);
    view! {
        <p class="soft" id="plan-used">{said}</p>
        <progress value=own.used.to_string() max=quota.to_string() aria-labelledby="plan-used"></progress>
    }
    .into_any()
}

fn course(w: Words, catalog: &Catalog, own: &OwnPlan) -> AnyView {
    let said = match own.course {
        Course::Renews(at) => renewal(w, catalog, own, at),
        Course::Ends(at) => w.say_with("pay-own-ends", &[("date", w.date(at).into())]),
        Course::Unpaid(since, until) => {
            let args = [
                ("date", w.date(since).into()),
                ("until", w.moment(until).into()),
            ];
            let said = w.say_with("pay-own-unpaid", &args);
            return view! { <Notice tone=Tone::Warn><p>{said}</p></Notice> }.into_any();
        }
        Course::Rests => {
            let said = w.say("pay-own-rests");
            return view! { <Notice tone=Tone::Bad><p>{said}</p></Notice> }.into_any();
        }
        Course::Waits => {
            let said = w.say("pay-own-waits");
            return view! { <Notice image=Icon::Clock><p>{said}</p></Notice> }.into_any();
        }
    };
    view! { <p>{said}</p> }.into_any()
}

fn renewal(w: Words, catalog: &Catalog, own: &OwnPlan, at: Timestamp) -> String {
    let date = ("date", w.date(at).into());
    let next = catalog.plan(&own.next);
    let price = next.map(|plan| plan_price(w, plan));
    match (price, own.next == own.plan) {
        // A plan that is no longer sold goes on at the price it had.
        (None, _) => w.say_with("pay-own-renews", &[date]),
        (Some(price), true) => w.say_with("pay-own-renews-for", &[date, ("price", price.into())]),
        (Some(price), false) => {
            let name = item_name(w, catalog, &own.next);
            let args = [date, ("plan", name.into()), ("price", price.into())];
            w.say_with("pay-own-renews-as", &args)
        }
    }
}

fn acts(w: Words, own: &OwnPlan) -> AnyView {
    let about_end = match own.course {
        Course::Renews(at) => Some(ending(w, at)),
        Course::Ends(_) => {
            let label = w.say("pay-own-resume");
            Some(act(w, PlanAction::Resume, None, "main", label))
        }
        Course::Unpaid(..) | Course::Rests | Course::Waits => None,
    };
    let pays_late = matches!(own.course, Course::Unpaid(..) | Course::Rests);
    view! {
        {portal(w, if pays_late { "main" } else { "" })}
        {about_end}
    }
    .into_any()
}

/// Leads to where cards and invoices are, at the provider.
pub fn portal(w: Words, class: &'static str) -> AnyView {
    view! {
        <form method="post" action=OpenPortal::PATH>
            {submit(class, w.say("pay-own-portal"), w.say("pay-own-portal-pending"))}
        </form>
    }
    .into_any()
}

fn ending(w: Words, at: Timestamp) -> AnyView {
    let sure = w.say_with("pay-own-end-sure", &[("date", w.date(at).into())]);
    let button = act(
        w,
        PlanAction::End,
        None,
        "danger",
        w.say("pay-own-end-button"),
    );
    confirmed("end-plan", "plain", w.say("pay-own-end"), sure, button)
}

/// The way from the plan one has to `to`, or back to the one that serves.
fn moving(w: Words, catalog: &Catalog, own: &OwnPlan, to: &Plan) -> AnyView {
    let (way, label, sure, button) = if to.id == own.plan {
        // A move down that was to come.
        (
            "stay",
            "pay-own-stay",
            "pay-own-stay-sure",
            "pay-own-stay-button",
        )
    } else if catalog.plan(&own.plan).is_none_or(|now| to.is_above(now)) {
        ("up", "pay-own-up", "pay-own-up-sure", "pay-own-up-button")
    } else {
        (
            "down",
            "pay-own-down",
            "pay-own-down-sure",
            "pay-own-down-button",
        )
    };
    let args = [
        ("plan", w.name(&to.name).into()),
        ("price", plan_price(w, to).into()),
    ];
    let button = w.say_with(button, &args);
    let button = act(w, PlanAction::Change, Some(&to.id), "main", button);
    let id = format!("{way}-{}", to.id);
    confirmed(&id, "", w.say(label), w.say_with(sure, &args), button)
}

/// A button that first says what it does and asks once more; without script too. The `id` keeps it
/// open when the page is taken over anew.
fn confirmed(
    id: &str,
    class: &'static str,
    label: String,
    sure: String,
    button: AnyView,
) -> AnyView {
    view! {
        <details class="sure" id=id.to_owned()>
            <summary class=button_class(class)>{label}</summary>
            <div class="sure-words"><p>{sure}</p>{button}</div>
        </details>
    }
    .into_any()
}

fn act(
    w: Words,
    action: PlanAction,
    plan: Option<&str>,
    class: &'static str,
    label: String,
) -> AnyView {
    let plan = plan.map(|plan| hidden("plan", plan));
    view! {
        <form method="post" action=ChangePlan::PATH>
            {hidden("action", action.as_str())}
            {plan}
            {submit(class, label, w.say("pay-own-pending"))}
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;

    use super::*;

    const EN: Words = Words(Language::En);

    fn day(n: i64) -> Timestamp {
        Timestamp::from_seconds(1_790_000_000).plus_days(n)
    }

    fn own(course: Course) -> OwnPlan {
        OwnPlan {
            plan: "premium-monthly".to_owned(),
            next: "premium-monthly".to_owned(),
            course,
            quota: Some(100),
            used: 37,
        }
    }

    fn render(own: &OwnPlan) -> String {
        own_plan(EN, &Catalog::built_in(), own).to_html()
    }

    fn period(past_due: bool) -> Period {
        Period {
            plan: "premium-monthly".to_owned(),
            quota: Some(100),
            used: 36,
            held: 1,
            ends_at: day(0),
            renews: true,
            past_due,
        }
    }

    #[test]
    fn the_course_of_a_plan_is_that_of_its_period() {
        let (serving, late) = (period(false), period(true));
        // Period, whether the provider calls it unpaid, renews, course.
        let table = [
            (Some(&serving), false, true, Course::Renews(day(0))),
            (Some(&serving), false, false, Course::Ends(day(0))),
            (Some(&late), true, true, Course::Unpaid(day(0), day(3))),
            (None, true, true, Course::Rests),
            (None, false, true, Course::Waits),
        ];
        for (period, late, renews, expected) in table {
            assert_eq!(course_of(period, late, renews), expected);
        }
    }

    #[test]
    fn a_plan_that_renews_can_end_and_move() {
        let html = render(&own(Course::Renews(day(0))));
        for part in [
            "data-testid=\"plan-name\" data-value=\"premium-monthly\"",
            "37 of 100 try-ons used",
            "value=\"37\" max=\"100\"",
            "Renews on Sep 21, 2026 for $19.00 a month",
            "name=\"action\" value=\"end\"",
            "action=\"/do/portal\"",
            "name=\"plan\" value=\"premium-unlimited\"",
            "The difference",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("value=\"resume\""), "{html}");
    }

    #[test]
    fn a_plan_that_ends_can_be_taken_up_again_and_nothing_else() {
        let html = render(&own(Course::Ends(day(0))));
        assert!(html.contains("Ends on Sep 21, 2026"), "{html}");
        assert!(html.contains("name=\"action\" value=\"resume\""), "{html}");
        assert!(!html.contains("value=\"end\""), "{html}");
        assert!(!html.contains("value=\"change\""), "{html}");
    }

    #[test]
    fn an_unpaid_plan_leads_to_the_card() {
        let html = render(&own(Course::Unpaid(day(0), day(3))));
        assert!(html.contains("serves until Sep 24, 2026"), "{html}");
        assert!(html.contains("action=\"/do/portal\""), "{html}");
        assert!(!html.contains("/do/plan"), "{html}");
    }

    #[test]
    fn a_move_that_waits_is_said_and_can_be_taken_back() {
        let mut moved = own(Course::Renews(day(0)));
        moved.plan = "premium-unlimited".to_owned();
        moved.quota = None;
        let html = render(&moved);
        assert!(
            html.contains("From Sep 21, 2026 it goes on as Premium Monthly for $19.00 a month"),
            "{html}"
        );
        assert!(html.contains("37 try-ons made"), "{html}");
        assert!(!html.contains("value=\"premium-monthly\""), "{html}");
        assert!(html.contains("Stay on Premium Unlimited"), "{html}");
        assert!(html.contains("The change is taken back"), "{html}");
    }

    #[test]
    fn moving_down_waits_for_the_next_period() {
        let mut unlimited = own(Course::Renews(day(0)));
        unlimited.plan = "premium-unlimited".to_owned();
        unlimited.next = "premium-unlimited".to_owned();
        let html = render(&unlimited);
        assert!(html.contains("Nothing is charged now"), "{html}");
        assert!(html.contains("value=\"premium-monthly\""), "{html}");
    }
}
