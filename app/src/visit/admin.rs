//! What the operator's pages show.

mod purchases;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use atelier_server::accounts::{OpenSession, User};
use atelier_server::credits::{self, Entry, EntryFilter, Sum};
use atelier_server::db::{self, Migration};
use atelier_server::ids::{InboxId, JobId, RechargeId, UserId};
use atelier_server::oversight::anomalies::{Anomalies, Anomaly, AnomalyKind, Limits};
use atelier_server::oversight::reconciliation::{Item, Open, Reconciliation, ReportLine};
use atelier_server::oversight::{
    self, AuditFilter, AuditLine, PeopleFilter, Person, SiteDay, Standing, Waiting,
};
use atelier_server::payments::{
    EventState, KeptEvent, Provider, Purchase, PurchaseFilter, Recharge, Subscriber,
    SubscriberFilter,
};
use atelier_server::studio::{
    Failure, FileKind, Job, JobFilter, JobState, OverseenFilter, OverseenJob, ProviderId, Tool,
};
use atelier_server::time::Timestamp;

pub use self::purchases::{
    PurchasePage, PurchasesPage, REFUND_ALL, REFUND_PART, RefundAsked, SubscriptionsPage,
    refund_amount, refused,
};
use super::batches::{self, BatchPage, BulkPage};
use super::{Content, Refusal, Request, StatementPage, recharges_of, statement};
use crate::routes;

/// One of the operator's pages.
#[derive(Clone, Debug)]
pub enum AdminPage {
    /// The last days, oldest first.
    Overview {
        days: Vec<SiteDay>,
        waiting: Waiting,
    },
    People {
        people: Vec<Person>,
        search: String,
        standing: Option<Standing>,
        next: Option<String>,
    },
    Person(Box<PersonPage>),
    Audit {
        lines: Vec<AuditLine>,
        asked: AuditAsked,
        next: Option<String>,
    },
    Events {
        events: Vec<KeptEvent>,
        /// How many were given up, of all there are.
        failed: i64,
        state: Option<EventState>,
        next: Option<String>,
    },
    Event(Box<EventPage>),
    Jobs(JobsPage),
    Job(Box<OverseenPage>),
    Settings(SettingsPage),
    Bulk(BulkPage),
    Batch(Box<BatchPage>),
    Reconciliation(ReconciliationPage),
    Purchases(PurchasesPage),
    Purchase(Box<PurchasePage>),
    Subscriptions(SubscriptionsPage),
    Statement(Box<OwnersStatement>),
    Anomalies(AnomaliesPage),
}

/// What the site runs with.
#[derive(Clone, Debug)]
pub struct SettingsPage {
    pub operation: Arc<Operation>,
    /// Oldest first.
    pub migrations: Vec<Migration>,
    /// The payment providers switched on, and when each was last read to the end.
    pub payments: Vec<(Provider, Option<Timestamp>)>,
}

/// What this process was started with.
#[derive(Clone, Debug)]
pub struct Operation {
    pub version: &'static str,
    /// What it is called among the nodes.
    pub node: String,
    pub started_at: Timestamp,
    /// Every setting there is.
    pub settings: Vec<Setting>,
}

/// A setting, as far as an operator may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub name: &'static str,
    pub value: SettingValue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    Set(String),
    /// It is not set, and this counts.
    Default(&'static str),
    /// It is set, and a secret.
    Hidden,
    Unset,
}

/// Jobs of all accounts, and which were asked for.
#[derive(Clone, Debug)]
pub struct JobsPage {
    pub jobs: Vec<OverseenJob>,
    pub filter: OverseenFilter,
    pub next: Option<String>,
}

/// Everything about one job.
#[derive(Clone, Debug)]
pub struct OverseenPage {
    pub job: OverseenJob,
    /// What became of what pays for it, oldest first.
    pub entries: Vec<Entry>,
    /// Which of its files are still kept.
    pub kept: Vec<FileKind>,
    /// What operators did to it.
    pub log: Vec<AuditLine>,
}

