//! All settings, read in one place. What each means stands in the README's table, which a test
//! compares with [`VARIABLES`]. The operator's page shows them by the same list.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use atelier_app::visit::{Setting, SettingValue};
use atelier_server::accounts::{Email, Password};
use atelier_server::catalog::Catalog;
use atelier_server::installation::Mode;
use atelier_server::oversight::anomalies::Limits;
use atelier_server::studio::{Model, ReplicateModels, S3Settings};
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// A variable the program reads.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    pub name: &'static str,
    /// What counts where it is not set; empty where nothing does, or where it depends on others.
    default: &'static str,
    shown: Shown,
}

/// What the operator's page shows of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Whole,
    /// An address without who signs in there and what is behind its host: a gateway may be known by its path.
    Address,
    /// Whether it is set.
    Secret,
}

const fn whole(name: &'static str, default: &'static str) -> Variable {
    let shown = Shown::Whole;
    Variable {
        name,
        default,
        shown,
    }
}

const fn address(name: &'static str, default: &'static str) -> Variable {
    let shown = Shown::Address;
    Variable {
        name,
        default,
        shown,
    }
}

const fn secret(name: &'static str) -> Variable {
    let (default, shown) = ("", Shown::Secret);
    Variable {
        name,
        default,
        shown,
    }
}

/// Every variable the program reads; what does not stand here cannot be read.
pub const VARIABLES: &[Variable] = &[
    whole("ATELIER_LISTEN", "127.0.0.1:3000"),
    address("ATELIER_URL", ""),
    whole("ATELIER_DATA_DIR", "data"),
    secret("DATABASE_URL"),
    whole("ATELIER_CATALOG", ""),
    whole("ATELIER_ADMIN_EMAIL", ""),
    secret("ATELIER_ADMIN_PASSWORD"),
    secret("STRIPE_SECRET_KEY"),
    secret("STRIPE_WEBHOOK_SECRET"),
    address("STRIPE_API_BASE", "https://api.stripe.com/"),
    secret("CREEM_API_KEY"),
    secret("CREEM_WEBHOOK_SECRET"),
    address("CREEM_API_BASE", ""),
    secret("FASHN_API_KEY"),
    address("FASHN_API_BASE", "https://api.fashn.ai/"),
    secret("REPLICATE_API_TOKEN"),
    address("REPLICATE_API_BASE", "https://api.replicate.com/"),
    secret("REPLICATE_WEBHOOK_SECRET"),
    whole("REPLICATE_TRYON_MODEL", ""),
    whole("REPLICATE_VIDEO_MODEL", ""),
    address("S3_ENDPOINT", ""),
    whole("S3_BUCKET", ""),
    secret("S3_ACCESS_KEY_ID"),
    secret("S3_SECRET_ACCESS_KEY"),
    whole("S3_REGION", "us-east-1"),
    secret("SMTP_URL"),
    whole("MAIL_FROM", "Atelier <atelier@localhost.localdomain>"),
    whole("ATELIER_LOG", "text"),
    whole("ATELIER_RATE_LIMITS", "on"),
    whole("ATELIER_JOBS_PER_ACCOUNT", "20"),
    whole("ATELIER_ORIGINALS_DAYS", "30"),
    whole("ATELIER_NO_VERDICT_HOURS", "24"),
    whole("ATELIER_ANOMALY_CREDITS", "1000"),
    whole("ATELIER_ANOMALY_HOLD_HOURS", "48"),
    whole("ATELIER_ANOMALY_REFUND_DAYS", "90"),
    whole("ATELIER_ANOMALY_REFUND_PURCHASES", "3"),
    whole("ATELIER_ANOMALY_REFUND_PERCENT", "50"),
    whole("ATELIER_ANOMALY_BURST_ACCOUNTS", "5"),
    whole("ATELIER_ANOMALY_BURST_HOURS", "24"),
    whole("ATELIER_TRUSTED_PROXIES", ""),
    secret("ATELIER_METRICS_TOKEN"),
    whole("ATELIER_SANDBOX_PUBLIC", "0"),
];

