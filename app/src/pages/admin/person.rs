use atelier_server::accounts::OpenSession;
use atelier_server::credits::{Action, PaidBy, WalletView};
use atelier_server::studio::Job;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::people::standing;
use super::{
    audit, because_at, moment, nothing, outcome_at, purchases, subscriptions, with_reason,
};
use crate::components::device::device;
use crate::components::field::Field;
use crate::components::form::{hidden, one_time_key_after, submit};
use crate::components::item::item_name;
use crate::components::line::{Reader, statement_table};
use crate::components::link::text_link;
use crate::components::reason::Books;
use crate::components::state::job_state;
use crate::flash::{Flash, Form, Outcome};
use crate::forms::admin::{
    AdjustCredits, BlockUser, EndUserSession, LONGEST_REASON, StopSpending, TYPED_AGAIN_ABOVE,
};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{PersonPage, Visit};

/// Everything about one account, and what can be done about it.
pub fn page(visit: &Visit, page: &PersonPage) -> AnyView {
    let w = visit.words();
    let person = &page.person;
    let since = w.say_with(
        "account-since",
        &[("date", w.date(person.created_at).into())],
    );
    let flash = visit
        .flash
        .as_ref()
        .filter(|flash| flash.form == Form::Admin);
    let books = Books {
        catalog: &visit.services.catalog,
        recharges: &page.recharges,
    };
    let entries = if page.entries.is_empty() {
        nothing(w)
    } else {
        statement_table(w, books, &page.entries, Reader::Operator)
    };
    view! {
        <div class="head">
            <div>
                <h1>{person.email.clone()}</h1>
                <p class="lead">{person.name.clone()}" "{standing(w, person)}" "{since}</p>
                <p class="soft"><code class="id">{person.id.to_string()}</code></p>
            </div>
        </div>
        {figures(visit, page)}
        <div class="settings">
            {adjust(w, page, flash)}
            {spending(w, page, flash)}
            {block(w, page, flash)}
            {sessions(w, page, flash)}
        </div>
        <section id="purchases">
            <h2>{w.say("admin-purchases-title")}</h2>
            {listed(w, &page.purchases, |it| purchases::table(visit, it))}
            <p>{text_link(routes::purchases_of(person.id.as_str()), w.say("admin-person-purchases"))}</p>
        </section>
        {plans(visit, page)}
        <section id="jobs">
            <h2>{w.say("admin-person-jobs")}</h2>
            {listed(w, &page.jobs, |it| jobs(w, it))}
        </section>
        <section id="statement">
            <h2>{w.say("statement-title")}</h2>
            {entries}
            <p>{text_link(routes::statement_of(person.id.as_str()), w.say("admin-person-statement"))}</p>
        </section>
        {audit::section(w, &page.log)}
    }
    .into_any()
}

fn listed<T>(w: Words, items: &[T], table: impl Fn(&[T]) -> AnyView) -> AnyView {
    if items.is_empty() {
        nothing(w)
    } else {
        table(items)
    }
}

/// Its plan, and those before; nothing where it never had one.
fn plans(visit: &Visit, page: &PersonPage) -> Option<AnyView> {
    let subscribers = &page.subscribers;
    (!subscribers.is_empty()).then(|| {
        let title = visit.words().say("admin-subscriptions-title");
        view! { <section id="plans"><h2>{title}</h2>{subscriptions::table(visit, subscribers)}</section> }
            .into_any()
    })
}

