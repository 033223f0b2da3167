//! Several nodes over one database, where one of them stood still for a while: what it held has been
//! taken over, and what it still wants to say of it changes nothing.

use std::io::Cursor;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use atelier_server::accounts::{Email, Language, NewAccount, Password, Role};
use atelier_server::idempotency::{self, Answer, BodyHash, Claim, Key, KeyRefused, Scope};
use atelier_server::ids::{JobId, UserId};
use atelier_server::mail::{Letter, MailSettings, Mailer, Transport};
use atelier_server::on_both_databases;
use atelier_server::oversight::Operator;
use atelier_server::payments::stripe::Stripe;
use atelier_server::payments::{self, Payments};
use atelier_server::studio::{Fashn, Files, JobAct, Providers, Studio, StudioSettings};
use atelier_server::testing::TestGround;
use atelier_server::time::Timestamp;
use axum::Router;
use axum::extract::{Request, State};
use http::{HeaderMap, HeaderName, StatusCode};
use image::{DynamicImage, ImageFormat};
use serde_json::json;
use stripe_webhook::Webhook;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use url::Url;

const SECRET: &str = "whsec_test";

/// Somebody else's server, which answers each request when the test says so.
struct Provider {
    base: Url,
    asked: mpsc::UnboundedReceiver<Asked>,
}

/// A request that waits for its answer.
struct Asked {
    path: String,
    answer: oneshot::Sender<(StatusCode, Vec<u8>)>,
}

impl Asked {
    fn answer(self, status: StatusCode, body: impl Into<Vec<u8>>) {
        self.answer.send((status, body.into())).unwrap();
    }
}

impl Provider {
    async fn start() -> Self {
        // Fails only if it was installed before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (sender, asked) = mpsc::unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let router = Router::new().fallback(hold).with_state(sender);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            base: base.parse().unwrap(),
            asked,
        }
    }

    async fn next(&mut self) -> Asked {
        let waited = tokio::time::timeout(Duration::from_secs(20), self.asked.recv()).await;
        waited.unwrap().unwrap()
    }
}

async fn hold(
    State(sender): State<mpsc::UnboundedSender<Asked>>,
    request: Request,
) -> (StatusCode, Vec<u8>) {
    let (answer, answered) = oneshot::channel();
    let path = request.uri().path().to_owned();
    sender.send(Asked { path, answer }).unwrap();
    answered.await.unwrap()
}

const BROKEN: &str = r#"{"error": {"type": "api_error", "message": "broken"}}"#;
const MISSING: &str =
    r#"{"error": {"type": "invalid_request_error", "message": "no such session"}}"#;

fn payments(ground: &TestGround, provider: &Provider, node: &str) -> Payments {
    let key = "sk_test_1".into();
    let stripe = Stripe::new(&key, SECRET.into(), provider.base.as_str()).unwrap();
    let site = "http://127.0.0.1:3000/".parse().unwrap();
    Payments::new(
        ground.db.clone(),
        ground.clock.clone(),
        ground.catalog.clone(),
        vec![Arc::new(stripe)],
        site,
        node.to_owned(),
    )
}

/// A signed event is in the inbox.
async fn receive_event(ground: &TestGround, payments: &Payments) {
    let now = ground.clock.now().seconds();
    let event = json!({
        "id": "evt_1", "object": "event", "api_version": "2019-01-01", "created": now,
        "livemode": false, "pending_webhooks": 1, "request": null,
        "type": "checkout.session.completed",
        "data": {"object": {"id": "cs_test_1", "object": "checkout.session"}},
    })
    .to_string();
    let header = Webhook::generate_test_header(&event, SECRET, Some(now));
    let headers = HeaderMap::from_iter([(
        HeaderName::from_static("stripe-signature"),
        header.parse().unwrap(),
    )]);
    let provider = payments::Provider::Stripe;
    let received = payments.receive(provider, event.as_bytes(), &headers).await;
    received.unwrap();
}

