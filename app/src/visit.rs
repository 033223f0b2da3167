//! One request for a page, prepared before anything is rendered: who asks and in which language,
//! the route's own work, then the wallet, read once. Everything on the page comes from here.

mod admin;
mod batches;
mod payments;

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atelier_server::accounts::{ApiToken, EmailChange, Language, OpenSession, User, Ways};
use atelier_server::credits::{self, DayTotals, Entry, EntryFilter, EntryKind, Wallet, WalletView};
use atelier_server::db;
use atelier_server::ids::{JobId, UserId};
use atelier_server::installation::Mode;
use atelier_server::mail::{KeptLetter, kept_letters};
use atelier_server::payments::Recharge;
use atelier_server::sandbox::creem::CreemSandbox;
use atelier_server::sandbox::stripe::StripeSandbox;
use atelier_server::sandbox::view::DeskView;
use atelier_server::services::Services;
use atelier_server::studio::{Draft, FileKind, Job, JobFilter, JobState, Tool, VideoWays};
use atelier_server::time::Timestamp;
use serde_json::Value;

pub use self::admin::{
    AdminPage, AnomaliesPage, AuditAsked, EventPage, JobsPage, OVERVIEW_DAYS, Operation,
    OverseenPage, OwnersStatement, PersonPage, PurchasePage, PurchasesPage, REFUND_ALL,
    REFUND_PART, ReconciliationPage, RefundAsked, Setting, SettingValue, SettingsPage,
    SubscriptionsPage, refund_amount, refused,
};
pub use self::batches::{BatchPage, BulkPage};
pub use self::payments::{Delay, Landing, PaymentsPage, ReceiptPage};
use crate::flash::Flash;
use crate::forms::access::NEW_TOKEN;
use crate::i18n::Words;
use crate::{routes, samples};

/// Where the request comes from; counted by rate limits, never logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub IpAddr);