impl Variable {
    fn named(name: &str) -> Option<&'static Self> {
        VARIABLES.iter().find(|variable| variable.name == name)
    }

    /// What the operator is shown of its value.
    fn told(&self, value: Option<&str>) -> SettingValue {
        match (value, self.shown) {
            (None, _) if self.default.is_empty() => SettingValue::Unset,
            (None, _) => SettingValue::Default(self.default),
            (Some(_), Shown::Secret) => SettingValue::Hidden,
            (Some(value), Shown::Whole) => SettingValue::Set(value.to_owned()),
            (Some(value), Shown::Address) => match without_secrets(value) {
                Some(address) => SettingValue::Set(address),
                None => SettingValue::Hidden,
            },
        }
    }
}

/// An address without who signs in there and what is behind its path.
fn without_secrets(address: &str) -> Option<String> {
    let mut url: Url = address.parse().ok()?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    let has_path = !["", "/"].contains(&url.path());
    url.set_path("");
    Some(format!("{url}{}", if has_path { "…" } else { "" }))
}

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What a key of Creem's begins with that moves no real money.
const CREEM_TEST_KEY: &str = "creem_test_";

/// A setting that cannot be used: the variable, and what it wants.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {wants}")]
pub struct SettingError {
    pub variable: String,
    pub wants: String,
}

/// How lines are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// A payment provider's or AI provider's key with its address.
#[derive(Clone, Debug)]
pub struct StripeSettings {
    pub key: SecretString,
    pub webhook_secret: SecretString,
    pub base: Url,
}

/// Replicate, as a second AI provider.
#[derive(Clone, Debug)]
pub struct ReplicateSettings {
    pub token: SecretString,
    pub webhook_secret: SecretString,
    /// Ends in a slash and names no version.
    pub base: Url,
    pub models: ReplicateModels,
}

#[derive(Clone, Debug)]
pub struct CreemSettings {
    pub key: SecretString,
    pub webhook_secret: SecretString,
    pub base: Url,
}

#[derive(Clone, Debug)]
pub struct FashnSettings {
    pub key: SecretString,
    pub base: Url,
}

#[derive(Clone, Debug)]
pub struct Administrator {
    pub email: Email,
    pub password: Password,
}

/// What the program was told, checked.
#[derive(Clone)]
pub struct Settings {
    pub listen: SocketAddr,
    /// `None`: derived from the address that is listened on.
    pub url: Option<Url>,
    pub data_dir: PathBuf,
    pub database_url: String,
    pub catalog: Catalog,
    pub own_catalog: bool,
    pub administrator: Option<Administrator>,
    pub stripe: Option<StripeSettings>,
    pub creem: Option<CreemSettings>,
    pub replicate: Option<ReplicateSettings>,
    pub fashn: Option<FashnSettings>,
    /// Where files are kept instead of the data folder.
    pub s3: Option<S3Settings>,
    pub smtp_url: Option<SecretString>,
    pub mail_from: Mailbox,
    pub log: LogFormat,
    pub rate_limits: bool,
    /// Unfinished jobs an account may have.
    pub jobs_per_account: i64,
    /// How long the pictures somebody sent are kept after the job ended.
    pub originals_kept: Duration,
    /// How long after its deadline a submitted job waits for its provider's word.
    pub no_verdict_after: Duration,
    /// From where on something looks odd.
    pub anomalies: Limits,
    pub trusted_proxies: Vec<Network>,
    /// Opens `/metrics`.
    pub metrics_token: Option<SecretString>,
    pub sandbox_public: bool,
    /// Every variable with what may be shown of its value.
    pub told: Vec<Setting>,
}

impl fmt::Debug for Settings {
    /// Secrets stay out of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("listen", &self.listen)
            .field("url", &self.url.as_ref().map(Url::as_str))
            .field("data_dir", &self.data_dir)
            .field("mode", &self.mode())
            .finish_non_exhaustive()
    }
}

/// A network of proxies, `ADDRESS` or `ADDRESS/BITS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address.parse().ok()?, Some(bits.parse().ok()?)),
            None => (text.parse().ok()?, None),
        };
        let width = width_of(address);
        let bits = bits.unwrap_or(width);
        (bits <= width).then_some(Self { address, bits })
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        let width = width_of(self.address);
        let shift = width - self.bits;
        width_of(address) == width
            && value_of(address).checked_shr(shift) == value_of(self.address).checked_shr(shift)
    }
}

