//! Who may do what over HTTP, and how it is said: the table of CONTRACT.md, written down once more
//! by hand and asked row by row.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, App, Client, at_once};

/// Everybody a route may be asked by, in the order of the columns below.
struct Callers {
    anonymous: Client,
    ann: Client,
    eve: Client,
    reader: Client,
    spender: Client,
    worker: Client,
    writer: Client,
    overseer: Client,
    admin: Client,
}

const COLUMNS: [&str; 9] = [
    "anonymous",
    "user",
    "other user",
    "credits:read",
    "credits:spend",
    "jobs",
    "credits:write (admin's)",
    "admin scope (admin's)",
    "admin",
];

impl Callers {
    async fn of(app: &App) -> Self {
        let (ann, admin) = (app.sign_up("ann").await, app.admin().await);
        Self {
            anonymous: app.anonymous(),
            eve: app.sign_up("eve").await,
            reader: app.token(&ann, "credits:read").await,
            spender: app.token(&ann, "credits:spend").await,
            worker: app.token(&ann, "jobs").await,
            writer: app.token(&admin, "credits:write").await,
            overseer: app.token(&admin, "admin").await,
            ann,
            admin,
        }
    }

    fn all(&self) -> [&Client; 9] {
        [
            &self.anonymous,
            &self.ann,
            &self.eve,
            &self.reader,
            &self.spender,
            &self.worker,
            &self.writer,
            &self.overseer,
            &self.admin,
        ]
    }
}

async fn ask(caller: &Client, method: &str, path: &str, body: &Value) -> Answer {
    match method {
        "GET" => caller.get(path).await,
        "DELETE" => caller.delete(path).await,
        _ if body.is_null() => caller.post(path).await,
        _ => caller.post_json(path, body.clone()).await,
    }
}