impl Address {
    /// What limits count by. Whoever has one IPv6 address has the whole network around it, so that
    /// is counted as one.
    pub fn counted(self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

/// Whether cookies are sent over https only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecureCookies(pub bool);

/// Everything a page shows.
#[derive(Clone)]
pub struct Visit {
    pub services: Services,
    pub user: Option<User>,
    /// Of whoever is signed in, read after the route's work was done.
    pub wallet: Option<Wallet>,
    /// The wallet's version before anything on the page was read: all of it is at least as new, so
    /// an open page that hears of a later one knows that it has something to fetch.
    pub as_of: Option<i64>,
    pub language: Language,
    /// Without a language prefix.
    pub path: String,
    pub query: HashMap<String, String>,
    pub flash: Option<Flash>,
    /// Whether `live.js` ran in this browser before: then pages follow by themselves.
    pub scripted: bool,
    /// Where people reach the site, without a slash at its end.
    pub site: String,
    pub content: Content,
    pub now: Timestamp,
}

/// What the route itself found or did.
#[derive(Clone, Debug)]
pub enum Content {
    /// A page that needs nothing but the visit.
    Plain,
    /// Only for people who are signed in, and nobody is.
    SignInFirst,
    NotFound,
    Dashboard {
        jobs: Vec<Job>,
        /// The last [`CHART_DAYS`], oldest first.
        days: Vec<DayTotals>,
    },
    Payments(Box<PaymentsPage>),
    Success {
        landing: Landing,
        /// The tool for which something waits to be gone on with.
        draft: Option<Tool>,
    },
    Cancelled {
        recharge: Option<Recharge>,
    },
    Receipt(Box<ReceiptPage>),
    TryOn(StudioPage),
    Video {
        page: StudioPage,
        ways: VideoWays,
    },
    Job(Box<JobPage>),
    Gallery {
        jobs: Vec<Job>,
        filter: JobFilter,
        next: Option<String>,
    },
    Statement(Box<StatementPage>),
    Account(Box<AccountPage>),
    Admin(Box<AdminPage>),
    /// Whether the link verified the address just now.
    Verify {
        verified: bool,
    },
    /// Whether the link still works.
    Reset {
        lives: bool,
        token: String,
    },
    /// Where a link to a new address stands.
    EmailChange {
        change: EmailChange,
        token: String,
    },
    /// The sandbox, with the payment providers that are played in it.
    Sandbox {
        stripe: Option<Box<DeskView>>,
        creem: Option<Box<DeskView>>,
    },
    /// The letters of the sandbox, newest first.
    Mail {
        letters: Vec<KeptLetter>,
    },
    /// The description of the HTTP API (OpenAPI).
    Api(Arc<Value>),
    Refused(Refusal),
}

/// Why a page is not shown. The program makes these visits itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Forbidden,
    CrossSite,
    RateLimited {
        seconds: i64,
    },
    Internal {
        /// The number under which the log has it.
        reference: Option<String>,
    },
    /// A provider does not answer; nothing was charged.
    Unavailable,
    /// The database does not answer; what was sent may have been done or not.
    Interrupted,
}

/// A page that makes jobs of one tool.
#[derive(Clone, Debug)]
pub struct StudioPage {
    /// What was wanted before and could not be paid for.
    pub draft: Option<Draft>,
    /// Whether it is made at all just now.
    pub available: bool,
    /// The job that is to be used again.
    pub earlier: Option<Job>,
    /// Its picture, as a choice of the form: empty when there is none, or none any more.
    pub earlier_picture: String,
    /// Whether the account has sent pictures before.
    pub has_consented: bool,
}

/// A job with what its page shows beside it.
#[derive(Clone, Debug)]
pub struct JobPage {
    pub job: Job,
    /// Which of the pictures somebody sent are still kept.
    pub originals: Vec<FileKind>,
}

/// A page of the statement and how it was asked for.
#[derive(Clone, Debug)]
pub struct StatementPage {
    pub entries: Vec<Entry>,
    pub kind: Option<EntryKind>,
    /// As typed: `YYYY-MM-DD` or empty.
    pub from: String,
    pub to: String,
    /// Where the next page begins.
    pub next: Option<i64>,
    /// The purchases that the shown entries name, by id.
    pub recharges: HashMap<String, Recharge>,
}

/// What is open in an account's name.
#[derive(Clone, Debug)]
pub struct AccountPage {
    pub sessions: Vec<OpenSession>,
    /// Which of them asks.
    pub here: Option<String>,
    pub tokens: Vec<ApiToken>,
    /// The secret of one that was made just now; nobody can read it again.
    pub new_token: Option<String>,
    pub ways: Ways,
}

/// What is known of a request before its page is.
pub struct Request {
    pub services: Services,
    pub user: Option<User>,
    /// The name of the session that asks.
    pub session: Option<String>,
    pub language: Language,
    pub path: String,
    pub query: HashMap<String, String>,
    pub flash: Option<Flash>,
    pub scripted: bool,
    pub site: String,
    /// The version of the user's wallet, read before anything of the page.
    pub as_of: Option<i64>,
    /// The letters that are kept instead of being sent.
    pub mail: Option<LetterBox>,
    /// Our own Stripe, where it stands in for the real one.
    pub stripe: Option<StripeSandbox>,
    /// The same of Creem.
    pub creem: Option<CreemSandbox>,
    /// The description of the HTTP API.
    pub api: Arc<Value>,
    /// What this process was started with.
    pub operation: Arc<Operation>,
}

/// Where letters are kept in the sandbox, and who reads them.
#[derive(Clone, Debug)]
pub struct LetterBox {
    pub folder: PathBuf,
    /// Everybody, where nobody else can come; else each those to oneself.
    pub open: bool,
}

/// How long the success page waits for the payment provider.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often a success page that waits asks again by itself.
const MOST_ASKED: u64 = 6;
const RECENT_JOBS: i64 = 8;
/// Seconds after which a page with an unfinished job looks again.
const LOOK_AGAIN: u64 = 5;
/// Days of the dashboard's charts.
const CHART_DAYS: i64 = 30;
const GALLERY_PAGE: i64 = 24;
const STATEMENT_PAGE: i64 = 50;
const LETTERS: usize = 50;

impl Visit {
    /// Does the route's work, then reads the wallet.
    pub async fn prepare(request: Request) -> db::Result<Self> {
        let content = content(&request).await?;
        Self::with(request, content).await
    }

    /// A visit to an address where nothing is.
    pub async fn missing(request: Request) -> db::Result<Self> {
        Self::with(request, Content::NotFound).await
    }

