use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use atelier::settings::Settings;
use atelier::start::{self, StartError};
use atelier_server::accounts::{Email, Scopes};
use atelier_server::db::{Database, Kind};
use atelier_server::services::Services;
use atelier_server::testing::{Scratch, fresh_database};
use atelier_server::verify;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Client;

/// The password of everybody in the tests.
pub const PASSWORD: &str = "a long password";

/// A running program: the only node of its installation, or one of several.
pub struct App {
    /// Where it answers, without a slash at the end.
    pub base: String,
    pub services: Services,
    pub folder: Arc<Scratch>,
    pub database_url: String,
    /// What is served, as `Debug` prints it.
    pub router: String,
    more: Vec<(String, String)>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), StartError>>,
}

impl App {
    pub async fn start(kind: Kind) -> Self {
        Self::start_with(kind, &[]).await
    }

    /// A program with more settings than the usual ones.
    pub async fn start_with(kind: Kind, more: &[(&str, &str)]) -> Self {
        let folder = Arc::new(Scratch::new().expect("a scratch folder"));
        let database_url = fresh_database(kind, &folder).await;
        let more = more
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Self::start_on(folder, database_url, more).await
    }

    /// One more node on the same database and the same files, with the same settings.
    pub async fn another(&self) -> Self {
        let (folder, url) = (self.folder.clone(), self.database_url.clone());
        Self::start_on(folder, url, self.more.clone()).await
    }

    async fn start_on(
        folder: Arc<Scratch>,
        database_url: String,
        more: Vec<(String, String)>,
    ) -> Self {
        log_what_goes_wrong();
        start::cryptography();
        let data = folder.path().display().to_string();
        let usual = [
            ("ATELIER_LISTEN", "127.0.0.1:0"),
            ("ATELIER_DATA_DIR", &data),
            ("DATABASE_URL", &database_url),
            // Tests ask more often than people; the limits have tests of their own.
            ("ATELIER_RATE_LIMITS", "off"),
        ];
        let variables: HashMap<String, String> = usual
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .chain(more.iter().cloned())
            .collect();
        let settings = Settings::from_variables(variables).expect("settings");
        let listener = TcpListener::bind(settings.listen)
            .await
            .expect("a free port");
        let bound = listener.local_addr().expect("an address");
        let program = start::build(&settings, bound).await.expect("a program");
        let services = program.services.clone();
        let router = format!("{:?}", program.router());
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        Self {
            base: format!("http://{bound}"),
            services,
            folder,
            database_url,
            router,
            more,
            stop,
            serving: tokio::spawn(program.serve(listener, shutdown)),
        }
    }

    /// Stops this node; another one goes on.
    pub async fn leave(self) {
        let Self {
            stop,
            serving,
            services,
            ..
        } = self;
        drop(stop);
        drop(services);
        serving.await.expect("no panic").expect("serving ends well");
    }

    /// Stops the program, the last node of its installation, and checks its ledger.
    pub async fn stop(self) {
        let (database_url, folder) = (self.database_url.clone(), self.folder.clone());
        self.leave().await;
        let db = Database::open(&database_url)
            .await
            .expect("the database opens again");
        let findings = verify::findings(&db).await.expect("the ledger is read");
        db.close().await;
        assert!(findings.is_empty(), "{findings:?}");
        drop(folder);
    }