fn studio(ground: &TestGround, provider: &Provider, node: &str) -> Studio {
    let settings = StudioSettings {
        most_unfinished: 20,
        callback_key: "key".into(),
        callback_base: "http://127.0.0.1:9/".parse().unwrap(),
        originals_kept: Duration::from_secs(60),
        no_verdict_after: Duration::from_secs(60),
        poll_every: Duration::from_millis(100),
        previews: true,
    };
    let fashn = Fashn::new(provider.base.clone(), "key".into()).unwrap();
    Studio::new(
        ground.db.clone(),
        ground.clock.clone(),
        ground.catalog.clone(),
        Files::folder(&ground.folder.path().join("files")).unwrap(),
        Providers::new(vec![Arc::new(fashn)]),
        settings,
        node.to_owned(),
    )
}

/// Jobs that the provider has, all due now.
async fn running_jobs(ground: &TestGround, count: usize) {
    let user = ground.account("ann").await.id;
    for number in 1..=count {
        running_job(ground, &user, &format!("run-{number}")).await;
    }
}

async fn running_job(ground: &TestGround, user: &UserId, run: &str) {
    let now = ground.clock.now();
    let mut tx = ground.db.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO jobs (id, user_id, tool, state, progress, cancel_requested, paid_by, cost, \
         category, provider, external_id, callback_hash, next_at, submitted_at, deadline_at, \
         created_at) VALUES ($1, $2, 'try_on', 'running', 10, 0, 'trial', 0, 'auto', 'fashn', \
         $5, $5, $3, $3, $4, $3)",
    )
    .bind(JobId::new(now))
    .bind(user)
    .bind(now)
    .bind(now.plus(Duration::from_secs(3_600)))
    .bind(run)
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