fn width_of(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn value_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

impl Settings {
    /// Reads the environment, after a `.env` file if there is one.
    pub fn from_environment() -> Result<Self, SettingError> {
        match dotenvy::dotenv() {
            Ok(_) => {}
            Err(error) if error.not_found() => {}
            Err(error) => return Err(wants(".env", format!("cannot be read: {error}"))),
        }
        Self::from_variables(std::env::vars().collect())
    }

    /// Reads settings from names and values.
    pub fn from_variables(variables: HashMap<String, String>) -> Result<Self, SettingError> {
        let reader = Reader(variables);
        reader.refuse_unknown()?;
        let listen = reader.value("ATELIER_LISTEN");
        let hint = "wants an address such as 127.0.0.1:3000";
        let listen = listen.parse().map_err(|_| wants("ATELIER_LISTEN", hint))?;
        let data_dir = PathBuf::from(reader.value("ATELIER_DATA_DIR"));
        let database_url = match reader.get("DATABASE_URL") {
            Some(url) => url.to_owned(),
            None => format!("sqlite://{}", data_dir.join("atelier.db").display()),
        };
        let settings = Self {
            listen,
            url: reader.site()?,
            database_url,
            catalog: reader.catalog()?,
            own_catalog: reader.get("ATELIER_CATALOG").is_some(),
            administrator: reader.administrator()?,
            stripe: reader.stripe()?,
            creem: reader.creem()?,
            replicate: reader.replicate()?,
            fashn: reader.fashn()?,
            s3: reader.s3()?,
            smtp_url: reader.get("SMTP_URL").map(SecretString::from),
            mail_from: reader.mail_from()?,
            log: reader.log()?,
            rate_limits: reader.switch("ATELIER_RATE_LIMITS", "on", "off")?,
            jobs_per_account: reader.number("ATELIER_JOBS_PER_ACCOUNT", 1..=10_000)?,
            originals_kept: DAY * reader.number("ATELIER_ORIGINALS_DAYS", 0..=3_650)?,
            no_verdict_after: HOUR * reader.number("ATELIER_NO_VERDICT_HOURS", 1..=720)?,
            anomalies: reader.anomalies()?,
            trusted_proxies: reader.proxies()?,
            metrics_token: reader.get("ATELIER_METRICS_TOKEN").map(SecretString::from),
            sandbox_public: reader.switch("ATELIER_SANDBOX_PUBLIC", "1", "0")?,
            told: reader.told(),
            data_dir,
        };
        settings.check()?;
        Ok(settings)
    }

    /// Whether somebody else makes the pictures, and not our own sandbox.
    pub fn has_ai_provider(&self) -> bool {
        self.fashn.is_some() || self.replicate.is_some()
    }

    /// Live as soon as a key is set that moves real money: one that says so, and at Stripe itself
    /// every one that does not say that it is for tests.
    pub fn mode(&self) -> Mode {
        let stripe = self.stripe.as_ref().is_some_and(|stripe| {
            let key = stripe.key.expose_secret();
            let is = |kind: &str| {
                ["sk_", "rk_"]
                    .iter()
                    .any(|p| key.starts_with(&format!("{p}{kind}_")))
            };
            is("live") || (!is("test") && !is_loopback(&stripe.base))
        });
        let creem = self.creem.as_ref().is_some_and(|creem| {
            let is_test = creem.key.expose_secret().starts_with(CREEM_TEST_KEY);
            !is_test && !is_loopback(&creem.base)
        });
        if stripe || creem {
            Mode::Live
        } else {
            Mode::Sandbox
        }
    }

    fn check(&self) -> Result<(), SettingError> {
        if self.listen.ip().is_unspecified() && self.url.is_none() {
            return Err(wants(
                "ATELIER_URL",
                "wants the public address when ATELIER_LISTEN is 0.0.0.0",
            ));
        }
        match self.mode() {
            Mode::Sandbox => self.check_sandbox(),
            Mode::Live => self.check_live(),
        }
    }

    fn check_sandbox(&self) -> Result<(), SettingError> {
        let loopback = self.listen.ip().is_loopback();
        if !loopback && !self.sandbox_public {
            return Err(wants(
                "ATELIER_LISTEN",
                "wants a loopback address in sandbox mode; ATELIER_SANDBOX_PUBLIC=1 allows others",
            ));
        }
        Ok(())
    }

    fn check_live(&self) -> Result<(), SettingError> {
        if !self.has_ai_provider() {
            return Err(wants(
                "FASHN_API_KEY",
                "wants a key: a live start needs an AI provider",
            ));
        }
        if !self.own_catalog {
            return Err(wants(
                "ATELIER_CATALOG",
                "wants your own catalogue in live mode: atelier catalog print > catalog.toml",
            ));
        }
        if self.catalog.seller.is_none() {
            return Err(wants(
                "ATELIER_CATALOG",
                "wants a [seller] block in live mode",
            ));
        }
        Ok(())
    }
}

/// Names and values, not yet understood.
struct Reader(HashMap<String, String>);

impl Reader {
    /// The value of a variable; an empty one counts as not set.
    fn get(&self, variable: &str) -> Option<&str> {
        debug_assert!(
            Variable::named(variable).is_some(),
            "{variable} is read and not in VARIABLES"
        );
        self.0
            .get(variable)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The same; where it is not set, what counts then.
    fn value(&self, variable: &str) -> &str {
        let default = Variable::named(variable).map_or("", |variable| variable.default);
        self.get(variable).unwrap_or(default)
    }

    fn told(&self) -> Vec<Setting> {
        let settings = VARIABLES.iter().map(|variable| Setting {
            name: variable.name,
            value: variable.told(self.get(variable.name)),
        });
        settings.collect()
    }

    fn refuse_unknown(&self) -> Result<(), SettingError> {
        let mut unknown: Vec<&String> = self
            .0
            .keys()
            .filter(|name| name.starts_with("ATELIER_") && Variable::named(name).is_none())
            .collect();
        unknown.sort();
        match unknown.first() {
            Some(name) => Err(wants(name, "is not a setting of Atelier")),
            None => Ok(()),
        }
    }

    fn parse<T: std::str::FromStr>(
        &self,
        variable: &str,
        hint: &str,
    ) -> Result<Option<T>, SettingError> {
        self.get(variable)
            .map(|text| text.parse().map_err(|_| wants(variable, hint)))
            .transpose()
    }

    /// A whole number within these bounds.
    fn number<T>(&self, variable: &str, bounds: RangeInclusive<T>) -> Result<T, SettingError>
    where
        T: std::str::FromStr + PartialOrd + Display,
    {
        let hint = format!(
            "wants a whole number, {} to {}",
            bounds.start(),
            bounds.end()
        );
        let number = self.value(variable).parse().ok();
        let number = number.filter(|number| bounds.contains(number));
        number.ok_or_else(|| wants(variable, hint))
    }

    fn switch(&self, variable: &str, yes: &str, no: &str) -> Result<bool, SettingError> {
        match self.value(variable) {
            text if text == yes => Ok(true),
            text if text == no => Ok(false),
            _ => Err(wants(variable, format!("wants {yes} or {no}"))),
        }
    }

    fn site(&self) -> Result<Option<Url>, SettingError> {
        const HINT: &str = "wants an address such as https://studio.example.com";
        let Some(mut url) = self.parse::<Url>("ATELIER_URL", HINT)? else {
            return Ok(None);
        };
        let plain = url.scheme() == "http";
        if !(plain || url.scheme() == "https") || url.host_str().is_none() {
            return Err(wants("ATELIER_URL", HINT));
        }
        if plain && !is_loopback(&url) {
            return Err(wants(
                "ATELIER_URL",
                "wants https:// on any other host than loopback",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wants(
                "ATELIER_URL",
                "wants an address that nobody signs in with",
            ));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(wants("ATELIER_URL", "wants an address without a path"));
        }
        url.set_path("/");
        Ok(Some(url))
    }

    fn catalog(&self) -> Result<Catalog, SettingError> {
        let Some(path) = self.get("ATELIER_CATALOG") else {
            return Ok(Catalog::built_in());
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| wants("ATELIER_CATALOG", format!("cannot be read: {error}")))?;
        Catalog::parse(&text)
            .map_err(|error| wants("ATELIER_CATALOG", format!("is not a catalogue: {error}")))
    }

    fn administrator(&self) -> Result<Option<Administrator>, SettingError> {
        let (email, password) = (
            self.get("ATELIER_ADMIN_EMAIL"),
            self.get("ATELIER_ADMIN_PASSWORD"),
        );
        match (email, password) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(wants("ATELIER_ADMIN_PASSWORD", "is missing")),
            (None, Some(_)) => Err(wants("ATELIER_ADMIN_EMAIL", "is missing")),
            (Some(email), Some(password)) => {
                let email = Email::parse(email)
                    .ok_or_else(|| wants("ATELIER_ADMIN_EMAIL", "wants an e-mail address"))?;
                let password = Password::parse(password)
                    .ok_or_else(|| wants("ATELIER_ADMIN_PASSWORD", "wants 8 to 256 characters"))?;
                Ok(Some(Administrator { email, password }))
            }
        }
    }

    fn stripe(&self) -> Result<Option<StripeSettings>, SettingError> {
        let Some(key) = self.get("STRIPE_SECRET_KEY") else {
            return Ok(None);
        };
        let Some(secret) = self.get("STRIPE_WEBHOOK_SECRET") else {
            return Err(wants(
                "STRIPE_WEBHOOK_SECRET",
                "is missing: STRIPE_SECRET_KEY is set",
            ));
        };
        let base = self.base("STRIPE_API_BASE", self.value("STRIPE_API_BASE"))?;
        Ok(Some(StripeSettings {
            key: key.into(),
            webhook_secret: secret.into(),
            base,
        }))
    }

    fn creem(&self) -> Result<Option<CreemSettings>, SettingError> {
        let Some(key) = self.get("CREEM_API_KEY") else {
            return Ok(None);
        };
        let Some(secret) = self.get("CREEM_WEBHOOK_SECRET") else {
            return Err(wants(
                "CREEM_WEBHOOK_SECRET",
                "is missing: CREEM_API_KEY is set",
            ));
        };
        // Creem keeps what is only for tests at an address of its own.
        let default = if key.starts_with(CREEM_TEST_KEY) {
            "https://test-api.creem.io/"
        } else {
            "https://api.creem.io/"
        };
        Ok(Some(CreemSettings {
            key: key.into(),
            webhook_secret: secret.into(),
            base: self.base("CREEM_API_BASE", default)?,
        }))
    }

    fn fashn(&self) -> Result<Option<FashnSettings>, SettingError> {
        let Some(key) = self.get("FASHN_API_KEY") else {
            return Ok(None);
        };
        let base = self.base("FASHN_API_BASE", self.value("FASHN_API_BASE"))?;
        Ok(Some(FashnSettings {
            key: key.into(),
            base,
        }))
    }

    fn replicate(&self) -> Result<Option<ReplicateSettings>, SettingError> {
        let Some(token) = self.get("REPLICATE_API_TOKEN") else {
            return Ok(None);
        };
        let Some(secret) = self.get("REPLICATE_WEBHOOK_SECRET") else {
            return Err(wants(
                "REPLICATE_WEBHOOK_SECRET",
                "is missing: REPLICATE_API_TOKEN is set",
            ));
        };
        let model = |variable| match self.get(variable) {
            None => Ok(None),
            Some(text) => match Model::parse(text) {
                None => Err(wants(variable, "wants owner/name or owner/name:version")),
                model => Ok(model),
            },
        };
        let models = ReplicateModels {
            try_on: model("REPLICATE_TRYON_MODEL")?,
            video: model("REPLICATE_VIDEO_MODEL")?,
        };
        if models.try_on.is_none() && models.video.is_none() {
            return Err(wants(
                "REPLICATE_TRYON_MODEL",
                "or REPLICATE_VIDEO_MODEL is missing: REPLICATE_API_TOKEN is set, and nothing to be made with it",
            ));
        }
        Ok(Some(ReplicateSettings {
            token: token.into(),
            webhook_secret: secret.into(),
            base: self.base("REPLICATE_API_BASE", self.value("REPLICATE_API_BASE"))?,
            models,
        }))
    }

    /// All of them or none; only the region has a default.
    fn s3(&self) -> Result<Option<S3Settings>, SettingError> {
        const NEEDED: [&str; 4] = [
            "S3_ENDPOINT",
            "S3_BUCKET",
            "S3_ACCESS_KEY_ID",
            "S3_SECRET_ACCESS_KEY",
        ];
        let [endpoint, bucket, key_id, secret] = NEEDED.map(|variable| self.get(variable));
        let (Some(endpoint), Some(bucket), Some(key_id), Some(secret)) =
            (endpoint, bucket, key_id, secret)
        else {
            let is_set = |variable: &&str| self.get(variable).is_some();
            let missing = NEEDED.iter().find(|variable| !is_set(variable));
            return match (NEEDED.iter().find(|variable| is_set(variable)), missing) {
                (Some(set), Some(missing)) => {
                    Err(wants(missing, format!("is missing: {set} is set")))
                }
                _ => Ok(None),
            };
        };
        let hint = "wants an address such as https://s3.eu-central-1.amazonaws.com";
        let endpoint: Url = endpoint.parse().map_err(|_| wants("S3_ENDPOINT", hint))?;
        if !matches!(endpoint.scheme(), "http" | "https") || endpoint.cannot_be_a_base() {
            return Err(wants("S3_ENDPOINT", hint));
        }
        Ok(Some(S3Settings {
            endpoint,
            bucket: bucket.to_owned(),
            key_id: key_id.to_owned(),
            secret: secret.into(),
            region: self.value("S3_REGION").to_owned(),
        }))
    }

    /// The address of an API, without its version, ending in a slash.
    fn base(&self, variable: &str, default: &str) -> Result<Url, SettingError> {
        let text = self.get(variable).unwrap_or(default);
        let hint = "wants an address that ends in / and names no version";
        let url: Url = text.parse().map_err(|_| wants(variable, hint))?;
        if !url.path().ends_with('/') || url.path().ends_with("/v1/") || url.cannot_be_a_base() {
            return Err(wants(variable, hint));
        }
        Ok(url)
    }

    fn anomalies(&self) -> Result<Limits, SettingError> {
        Ok(Limits {
            given: self.number("ATELIER_ANOMALY_CREDITS", 1..=1_000_000_000)?,
            held: HOUR * self.number("ATELIER_ANOMALY_HOLD_HOURS", 1..=8_760)?,
            refund_days: self.number("ATELIER_ANOMALY_REFUND_DAYS", 1..=365)?,
            refund_purchases: self.number("ATELIER_ANOMALY_REFUND_PURCHASES", 1..=1_000)?,
            refund_percent: self.number("ATELIER_ANOMALY_REFUND_PERCENT", 0..=99)?,
            burst_accounts: self.number("ATELIER_ANOMALY_BURST_ACCOUNTS", 1..=1_000)?,
            burst_within: HOUR * self.number("ATELIER_ANOMALY_BURST_HOURS", 1..=168)?,
        })
    }

    fn mail_from(&self) -> Result<Mailbox, SettingError> {
        self.value("MAIL_FROM")
            .parse()
            .map_err(|_| wants("MAIL_FROM", "wants an address such as Atelier <a@b.com>"))
    }

    fn log(&self) -> Result<LogFormat, SettingError> {
        Ok(match self.switch("ATELIER_LOG", "json", "text")? {
            true => LogFormat::Json,
            false => LogFormat::Text,
        })
    }

    fn proxies(&self) -> Result<Vec<Network>, SettingError> {
        let hint = "wants networks such as 10.0.0.0/8, separated by commas";
        self.get("ATELIER_TRUSTED_PROXIES")
            .unwrap_or("")
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| Network::parse(part).ok_or_else(|| wants("ATELIER_TRUSTED_PROXIES", hint)))
            .collect()
    }
}

/// Whether a URL points at this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn wants(variable: &str, wants: impl Into<String>) -> SettingError {
    SettingError {
        variable: variable.to_owned(),
        wants: wants.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, SettingError> {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::from_variables(pairs.collect())
    }

    #[test]
    fn nothing_set_is_the_sandbox_on_loopback() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:3000");
        assert_eq!(settings.database_url, "sqlite://data/atelier.db");
        assert_eq!(settings.mode(), Mode::Sandbox);
        assert!(settings.rate_limits);
        assert_eq!(settings.anomalies, Limits::default());
    }

    #[test]
    fn each_bad_value_is_named_with_what_it_wants() {
        let table: &[(&[(&str, &str)], &str)] = &[
            (&[("ATELIER_LISTN", "x")], "ATELIER_LISTN"),
            (&[("ATELIER_LISTEN", "3000")], "ATELIER_LISTEN"),
            (
                &[
                    ("ATELIER_LISTEN", "0.0.0.0:3000"),
                    ("ATELIER_SANDBOX_PUBLIC", "1"),
                ],
                "ATELIER_URL",
            ),
            (&[("ATELIER_LISTEN", "192.0.2.1:80")], "ATELIER_LISTEN"),
            (
                &[("ATELIER_URL", "http://studio.example.com")],
                "ATELIER_URL",
            ),
            (&[("ATELIER_URL", "studio")], "ATELIER_URL"),
            (&[("ATELIER_LOG", "xml")], "ATELIER_LOG"),
            (&[("ATELIER_RATE_LIMITS", "no")], "ATELIER_RATE_LIMITS"),
            (
                &[("ATELIER_JOBS_PER_ACCOUNT", "0")],
                "ATELIER_JOBS_PER_ACCOUNT",
            ),
            (
                &[
                    ("S3_ENDPOINT", "http://127.0.0.1:9"),
                    ("S3_BUCKET", "files"),
                    ("S3_ACCESS_KEY_ID", "fake"),
                ],
                "S3_SECRET_ACCESS_KEY",
            ),
            (&[("S3_REGION", "x"), ("S3_BUCKET", "files")], "S3_ENDPOINT"),
            (
                &[
                    ("S3_ENDPOINT", "files"),
                    ("S3_BUCKET", "files"),
                    ("S3_ACCESS_KEY_ID", "fake"),
                    ("S3_SECRET_ACCESS_KEY", "fake"),
                ],
                "S3_ENDPOINT",
            ),
            (
                &[("ATELIER_ORIGINALS_DAYS", "a week")],
                "ATELIER_ORIGINALS_DAYS",
            ),
            (
                &[("ATELIER_ANOMALY_REFUND_PERCENT", "100")],
                "ATELIER_ANOMALY_REFUND_PERCENT",
            ),
            (
                &[
                    ("REPLICATE_API_TOKEN", "r8_fake"),
                    ("REPLICATE_WEBHOOK_SECRET", "whsec_fake"),
                ],
                "REPLICATE_TRYON_MODEL",
            ),
            (
                &[("ATELIER_CATALOG", "/nowhere/catalog.toml")],
                "ATELIER_CATALOG",
            ),
            (
                &[("ATELIER_ADMIN_EMAIL", "a@example.com")],
                "ATELIER_ADMIN_PASSWORD",
            ),
            (
                &[("ATELIER_TRUSTED_PROXIES", "10.0.0.0/33")],
                "ATELIER_TRUSTED_PROXIES",
            ),
            (
                &[("STRIPE_SECRET_KEY", "sk_test_fake")],
                "STRIPE_WEBHOOK_SECRET",
            ),
            (
                &[
                    ("STRIPE_SECRET_KEY", "sk_test_fake"),
                    ("STRIPE_WEBHOOK_SECRET", "whsec_fake"),
                    ("STRIPE_API_BASE", "http://127.0.0.1:1/v1/"),
                ],
                "STRIPE_API_BASE",
            ),
            (
                &[
                    ("STRIPE_SECRET_KEY", "sk_live_fake"),
                    ("STRIPE_WEBHOOK_SECRET", "whsec_fake"),
                ],
                "FASHN_API_KEY",
            ),
            (
                &[
                    ("STRIPE_SECRET_KEY", "sk_live_fake"),
                    ("STRIPE_WEBHOOK_SECRET", "whsec_fake"),
                    ("FASHN_API_KEY", "fa-fake"),
                ],
                "ATELIER_CATALOG",
            ),
        ];
        for (pairs, variable) in table {
            assert_eq!(read(pairs).unwrap_err().variable, *variable, "{pairs:?}");
        }
    }

    #[test]
    fn a_test_key_moves_no_real_money() {
        let settings = read(&[
            ("STRIPE_SECRET_KEY", "sk_test_fake"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_fake"),
        ]);
        assert_eq!(settings.unwrap().mode(), Mode::Sandbox);
    }

    #[test]
    fn networks_contain_their_addresses() {
        let network = Network::parse("10.0.0.0/8").unwrap();
        assert!(network.contains("10.1.2.3".parse().unwrap()));
        assert!(!network.contains("11.1.2.3".parse().unwrap()));
        assert!(!network.contains("::1".parse().unwrap()));
        assert!(
            Network::parse("0.0.0.0/0")
                .unwrap()
                .contains("192.0.2.1".parse().unwrap())
        );
        assert!(
            Network::parse("::1")
                .unwrap()
                .contains("::1".parse().unwrap())
        );
    }

    #[test]
    fn the_readme_names_every_variable_and_no_other() {
        let readme = include_str!("../README.md");
        let table = readme
            .split("## Settings")
            .nth(1)
            .unwrap()
            .split("\n## ")
            .next()
            .unwrap();
        let rows = table.lines().filter(|line| line.starts_with("| `"));
        let named: Vec<&str> = rows
            .flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2))
            .collect();
        let variables = VARIABLES.iter().map(|variable| variable.name);
        assert_eq!(named, variables.collect::<Vec<_>>());
    }

    #[test]
    fn what_is_named_like_a_secret_is_one() {
        for variable in VARIABLES {
            let is_secret = ["KEY", "SECRET", "TOKEN", "PASSWORD"]
                .iter()
                .any(|word| variable.name.contains(word));
            if is_secret {
                assert_eq!(variable.shown, Shown::Secret, "{}", variable.name);
            }
            // Addresses may have somebody's password in them.
            if ["URL", "BASE", "ENDPOINT"]
                .iter()
                .any(|word| variable.name.ends_with(word))
            {
                assert_ne!(variable.shown, Shown::Whole, "{}", variable.name);
            }
        }
    }

    #[test]
    fn no_secret_is_told() {
        let with_secrets = "https://someone:hidden@127.0.0.1/hidden?token=hidden#hidden";
        for variable in VARIABLES {
            let value = match variable.shown {
                Shown::Whole => continue,
                Shown::Address => with_secrets,
                Shown::Secret => "hidden",
            };
            let told = format!("{:?}", variable.told(Some(value)));
            assert!(
                !told.contains("hidden") && !told.contains("someone"),
                "{told}"
            );
        }
        let unreadable = address("X", "").told(Some("hidden"));
        assert_eq!(unreadable, SettingValue::Hidden);
    }

    #[test]
    fn what_is_not_set_is_told_with_what_counts_then() {
        let told = read(&[("ATELIER_ORIGINALS_DAYS", "7")]).unwrap().told;
        let value = |name: &str| {
            let setting = told.iter().find(|setting| setting.name == name);
            setting.unwrap().value.clone()
        };
        assert_eq!(
            value("ATELIER_ORIGINALS_DAYS"),
            SettingValue::Set("7".into())
        );
        assert_eq!(
            value("ATELIER_JOBS_PER_ACCOUNT"),
            SettingValue::Default("20")
        );
        assert_eq!(value("STRIPE_SECRET_KEY"), SettingValue::Unset);
    }

    #[test]
    fn no_secret_is_printed() {
        let settings = read(&[
            ("STRIPE_SECRET_KEY", "sk_test_fake"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_fake"),
            ("DATABASE_URL", "postgres://someone:hidden@db/atelier"),
        ])
        .unwrap();
        let printed = format!("{settings:?}");
        assert!(
            !printed.contains("fake") && !printed.contains("hidden"),
            "{printed}"
        );
    }
}