    /// A visit that is answered with why its page is not shown, or with [`Content::NotFound`]. It
    /// asks the database nothing, which may be what does not answer: nobody is signed in on it.
    pub fn turned_away(request: Request, content: Content) -> Self {
        Self::of(
            Request {
                user: None,
                ..request
            },
            content,
            None,
        )
    }

    async fn with(request: Request, content: Content) -> db::Result<Self> {
        let wallet = match &request.user {
            Some(user) => Some(request.services.wallet(&user.id).await?),
            None => None,
        };
        Ok(Self::of(request, content, wallet))
    }

    fn of(request: Request, content: Content, wallet: Option<Wallet>) -> Self {
        let Request {
            services,
            user,
            language,
            path,
            query,
            flash,
            scripted,
            site,
            as_of,
            ..
        } = request;
        let now = services.clock.now();
        Self {
            services,
            user,
            wallet,
            as_of,
            language,
            path,
            query,
            flash,
            scripted,
            site,
            content,
            now,
        }
    }

    pub fn words(&self) -> Words {
        Words(self.language)
    }

    /// The wallet as the API shows it, plan and remaining uses included.
    pub fn wallet_view(&self) -> Option<WalletView> {
        self.wallet
            .as_ref()
            .map(|wallet| wallet.view(&self.services.prices()))
    }

    pub fn is_sandbox(&self) -> bool {
        self.services.installation.mode == Mode::Sandbox
    }

    /// A query value, empty when it is missing.
    pub fn asked(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// The status the page is answered with.
    pub fn status(&self) -> u16 {
        match &self.content {
            Content::NotFound
            | Content::Success {
                landing: Landing::Missing,
                ..
            } => 404,
            Content::Refused(refusal) => refusal.status(),
            _ => 200,
        }
    }

    /// Path and query, without a language prefix.
    pub fn address(&self) -> String {
        self.address_with(&[])
    }

    /// The same page with `more` in its query.
    pub fn address_with(&self, more: &[(&str, &str)]) -> String {
        let mut query: BTreeMap<&str, &str> = self
            .query
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        query.extend(more.iter().copied());
        let pairs: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{}={}", routes::encode(name), routes::encode(value)))
            .collect();
        if pairs.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, pairs.join("&"))
        }
    }

    /// Where a page leads by itself, and after how many seconds, unless somebody asked to stay: the
    /// success page once it is settled, and a page with an unfinished job to itself. The latter only
    /// where no script follows the job: the header would reload it under the reader's hands.
    pub fn refresh(&self) -> Option<(u64, String)> {
        if self.query.contains_key("stay") {
            return None;
        }
        match &self.content {
            Content::Success {
                landing: Landing::Settled(_),
                ..
            } => Some((5, routes::DASHBOARD.to_owned())),
            Content::Success {
                landing: Landing::Updating(..),
                ..
            } => self.ask_again(),
            _ if self.has_open_job() && !self.scripted => Some((LOOK_AGAIN, self.address())),
            _ => None,
        }
    }

    /// Whether the page shows a job that has not ended.
    fn has_open_job(&self) -> bool {
        let is_open = |job: &Job| !job.state.is_end();
        match &self.content {
            Content::Job(page) => is_open(&page.job),
            Content::Dashboard { jobs, .. } | Content::Gallery { jobs, .. } => {
                jobs.iter().any(is_open)
            }
            _ => false,
        }
    }

    /// The same page, which then stays as it is; where one with an unfinished job would not.
    pub fn stay(&self) -> Option<String> {
        let follows = self.has_open_job() && self.refresh().is_some();
        follows.then(|| self.staying())
    }

    /// The same page, which leads nowhere by itself.
    pub fn staying(&self) -> String {
        self.address_with(&[("stay", "1")])
    }
}

impl Visit {
    /// How often a waiting success page has asked again by itself.
    pub fn times_asked(&self) -> u64 {
        self.asked("asked").parse().unwrap_or(0)
    }

    /// Whether it has stopped asking and says what happens next.
    pub fn asked_enough(&self) -> bool {
        self.times_asked() >= MOST_ASKED
    }