/// What a problem has to say (RFC 9457), whoever asked what.
fn assert_problem(answer: &Answer) {
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{}",
        answer.asked
    );
    let problem = answer.json();
    assert_eq!(problem["status"], answer.status, "{}", answer.asked);
    for field in ["title", "detail", "code"] {
        let text = problem[field].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "{}: {field}", answer.asked);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn problems_speak_the_language_that_was_asked_for() {
    let app = App::start(crate::support::Kind::Sqlite).await;
    let ann = app.sign_up("ann").await;
    let ask = async |languages: Option<&str>| {
        let mut request = ann.request(reqwest::Method::POST, "/api/recharge");
        if let Some(languages) = languages {
            request = request.header("accept-language", languages);
        }
        let answer = ann.send(request.json(&json!({"amount": 0}))).await;
        assert_problem(&answer);
        answer.expect(422).json()
    };
    let (plain, english, chinese) = (
        ask(None).await,
        ask(Some("en-GB,zh;q=0.5")).await,
        ask(Some("zh-CN,en;q=0.5")).await,
    );
    assert_eq!(plain, english);
    assert_eq!(plain["title"], "Invalid input");
    assert_eq!(chinese["title"], "输入无效");
    assert_eq!(chinese["errors"]["amount"], "须为商品目录范围内的整数金额");
    for field in ["status", "code", "type"] {
        assert_eq!(plain[field], chinese[field], "{field}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_each_caller_as_the_contract_says() {
    let app = App::start(crate::support::Kind::Sqlite).await;
    let callers = Callers::of(&app).await;
    let id = callers.ann.start_job().await;
    callers.ann.job_ends(&id).await;
    let (ann, nobody) = (
        callers.ann.id.clone(),
        "00000000-0000-7000-8000-000000000000",
    );
    let job = |rest: &str| format!("/api/jobs/{id}{rest}");
    let wallet_of = |id: &str| format!("/api/credits?user_id={id}");
    let add = |id: &str| json!({"action": "add", "amount": 1, "reason": "r", "user_id": id});
    let none = Value::Null;
    // anonymous, user, other user, credits:read, credits:spend, jobs, credits:write, admin scope, admin
    type Row = (&'static str, String, Value, [u16; 9]);
    #[rustfmt::skip]
    let table: Vec<Row> = vec![
        ("GET",    "/auth/me".into(),              none.clone(), [401, 200, 200, 200, 403, 403, 403, 403, 200]),
        ("GET",    "/api/auth/me".into(),          none.clone(), [401, 200, 200, 200, 403, 403, 403, 403, 200]),
        ("GET",    "/api/catalog".into(),          none.clone(), [200, 200, 200, 200, 200, 200, 200, 200, 200]),
        ("GET",    "/api/credits".into(),          none.clone(), [401, 200, 200, 200, 403, 403, 403, 403, 200]),
        ("GET",    wallet_of(&ann),                none.clone(), [401, 200, 403, 200, 403, 403, 403, 403, 200]),
        ("GET",    wallet_of(nobody),              none.clone(), [401, 403, 403, 403, 403, 403, 403, 403, 404]),
        ("GET",    wallet_of("nonsense"),          none.clone(), [401, 404, 404, 404, 403, 403, 403, 403, 404]),
        ("POST",   "/api/credits".into(),          add(&ann),    [401, 403, 403, 403, 403, 403, 200, 403, 200]),
        ("POST",   "/api/credits".into(),          add(nobody),  [401, 403, 403, 403, 403, 403, 404, 403, 404]),
        ("GET",    "/api/credits/entries".into(),  none.clone(), [401, 200, 200, 200, 403, 403, 403, 403, 200]),
        ("POST",   "/api/checkout".into(),         json!({"item": "credits-10"}),
                                                                 [401, 201, 201, 403, 201, 403, 403, 403, 201]),
        ("POST",   "/api/recharge".into(),         json!({"amount": 10}),
                                                                 [401, 201, 201, 403, 201, 403, 403, 403, 201]),
        ("GET",    "/api/recharge".into(),         none.clone(), [401, 200, 200, 200, 403, 403, 403, 403, 200]),
        ("GET",    "/api/stats".into(),            none.clone(), [401, 200, 200, 200, 403, 403, 403, 403, 200]),
        ("GET",    "/api/jobs".into(),             none.clone(), [401, 200, 200, 403, 403, 200, 403, 403, 200]),
        ("GET",    job(""),                        none.clone(), [401, 200, 404, 403, 403, 200, 403, 403, 200]),
        ("GET",    job("/result"),                 none.clone(), [401, 200, 404, 403, 403, 200, 403, 403, 200]),
        ("POST",   job("/cancel"),                 none.clone(), [401, 409, 404, 403, 403, 409, 403, 403, 404]),
        ("GET",    "/api/jobs/nonsense".into(),    none.clone(), [401, 404, 404, 403, 403, 404, 403, 403, 404]),
        ("GET",    "/healthz".into(),              none.clone(), [200, 200, 200, 200, 200, 200, 200, 200, 200]),
        ("GET",    "/readyz".into(),               none.clone(), [200, 200, 200, 200, 200, 200, 200, 200, 200]),
        ("GET",    "/api/nothing-here".into(),     none.clone(), [404, 404, 404, 404, 404, 404, 404, 404, 404]),
        ("DELETE", "/api/credits".into(),          none.clone(), [405, 405, 405, 405, 405, 405, 405, 405, 405]),
        // Last, because it is gone afterwards.
        ("DELETE", job(""),                        none.clone(), [401, 204, 404, 403, 403, 404, 403, 403, 404]),
    ];
    for (method, path, body, wanted) in &table {
        for ((caller, name), wanted) in callers.all().iter().zip(COLUMNS).zip(wanted) {
            let answer = ask(caller, method, path, body).await;
            let said = format!("{method} {path} by {name}: {}", answer.text());
            assert_eq!(answer.status, *wanted, "{said}");
            if answer.status >= 400 {
                assert_problem(&answer);
            }
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_sandbox_has_what_is_below_sandbox() {
    let app = App::start_with(
        crate::support::Kind::Sqlite,
        &[
            ("STRIPE_SECRET_KEY", "sk_test_fake"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_fake"),
            ("FASHN_API_KEY", "fa-fake"),
        ],
    )
    .await;
    for path in [
        "/sandbox/stripe/v1/checkout/sessions",
        "/sandbox/stripe/refunds",
        "/sandbox/fashn/v1/run",
        "/sandbox/studio/next",
    ] {
        app.anonymous().post(path).await.expect(404);
    }
    app.stop().await;
}

on_both_databases! {
    async fn operators_add_deduct_and_set(app: &App) {
        let (ann, admin) = (app.sign_up("ann").await, app.admin().await);
        let change = async |action: &str, amount: i64| {
            let body = json!({"action": action, "amount": amount, "reason": "why", "user_id": ann.id});
            admin.post_json("/api/credits", body).await.expect(200).json()
        };
        let added = change("add", 100).await;
        assert_eq!(added["credits"]["remaining"], 108);
        assert_eq!((&added["credits"]["total"], &added["credits"]["bonus"]), (&json!(108), &json!(100)));
        assert_eq!(added["user_id"], ann.id);
        let entry = &added["entry"];
        assert_eq!((&entry["kind"], &entry["amount"]), (&json!("grant"), &json!(100)));
        assert_eq!((&entry["balance_after"], &entry["reason"]), (&json!(108), &json!("why")));
        assert_eq!(entry["version"], added["version"]);

        let deducted = change("deduct", 8).await;
        assert_eq!(deducted["credits"]["remaining"], 100);
        // What an operator takes was not used.
        assert_eq!((&deducted["credits"]["removed"], &deducted["credits"]["used"]), (&json!(8), &json!(0)));
        assert_eq!(deducted["entry"]["amount"], -8);

        assert_eq!(change("set", 5).await["credits"]["remaining"], 5);
        assert_eq!(change("set", 1_000_000).await["credits"]["remaining"], 1_000_000);
        assert_eq!(change("set", 0).await["credits"]["remaining"], 0);
        assert_eq!(ann.remaining().await, 0);
    }

    async fn a_user_deducts_from_their_own_and_it_counts_as_used(app: &App) {
        let ann = app.sign_up("ann").await;
        let spender = app.token(&ann, "credits:spend").await;
        let body = json!({"action": "deduct", "amount": 3, "reason": "a print"});
        for caller in [&ann, &spender] {
            caller.post_json("/api/credits", body.clone()).await.expect(200);
        }
        let credits = ann.wallet().await["credits"].clone();
        let seen = (&credits["remaining"], &credits["used"], &credits["removed"]);
        assert_eq!(seen, (&json!(2), &json!(6), &json!(0)));
        // More than there is, is refused whole.
        let refused = ann.post_json("/api/credits", body).await.expect(402);
        assert_eq!(refused.code(), "insufficient_credits");
        assert_eq!(ann.remaining().await, 2);
    }

    async fn amounts_and_reasons_have_bounds(app: &App) {
        let (ann, admin) = (app.sign_up("ann").await, app.admin().await);
        let wallet = ann.wallet().await;
        let long = "x".repeat(501);
        for (field, body) in [
            ("amount", json!({"action": "add", "amount": 0, "reason": "why"})),
            ("amount", json!({"action": "add", "amount": -1, "reason": "why"})),
            ("amount", json!({"action": "add", "amount": 1_000_001, "reason": "why"})),
            ("amount", json!({"action": "deduct", "amount": 0, "reason": "why"})),
            ("amount", json!({"action": "set", "amount": -1, "reason": "why"})),
            ("amount", json!({"action": "set", "amount": 1_000_001, "reason": "why"})),
            ("amount", json!({"action": "add", "amount": 1.5, "reason": "why"})),
            ("amount", json!({"action": "add", "amount": "1", "reason": "why"})),
            ("amount", json!({"action": "add", "reason": "why"})),
            ("amount", json!({"action": "add", "amount": 9_223_372_036_854_775_808_u64, "reason": "why"})),
            ("action", json!({"action": "steal", "amount": 1, "reason": "why"})),
            ("action", json!({"amount": 1, "reason": "why"})),
            ("reason", json!({"action": "add", "amount": 1, "reason": long})),
            ("reason", json!({"action": "add", "amount": 1, "reason": 7})),
            ("reason", json!({"action": "add", "amount": 1, "reason": "  "})),
            ("reason", json!({"action": "add", "amount": 1})),
        ] {
            let mut body = body;
            body["user_id"] = json!(ann.id);
            let answer = admin.post_json("/api/credits", body.clone()).await.expect(422);
            assert_problem(&answer);
            let errors = answer.json()["errors"].clone();
            assert!(errors[field].is_string(), "{body}: {errors}");
        }
        assert_eq!(ann.wallet().await, wallet);
    }

    async fn one_key_changes_a_wallet_once(app: &App) {
        let (ann, admin) = (app.sign_up("ann").await, app.admin().await);
        let body = json!({"action": "add", "amount": 10, "reason": "once", "user_id": ann.id});
        let answers = at_once(20, |_| {
            let (admin, body) = (admin.clone(), body.clone());
            async move { admin.post_json_once("/api/credits", "k", body).await.expect(200) }
        })
        .await;
        assert!(answers.iter().all(|answer| answer.body == answers[0].body));
        assert_eq!(answers.iter().filter(|answer| !answer.is_replayed()).count(), 1);
        assert_eq!(ann.remaining().await, 18);

        let mut other = body.clone();
        other["amount"] = json!(11);
        let refused = admin.post_json_once("/api/credits", "k", other).await.expect(422);
        assert_eq!(refused.code(), "idempotency_mismatch");
        // The key is the administrator's own: somebody else's is another.
        let second = app.token(&admin, "credits:write").await;
        assert!(second.post_json_once("/api/credits", "k", body.clone()).await.expect(200).is_replayed());
        admin.post_json_once("/api/credits", "k2", body).await.expect(200);
        assert_eq!(ann.remaining().await, 28);
    }

    async fn a_refusal_is_not_kept(app: &App) {
        let (ann, admin) = (app.sign_up("ann").await, app.admin().await);
        let body = json!({"action": "deduct", "amount": 9, "reason": "why", "user_id": ann.id});
        admin.post_json_once("/api/credits", "k", body.clone()).await.expect(402);
        app.set_credits(&ann, 9).await;
        let answer = admin.post_json_once("/api/credits", "k", body).await.expect(200);
        assert!(!answer.is_replayed());
        assert_eq!(ann.remaining().await, 0);
    }

    async fn twenty_deductions_at_once_take_what_there_is_and_no_more(app: &App) {
        let ann = app.sign_up("ann").await;
        let body = json!({"action": "deduct", "amount": 1, "reason": "why"});
        let answers = at_once(20, |_| {
            let (ann, body) = (ann.clone(), body.clone());
            async move { ann.post_json("/api/credits", body).await.status }
        })
        .await;
        let count = |status: u16| answers.iter().filter(|seen| **seen == status).count();
        assert_eq!((count(200), count(402)), (8, 12));
        assert_eq!(ann.remaining().await, 0);
    }

    async fn the_statement_is_paged_filtered_and_complete(app: &App) {
        let ann = app.sign_up("ann").await;
        for _ in 0..5 {
            let body = json!({"action": "deduct", "amount": 1, "reason": "=1+1"});
            ann.post_json("/api/credits", body).await.expect(200);
        }
        let mut seen = Vec::new();
        let mut path = "/api/credits/entries?limit=2".to_owned();
        loop {
            let page = ann.get(&path).await.expect(200).json();
            seen.extend(page["items"].as_array().cloned().expect("items"));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/api/credits/entries?limit=2&cursor={next}");
        }
        let balances: Vec<i64> =
            seen.iter().map(|entry| entry["balance_after"].as_i64().expect("a balance")).collect();
        assert_eq!(balances, [3, 4, 5, 6, 7, 8]);
        let grants = ann.get("/api/credits/entries?kind=grant").await.expect(200).json();
        assert_eq!(grants["items"].as_array().map(Vec::len), Some(1));
        for bad in ["kind=nonsense", "cursor=nonsense", "from=yesterday"] {
            ann.get(&format!("/api/credits/entries?{bad}")).await.expect(422);
        }
        let request = ann.request(Method::GET, "/api/credits/entries").header("accept", "text/csv");
        let csv = ann.send(request).await.expect(200);
        assert!(csv.header("content-type").starts_with("text/csv"));
        assert_eq!(csv.text().lines().count(), 7, "{}", csv.text());
        // A spreadsheet must not take somebody's words for a formula.
        assert!(!csv.text().contains(",=1+1"), "{}", csv.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsafe_requests_from_elsewhere_are_refused() {
    let app = App::start(crate::support::Kind::Sqlite).await;
    let ann = app.sign_up("ann").await;
    let token = app.token(&ann, "credits:spend").await;
    let here = app.base.clone();
    let body = json!({"action": "deduct", "amount": 1, "reason": "why"});
    let ask = async |caller: &Client, headers: &[(&str, &str)]| {
        let mut request = caller
            .request(Method::POST, "/api/credits")
            .json(&body.clone());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        caller.send(request).await
    };
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", &here)],
        &[("origin", "http://evil.example")],
        &[("origin", "null")],
    ] {
        let answer = ask(&ann, headers).await.expect(403);
        assert_eq!(answer.code(), "cross_site", "{headers:?}");
        assert_problem(&answer);
    }
    assert_eq!(ann.remaining().await, 8);
    for headers in [
        &[("sec-fetch-site", "same-origin")][..],
        &[("sec-fetch-site", "none")],
        &[("origin", &here)],
        &[],
    ] {
        ask(&ann, headers).await.expect(200);
    }
    // Nobody's page can send somebody's token.
    ask(&token, &[("sec-fetch-site", "cross-site")])
        .await
        .expect(200);
    assert_eq!(ann.remaining().await, 3);

    for path in ["/api/auth/sign-in", "/api/auth/sign-up", "/do/sign-in"] {
        let request = app
            .anonymous()
            .request(Method::POST, path)
            .header("sec-fetch-site", "cross-site")
            .json(&json!({"email": "x@example.com", "password": "long enough"}));
        let answer = app.anonymous().send(request).await.expect(403);
        assert_eq!(answer.code(), "cross_site", "{path}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_bodies_are_named_field_by_field() {
    let app = App::start(crate::support::Kind::Sqlite).await;
    let caller = app.anonymous();
    let both = caller
        .post_json(
            "/api/auth/sign-up",
            json!({"email": "no address", "password": "short"}),
        )
        .await
        .expect(422);
    let errors = both.json()["errors"].clone();
    assert!(
        errors["email"].is_string() && errors["password"].is_string(),
        "{errors}"
    );
    for body in ["", "nonsense", "[]", "null", "\"text\"", "{\"a\":"] {
        let request = caller
            .request(Method::POST, "/api/auth/sign-in")
            .header("content-type", "application/json");
        let answer = caller.send(request.body(body)).await.expect(422);
        assert_eq!(answer.code(), "validation", "{body}");
    }
    let form = caller
        .form("/api/auth/sign-in", &[("email", "a@example.com")])
        .await;
    assert_eq!(
        (form.status, form.code().as_str()),
        (415, "unsupported_media")
    );
    let large = json!({"email": "x".repeat(70 * 1024), "password": "p"});
    let answer = caller.post_json("/api/auth/sign-in", large).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (413, "payload_too_large")
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_may_call_600_times_a_minute() {
    let app = App::start_with(
        crate::support::Kind::Sqlite,
        &[("ATELIER_RATE_LIMITS", "on")],
    )
    .await;
    let (ann, eve) = (app.sign_up("ann").await, app.sign_up("eve").await);
    let first = ann.get("/api/stats").await.expect(200);
    assert_eq!(first.header("ratelimit-policy"), "\"account\";q=600;w=60");
    assert_eq!(first.header("ratelimit"), "\"account\";r=599;t=1");
    let mut allowed = 1;
    let refused = loop {
        let answer = ann.get("/api/stats").await;
        if answer.status == 429 {
            break answer;
        }
        answer.expect(200);
        allowed += 1;
        assert!(allowed < 5_000, "no limit in sight");
    };
    // While they are counted, a few become free again.
    assert!(allowed >= 600, "{allowed}");
    assert_eq!(refused.code(), "rate_limited");
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(refused.header("ratelimit"), "\"account\";r=0;t=60");
    // A page is no call.
    let page = ann.get("/terms").await.expect(200);
    assert!(page.header("ratelimit").is_empty());
    eve.get("/api/stats").await.expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_strangers_have_used_up_is_told_with_the_refusal() {
    let limits = [("ATELIER_RATE_LIMITS", "on")];
    let app = App::start_with(crate::support::Kind::Sqlite, &limits).await;
    let nobody = app.anonymous();
    let wrong = json!({"email": "ann@example.com", "password": "not this one"});
    for _ in 0..5 {
        let answer = nobody.post_json("/api/auth/sign-in", wrong.clone()).await;
        assert!(answer.expect(401).header("ratelimit").is_empty());
    }
    let refused = nobody.post_json("/api/auth/sign-in", wrong).await;
    let refused = refused.expect(429);
    assert_eq!(
        refused.header("ratelimit-policy"),
        "\"password-account\";q=5;w=900"
    );
    let wait = refused.header("retry-after");
    assert_eq!(
        refused.header("ratelimit"),
        format!("\"password-account\";r=0;t={wait}")
    );
    for number in 0..10 {
        let new = json!({"email": format!("{number}@example.com"), "password": "a long password"});
        nobody.post_json("/api/auth/sign-up", new).await.expect(201);
    }
    let new = json!({"email": "one-more@example.com", "password": "a long password"});
    let refused = nobody.post_json("/api/auth/sign-up", new).await.expect(429);
    assert_eq!(
        refused.header("ratelimit-policy"),
        "\"sign-up-address\";q=10;w=86400"
    );
    app.stop().await;
}