    /// Somebody who is not signed in.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.base)
    }

    /// A fresh account, signed in.
    pub async fn sign_up(&self, name: &str) -> Client {
        self.anonymous().signed_up_as(name).await
    }

    /// The sandbox's administrator, signed in.
    pub async fn admin(&self) -> Client {
        let admin = self.anonymous();
        admin
            .signed_in_as("admin@example.com", "atelier-demo")
            .await
    }

    /// Somebody who acts for `owner` with a token of these scopes.
    pub async fn token(&self, owner: &Client, scopes: &str) -> Client {
        let email = Email::parse(&owner.email).expect("an address");
        let accounts = &self.services.accounts;
        let user = accounts.find_by_email(&email).await.expect("the database");
        let scopes = Scopes::parse(scopes).expect("scopes");
        let user = user.expect("an account");
        let token = accounts
            .mint_token(&user, "", &scopes, None)
            .await
            .expect("a token");
        self.anonymous().with_token(owner, &token.secret)
    }

    /// Gives `user` exactly so many credits.
    pub async fn set_credits(&self, user: &Client, amount: i64) {
        let admin = self.admin().await;
        let body = serde_json::json!({
            "action": "set", "amount": amount, "reason": "a test", "user_id": user.id,
        });
        admin.post_json("/api/credits", body).await.expect(200);
    }

    /// Scripts how the next job goes.
    pub async fn next_job(&self, outcome: &str) {
        let script = serde_json::json!({ "outcome": outcome });
        let answer = self
            .anonymous()
            .post_json("/sandbox/studio/next", script)
            .await;
        answer.expect(204);
    }

    /// What was really paid, by the sandbox's own record.
    pub async fn book(&self) -> Vec<Value> {
        let book = self.anonymous().get("/sandbox/stripe/book").await;
        let items = book.expect(200).json()["items"].as_array().cloned();
        items.expect("the items of the book")
    }

    /// One number out of the database.
    pub async fn number(&self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement)
            .fetch_one(self.services.db.reader())
            .await
            .expect(statement)
    }

    /// Changes the database behind the program's back; how many rows changed.
    pub async fn execute(&self, statement: &'static str, values: &[&str]) -> u64 {
        let mut tx = self.services.db.begin().await.expect("a transaction");
        let bound = values
            .iter()
            .fold(sqlx::query(statement), |query, value| query.bind(*value));
        let done = bound.execute(&mut *tx).await.expect(statement);
        tx.commit().await.expect("a commit");
        done.rows_affected()
    }

    /// From now on nobody asks the payment providers by themselves: whoever catches up gives way before the next request.
    pub async fn stop_catching_up(&self) {
        let now = self.services.clock.now();
        let until = now.plus_days(365).micros().to_string();
        for lease in ["stripe-catch-up", "creem-catch-up"] {
            let take = "INSERT INTO leases (name, owner, until) VALUES ($1, 'nobody', CAST($2 AS BIGINT)) \
                        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until";
            self.execute(take, &[lease, &until]).await;
        }
    }

    /// A run of the sandbox studio that no job of ours knows of; its id.
    pub async fn start_run(&self) -> String {
        use base64::Engine;
        let uri = |kind: &str, bytes: &[u8]| {
            let text = base64::engine::general_purpose::STANDARD.encode(bytes);
            format!("data:image/{kind};base64,{text}")
        };
        let order = serde_json::json!({
            "model_name": "tryon-v1.6",
            "inputs": {
                "model_image": uri("jpeg", super::pictures::person()),
                "garment_image": uri("png", super::pictures::garment()),
            },
        });
        let client = self.anonymous();
        let request = client
            .request(reqwest::Method::POST, "/sandbox/fashn/v1/run")
            .bearer_auth("sandbox")
            .json(&order);
        let run = client.send(request).await.expect(200).json();
        run["id"].as_str().expect("an id").to_owned()
    }

    /// The pictures in the store.
    pub fn stored_files(&self) -> usize {
        count_files(&self.folder.path().join("files"))
    }

    pub fn webhook_secret(&self) -> String {
        let secret = &self.services.installation.sandbox_webhook_secret;
        secret.expose_secret().to_owned()
    }

    /// The moment by the program's clock, in seconds.
    pub fn now(&self) -> i64 {
        self.services.clock.now().seconds()
    }
}

fn count_files(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .map(|path| if path.is_dir() { count_files(&path) } else { 1 })
        .sum()
}

/// Shows what the programs of a failing test logged. By default only what an operator would have to
/// look at.
fn log_what_goes_wrong() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let filter = tracing_subscriber::EnvFilter::try_from_default_env()
            .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error,stripe_webhook=off"));
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_test_writer()
            .init();
    });
}