async fn row<T>(ground: &TestGround, statement: &'static str) -> T
where
    T: for<'r> sqlx::FromRow<'r, sqlx::any::AnyRow> + Send + Unpin,
{
    let row = sqlx::query_as(statement).fetch_one(ground.db.reader());
    row.await.unwrap()
}

/// Looks until the row is as wanted.
async fn until_row<T>(ground: &TestGround, statement: &'static str, wanted: T)
where
    T: for<'r> sqlx::FromRow<'r, sqlx::any::AnyRow> + Send + Unpin + PartialEq,
{
    let looking = async {
        while row::<T>(ground, statement).await != wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(20), looking).await;
    assert!(found.is_ok(), "{statement} never came to be");
}

async fn job_of(ground: &TestGround, run: &str) -> JobId {
    let id = sqlx::query_scalar("SELECT id FROM jobs WHERE external_id = $1")
        .bind(run.to_owned())
        .fetch_one(ground.db.reader());
    id.await.unwrap()
}

async fn write(ground: &TestGround, statement: &'static str) {
    let mut tx = ground.db.begin().await.unwrap();
    sqlx::query(statement).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

fn picture() -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let image = DynamicImage::new_rgb8(32, 32);
    image.write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

fn count_files(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| if path.is_dir() { count_files(&path) } else { 1 })
        .sum()
}

fn scope(user: &UserId) -> Scope {
    Scope {
        user: user.clone(),
        endpoint: "POST /api/checkout".into(),
        key: Key::parse("a key").unwrap(),
        body: BodyHash::of(&[("item", b"credits-10")]),
    }
}

async fn claim(ground: &TestGround, scope: &Scope, now: Timestamp) -> Claim {
    let mut tx = ground.db.begin().await.unwrap();
    let claim = idempotency::claim(&mut tx, scope, now).await.unwrap();
    tx.commit().await.unwrap();
    claim
}

on_both_databases! {
    async fn an_event_taken_over_is_left_to_who_has_it(ground: TestGround) {
        let mut provider = Provider::start().await;
        let (slow, quick) = (payments(&ground, &provider, "a"), payments(&ground, &provider, "b"));
        receive_event(&ground, &slow).await;
        let late = tokio::spawn(async move { slow.process_due().await });
        let late_request = provider.next().await;
        ground.clock.advance(Duration::from_secs(31));
        let done = tokio::spawn(async move { quick.process_due().await });
        provider.next().await.answer(StatusCode::NOT_FOUND, MISSING);
        assert_eq!(done.await.unwrap().unwrap(), 1);
        const EVENT: &str = "SELECT state, attempts, next_at FROM webhook_events";
        let ended = ("ignored".to_owned(), 2_i64, None::<i64>);
        assert_eq!(row::<(String, i64, Option<i64>)>(&ground, EVENT).await, ended);
        late_request.answer(StatusCode::INTERNAL_SERVER_ERROR, BROKEN);
        assert_eq!(late.await.unwrap().unwrap(), 1);
        assert_eq!(row::<(String, i64, Option<i64>)>(&ground, EVENT).await, ended);
    }

    async fn two_inboxes_share_what_is_due(ground: TestGround) {
        let mut provider = Provider::start().await;
        let (one, other) = (payments(&ground, &provider, "a"), payments(&ground, &provider, "b"));
        receive_event(&ground, &one).await;
        let (one, other) = (
            tokio::spawn(async move { one.process_due().await }),
            tokio::spawn(async move { other.process_due().await }),
        );
        provider.next().await.answer(StatusCode::NOT_FOUND, MISSING);
        assert_eq!(one.await.unwrap().unwrap() + other.await.unwrap().unwrap(), 1);
        assert!(provider.asked.try_recv().is_err(), "it was read twice");
    }

    async fn a_retry_by_hand_is_due_at_once_and_takes_a_job_from_nobody(ground: TestGround) {
        let mut provider = Provider::start().await;
        running_jobs(&ground, 2).await;
        let studio = studio(&ground, &provider, "a");
        let (later, elsewhere) = (job_of(&ground, "run-1").await, job_of(&ground, "run-2").await);
        write(&ground, "UPDATE jobs SET next_at = next_at + 3600000000").await;
        write(&ground, "UPDATE jobs SET lease_owner = 'b', lease_until = 4000000000000000 WHERE external_id = 'run-2'").await;
        let operator = Operator { actor: "command line".into(), address: None, reason: "why".into() };
        for job in [&elsewhere, &later] {
            studio.act(job, JobAct::Retry, &operator, None).await.unwrap();
        }
        const DUE: &str = "SELECT external_id, lease_owner, lease_until FROM jobs WHERE next_at <= submitted_at ORDER BY external_id DESC LIMIT 1";
        let held = ("run-2".to_owned(), Some("b".to_owned()), 4_000_000_000_000_000_i64);
        assert_eq!(row::<(String, Option<String>, i64)>(&ground, DUE).await, held);
        let stop = CancellationToken::new();
        let worker = tokio::spawn(studio.run_worker(stop.clone()));
        let asked = provider.next().await;
        assert!(asked.path.ends_with("run-1"), "{}", asked.path);
        asked.answer(StatusCode::OK, r#"{"id": "run-1", "status": "processing"}"#);
        stop.cancel();
        worker.await.unwrap();
        assert!(provider.asked.try_recv().is_err(), "what another node is at was taken from it");
        assert_eq!(row::<(String, Option<String>, i64)>(&ground, DUE).await, held);
    }

    async fn two_workers_share_what_is_due(ground: TestGround) {
        const JOBS: usize = 24;
        let mut provider = Provider::start().await;
        running_jobs(&ground, JOBS).await;
        let stop = CancellationToken::new();
        let workers = ["a", "b"].map(|node| {
            let worker = studio(&ground, &provider, node).run_worker(stop.clone());
            tokio::spawn(worker)
        });
        let mut asked = Vec::new();
        for _ in 0..JOBS {
            let request = provider.next().await;
            asked.push(request.path.clone());
            let failed = json!({"id": "run", "status": "failed", "error": {"name": "PoseError"}});
            request.answer(StatusCode::OK, failed.to_string());
        }
        stop.cancel();
        for worker in workers {
            worker.await.unwrap();
        }
        assert!(provider.asked.try_recv().is_err(), "a job was asked for twice");
        asked.sort_unstable();
        asked.dedup();
        assert_eq!(asked.len(), JOBS);
    }

    async fn a_job_taken_over_is_left_to_who_has_it(ground: TestGround) {
        let mut provider = Provider::start().await;
        running_jobs(&ground, 1).await;
        let (stop_slow, stop_quick) = (CancellationToken::new(), CancellationToken::new());
        let mut slow = pin!(studio(&ground, &provider, "a").run_worker(stop_slow.clone()));
        let late_request = tokio::select! {
            () = &mut slow => unreachable!("it was not told to stop"),
            asked = provider.next() => asked,
        };
        // From here on the first node renews nothing: it stands still, only its step goes on.
        ground.clock.advance(Duration::from_secs(16));
        let quick = studio(&ground, &provider, "b").run_worker(stop_quick.clone());
        let quick = tokio::spawn(quick);
        let request = provider.next().await;
        late_request.answer(StatusCode::INTERNAL_SERVER_ERROR, BROKEN);
        stop_slow.cancel();
        slow.await;
        let (owner, until): (String, i64) =
            row(&ground, "SELECT lease_owner, lease_until FROM jobs").await;
        assert_eq!(owner, "b");
        assert!(until > ground.clock.now().micros(), "the lease was given away");
        let running = json!({"id": "run-1", "status": "processing"}).to_string();
        request.answer(StatusCode::OK, running);
        until_row(&ground, "SELECT progress, lease_until FROM jobs", (40_i64, 0_i64)).await;
        stop_quick.cancel();
        quick.await.unwrap();
    }

    async fn a_lease_that_ran_out_is_good_again_for_the_step_under_way(ground: TestGround) {
        let mut provider = Provider::start().await;
        running_jobs(&ground, 1).await;
        let stop = CancellationToken::new();
        let worker = studio(&ground, &provider, "a").run_worker(stop.clone());
        let worker = tokio::spawn(worker);
        let request = provider.next().await;
        ground.clock.advance(Duration::from_secs(16));
        let until = ground.clock.now().plus(Duration::from_secs(15)).micros();
        until_row(&ground, "SELECT lease_until FROM jobs", (until,)).await;
        let failed = json!({"id": "run-1", "status": "failed", "error": {"name": "PoseError"}});
        request.answer(StatusCode::OK, failed.to_string());
        until_row(&ground, "SELECT state FROM jobs", ("failed".to_owned(),)).await;
        stop.cancel();
        worker.await.unwrap();
        assert!(provider.asked.try_recv().is_err(), "a second step asked as well");
    }

    async fn a_result_fetched_by_two_is_kept_once(ground: TestGround) {
        let mut provider = Provider::start().await;
        running_jobs(&ground, 1).await;
        let output = provider.base.join("outputs/1.png").unwrap();
        let completed = json!({"id": "run-1", "status": "completed", "output": [output.as_str()]});
        let completed = completed.to_string();
        let (stop_slow, stop_quick) = (CancellationToken::new(), CancellationToken::new());
        let mut slow = pin!(studio(&ground, &provider, "a").run_worker(stop_slow.clone()));
        let late_request = async {
            provider.next().await.answer(StatusCode::OK, completed.clone());
            provider.next().await
        };
        let late_request = tokio::select! {
            () = &mut slow => unreachable!("it was not told to stop"),
            asked = late_request => asked,
        };
        assert_eq!(late_request.path, "/outputs/1.png");
        ground.clock.advance(Duration::from_secs(16));
        let quick = studio(&ground, &provider, "b").run_worker(stop_quick.clone());
        let quick = tokio::spawn(quick);
        provider.next().await.answer(StatusCode::OK, completed.clone());
        provider.next().await.answer(StatusCode::OK, picture());
        until_row(&ground, "SELECT state FROM jobs", ("succeeded".to_owned(),)).await;
        late_request.answer(StatusCode::OK, picture());
        stop_slow.cancel();
        slow.await;
        assert_eq!(row::<(i64,)>(&ground, "SELECT COUNT(*) FROM files").await, (1,));
        assert_eq!(count_files(&ground.folder.path().join("files")), 1);
        stop_quick.cancel();
        quick.await.unwrap();
    }

    async fn a_key_taken_over_is_left_to_who_has_it(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let scope = scope(&user);
        let first = ground.clock.now();
        assert_eq!(claim(&ground, &scope, first).await, Claim::New);
        let second = first.plus(Duration::from_secs(46));
        assert_eq!(claim(&ground, &scope, second).await, Claim::Resume(None));
        // Who was too slow may neither free the key nor answer for it.
        idempotency::give_up(&ground.db, &scope, first).await.unwrap();
        let answer = |body: &str| Answer { status: 201, body: body.to_owned(), replayed: false };
        for (claimed_at, body) in [(first, "late"), (second, "good"), (second, "again")] {
            let mut tx = ground.db.begin().await.unwrap();
            idempotency::keep(&mut tx, &scope, claimed_at, &answer(body)).await.unwrap();
            tx.commit().await.unwrap();
        }
        let Claim::Done(kept) = claim(&ground, &scope, second).await else {
            panic!("the key was given up by who did not hold it");
        };
        assert_eq!(kept.body, "good");
    }

    async fn a_key_is_kept_by_work_that_lasts(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let scope = scope(&user);
        let first = ground.clock.now();
        assert_eq!(claim(&ground, &scope, first).await, Claim::New);
        let second = first.plus(Duration::from_secs(40));
        assert!(idempotency::renew(&ground.db, &scope, first, second).await.unwrap());
        let late = second.plus(Duration::from_secs(44));
        assert_eq!(claim(&ground, &scope, late).await, Claim::Refused(KeyRefused::InFlight));
        assert!(!idempotency::renew(&ground.db, &scope, first, late).await.unwrap(), "it is known by its last moment");
        let mut tx = ground.db.begin().await.unwrap();
        let answer = Answer { status: 200, body: "done".to_owned(), replayed: false };
        idempotency::keep(&mut tx, &scope, second, &answer).await.unwrap();
        tx.commit().await.unwrap();
        assert!(matches!(claim(&ground, &scope, late).await, Claim::Done(kept) if kept.body == "done"));
        assert!(!idempotency::renew(&ground.db, &scope, second, late).await.unwrap(), "what is answered is kept already");
    }

    async fn a_lease_taken_over_keeps_the_notes_of_who_has_it(ground: TestGround) {
        let length = Duration::from_secs(30);
        let take = async |owner: &str| {
            let now = ground.clock.now();
            ground.db.take_lease("work", owner, now, length).await.unwrap()
        };
        assert!(take("a").await);
        assert!(!take("b").await);
        ground.clock.advance(length);
        assert!(take("b").await);
        assert!(!take("a").await);
        ground.db.set_lease_note("work", "b", "far").await.unwrap();
        ground.db.set_lease_note("work", "a", "not so far").await.unwrap();
        ground.db.give_back_lease("work", "a").await.unwrap();
        assert_eq!(ground.db.lease_note("work").await.unwrap().as_deref(), Some("far"));
        assert!(!take("a").await);
    }

    async fn a_letter_taken_over_is_left_to_who_has_it(ground: TestGround) {
        let new = NewAccount {
            email: Email::parse("ann@example.com").unwrap(),
            password: Password::parse("a long password").unwrap(),
            name: String::new(),
            role: Role::User,
            language: Some(Language::En),
            verified: false,
        };
        ground.accounts.sign_up(new, "192.0.2.1").await.unwrap();
        let (at_work, is_at_work) = std::sync::mpsc::channel();
        let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
        let may_go_on = std::sync::Mutex::new(may_go_on);
        // Its folder is a file, so no letter can be kept.
        let folder = ground.folder.path().join("no-folder");
        std::fs::write(&folder, "").unwrap();
        let mailer = |wait: Box<dyn Fn() + Send + Sync>| {
            let settings = MailSettings {
                from: "Atelier <atelier@example.com>".parse().unwrap(),
                transport: Transport::Folder(folder.clone()),
                wording: Arc::new(move |_, _| {
                    wait();
                    Letter::default()
                }),
            };
            Mailer::new(ground.accounts.clone(), settings)
        };
        let slow = mailer(Box::new(move || {
            at_work.send(()).unwrap();
            tokio::task::block_in_place(|| may_go_on.lock().unwrap().recv().unwrap());
        }));
        let late = tokio::spawn(async move { slow.send_all().await });
        tokio::task::block_in_place(|| is_at_work.recv().unwrap());
        ground.clock.advance(Duration::from_secs(61));
        assert_eq!(mailer(Box::new(|| {})).send_all().await.unwrap(), 1);
        const WAITING: &str = "SELECT attempts, next_at FROM outgoing_mail";
        let waiting: (i64, i64) = row(&ground, WAITING).await;
        assert_eq!(waiting.0, 2);
        go_on.send(()).unwrap();
        assert_eq!(late.await.unwrap().unwrap(), 1);
        assert_eq!(row::<(i64, i64)>(&ground, WAITING).await, waiting);
    }
}