    /// After 1 second, then every 2.
    fn ask_again(&self) -> Option<(u64, String)> {
        if self.asked_enough() {
            return None;
        }
        let asked = self.times_asked();
        let wait = if asked == 0 { 1 } else { 2 };
        let session = routes::encode(payments::session_of(&self.query).unwrap_or_default());
        let address = format!("{}?session_id={session}&asked={}", self.path, asked + 1);
        Some((wait, address))
    }
}

impl Refusal {
    fn status(&self) -> u16 {
        match self {
            Self::Forbidden | Self::CrossSite => 403,
            Self::RateLimited { .. } => 429,
            Self::Internal { .. } => 500,
            Self::Unavailable | Self::Interrupted => 503,
        }
    }
}

async fn content(request: &Request) -> db::Result<Content> {
    let path = request.path.as_str();
    match path {
        routes::HOME
        | routes::SIGN_UP
        | routes::SIGN_IN
        | routes::FORGOT
        | routes::GOODBYE
        | routes::TERMS
        | routes::PRIVACY => return Ok(Content::Plain),
        routes::SANDBOX | routes::SANDBOX_MAIL | routes::STYLEGUIDE | routes::TEST_CREDITS => {
            return sandbox(request).await;
        }
        routes::API_DOCS => return Ok(Content::Api(request.api.clone())),
        _ => {}
    }
    if let Some(token) = path.strip_prefix("/verify/") {
        return verify(request, token).await;
    }
    if let Some(token) = path.strip_prefix("/reset/") {
        let lives = request.services.accounts.reset_link_lives(token).await?;
        return Ok(Content::Reset {
            lives,
            token: token.to_owned(),
        });
    }
    if let Some(token) = path.strip_prefix("/change-email/") {
        return Ok(Content::EmailChange {
            change: request.services.accounts.email_change(token).await?,
            token: token.to_owned(),
        });
    }
    let Some(user) = &request.user else {
        return signed_out(request).await;
    };
    personal(request, user).await
}

/// Signed out. A payment is credited even so; for anything else one has to sign in.
async fn signed_out(request: &Request) -> db::Result<Content> {
    let provider = &request.services.payments;
    // Nobody knows who asks, so the provider is only asked about what was begun here.
    if is_success(&request.path)
        && let Some(session_id) = payments::session_of(&request.query)
        && provider.recharge_of_session(session_id).await?.is_some()
    {
        let fulfilled = provider.fulfil_within(session_id, PATIENCE).await;
        if let Some(Err(error)) = fulfilled {
            tracing::warn!(%error, "a payment could not be read on landing");
        }
    }
    Ok(if is_personal(&request.path) {
        Content::SignInFirst
    } else {
        Content::NotFound
    })
}

/// Whether `path` is one of the addresses of the success page.
pub fn is_success(path: &str) -> bool {
    path == routes::SUCCESS || routes::SUCCESS_ALIASES.contains(&path)
}

fn is_personal(path: &str) -> bool {
    const PERSONAL: [&str; 8] = [
        routes::DASHBOARD,
        routes::PAYMENTS,
        routes::CANCELLED,
        routes::TRY_ON,
        routes::VIDEO,
        routes::GALLERY,
        routes::STATEMENT,
        routes::ACCOUNT,
    ];
    let is_one_of_many =
        path.starts_with("/jobs/") || routes::receipt_of(path).is_some() || is_admin(path);
    PERSONAL.contains(&path) || is_success(path) || is_one_of_many
}

/// Whether `path` is one of the operator's.
fn is_admin(path: &str) -> bool {
    path == routes::ADMIN || path.starts_with("/admin/")
}

