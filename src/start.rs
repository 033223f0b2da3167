//! From settings to a running program: `build` makes everything, `serve` answers until told to stop.
//! Tests call the same two.

use std::error::Error;
use std::future::Future;
use std::io::{IsTerminal, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use atelier_app::components::demo::{DemoAccount, DemoAccounts};
use atelier_app::letters;
use atelier_app::visit::{LetterBox, Operation};
use atelier_server::accounts::{Accounts, NewAccount, Password, RateLimits, Role, SessionStore};
use atelier_server::catalog::{Catalog, Interval};
use atelier_server::db::Database;
use atelier_server::deletions::Deletions;
use atelier_server::ids::uuid_v7;
use atelier_server::installation::{self, Installation, Mode};
use atelier_server::mail::{MailSettings, Mailer, Transport};
use atelier_server::oversight;
use atelier_server::oversight::anomalies::Lookout;
use atelier_server::oversight::reconciliation::Reconciliation;
use atelier_server::payments::Payments;
use atelier_server::payments::creem::Creem;
use atelier_server::payments::gateway::Gateway;
use atelier_server::payments::stripe::{self, Stripe};
use atelier_server::sandbox::clock::SandboxClock;
use atelier_server::sandbox::creem::{self, CreemSandbox};
use atelier_server::sandbox::fashn::FashnSandbox;
use atelier_server::sandbox::stripe::{Settings as StripeSandboxSettings, StripeSandbox};
use atelier_server::services::{Parts, Services};
use atelier_server::studio::{
    Fashn, Files, JobProvider, Providers, Replicate, Studio, StudioSettings,
};
use atelier_server::time::Clock;
use atelier_server::{credits, idempotency, live, secret};
use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::util::MapRequestLayer;
use tower::{Layer, ServiceExt};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use url::Url;

use crate::http::api_limit::ApiLimit;
use crate::http::layers::{address, language};
use crate::http::live::Streams;
use crate::http::metrics::{Access, Metrics};
use crate::http::sandbox::Sandboxes;
use crate::http::{Inside, Site, State, openapi, router};
use crate::settings::{LogFormat, Settings, is_loopback};

/// The error of a start: one line that says what is wrong.
pub type StartError = Box<dyn Error + Send + Sync>;

/// How long everything may take to end once the program is told to stop.
const GRACE: Duration = Duration::from_secs(9);
const SWEEP_EVERY: Duration = Duration::from_secs(60);
const POLL_EVERY: Duration = Duration::from_millis(700);
/// The sandbox takes any secret key.
const SANDBOX_KEY: &str = "sk_test_sandbox";
/// Everybody may sign in with it; only the sandbox has such accounts.
const DEMO_PASSWORD: &str = "atelier-demo";
pub const DEMO_EMAIL: &str = "demo@example.com";
const DEMO_ADMIN_EMAIL: &str = "admin@example.com";

/// Logs to standard error; standard output is for what a command prints.
pub fn telemetry(settings: &Settings) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,stripe=error,stripe_webhook=error"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match settings.log {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}

/// One provider of cryptography for every client in the process.
pub fn cryptography() {
    // Fails only if it was installed before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

pub fn runtime<T>(work: impl Future<Output = Result<T, StartError>>) -> Result<T, StartError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// Everything, built and not yet serving.
pub struct Program {
    pub services: Services,
    router: Router,
    proxies: Arc<[crate::settings::Network]>,
    tasks: Vec<Task>,
    stop: CancellationToken,
}

type Task = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// The addresses under which the site is known.
struct Addresses {
    /// The public one; ends in a slash.
    site: Url,
    /// Where this process reaches itself.
    own: Url,
    /// Where the sandboxes' hosted pages are linked: the other loopback name, so that going there and
    /// back is cross-site as with a real provider.
    hosted: Url,
}

impl Addresses {
    fn new(settings: &Settings, bound: SocketAddr) -> Result<Self, StartError> {
        let own_ip = match bound.ip() {
            ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            ip => ip,
        };
        let own: Url = format!("http://{}/", SocketAddr::new(own_ip, bound.port())).parse()?;
        let site = settings.url.clone().unwrap_or_else(|| own.clone());
        let mut hosted = site.clone();
        if is_loopback(&site) {
            let other = if site.host_str() == Some("localhost") {
                "127.0.0.1"
            } else {
                "localhost"
            };
            hosted.set_host(Some(other))?;
        }
        Ok(Self { site, own, hosted })
    }
}

/// Opens the database and makes the services that commands and the server share.
pub struct Ground {
    pub db: Database,
    pub clock: Clock,
    /// Puts `clock` forward, in sandbox mode.
    pub sandbox_clock: Option<SandboxClock>,
    pub installation: Installation,
    pub accounts: Accounts,
    pub catalog: Arc<Catalog>,
}

impl Ground {
    pub async fn open(settings: &Settings) -> Result<Self, StartError> {
        let db = Database::open(&settings.database_url).await?;
        let clock = Clock::system();
        let installation = Installation::load(&db, settings.mode()).await?;
        let sandbox_clock = match installation.mode {
            Mode::Sandbox => Some(SandboxClock::open(db.clone(), clock.clone()).await?),
            Mode::Live => None,
        };
        let catalog = Arc::new(settings.catalog.clone());
        let person_key = installation.person_key.clone();
        let limits = RateLimits::new(
            db.clone(),
            clock.clone(),
            person_key.clone(),
            settings.rate_limits,
        );
        let accounts = Accounts::new(
            db.clone(),
            clock.clone(),
            catalog.clone(),
            limits,
            person_key,
        );
        Ok(Self {
            db,
            clock,
            sandbox_clock,
            installation,
            accounts,
            catalog,
        })
    }
}

/// Makes everything for a listener that is bound to `bound`.
pub async fn build(settings: &Settings, bound: SocketAddr) -> Result<Program, StartError> {
    let ground = Ground::open(settings).await?;
    let addresses = Addresses::new(settings, bound)?;
    let node = uuid_v7(ground.clock.now());
    prepare_accounts(settings, &ground).await?;

    let stripe_sandbox = stripe_sandbox(settings, &ground, &addresses)?;
    let creem_sandbox = creem_sandbox(settings, &ground, &addresses)?;
    let fashn_sandbox = fashn_sandbox(settings, &ground, &addresses)?;
    let files = files(settings).await?;
    let services = services(settings, &ground, &addresses, &node, files)?;
    let state = State::new(Inside {
        services: services.clone(),
        api_limit: ApiLimit::new(settings.rate_limits),
        site: Site {
            payment_origins: payment_origins(settings, &addresses),
            secure_cookies: addresses.site.scheme() == "https",
            url: addresses.site.clone(),
        },
        stop: CancellationToken::new(),
        mail: letter_box(settings),
        stripe: stripe_sandbox.clone(),
        creem: creem_sandbox.clone(),
        demo: demo_accounts(settings),
        streams: Streams::default(),
        metrics: Metrics::new(metrics_access(settings))?,
        api: Arc::new(openapi::document(
            &settings.catalog,
            addresses.site.as_str(),
        )),
        creem_sandbox: match &creem_sandbox {
            Some(_) => Some(addresses.own.join("sandbox/creem/")?),
            None => None,
        },
        operation: Arc::new(Operation {
            version: env!("CARGO_PKG_VERSION"),
            node: node.clone(),
            started_at: ground.clock.now(),
            settings: settings.told.clone(),
        }),
    });
    let stop = state.stop.clone();
    let mailer = Mailer::new(
        ground.accounts.clone(),
        mail_settings(settings, &addresses, services.catalog.clone())?,
    );
    let letters = letter_box(settings).map(|letter_box| letter_box.folder);
    let deletions = Deletions::new(services.clone(), letters);
    let mut tasks: Vec<Task> = vec![
        Box::pin(services.payments.clone().run_inbox(stop.clone())),
        Box::pin(services.payments.clone().run_catch_up(stop.clone())),
        Box::pin(services.studio.clone().run_worker(stop.clone())),
        Box::pin(deletions.run(stop.clone())),
        Box::pin(mailer.run(stop.clone())),
        Box::pin(live::run(
            ground.db.clone(),
            ground.clock.clone(),
            node.clone(),
            stop.clone(),
        )),
        Box::pin(sweep(state.clone(), node)),
        Box::pin(Reconciliation::of(&services).run_daily(stop.clone())),
        Box::pin(services.lookout.clone().run_daily(stop.clone())),
        Box::pin(write_down(state.clone())),
    ];
    if let Some(sandbox) = &stripe_sandbox {
        tasks.push(Box::pin(sandbox.clone().deliver(stop.clone())));
    }
    if let Some(sandbox) = &creem_sandbox {
        tasks.push(Box::pin(sandbox.clone().deliver(stop.clone())));
    }
    if let Some(sandbox) = &fashn_sandbox {
        tasks.push(Box::pin(sandbox.clone().keep_working(stop.clone())));
    }
    if let Some(clock) = &ground.sandbox_clock {
        tasks.push(Box::pin(clock.clone().follow(stop.clone())));
    }
    let sandboxes = Sandboxes {
        clock: ground.sandbox_clock.clone(),
        stripe: stripe_sandbox,
        creem: creem_sandbox,
        fashn: fashn_sandbox,
    };
    let router = router(state, sandboxes.router());
    let proxies = settings.trusted_proxies.clone().into();
    Ok(Program {
        services,
        router,
        proxies,
        tasks,
        stop,
    })
}

/// Payments without a server, for commands: they reach the sandbox, if it is on, at `bound`.
pub fn provider(
    settings: &Settings,
    ground: &Ground,
    bound: SocketAddr,
) -> Result<(Payments, Router), StartError> {
    let addresses = Addresses::new(settings, bound)?;
    let payments = Payments::new(
        ground.db.clone(),
        ground.clock.clone(),
        ground.catalog.clone(),
        gateways(settings, &ground.installation, &addresses)?,
        addresses.site.clone(),
        uuid_v7(ground.clock.now()),
    );
    let sandboxes = Sandboxes {
        stripe: stripe_sandbox(settings, ground, &addresses)?,
        creem: creem_sandbox(settings, ground, &addresses)?,
        ..Sandboxes::default()
    };
    Ok((payments, sandboxes.router()))
}

/// Who looks at the account at Stripe, the sandbox it may be played by, and where its webhooks have
/// to go.
pub fn stripe_doctor(
    settings: &Settings,
    ground: &Ground,
    bound: SocketAddr,
) -> Result<(stripe::Doctor, Router, Url), StartError> {
    const ENDPOINT: &str = "api/v1/webhooks/stripe";
    if let Some(stripe) = &settings.stripe {
        let site = Addresses::new(settings, settings.listen)?.site;
        let doctor = stripe::Doctor::new(&stripe.key, stripe.base.as_str())?;
        return Ok((doctor, Router::new(), site.join(ENDPOINT)?));
    }
    let addresses = Addresses::new(settings, bound)?;
    let sandboxes = Sandboxes {
        stripe: stripe_sandbox(settings, ground, &addresses)?,
        ..Sandboxes::default()
    };
    let base = addresses.own.join("sandbox/stripe/")?;
    let doctor = stripe::Doctor::new(&SANDBOX_KEY.into(), base.as_str())?;
    Ok((doctor, sandboxes.router(), addresses.own.join(ENDPOINT)?))
}

/// Where files are kept. A bucket that does not let us in is told at the start, not to the first customer.
async fn files(settings: &Settings) -> Result<Files, StartError> {
    let Some(s3) = &settings.s3 else {
        return Ok(Files::folder(&settings.data_dir.join("files"))?);
    };
    let files = Files::bucket(s3)?;
    let checked = files.check().await;
    checked.map_err(|error| format!("S3_BUCKET {} cannot be written to: {error}", s3.bucket))?;
    Ok(files)
}

fn services(
    settings: &Settings,
    ground: &Ground,
    addresses: &Addresses,
    node: &str,
    files: Files,
) -> Result<Services, StartError> {
    let Ground {
        db,
        clock,
        installation,
        accounts,
        catalog,
        ..
    } = ground;
    let payments = Payments::new(
        db.clone(),
        clock.clone(),
        catalog.clone(),
        gateways(settings, installation, addresses)?,
        addresses.site.clone(),
        node.to_owned(),
    );
    let studio = Studio::new(
        db.clone(),
        clock.clone(),
        catalog.clone(),
        files,
        providers(settings, addresses)?,
        StudioSettings {
            most_unfinished: settings.jobs_per_account,
            callback_base: callback_base(settings, addresses),
            callback_key: installation.person_key.clone(),
            originals_kept: settings.originals_kept,
            no_verdict_after: settings.no_verdict_after,
            poll_every: POLL_EVERY,
            previews: !settings.has_ai_provider(),
        },
        node.to_owned(),
    );
    Ok(Services::new(Parts {
        db: db.clone(),
        clock: clock.clone(),
        catalog: catalog.clone(),
        installation: installation.clone(),
        accounts: accounts.clone(),
        sessions: SessionStore::new(db.clone(), clock.clone()),
        payments,
        studio,
        lookout: Lookout::new(
            db.clone(),
            clock.clone(),
            settings.anomalies,
            node.to_owned(),
        ),
    }))
}

/// The payment providers switched on.
fn gateways(
    settings: &Settings,
    installation: &Installation,
    addresses: &Addresses,
) -> Result<Vec<Arc<dyn Gateway>>, StartError> {
    let stripe = stripe_gateway(settings, installation, addresses)?;
    let mut gateways: Vec<Arc<dyn Gateway>> = vec![Arc::new(stripe)];
    if let Some(creem) = creem_gateway(settings, installation, addresses)? {
        gateways.push(Arc::new(creem));
    }
    Ok(gateways)
}

/// Creem, if there is a key; in sandbox mode without one our own Creem on loopback.
fn creem_gateway(
    settings: &Settings,
    installation: &Installation,
    addresses: &Addresses,
) -> Result<Option<Creem>, StartError> {
    let creem = match &settings.creem {
        Some(creem) => Creem::new(
            &creem.key,
            creem.webhook_secret.clone(),
            creem.base.as_str(),
        )?,
        None if settings.mode() == Mode::Live => return Ok(None),
        None => Creem::new(
            &"creem_test_sandbox".into(),
            installation.sandbox_creem_secret.clone(),
            addresses.own.join("sandbox/creem/")?.as_str(),
        )?,
    };
    Ok(Some(creem))
}

/// Stripe, or with no key our own Stripe on loopback: the same client talks to both.
fn stripe_gateway(
    settings: &Settings,
    installation: &Installation,
    addresses: &Addresses,
) -> Result<Stripe, StartError> {
    let stripe = match &settings.stripe {
        Some(stripe) => Stripe::new(
            &stripe.key,
            stripe.webhook_secret.clone(),
            stripe.base.as_str(),
        )?,
        None => Stripe::new(
            &SecretString::from(SANDBOX_KEY),
            installation.sandbox_webhook_secret.clone(),
            addresses.own.join("sandbox/stripe/")?.as_str(),
        )?,
    };
    Ok(stripe)
}

/// The AI providers switched on, the first one first; with no key our own studio on loopback.
fn providers(settings: &Settings, addresses: &Addresses) -> Result<Providers, StartError> {
    let mut providers: Vec<Arc<dyn JobProvider>> = Vec::new();
    if let Some(fashn) = &settings.fashn {
        providers.push(Arc::new(Fashn::new(fashn.base.clone(), fashn.key.clone())?));
    }
    if let Some(replicate) = &settings.replicate {
        providers.push(Arc::new(Replicate::new(
            replicate.base.clone(),
            replicate.token.clone(),
            replicate.webhook_secret.clone(),
            replicate.models.clone(),
        )?));
    }
    if providers.is_empty() {
        let base = addresses.own.join("sandbox/fashn/")?;
        providers.push(Arc::new(Fashn::new(base, "sandbox".into())?.of_sandbox()));
    }
    Ok(Providers::new(providers))
}

/// The sandbox calls back on loopback, a real provider through the public address.
fn callback_base(settings: &Settings, addresses: &Addresses) -> Url {
    if settings.has_ai_provider() {
        addresses.site.clone()
    } else {
        addresses.own.clone()
    }
}

fn stripe_sandbox(
    settings: &Settings,
    ground: &Ground,
    addresses: &Addresses,
) -> Result<Option<StripeSandbox>, StartError> {
    if settings.stripe.is_some() || settings.mode() == Mode::Live {
        return Ok(None);
    }
    let sandbox = StripeSandboxSettings {
        hosted_base: addresses.hosted.join("sandbox/stripe/")?,
        webhook_url: addresses.own.join("api/v1/webhooks/stripe")?,
        webhook_events: stripe::KINDS.map(str::to_owned).to_vec(),
        webhook_secret: ground.installation.sandbox_webhook_secret.clone(),
    };
    Ok(Some(StripeSandbox::new(
        ground.db.clone(),
        ground.clock.clone(),
        sandbox,
    )))
}

fn creem_sandbox(
    settings: &Settings,
    ground: &Ground,
    addresses: &Addresses,
) -> Result<Option<CreemSandbox>, StartError> {
    if settings.creem.is_some() || settings.mode() == Mode::Live {
        return Ok(None);
    }
    let sandbox = creem::Settings {
        hosted_base: addresses.hosted.join("sandbox/creem/")?,
        webhook_url: addresses.own.join("api/webhooks/creem")?,
        webhook_secret: ground.installation.sandbox_creem_secret.clone(),
        signatures: creem::Signatures::Both,
        products: creem_products(&ground.catalog),
    };
    let (db, clock) = (ground.db.clone(), ground.clock.clone());
    Ok(Some(CreemSandbox::new(db, clock, sandbox)))
}

/// What the catalogue sells through Creem, as its dashboard would have it.
fn creem_products(catalog: &Catalog) -> Vec<creem::Product> {
    let items = catalog.packs.iter().map(|pack| pack.id.as_str());
    let items = items.chain(catalog.plans.iter().map(|plan| plan.id.as_str()));
    items
        .filter_map(|item| {
            let offer = catalog.offer(item)?;
            let billing = match offer.plan.map(|plan| plan.interval) {
                None => creem::Billing::Once,
                Some(Interval::Month) => creem::Billing::EveryMonth,
                Some(Interval::Year) => creem::Billing::EveryYear,
            };
            Some(creem::Product {
                id: offer.creem_product?,
                name: offer.name.en,
                price: offer.price.amount_minor,
                currency: offer.price.currency,
                billing,
            })
        })
        .collect()
}

fn fashn_sandbox(
    settings: &Settings,
    ground: &Ground,
    addresses: &Addresses,
) -> Result<Option<FashnSandbox>, StartError> {
    if settings.has_ai_provider() || settings.mode() == Mode::Live {
        return Ok(None);
    }
    let folder = settings.data_dir.join("sandbox/fashn");
    let base = addresses.own.join("sandbox/fashn/")?;
    Ok(Some(FashnSandbox::new(
        ground.db.clone(),
        ground.clock.clone(),
        folder,
        base,
    )?))
}

/// Where forms lead to at the payment providers: checkouts and portals. Browsers check `form-action` on
/// the redirect there too.
fn payment_origins(settings: &Settings, addresses: &Addresses) -> Arc<[String]> {
    let hosted = || vec![addresses.hosted.origin().ascii_serialization()];
    let at = |base: &Url, real: &[&str]| {
        if is_loopback(base) {
            vec![base.origin().ascii_serialization()]
        } else {
            real.iter().map(|origin| (*origin).to_owned()).collect()
        }
    };
    let stripe = settings
        .stripe
        .as_ref()
        .map_or_else(hosted, |stripe| at(&stripe.base, &STRIPE_PAGES));
    let creem = match &settings.creem {
        Some(creem) => at(&creem.base, &CREEM_PAGES),
        None if settings.mode() == Mode::Live => Vec::new(),
        None => hosted(),
    };
    let mut origins = stripe;
    origins.extend(creem);
    origins.sort_unstable();
    origins.dedup();
    origins.into()
}

const STRIPE_PAGES: [&str; 2] = ["https://billing.stripe.com", "https://checkout.stripe.com"];
const CREEM_PAGES: [&str; 3] = [
    "https://checkout.creem.io",
    "https://creem.io",
    "https://www.creem.io",
];

/// Where a mail server is set, letters are sent and not kept.
fn letter_box(settings: &Settings) -> Option<LetterBox> {
    settings.smtp_url.is_none().then(|| LetterBox {
        folder: settings.data_dir.join("mail"),
        open: is_private(settings),
    })
}

fn mail_settings(
    settings: &Settings,
    addresses: &Addresses,
    catalog: Arc<Catalog>,
) -> Result<MailSettings, StartError> {
    let transport = match &settings.smtp_url {
        Some(url) => {
            let smtp = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())
                .map_err(|_| "SMTP_URL wants an address such as smtps://user:password@host")?;
            Transport::Smtp(Box::new(smtp.build()))
        }
        None => Transport::Folder(settings.data_dir.join("mail")),
    };
    let wording = letters::wording(addresses.site.as_str(), catalog);
    Ok(MailSettings {
        from: settings.mail_from.clone(),
        transport,
        wording,
    })
}

/// The administrator of the settings; at the sandbox's first start also the demo accounts.
async fn prepare_accounts(settings: &Settings, ground: &Ground) -> Result<(), StartError> {
    if let Some(administrator) = &settings.administrator {
        ground
            .accounts
            .ensure_admin(&administrator.email, &administrator.password)
            .await?;
    }
    if ground.installation.mode == Mode::Sandbox && !installation::is_done(&ground.db, DEMO).await?
    {
        make_demo_accounts(settings, ground).await?;
        installation::mark_done(&ground.db, DEMO).await?;
    }
    Ok(())
}

/// The step of the installation that makes the demo accounts.
const DEMO: &str = "demo_accounts";

async fn make_demo_accounts(settings: &Settings, ground: &Ground) -> Result<(), StartError> {
    let password = demo_password(settings);
    let mut made = false;
    for (email, name, role) in [
        (DEMO_EMAIL, "Demo", Role::User),
        (DEMO_ADMIN_EMAIL, "Admin", Role::Admin),
    ] {
        made |= make_demo_account(ground, email, name, role, &password).await?;
    }
    if made {
        say(&format!(
            "demo accounts: {DEMO_EMAIL} and {DEMO_ADMIN_EMAIL}, password {password}"
        ))?;
    }
    Ok(())
}

/// Whether a public name leads others in, through a proxy that may be on this machine.
fn is_led_to(settings: &Settings) -> bool {
    settings.url.as_ref().is_some_and(|url| !is_loopback(url))
}

/// Without a token only this machine may read the measures, and only where nobody else can seem to be it.
fn metrics_access(settings: &Settings) -> Access {
    match &settings.metrics_token {
        Some(token) => Access::Token(token.clone()),
        None if settings.trusted_proxies.is_empty() && !is_led_to(settings) => Access::ThisMachine,
        None => Access::Nobody,
    }
}

/// On an address others can reach, nobody can guess it.
fn demo_password(settings: &Settings) -> String {
    if is_private(settings) {
        DEMO_PASSWORD.to_owned()
    } else {
        secret::token()
    }
}

/// Whether only this machine can reach the site: a public name leads others in through a proxy.
fn is_private(settings: &Settings) -> bool {
    settings.listen.ip().is_loopback() && !is_led_to(settings) && !settings.sandbox_public
}

/// What pages may say about the demo accounts.
fn demo_accounts(settings: &Settings) -> DemoAccounts {
    let told = settings.mode() == Mode::Sandbox && is_private(settings);
    let emails: &[&str] = if told {
        &[DEMO_EMAIL, DEMO_ADMIN_EMAIL]
    } else {
        &[]
    };
    let account = |email: &&str| DemoAccount {
        email: (*email).to_owned(),
        password: DEMO_PASSWORD.to_owned(),
    };
    DemoAccounts(emails.iter().map(account).collect())
}

/// Says whether the account was made now.
async fn make_demo_account(
    ground: &Ground,
    email: &str,
    name: &str,
    role: Role,
    password: &str,
) -> Result<bool, StartError> {
    use atelier_server::accounts::{Email, SignUpError};
    let (Some(email), Some(password)) = (Email::parse(email), Password::parse(password)) else {
        return Err("the demo accounts are written wrongly".into());
    };
    let name = name.to_owned();
    let new = NewAccount {
        email,
        password,
        name,
        role,
        language: None,
        verified: true,
    };
    match ground.accounts.create(new).await {
        Ok(_) => Ok(true),
        Err(SignUpError::EmailTaken) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What has to be done once a minute.
async fn sweep(state: State, node: String) {
    let services = &state.services;
    while !state.stop.is_cancelled() {
        let now = services.clock.now();
        let swept = async {
            services.sessions.delete_expired().await?;
            services.accounts.forget_old_limits().await?;
            idempotency::forget_old(&services.db, now).await?;
            services.studio.tidy().await?;
            oversight::let_go(&services.db, now).await?;
            close_days(&state, &node).await?;
            Ok::<_, StartError>(())
        };
        if let Err(error) = swept.await {
            tracing::error!(%error, "the minute sweep failed");
        }
        state.api_limit.forget_quiet();
        state.metrics.tidy();
        tokio::select! {
            () = state.stop.cancelled() => {}
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
    }
}

/// Keeps what the days that are over come to, and what the present one has so far; one node does it.
async fn close_days(state: &State, node: &str) -> Result<(), StartError> {
    let Parts { db, clock, .. } = &*state.services;
    let now = clock.now();
    if db.take_lease("site_days", node, now, SWEEP_EVERY).await? {
        let kept = oversight::close_days(db, now).await?;
        oversight::count_on(db, now).await?;
        if kept > 0 {
            tracing::info!(kept, "days are counted");
        }
    }
    Ok(())
}

/// Writes down what time changes in wallets, at its very moment, so that open pages hear of it.
async fn write_down(state: State) {
    let Parts { db, clock, .. } = &*state.services;
    while !state.stop.is_cancelled() {
        let now = clock.now();
        let swept = async {
            let changed = credits::sweep(db, now).await?;
            Ok::<_, StartError>((changed, credits::next_change(db, now).await?))
        };
        let later = now.plus(SWEEP_EVERY);
        let next = match swept.await {
            // What could not be written down now is tried again later.
            Ok((0, Some(at))) if at <= now => later,
            Ok((_, next)) => next.map_or(later, |at| at.min(later)),
            Err(error) => {
                tracing::error!(%error, "what time changed could not be written down");
                later
            }
        };
        tokio::select! {
            () = state.stop.cancelled() => {}
            () = clock.wait_until(next) => {}
        }
    }
}

impl Program {
    /// What it will serve.
    pub fn router(&self) -> &Router {
        &self.router
    }

    /// Answers on `listener` until `shutdown` ends; then lets requests and jobs end.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), StartError> {
        let bound = listener.local_addr()?;
        let mut tasks = JoinSet::new();
        for task in self.tasks {
            tasks.spawn(task);
        }
        let service = self
            .router
            .layer(CompressionLayer::new().compress_when(worth_compressing()))
            .layer(from_fn_with_state(self.proxies, address::find));
        let service = MapRequestLayer::new(language::take_prefix).layer(service);
        let service = ServiceExt::<Request>::map_response(service, std::convert::identity);
        let make =
            axum::ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(service);
        let stop = self.stop.clone();
        let stopping = async move {
            shutdown.await;
            stop.cancel();
        };
        say(&format!("listening on http://{bound}"))?;
        let serving = axum::serve(listener, make).with_graceful_shutdown(stopping);
        let stop = self.stop.clone();
        // The work behind the pages ends when it is told to. If it ends before, the program must not
        // go on taking money without it.
        let ended_early = async {
            while let Some(ended) = tasks.join_next().await {
                if !stop.is_cancelled() {
                    return ended.is_err();
                }
            }
            std::future::pending().await
        };
        let give_up = async {
            stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::pin!(give_up);
        let (mut broken, mut late) = (false, false);
        tokio::select! {
            served = serving => served?,
            () = &mut give_up => {
                late = true;
                tracing::warn!("some requests did not end in time");
            }
            panicked = ended_early => {
                broken = true;
                tracing::error!(panicked, "work behind the pages ended by itself");
                stop.cancel();
            }
        }
        let finish = async { while tasks.join_next().await.is_some() {} };
        if !late {
            tokio::select! {
                () = finish => {}
                () = give_up => tracing::warn!("some work did not end in time"),
            }
        }
        if let Err(error) = live::tell_the_rest(&self.services.db).await {
            tracing::warn!(%error, "other nodes were not told of the last changes");
        }
        self.services.db.close().await;
        if broken {
            return Err("work behind the pages ended by itself; the log says more".into());
        }
        Ok(())
    }
}

fn worth_compressing() -> impl Predicate {
    SizeAbove::new(256)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::const_new("video/"))
        .and(NotForContentType::const_new("application/zip"))
        .and(NotForContentType::const_new("text/event-stream"))
}

/// Prints a line to standard output, for whoever started the program.
pub fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Ends when the process is told to stop: SIGTERM or ctrl-c, from the moment this is called.
pub fn told_to_stop() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