/// One webhook event.
#[derive(Clone, Debug)]
pub struct EventPage {
    pub event: KeptEvent,
    /// What the provider sent.
    pub payload: String,
    /// The page of the purchase that it is about, or of those, if it is about any of ours.
    pub about: Option<String>,
    /// What operators did to it.
    pub log: Vec<AuditLine>,
}

/// What looks odd, of one kind or of all.
#[derive(Clone, Debug)]
pub struct AnomaliesPage {
    pub found: Anomalies,
    pub limits: Limits,
    pub kind: Option<AnomalyKind>,
    /// Of the accounts that are shown, those whose spending is stopped.
    pub stopped: HashSet<String>,
}

/// What a check of payments, ledger and jobs found.
#[derive(Clone, Debug)]
pub struct ReconciliationPage {
    /// Since when a check is asked for that is not made yet.
    pub asked_since: Option<Timestamp>,
    /// The one that is shown, if there is any.
    pub report: Option<ReportLine>,
    /// From behind a position.
    pub items: Vec<Item>,
    pub after: Option<i64>,
    pub next: Option<String>,
    /// Of the whole report.
    pub open: Open,
    /// Newest first.
    pub reports: Vec<ReportLine>,
}

/// The statement of an account, and on its first page what all its entries come to.
#[derive(Clone, Debug)]
pub struct OwnersStatement {
    pub person: Person,
    pub sums: Option<Vec<Sum>>,
    pub statement: StatementPage,
}

/// Everything about one account.
#[derive(Clone, Debug)]
pub struct PersonPage {
    pub person: Person,
    pub sessions: Vec<OpenSession>,
    /// The newest purchases, subscriptions and jobs.
    pub purchases: Vec<Purchase>,
    pub subscribers: Vec<Subscriber>,
    pub jobs: Vec<Job>,
    /// The newest entries, with the purchases they name.
    pub entries: Vec<Entry>,
    pub recharges: HashMap<String, Recharge>,
    /// What operators did to it.
    pub log: Vec<AuditLine>,
}

/// The filter of the audit log, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct AuditAsked {
    pub actor: String,
    pub action: String,
    pub target: String,
    pub from: String,
    pub to: String,
}

pub(super) const LINES: i64 = 50;
/// Of the account's page: the statement and the log have all of them.
const NEWEST: i64 = 25;
/// The same of purchases, subscriptions and jobs.
const FEW: i64 = 8;

/// The operator's page at the address; nobody else sees one.
pub async fn admin(request: &Request, user: &User) -> db::Result<Content> {
    if !user.is_admin() {
        return Ok(Content::Refused(Refusal::Forbidden));
    }
    let page = match request.path.as_str() {
        routes::ADMIN => Some(overview(request).await?),
        routes::ADMIN_USERS => Some(people(request).await?),
        routes::ADMIN_AUDIT => Some(audit(request).await?),
        routes::ADMIN_EVENTS => Some(events(request).await?),
        routes::ADMIN_RECONCILIATION => Some(reconciliation(request).await?),
        routes::ADMIN_ANOMALIES => Some(anomalies(request).await?),
        routes::ADMIN_JOBS => Some(jobs(request).await?),
        routes::ADMIN_BULK => Some(batches::bulk(request, user).await?),
        routes::ADMIN_SETTINGS => Some(settings(request).await?),
        routes::ADMIN_PURCHASES => Some(AdminPage::Purchases(purchases::purchases(request).await?)),
        routes::ADMIN_SUBSCRIPTIONS => Some(AdminPage::Subscriptions(
            purchases::subscriptions(request).await?,
        )),
        path => one(request, user, path).await?,
    };
    Ok(page.map_or(Content::NotFound, |page| Content::Admin(Box::new(page))))
}

