use atelier_server::catalog::Catalog;
use atelier_server::db;
use atelier_server::studio::Tool;
use leptos::prelude::*;

use super::moment;
use crate::components::seller::{ai_name, provider_name};
use crate::i18n::Words;
use crate::visit::{Setting, SettingValue, SettingsPage, Visit};

/// What the site runs with: nothing here can be changed, and no secret stands here.
pub fn page(visit: &Visit, page: &SettingsPage) -> AnyView {
    let w = visit.words();
    view! {
        <div class="head">
            <div><h1>{w.say("admin-settings-title")}</h1><p class="lead">{w.say("admin-settings-lead")}</p></div>
        </div>
        {facts(visit, page)}
        <section>
            <h2>{w.say("admin-providers")}</h2>
            {providers(visit, page)}
        </section>
        <section>
            <h2>{w.say("admin-catalogue")}</h2>
            {catalogue(w, &visit.services.catalog)}
        </section>
        <section>
            <h2>{w.say("admin-settings-variables")}</h2>
            {variables(w, &page.operation.settings)}
        </section>
    }
    .into_any()
}

fn facts(visit: &Visit, page: &SettingsPage) -> AnyView {
    let w = visit.words();
    let database = match visit.services.db.kind() {
        db::Kind::Sqlite => "SQLite",
        db::Kind::Postgres => "PostgreSQL",
    };
    let mode = match visit.is_sandbox() {
        true => "admin-mode-sandbox",
        false => "admin-mode-live",
    };
    let operation = &page.operation;
    let count = i64::try_from(page.migrations.len()).unwrap_or(i64::MAX);
    let newest = page.migrations.last();
    let newest = newest.map(|last| format!("{:04} {}", last.version, last.description));
    view! {
        <dl class="facts">
            <dt>{w.say("admin-mode")}</dt>
            <dd>{w.say(mode)}</dd>
            <dt>{w.say("admin-site")}</dt>
            <dd><code>{visit.site.clone()}</code></dd>
            <dt>{w.say("admin-database")}</dt>
            <dd>{database}</dd>
            <dt>{w.say("admin-migrations")}</dt>
            <dd>{w.number(count)}" · "<code>{newest}</code></dd>
            <dt>{w.say("admin-version")}</dt>
            <dd><code>{operation.version}</code></dd>
            <dt>{w.say("admin-node")}</dt>
            <dd><code>{operation.node.clone()}</code></dd>
            <dt>{w.say("admin-started")}</dt>
            <dd>{moment(w, operation.started_at)}</dd>
        </dl>
    }
    .into_any()
}