async fn personal(request: &Request, user: &User) -> db::Result<Content> {
    let services = &request.services;
    let path = request.path.as_str();
    if is_success(path) {
        return Ok(Content::Success {
            landing: payments::land(request, user).await?,
            draft: kept_draft(request, user).await?,
        });
    }
    if is_admin(path) {
        return admin::admin(request, user).await;
    }
    Ok(match path {
        routes::DASHBOARD => Content::Dashboard {
            jobs: services
                .studio
                .jobs_of(&user.id, JobFilter::default(), None, RECENT_JOBS)
                .await?,
            days: credits::daily_totals(&services.db, &user.id, CHART_DAYS, services.clock.now())
                .await?,
        },
        routes::PAYMENTS => Content::Payments(Box::new(payments::payments(request, user).await?)),
        routes::CANCELLED => Content::Cancelled {
            recharge: payments::asked_for(request, user).await?,
        },
        routes::TRY_ON => Content::TryOn(studio_page(request, user, Tool::TryOn).await?),
        routes::VIDEO => Content::Video {
            page: studio_page(request, user, Tool::Video).await?,
            ways: services.studio.video_ways(),
        },
        routes::GALLERY => gallery(request, user).await?,
        routes::STATEMENT => Content::Statement(Box::new(statement(request, &user.id).await?)),
        routes::ACCOUNT => Content::Account(Box::new(account(request, user).await?)),
        _ => match (path.strip_prefix("/jobs/"), routes::receipt_of(path)) {
            (Some(id), _) => job_page(request, user, id).await?,
            (_, Some(id)) => payments::receipt(request, user, id).await?,
            _ => Content::NotFound,
        },
    })
}

/// Nothing of this exists in live mode.
async fn sandbox(request: &Request) -> db::Result<Content> {
    if request.services.installation.mode != Mode::Sandbox {
        return Ok(Content::NotFound);
    }
    if request.path == routes::STYLEGUIDE {
        return Ok(Content::Plain);
    }
    if request.path == routes::TEST_CREDITS {
        return Ok(match request.user {
            Some(_) => Content::Plain,
            None => Content::SignInFirst,
        });
    }
    if request.path == routes::SANDBOX {
        return Ok(Content::Sandbox {
            stripe: match &request.stripe {
                Some(stripe) => Some(shown(request, stripe.desk().await?)),
                None => None,
            },
            creem: match &request.creem {
                Some(creem) => Some(shown(request, creem.desk().await?)),
                None => None,
            },
        });
    }
    Ok(mail(request).await)
}

/// What a provider's sandbox knows. Who bought is shown only where nobody else can come.
fn shown(request: &Request, mut desk: DeskView) -> Box<DeskView> {
    if !request.mail.as_ref().is_some_and(|mail| mail.open) {
        desk.checkouts.iter_mut().for_each(|it| it.email = None);
        desk.subscriptions.iter_mut().for_each(|it| it.email = None);
    }
    Box::new(desk)
}

async fn mail(request: &Request) -> Content {
    Content::Mail {
        letters: match &request.mail {
            Some(letter_box) => letter_box.letters_for(request.user.as_ref()).await,
            None => Vec::new(),
        },
    }
}

impl LetterBox {
    /// The newest letters that `reader` may read.
    pub async fn letters_for(&self, reader: Option<&User>) -> Vec<KeptLetter> {
        let letters = kept_letters(&self.folder, LETTERS).await;
        let mut letters = letters.unwrap_or_else(|error| {
            tracing::error!(%error, "the kept letters could not be read");
            Vec::new()
        });
        if !self.open {
            letters.retain(|letter| reader.is_some_and(|reader| reader.email == letter.to));
        }
        letters
    }
}

async fn verify(request: &Request, token: &str) -> db::Result<Content> {
    use atelier_server::accounts::LinkError;
    match request.services.accounts.verify_email(token).await {
        Ok(_) => Ok(Content::Verify { verified: true }),
        Err(LinkError::Dead) => {
            let accounts = &request.services.accounts;
            let verified = accounts.verify_link_was_used(token).await?
                || request.user.as_ref().is_some_and(|user| user.verified);
            Ok(Content::Verify { verified })
        }
        Err(LinkError::Database(error)) => Err(error),
    }
}

async fn gallery(request: &Request, user: &User) -> db::Result<Content> {
    let before = request.query.get("before").and_then(|id| JobId::parse(id));
    let studio = &request.services.studio;
    let asked = |name| request.query.get(name).map_or("", String::as_str);
    let filter = JobFilter {
        tool: Tool::parse(asked("tool")),
        state: JobState::parse(asked("state")),
    };
    let mut jobs = studio
        .jobs_of(&user.id, filter, before.as_ref(), GALLERY_PAGE + 1)
        .await?;
    let more = jobs.len() as i64 > GALLERY_PAGE;
    jobs.truncate(GALLERY_PAGE as usize);
    let next = jobs.last().filter(|_| more).map(|job| job.id.to_string());
    Ok(Content::Gallery { jobs, filter, next })
}