/// What it used, with what that cost and how it ended.
fn jobs(w: Words, jobs: &[Job]) -> AnyView {
    let rows: Vec<_> = jobs
        .iter()
        .map(|job| {
            let cost = match job.paid_by {
                PaidBy::Credits => w.count("common-credits", job.cost),
                PaidBy::Trial => w.say("admin-paid-trial"),
                PaidBy::Plan => w.say("admin-paid-plan"),
            };
            view! {
                <tr>
                    <td class="num soft">{moment(w, job.created_at)}</td>
                    <th scope="row" class="first">{w.about("admin-tool", job.tool())}</th>
                    <td class="end">{cost}</td>
                    <td class="right">{job_state(w, job.state)}</td>
                    <td class="last"><a href=routes::overseen_job(job.id.as_str())><code class="id">{job.id.to_string()}</code></a></td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=w.say("admin-person-jobs")>
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("statement-date")}</th>
                        <th scope="col">{w.say("admin-job-tool")}</th>
                        <th scope="col" class="end">{w.say("admin-job-cost")}</th>
                        <th scope="col">{w.say("admin-events-state")}</th>
                        <th scope="col">{w.say("admin-fault-about")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn figures(visit: &Visit, page: &PersonPage) -> AnyView {
    let w = visit.words();
    let credits = &page.person.wallet.credits;
    let figures: Vec<_> = [
        ("admin-remaining", credits.remaining),
        ("admin-held", credits.held),
        ("admin-frozen", credits.frozen),
        ("admin-used", credits.used),
        ("admin-removed", credits.removed),
        ("admin-total", credits.total),
        ("admin-debt", credits.debt),
    ]
    .into_iter()
    .map(|(key, value)| {
        view! { <div><dt>{w.say(key)}</dt><dd class="figure">{w.number(value)}</dd></div> }
    })
    .collect();
    view! { <dl class="figures">{figures}</dl>{uses(visit, &page.person.wallet)} }.into_any()
}

/// What pays for uses beside credits: trials, and the plan's period.
fn uses(visit: &Visit, wallet: &WalletView) -> AnyView {
    let w = visit.words();
    let WalletView {
        trials, premium, ..
    } = wallet;
    let said = |key: &str, left: i64, of: i64, held: i64| {
        let numbers = [("left", left), ("all", of), ("held", held)];
        let numbers = numbers.map(|(name, number)| (name, w.number(number).into()));
        w.say_with(key, &numbers)
    };
    let plan = premium.plan.as_ref();
    let plan = plan.map(|plan| item_name(w, &visit.services.catalog, plan));
    let plan = match (plan, premium.quota) {
        (None, _) => w.say("dash-plan-none"),
        (Some(plan), None) => w.say_with("admin-uses-unlimited", &[("plan", plan.into())]),
        (Some(plan), Some(quota)) => {
            let left = premium.remaining.unwrap_or_default();
            format!(
                "{plan}: {}",
                said("admin-uses-left", left, quota, premium.held)
            )
        }
    };
    let unpaid = (premium.status == Some("past_due")).then(|| w.say("dash-plan-unpaid-title"));
    let renews = premium.renews_at.map(|at| {
        let date = [("date", w.date(at).into())];
        format!(" {}", w.say_with("admin-uses-renews", &date))
    });
    view! {
        <dl class="facts" data-testid="person-uses">
            <dt>{w.say("dash-trials")}</dt>
            <dd>{said("admin-uses-left", trials.remaining, trials.limit, trials.held)}</dd>
            <dt>{w.say("dash-plan")}</dt>
            <dd>{plan}{renews}" "{unpaid}</dd>
            <dt>{w.say("admin-initial")}</dt>
            <dd>{w.number(wallet.credits.initial)}</dd>
            <dt>{w.say("admin-bonus")}</dt>
            <dd>{w.number(wallet.credits.bonus)}</dd>
        </dl>
    }
    .into_any()
}

fn adjust(w: Words, page: &PersonPage, flash: Option<&Flash>) -> AnyView {
    let typed = |field: &str| flash.map_or("", |flash| flash.typed(field)).to_owned();
    let chosen = Action::parse(&typed("action")).unwrap_or(Action::Add);
    let actions: Vec<_> = Action::ALL
        .iter()
        .map(|action| {
            let said = w.say(match action {
                Action::Add => "admin-add",
                Action::Deduct => "admin-deduct",
                Action::Set => "admin-set",
            });
            let word = action.as_str();
            view! {
                <label class="choice">
                    <input type="radio" name="action" value=word checked=*action == chosen/>
                    <span>{said}</span>
                </label>
            }
        })
        .collect();
    let above = [("n", w.number(TYPED_AGAIN_ABOVE).into())];
    view! {
        <section id="adjust">
            <h2>{w.say("admin-adjust")}</h2>
            <form class="form" method="post" action=AdjustCredits::PATH>
                {hidden("id", page.person.id.to_string())}
                {one_time_key_after(flash)}
                <fieldset class="field">
                    <legend>{w.say("admin-adjust-action")}</legend>
                    <div class="choices">{actions}</div>
                </fieldset>
                <Field
                    w=w name="amount" label=w.say("admin-adjust-amount") kind="number" autocomplete="off"
                    value=typed("amount") error=outcome_at(w, flash, Outcome::CreditsOutOfBounds)
                />
                <Field
                    w=w name="again" label=w.say("admin-adjust-again") kind="number" autocomplete="off"
                    optional=true hint=w.say_with("admin-adjust-again-hint", &above)
                    error=outcome_at(w, flash, Outcome::TypeAgain)
                />
                <Field
                    w=w name="reason" label=w.say("admin-reason") autocomplete="off"
                    hint=w.say("admin-adjust-reason-hint") value=typed("reason") maxlength=LONGEST_REASON
                    error=outcome_at(w, flash, Outcome::ReasonMissing)
                />
                <div>{submit("", w.say("admin-adjust-button"), w.say("admin-pending"))}</div>
            </form>
        </section>
    }
    .into_any()
}

/// A switch that wants a reason.
struct Switch {
    /// Names the part of the page and its field.
    name: &'static str,
    field: &'static str,
    title: &'static str,
    text: &'static str,
    button: &'static str,
    /// The form, and what it sets to what.
    action: &'static str,
    what: &'static str,
    on: bool,
    reason_missing: Outcome,
}

fn spending(w: Words, page: &PersonPage, flash: Option<&Flash>) -> AnyView {
    let stopped = page.person.stopped;
    let (text, button) = if stopped {
        ("admin-lift-text", "admin-lift")
    } else {
        ("admin-stop-text", "admin-stop")
    };
    let stop = Switch {
        name: "stop",
        field: "f-cause",
        title: "admin-spending",
        text,
        button,
        action: StopSpending::PATH,
        what: "stopped",
        on: !stopped,
        reason_missing: Outcome::CauseMissing,
    };
    switch(w, page, flash, &stop)
}

fn block(w: Words, page: &PersonPage, flash: Option<&Flash>) -> AnyView {
    let blocked = page.person.blocked;
    let (text, button) = if blocked {
        ("admin-unblock-text", "admin-unblock")
    } else {
        ("admin-block-text", "admin-block")
    };
    let block = Switch {
        name: "block",
        field: "f-why",
        title: "admin-access",
        text,
        button,
        action: BlockUser::PATH,
        what: "blocked",
        on: !blocked,
        reason_missing: Outcome::WhyMissing,
    };
    switch(w, page, flash, &block)
}

fn switch(w: Words, page: &PersonPage, flash: Option<&Flash>, switch: &Switch) -> AnyView {
    view! {
        <section id=switch.name>
            <h2>{w.say(switch.title)}</h2>
            <p class="soft">{w.say(switch.text)}</p>
            <form class="form" method="post" action=switch.action>
                {hidden("id", page.person.id.to_string())}
                {hidden(switch.what, switch.on.to_string())}
                {because_at(switch.field, switch.reason_missing, w, flash, "")}
                <div>{submit("", w.say(switch.button), w.say("admin-pending"))}</div>
            </form>
        </section>
    }
    .into_any()
}

fn sessions(w: Words, page: &PersonPage, flash: Option<&Flash>) -> AnyView {
    let open = page.sessions.iter();
    let rows: Vec<_> = open.map(|open| session(w, open)).collect();
    let inside = if rows.is_empty() {
        view! { <p class="soft">{w.say("admin-sessions-none")}</p> }.into_any()
    } else {
        let list = view! {
            {hidden("id", page.person.id.to_string())}
            <ul class="rows">{rows}</ul>
        };
        with_reason(w, flash, EndUserSession::PATH, "", None, list.into_any())
    };
    view! { <section id="sessions"><h2>{w.say("admin-sessions")}</h2>{inside}</section> }.into_any()
}

fn session(w: Words, open: &OpenSession) -> impl IntoView + use<> {
    let name = device(w, &open.device);
    let since = w.say_with(
        "account-session-since",
        &[("date", w.date(open.created_at).into())],
    );
    let label = w.say_with("account-session-end", &[("device", name.clone().into())]);
    view! {
        <li>
            <div><strong>{name}</strong><span class="soft">{since}</span></div>
            <button
                class="button plain" name="session" value=open.id.clone() aria-label=label
                data-pending=w.say("account-session-ending")
            >
                {w.say("bar-sign-out")}
            </button>
        </li>
    }
}