/// The page of one thing.
async fn one(request: &Request, user: &User, path: &str) -> db::Result<Option<AdminPage>> {
    if let Some(id) = routes::batch_of(path) {
        return batches::batch(request, user, &id).await;
    }
    let rest = path.strip_prefix("/admin/users/");
    if let Some(id) = rest.and_then(UserId::parse) {
        return person(request, &id).await;
    }
    let id = rest.and_then(|rest| rest.strip_suffix("/statement"));
    if let Some(id) = id.and_then(UserId::parse) {
        return owners_statement(request, &id).await;
    }
    let id = path.strip_prefix("/admin/purchases/");
    if let Some(id) = id.and_then(RechargeId::parse) {
        let page = purchases::purchase(request, &id).await?;
        return Ok(page.map(|page| AdminPage::Purchase(Box::new(page))));
    }
    let id = path.strip_prefix("/admin/webhooks/");
    if let Some(id) = id.and_then(InboxId::parse) {
        return event(request, &id).await;
    }
    match path.strip_prefix("/admin/jobs/").and_then(JobId::parse) {
        Some(id) => job(request, &id).await,
        None => Ok(None),
    }
}

pub(super) fn asked(request: &Request, name: &str) -> String {
    let value = request.query.get(name).map(|value| value.trim());
    value.unwrap_or_default().to_owned()
}

/// A page of `LINES` out of up to one more, and where the next one begins.
pub(super) fn split<T>(mut items: Vec<T>, id: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
    let more = items.len() as i64 > LINES;
    items.truncate(LINES as usize);
    let next = items.last().filter(|_| more).map(id);
    (items, next)
}

/// The spans of days that the overview shows.
pub const OVERVIEW_DAYS: [i64; 4] = [7, 30, 90, 365];
/// The one that it shows if none of them is asked for.
const USUAL_DAYS: i64 = 30;

async fn overview(request: &Request) -> db::Result<AdminPage> {
    let services = &request.services;
    let asked = asked(request, "days").parse().ok();
    let span = asked.filter(|days| OVERVIEW_DAYS.contains(days));
    let to = services.clock.now();
    let from = to.plus_days(1 - span.unwrap_or(USUAL_DAYS));
    let costs = services.catalog.costs.as_ref();
    Ok(AdminPage::Overview {
        days: oversight::daily(&services.db, costs, from, to).await?,
        waiting: oversight::waiting(&services.db).await?,
    })
}

async fn people(request: &Request) -> db::Result<AdminPage> {
    let services = &request.services;
    let filter = PeopleFilter {
        search: asked(request, "q"),
        standing: Standing::parse(&asked(request, "standing")),
        after: UserId::parse(&asked(request, "after")),
        limit: LINES + 1,
    };
    let now = services.clock.now();
    let found = oversight::people(&services.db, &filter, &services.prices(), now).await?;
    let (people, next) = split(found, |person| person.id.to_string());
    Ok(AdminPage::People {
        people,
        search: filter.search,
        standing: filter.standing,
        next,
    })
}

async fn person(request: &Request, id: &UserId) -> db::Result<Option<AdminPage>> {
    let services = &request.services;
    let (db, now) = (&services.db, services.clock.now());
    let Some(person) = oversight::person(db, id, &services.prices(), now).await? else {
        return Ok(None);
    };
    if let Err(error) = credits::settle_lapsed(db, id, now).await {
        tracing::error!(%error, "lapsed credits could not be written off");
    }
    let filter = EntryFilter {
        limit: NEWEST,
        ..EntryFilter::default()
    };
    let entries = credits::statement(db, id, &filter).await?;
    let recharges = recharges_of(services, &entries).await?;
    let bought = PurchaseFilter {
        search: id.to_string(),
        limit: FEW,
        ..PurchaseFilter::default()
    };
    let plans = SubscriberFilter {
        user: Some(id.clone()),
        limit: FEW,
        ..SubscriberFilter::default()
    };
    let jobs = services.studio.jobs_of(id, JobFilter::default(), None, FEW);
    Ok(Some(AdminPage::Person(Box::new(PersonPage {
        purchases: services.payments.purchases(&bought).await?,
        subscribers: services.payments.subscribers(&plans).await?,
        jobs: jobs.await?,
        sessions: services.accounts.sessions(id).await?,
        log: log_of(request, id.as_str()).await?,
        person,
        entries,
        recharges,
    }))))
}

