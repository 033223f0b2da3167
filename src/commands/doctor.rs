use std::process::ExitCode;

use atelier_server::installation::Mode;
use atelier_server::payments::checkup::Check;
use atelier_server::payments::stripe;
use tokio::net::TcpListener;

use crate::settings::{Settings, is_loopback};
use crate::start::{self, Ground, StartError, say};

const DATABASE: &str = "database";
const ADDRESS: &str = "public address";
const MAIL: &str = "mail";
const CATALOGUE: &str = "catalogue";
const STRIPE: &str = "Stripe";
const CREEM: &str = "Creem";
/// The host of the default `MAIL_FROM`, which exists nowhere.
const NOWHERE: &str = "localhost.localdomain";

/// Looks at everything that payments need and no start can see; a line for each, exit 0 when all is well.
pub async fn run(settings: Settings) -> Result<ExitCode, StartError> {
    let ground = match Ground::open(&settings).await {
        Ok(ground) => ground,
        Err(error) => return tell(&[Check::wrong(DATABASE, error.to_string())]),
    };
    let mode = ground.installation.mode.as_str();
    let mut checks = vec![
        Check::ok(DATABASE, format!("it answers and is stamped {mode}")),
        address(&settings),
        mail(&settings),
        catalogue(&settings),
    ];
    checks.extend(stripe(&settings, &ground).await?);
    checks.extend(creem(&settings));
    ground.db.close().await;
    tell(&checks)
}

fn tell(checks: &[Check]) -> Result<ExitCode, StartError> {
    for check in checks {
        say(&check.to_string())?;
    }
    Ok(if checks.iter().all(Check::is_ok) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What is in the way of buyers and webhooks. With the sandbox nobody comes from outside.
fn address(settings: &Settings) -> Check {
    match &settings.url {
        Some(url) if url.scheme() == "https" => Check::ok(ADDRESS, url.as_str()),
        _ if settings.stripe.is_none() => {
            Check::ok(ADDRESS, "loopback, which is enough for the sandbox")
        }
        None => Check::missing(
            ADDRESS,
            "set ATELIER_URL to the https:// address of the site",
        ),
        Some(url) => Check::wrong(
            ADDRESS,
            format!("{url} is not https://; put a proxy with TLS in front and set ATELIER_URL"),
        ),
    }
}

fn mail(settings: &Settings) -> Check {
    let from = &settings.mail_from;
    match (settings.mode(), &settings.smtp_url) {
        (Mode::Sandbox, None) => Check::ok(
            MAIL,
            format!(
                "letters are written under {}",
                settings.data_dir.join("mail").display()
            ),
        ),
        (Mode::Live, None) => Check::missing(
            MAIL,
            "set SMTP_URL: without it nobody can verify an address or reset a password",
        ),
        (_, Some(_)) if from.email.domain() == NOWHERE => {
            Check::missing(MAIL, "set MAIL_FROM to an address of yours")
        }
        (_, Some(_)) => Check::ok(MAIL, format!("letters are sent from {from}")),
    }
}

/// Whether what is sold can be paid for.
fn catalogue(settings: &Settings) -> Check {
    let catalogue = &settings.catalog;
    let packs = catalogue
        .packs
        .iter()
        .map(|pack| (&pack.id, &pack.price.currency));
    let plans = catalogue
        .plans
        .iter()
        .map(|plan| (&plan.id, &plan.price.currency));
    let name = "top_up".to_owned();
    let top_up = catalogue
        .top_up
        .iter()
        .map(|top_up| (&name, &top_up.currency));
    let sold: Vec<_> = packs.chain(plans).chain(top_up).collect();
    let refused: Vec<String> = sold
        .iter()
        .filter(|(_, currency)| !stripe::takes(currency))
        .map(|(id, currency)| format!("{id} ({currency})"))
        .collect();
    match (sold.as_slice(), refused.as_slice()) {
        ([], _) => Check::missing(CATALOGUE, "nothing is sold; add packs or plans"),
        (_, []) => Check::ok(
            CATALOGUE,
            format!("all {} items can be paid for", sold.len()),
        ),
        (_, refused) => Check::wrong(
            CATALOGUE,
            format!(
                "Stripe does not take the currency of {}",
                refused.join(", ")
            ),
        ),
    }
}

/// The account at Stripe; without a key the sandbox's, played by this process as for other commands.
async fn stripe(settings: &Settings, ground: &Ground) -> Result<Vec<Check>, StartError> {
    start::cryptography();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let bound = listener.local_addr()?;
    let (doctor, sandbox, endpoint) = start::stripe_doctor(settings, ground, bound)?;
    let sandbox = tokio::spawn(axum::serve(listener, sandbox).into_future());
    let mut checks = Vec::new();
    if settings.stripe.is_none() {
        checks.push(Check::ok(STRIPE, "no key is set, so the sandbox plays it"));
    }
    let needs = stripe::Needs {
        live: ground.installation.mode == Mode::Live,
        endpoint: &endpoint,
        reachable: !is_loopback(&endpoint) || settings.stripe.as_ref().is_none_or(is_near),
        plans: !ground.catalog.plans.is_empty(),
    };
    checks.extend(doctor.examine(needs).await);
    let keys = stripe::lookup_keys(&ground.catalog);
    // The sandbox's are made when it serves.
    if settings.stripe.is_some() && !keys.is_empty() {
        checks.push(doctor.examine_prices(&keys).await);
    }
    sandbox.abort();
    Ok(checks)
}

/// Whether Stripe is played on this machine, from where loopback can be reached.
fn is_near(stripe: &crate::settings::StripeSettings) -> bool {
    is_loopback(&stripe.base)
}

/// Creem says nothing of its settings through its API, so what can be seen is what is sold there.
fn creem(settings: &Settings) -> Vec<Check> {
    let catalogue = &settings.catalog;
    let packs = catalogue.packs.iter().map(|pack| &pack.creem_product);
    let plans = catalogue.plans.iter().map(|plan| &plan.creem_product);
    let sold = packs.chain(plans).flatten().count();
    match (&settings.creem, sold) {
        (None, _) => Vec::new(),
        (Some(_), 0) => vec![Check::missing(
            CREEM,
            "no item of the catalogue names its product (creem_product), so nothing is sold there",
        )],
        (Some(_), sold) => vec![Check::ok(
            CREEM,
            format!(
                "key and webhook secret are set, {sold} items are sold there; its webhooks go to \
                 api/webhooks/creem"
            ),
        )],
    }
}