async fn job_page(request: &Request, user: &User, id: &str) -> db::Result<Content> {
    let studio = &request.services.studio;
    let job = match JobId::parse(id) {
        Some(id) => studio.job(&id).await?.filter(|job| job.user_id == user.id),
        None => None,
    };
    let Some(job) = job else {
        return Ok(Content::NotFound);
    };
    let originals = studio.originals_of(&job.id).await?;
    Ok(Content::Job(Box::new(JobPage { job, originals })))
}

async fn studio_page(request: &Request, user: &User, tool: Tool) -> db::Result<StudioPage> {
    let studio = &request.services.studio;
    let earlier = request.query.get("from").and_then(|id| JobId::parse(id));
    let earlier = match earlier {
        Some(id) => studio.job(&id).await?.filter(|job| job.user_id == user.id),
        None => None,
    };
    let picture = match (&earlier, tool) {
        (None, _) => None,
        (Some(job), Tool::TryOn) => studio.file_of(&job.id, FileKind::Person).await?,
        (Some(job), Tool::Video) => studio.beginning_of(job).await?,
    };
    let chosen = |job: &Job| format!("{}{}", samples::EARLIER, job.id);
    let earlier_picture = earlier.as_ref().filter(|_| picture.is_some()).map(chosen);
    Ok(StudioPage {
        earlier_picture: earlier_picture.unwrap_or_default(),
        draft: studio.find_draft(&user.id, tool).await?,
        available: studio.is_available(tool),
        earlier,
        has_consented: studio.has_consented(&user.id).await?,
    })
}

/// The tool for which something is kept to go on with.
async fn kept_draft(request: &Request, user: &User) -> db::Result<Option<Tool>> {
    for tool in Tool::ALL {
        let draft = request.services.studio.find_draft(&user.id, *tool).await?;
        if draft.is_some() {
            return Ok(Some(*tool));
        }
    }
    Ok(None)
}

async fn statement(request: &Request, user: &UserId) -> db::Result<StatementPage> {
    let Request {
        services, query, ..
    } = request;
    let asked = |name: &str| query.get(name).cloned().unwrap_or_default();
    let (from, to) = (asked("from"), asked("to"));
    let kind = EntryKind::parse(&asked("kind"));
    if let Err(error) = credits::settle_lapsed(&services.db, user, services.clock.now()).await {
        tracing::error!(%error, "lapsed credits could not be written off");
    }
    let filter = EntryFilter {
        before: asked("before").parse().ok(),
        kind,
        from: Timestamp::parse(&from),
        to: Timestamp::parse_end(&to),
        limit: STATEMENT_PAGE + 1,
    };
    let mut entries = credits::statement(&services.db, user, &filter).await?;
    let more = entries.len() as i64 > STATEMENT_PAGE;
    entries.truncate(STATEMENT_PAGE as usize);
    let next = entries.last().filter(|_| more).map(|entry| entry.seq);
    let recharges = recharges_of(services, &entries).await?;
    Ok(StatementPage {
        entries,
        kind,
        from,
        to,
        next,
        recharges,
    })
}

async fn account(request: &Request, user: &User) -> db::Result<AccountPage> {
    let accounts = &request.services.accounts;
    let minted = request.flash.as_ref().map(|flash| flash.typed(NEW_TOKEN));
    // A flash can be forged: only what really is a token of theirs is shown as one.
    let new_token = match minted.filter(|secret| !secret.is_empty()) {
        Some(secret) if accounts.owns_token(&user.id, secret).await? => Some(secret.to_owned()),
        _ => None,
    };
    Ok(AccountPage {
        sessions: accounts.sessions(&user.id).await?,
        here: request.session.clone(),
        tokens: accounts.tokens(&user.id).await?,
        new_token,
        ways: accounts.ways(&user.id).await?,
    })
}

async fn recharges_of(
    services: &Services,
    entries: &[Entry],
) -> db::Result<HashMap<String, Recharge>> {
    let mut recharges = HashMap::new();
    for id in entries
        .iter()
        .filter_map(|entry| entry.recharge_id.as_ref())
    {
        if !recharges.contains_key(id.as_str())
            && let Some(recharge) = services.payments.recharge(id).await?
        {
            recharges.insert(id.to_string(), recharge);
        }
    }
    Ok(recharges)
}