/// The newest of what operators did to somebody or something.
async fn log_of(request: &Request, target: &str) -> db::Result<Vec<AuditLine>> {
    let filter = AuditFilter {
        target: Some(target.to_owned()),
        limit: NEWEST,
        ..AuditFilter::default()
    };
    oversight::audit_lines(request.services.db.reader(), &filter).await
}

async fn jobs(request: &Request) -> db::Result<AdminPage> {
    let filter = OverseenFilter {
        search: asked(request, "q"),
        state: JobState::parse(&asked(request, "state")),
        tool: Tool::parse(&asked(request, "tool")),
        provider: ProviderId::parse(&asked(request, "provider")),
        failure: Failure::parse(&asked(request, "code")),
        stuck: asked(request, "stuck") == "true",
        before: JobId::parse(&asked(request, "before")),
        limit: LINES + 1,
    };
    let found = request.services.studio.overseen_jobs(&filter).await?;
    let (jobs, next) = split(found, |job| job.job.id.to_string());
    Ok(AdminPage::Jobs(JobsPage { jobs, filter, next }))
}

async fn job(request: &Request, id: &JobId) -> db::Result<Option<AdminPage>> {
    let services = &request.services;
    let Some(job) = services.studio.overseen_job(id).await? else {
        return Ok(None);
    };
    Ok(Some(AdminPage::Job(Box::new(OverseenPage {
        entries: credits::entries_of_job(&services.db, id).await?,
        kept: services.studio.kept_files_of(id).await?,
        log: log_of(request, id.as_str()).await?,
        job,
    }))))
}

async fn event(request: &Request, id: &InboxId) -> db::Result<Option<AdminPage>> {
    let payments = &request.services.payments;
    let Some((event, payload)) = payments.event(id).await? else {
        return Ok(None);
    };
    let about = PurchaseFilter {
        search: event.object_id.clone().unwrap_or_default(),
        provider: Some(event.provider),
        limit: 2,
        ..PurchaseFilter::default()
    };
    let purchases = match about.search.is_empty() {
        true => Vec::new(),
        false => payments.purchases(&about).await?,
    };
    let about = match purchases.as_slice() {
        [] => None,
        [one] => Some(routes::purchase(one.recharge.id.as_str())),
        // Of a subscription there is one for each invoice.
        _ => Some(routes::purchases_about(&about.search)),
    };
    Ok(Some(AdminPage::Event(Box::new(EventPage {
        about,
        log: log_of(request, id.as_str()).await?,
        event,
        payload,
    }))))
}

async fn settings(request: &Request) -> db::Result<AdminPage> {
    let services = &request.services;
    let mut payments = Vec::new();
    for provider in services.payments.providers() {
        payments.push((provider, services.payments.read_until(provider).await?));
    }
    Ok(AdminPage::Settings(SettingsPage {
        operation: request.operation.clone(),
        migrations: services.db.migrations().await?,
        payments,
    }))
}

async fn owners_statement(request: &Request, id: &UserId) -> db::Result<Option<AdminPage>> {
    let services = &request.services;
    let (db, now) = (&services.db, services.clock.now());
    let Some(person) = oversight::person(db, id, &services.prices(), now).await? else {
        return Ok(None);
    };
    let statement = statement(request, id).await?;
    // All entries are read for them, so older pages go without.
    let sums = match asked(request, "before").is_empty() {
        true => Some(credits::sums(db, id).await?),
        false => None,
    };
    Ok(Some(AdminPage::Statement(Box::new(OwnersStatement {
        sums,
        person,
        statement,
    }))))
}