/// Who takes money and who makes pictures, and whether they answer: as far as this process knows from its work.
/// Nobody is asked for this page.
fn providers(visit: &Visit, page: &SettingsPage) -> AnyView {
    let w = visit.words();
    let payments = page.payments.iter().map(|(provider, heard)| {
        let said = match heard {
            Some(_) => w.say("admin-provider-read"),
            None => w.say("admin-provider-on"),
        };
        let at = heard.map(|at| moment(w, at));
        provider_row(
            provider_name(*provider),
            w.say("admin-takes-money"),
            "completed",
            said,
            at,
        )
    });
    let studio = &visit.services.studio;
    let makers = studio.providers().map(|id| {
        let (tone, said) = match studio.answers(id) {
            true => ("completed", w.say("admin-provider-answers")),
            false => ("failed", w.say("admin-provider-down")),
        };
        provider_row(ai_name(id), w.say("admin-makes-pictures"), tone, said, None)
    });
    let rows: Vec<_> = payments.chain(makers).collect();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=w.say("admin-providers")>
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("admin-provider")}</th>
                        <th scope="col">{w.say("admin-events-state")}</th>
                        <th scope="col">{w.say("admin-provider-does")}</th>
                        <th scope="col">{w.say("admin-provider-heard")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn provider_row(
    name: &'static str,
    does: String,
    tone: &'static str,
    said: String,
    at: Option<AnyView>,
) -> AnyView {
    view! {
        <tr>
            <th scope="row" class="first">{name}</th>
            <td class="right"><span class="state" data-value=tone>{said}</span></td>
            <td>{does}</td>
            <td class="soft num last">{at}</td>
        </tr>
    }
    .into_any()
}

/// What is sold, and what a job costs whom.
fn catalogue(w: Words, catalog: &Catalog) -> AnyView {
    let costs = catalog.costs.as_ref();
    let tools = [
        (
            Tool::TryOn,
            catalog.tools.try_on.credits,
            costs.map(|costs| costs.try_on),
        ),
        (
            Tool::Video,
            catalog.tools.video.credits,
            costs.map(|costs| costs.video),
        ),
    ];
    let tools = tools.into_iter().map(|(tool, credits, cost)| {
        let currency = costs.map_or("", |costs| costs.currency.as_str());
        let cost = cost.map(|cost| w.money(cost, currency));
        let price = cost.map(|cost| w.say_with("admin-catalogue-cost", &[("cost", cost.into())]));
        item(
            w.about("admin-tool", tool),
            w.count("common-credits", credits),
            price,
        )
    });
    let packs = catalog.packs.iter().map(|pack| {
        let price = w.money(pack.price.amount_minor, &pack.price.currency);
        item(
            w.name(&pack.name).to_owned(),
            w.count("common-credits", pack.credits),
            Some(price),
        )
    });
    let top_up = catalog.top_up.iter().map(|top_up| {
        let bounds = [
            ("min", w.whole_money(top_up.min, &top_up.currency).into()),
            ("max", w.whole_money(top_up.max, &top_up.currency).into()),
        ];
        let bounds = w.say_with("admin-catalogue-bounds", &bounds);
        let credits = w.count("common-credits", top_up.credits_per_unit);
        item(w.say("admin-catalogue-top-up"), credits, Some(bounds))
    });
    let plans = catalog.plans.iter().map(|plan| {
        let quota = match plan.quota {
            Some(quota) => w.say_with("admin-catalogue-uses", &[("n", w.number(quota).into())]),
            None => w.say("admin-catalogue-unlimited"),
        };
        let price = w.money(plan.price.amount_minor, &plan.price.currency);
        item(w.name(&plan.name).to_owned(), quota, Some(price))
    });
    let rows: Vec<_> = tools.chain(packs).chain(top_up).chain(plans).collect();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=w.say("admin-catalogue")>
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("admin-catalogue-item")}</th>
                        <th scope="col" class="end">{w.say("admin-catalogue-price")}</th>
                        <th scope="col">{w.say("admin-catalogue-gives")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn item(name: String, gives: String, price: Option<String>) -> AnyView {
    view! {
        <tr>
            <th scope="row" class="first">{name}</th>
            <td class="num end">{price}</td>
            <td class="soft">{gives}</td>
        </tr>
    }
    .into_any()
}

fn variables(w: Words, settings: &[Setting]) -> AnyView {
    let rows: Vec<_> = settings
        .iter()
        .map(|setting| variable(w, setting))
        .collect();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=w.say("admin-settings-variables")>
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("admin-setting")}</th>
                        <th scope="col">{w.say("admin-setting-value")}</th>
                        <th scope="col">{w.say("admin-setting-from")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn variable(w: Words, setting: &Setting) -> impl IntoView + use<> {
    let (value, from) = match &setting.value {
        SettingValue::Set(value) => (value.clone(), "admin-setting-set"),
        SettingValue::Default(value) => ((*value).to_owned(), "admin-setting-default"),
        SettingValue::Hidden => (String::new(), "admin-setting-set"),
        SettingValue::Unset => (String::new(), "admin-setting-unset"),
    };
    view! {
        <tr>
            <th scope="row" class="first"><code>{setting.name}</code></th>
            <td class="last"><code>{value}</code></td>
            <td class="soft right">{w.say(from)}</td>
        </tr>
    }
}
