use std::process::ExitCode;

use clap::Subcommand;
use secrecy::SecretString;
use url::Url;

use crate::settings::Settings;
use crate::start::{Ground, StartError, say};
use atelier_server::sandbox::stripe::signed_event;

#[derive(Subcommand)]
pub enum Command {
    /// Send a really signed Stripe event
    Send {
        /// The checkout session the event is about
        #[arg(long)]
        session: String,
        #[arg(long = "type", default_value = "checkout.session.completed")]
        kind: String,
        /// How many times the very same event is sent
        #[arg(long, default_value_t = 1)]
        times: u32,
        /// The endpoint's secret; by default that of the settings or of the sandbox
        #[arg(long)]
        secret: Option<String>,
        /// The endpoint; by default that of the settings' own address
        #[arg(long)]
        to: Option<Url>,
    },
}

pub async fn run(settings: Settings, command: Command) -> Result<ExitCode, StartError> {
    let Command::Send {
        session,
        kind,
        times,
        secret,
        to,
    } = command;
    let ground = Ground::open(&settings).await?;
    let secret = match (secret, &settings.stripe) {
        (Some(secret), _) => SecretString::from(secret),
        (None, Some(stripe)) => stripe.webhook_secret.clone(),
        (None, None) => ground.installation.sandbox_webhook_secret.clone(),
    };
    let to = match to {
        Some(to) => to,
        None => endpoint(&settings)?,
    };
    let now = ground.clock.now();
    let event = signed_event(&kind, &session, &secret, now);
    ground.db.close().await;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut all_taken = true;
    for _ in 0..times {
        let answer = client
            .post(to.clone())
            .header("stripe-signature", &event.signature)
            .header("content-type", "application/json")
            .body(event.payload.clone())
            .send()
            .await?;
        all_taken &= answer.status().is_success();
        say(&format!("{} {}", answer.status().as_u16(), to))?;
    }
    Ok(if all_taken {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn endpoint(settings: &Settings) -> Result<Url, StartError> {
    let site = match &settings.url {
        Some(url) => url.clone(),
        None => format!("http://{}/", settings.listen).parse()?,
    };
    Ok(site.join("api/v1/webhooks/stripe")?)
}