async fn audit(request: &Request) -> db::Result<AdminPage> {
    let asked = AuditAsked {
        actor: asked(request, "actor"),
        action: asked(request, "action"),
        target: asked(request, "target"),
        from: asked(request, "from"),
        to: asked(request, "to"),
    };
    let set = |text: &String| (!text.is_empty()).then(|| text.clone());
    let filter = AuditFilter {
        actor: set(&asked.actor),
        action: set(&asked.action),
        target: set(&asked.target),
        from: Timestamp::parse(&asked.from),
        to: Timestamp::parse_end(&asked.to),
        before: request.query.get("before").cloned(),
        limit: LINES + 1,
    };
    let found = oversight::audit_lines(request.services.db.reader(), &filter).await?;
    let (lines, next) = split(found, |line| line.id.clone());
    Ok(AdminPage::Audit { lines, asked, next })
}

async fn events(request: &Request) -> db::Result<AdminPage> {
    let state = EventState::parse(&asked(request, "state"));
    let before = InboxId::parse(&asked(request, "before"));
    let payments = &request.services.payments;
    let found = payments.events(state, before.as_ref(), LINES + 1).await?;
    let (events, next) = split(found, |event| event.id.to_string());
    let waiting = oversight::waiting(&request.services.db).await?;
    Ok(AdminPage::Events {
        events,
        failed: waiting.failed_events,
        state,
        next,
    })
}

/// Reports of as many days as they are kept, and some made by hand.
const REPORTS: i64 = 200;

async fn reconciliation(request: &Request) -> db::Result<AdminPage> {
    let reconciliation = Reconciliation::of(&request.services);
    let reports = reconciliation.reports(REPORTS).await?;
    let chosen = asked(request, "report");
    let is_chosen = |report: &&ReportLine| chosen.is_empty() || report.id == chosen;
    let report = reports.iter().find(is_chosen).cloned();
    let after = asked(request, "after").parse().ok();
    let (items, open) = match &report {
        Some(report) => (
            reconciliation
                .items_of(&report.id, after, LINES + 1)
                .await?,
            reconciliation.open_of(&report.id).await?,
        ),
        None => (Vec::new(), Open::default()),
    };
    let (items, next) = split(items, |item| item.position.to_string());
    Ok(AdminPage::Reconciliation(ReconciliationPage {
        asked_since: reconciliation.asked_since().await?,
        report,
        items,
        after,
        next,
        open,
        reports,
    }))
}

/// Of each kind, where all are shown; of one kind, where that is asked for. The file has all of them.
const OF_EACH: usize = 5;
const OF_ONE: usize = 25;

async fn anomalies(request: &Request) -> db::Result<AdminPage> {
    let services = &request.services;
    let kind = AnomalyKind::parse(&asked(request, "kind"));
    let found = services.lookout.find().await?;
    let users = shown_anomalies(&found, kind).filter_map(|it| UserId::parse(it.user_id.as_ref()?));
    let users: HashSet<UserId> = users.collect();
    let users: Vec<UserId> = users.into_iter().collect();
    let wallets = credits::find_wallets(services.db.reader(), &users, services.clock.now()).await?;
    let stopped = wallets.into_iter().filter(|wallet| wallet.is_stopped);
    Ok(AdminPage::Anomalies(AnomaliesPage {
        limits: services.lookout.limits(),
        kind,
        stopped: stopped.map(|wallet| wallet.user_id.to_string()).collect(),
        found,
    }))
}

/// Those that the page shows.
fn shown_anomalies(found: &Anomalies, kind: Option<AnomalyKind>) -> impl Iterator<Item = &Anomaly> {
    let kinds = AnomalyKind::ALL
        .iter()
        .filter(move |each| kind.is_none_or(|kind| kind == **each));
    let most = if kind.is_some() { OF_ONE } else { OF_EACH };
    kinds.flat_map(move |kind| {
        let of_it = found.items.iter().filter(move |item| item.kind == *kind);
        of_it.take(most)
    })
}

impl AnomaliesPage {
    /// Those of a kind that are shown, and how many there are.
    pub fn of(&self, kind: AnomalyKind) -> (Vec<&Anomaly>, usize) {
        let shown = shown_anomalies(&self.found, self.kind).filter(|item| item.kind == kind);
        let all = self.found.items.iter().filter(|item| item.kind == kind);
        (shown.collect(), all.count())
    }
}
