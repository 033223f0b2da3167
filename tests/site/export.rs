//! Everything of an account as one archive: what is in it, and that no table is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

use atelier_server::db::{Database, Kind as DatabaseKind};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::support::{App, Client, until};

/// The files of an archive, by name.
fn unpacked(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let mut files = BTreeMap::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).expect("a file");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("its bytes, unharmed");
        let name = file.name().expect("its name").into_owned();
        files.insert(name, bytes);
    }
    files
}

fn json_in(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Value {
    serde_json::from_slice(&files[name]).expect(name)
}

on_both_databases! {
    async fn everything_of_an_account_is_one_archive(app: &App) {
        let (ann, bob) = (app.sign_up("ann").await, app.sign_up("bob").await);
        bob.job_ends(&bob.start_job().await).await;
        let bought = ann.buy("starter", "normal").await;
        ann.recharge_becomes(&bought, "completed").await;
        let job = ann.start_job().await;
        ann.job_ends(&job).await;
        let dropped = ann.start_job().await;
        ann.job_ends(&dropped).await;
        ann.delete(&format!("/api/jobs/{dropped}")).await.expect(204);
        let monthly = ann.buy("premium-monthly", "normal").await;
        ann.recharge_becomes(&monthly, "completed").await;
        let secret = ann.post_json("/api/tokens", json!({"name": "My shop", "scopes": ["jobs"]})).await.expect(201).json();
        let secret = secret["secret"].as_str().expect("a secret").to_owned();
        // More lines than are read at once.
        let now = app.services.clock.now();
        let id = atelier_server::ids::UserId::parse(&ann.id).expect("an id");
        atelier_server::credits::seed_history(&app.services.db, &id, 450, now).await.expect("a history");
        // The plan's payment is read once more, in the time of whoever catches up.
        let (answer, wallet) = until("an archive while nothing moves", async || {
            let wallet = ann.wallet().await;
            let answer = ann.get("/account/export").await.expect(200);
            (ann.wallet().await == wallet).then_some((answer, wallet))
        })
        .await;
        assert_eq!((answer.header("cache-control"), answer.header("content-type")), ("no-store", "application/zip"));
        assert!(answer.header("content-disposition").starts_with("attachment; filename=\"atelier-"));
        let files = unpacked(&answer.body);
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        let of_job = |kind: &str| format!("jobs/{job}/{kind}");
        let expected = [
            "account.json", "drafts.json", "jobs.json",
            &of_job("garment.png"), &of_job("person.jpg"), &of_job("result.png"),
            "lots.json", "operators.json", "periods.json", "recharges.json", "sessions.json", "statement.json",
            "subscriptions.json", "tokens.json", "uses.json", "wallet.json",
        ];
        assert_eq!(names, expected);
        assert_eq!(json_in(&files, "account.json")["user"]["email"], ann.email.as_str());
        assert_eq!(json_in(&files, "wallet.json"), wallet);
        let statement = json_in(&files, "statement.json");
        let lines: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM entries WHERE user_id = $1")
            .bind(ann.id.clone()).fetch_one(app.services.db.reader()).await.expect("a count");
        let statement = statement.as_array().expect("lines");
        assert_eq!(i64::try_from(statement.len()).expect("a number"), lines);
        assert_eq!(statement[0]["balance_after"], ann.entries().await[0]["balance_after"]);
        let recharges = json_in(&files, "recharges.json");
        let bought_last: Vec<&Value> = recharges.as_array().expect("purchases").iter().map(|one| &one["id"]).collect();
        assert_eq!(bought_last, [&json!(monthly.recharge_id), &json!(bought.recharge_id)]);
        let terms: Option<String> = sqlx::query_scalar("SELECT terms_version FROM recharge_records WHERE id = $1")
            .bind(bought.recharge_id.clone()).fetch_one(app.services.db.reader()).await.expect("a version");
        assert_eq!(recharges[1]["terms_version"], json!(terms));
        assert_eq!(json_in(&files, "jobs.json").as_array().map(Vec::len), Some(1));
        assert_eq!(json_in(&files, "tokens.json")[0]["name"], "My shop");
        assert!(json_in(&files, "account.json")["agreed_to_sending_pictures_at"].is_string());
        // What was bought as a plan, for which months, and what each job came to: the dropped one stays a use.
        let (plan, period) = (&json_in(&files, "subscriptions.json")[0], &json_in(&files, "periods.json")[0]);
        assert_eq!((&plan["plan"], &plan["status"]), (&json!("premium-monthly"), &json!("active")));
        assert_eq!((&period["subscription_id"], &period["recharge_id"]), (&plan["id"], &json!(monthly.recharge_id)));
        let uses = json_in(&files, "uses.json");
        let used: Vec<&Value> = uses.as_array().expect("uses").iter().map(|one| &one["job_id"]).collect();
        assert_eq!(used, [&json!(dropped), &json!(job)]);
        let result = ann.get(&format!("/api/jobs/{job}/result")).await.expect(200);
        assert_eq!(files[&of_job("result.png")], result.body);
        // Nothing that opens anything, and nothing of anybody else.
        let session = ann.session_id().expect("a session");
        for (name, bytes) in &files {
            let text = String::from_utf8_lossy(bytes);
            for hidden in [secret.as_str(), session.as_str(), "$argon2", bob.id.as_str()] {
                assert!(!text.contains(hidden), "{name} has {hidden}");
            }
        }
    }

    async fn the_words_of_a_deleted_job_are_kept_no_longer_than_its_deletion_can_be_undone(app: &App) {
        let (ann, studio) = (app.sign_up("ann").await, &app.services.studio);
        app.set_credits(&ann, 100).await;
        let mut films = Vec::new();
        for words in ["somebody dances", "somebody sings"] {
            let film = ann.post_json("/api/video/generate", json!({"prompt": words})).await.expect(202).json();
            films.push(film["id"].as_str().expect("an id").to_owned());
        }
        for film in &films {
            ann.job_ends(film).await;
        }
        ann.delete(&format!("/api/jobs/{}", films[0])).await.expect(204);
        let kept = async || app.number("SELECT COUNT(prompt) FROM jobs").await;
        studio.tidy().await.expect("the database");
        assert_eq!(kept().await, 2);
        app.anonymous().post_json("/sandbox/clock", json!({"seconds": "301"})).await.expect(200);
        studio.tidy().await.expect("the database");
        assert_eq!(kept().await, 1);
        assert_eq!(ann.job(&films[1]).await["prompt"], "somebody sings");
    }

    async fn an_export_is_for_a_session_alone(app: &App) {
        let ann = app.sign_up("ann").await;
        let program = app.token(&ann, "credits:read,credits:spend,jobs").await;
        assert_eq!(program.get("/account/export").await.expect(403).code(), "forbidden");
        app.anonymous().get("/account/export").await.expect(401);
        let page = ann.get("/account").await.expect(200).text();
        assert!(page.contains("href=\"/account/export\""), "{page}");
        assert_eq!(unpacked(&ann.get("/account/export").await.expect(200).body)["jobs.json"], b"[]\n");
    }
}

/// In which file of the archive the rows of a table stand, and what of the rows of an account has to stand there.
const EXPORTED: [(&str, &str, &str); 22] = [
    (
        "users",
        "account.json",
        "SELECT email FROM users WHERE id = $1",
    ),
    (
        "email_tokens",
        "account.json",
        "SELECT email FROM email_tokens WHERE user_id = $1 AND purpose = 'change'",
    ),
    (
        "consents",
        "account.json",
        "SELECT '\"agreed_to_sending_pictures_at\": \"' FROM consents WHERE user_id = $1",
    ),
    (
        "payment_customers",
        "account.json",
        "SELECT customer_id FROM payment_customers WHERE user_id = $1",
    ),
    (
        "sessions",
        "sessions.json",
        "SELECT id FROM sessions WHERE user_id = $1",
    ),
    (
        "api_tokens",
        "tokens.json",
        "SELECT id FROM api_tokens WHERE user_id = $1",
    ),
    (
        "wallets",
        "wallet.json",
        "SELECT '\"version\": ' || version || ',' FROM wallets WHERE user_id = $1",
    ),
    (
        "lots",
        "lots.json",
        "SELECT id FROM lots WHERE user_id = $1",
    ),
    (
        "entries",
        "statement.json",
        "SELECT id FROM entries WHERE user_id = $1",
    ),
    (
        "entry_lots",
        "statement.json",
        "SELECT '{\"source\":\"' || l.source || '\",\"amount\":' || p.amount || '}' FROM entry_lots p \
      JOIN lots l ON l.id = p.lot_id WHERE l.user_id = $1",
    ),
    (
        "entry_notes",
        "statement.json",
        "SELECT n.note FROM entry_notes n JOIN entries e ON e.id = n.entry_id WHERE e.user_id = $1",
    ),
    (
        "consumption_records",
        "uses.json",
        "SELECT id FROM consumption_records WHERE user_id = $1",
    ),
    (
        "recharge_records",
        "recharges.json",
        "SELECT id FROM recharge_records WHERE user_id = $1",
    ),
    (
        "refunds",
        "recharges.json",
        "SELECT b.id FROM refunds b JOIN recharge_records r ON r.id = b.recharge_id WHERE r.user_id = $1",
    ),
    (
        "disputes",
        "recharges.json",
        "SELECT d.id FROM disputes d JOIN recharge_records r ON r.id = d.recharge_id WHERE r.user_id = $1",
    ),
    (
        "subscriptions",
        "subscriptions.json",
        "SELECT id FROM subscriptions WHERE user_id = $1",
    ),
    (
        "plan_periods",
        "periods.json",
        "SELECT id FROM plan_periods WHERE user_id = $1",
    ),
    (
        "audit_log",
        "operators.json",
        "SELECT a.reason FROM audit_log a WHERE a.target LIKE $1 || '%' \
      OR a.target IN (SELECT id FROM recharge_records WHERE user_id = $1)",
    ),
    (
        "jobs",
        "jobs.json",
        "SELECT id FROM jobs WHERE user_id = $1",
    ),
    (
        "drafts",
        "drafts.json",
        "SELECT prompt FROM drafts WHERE user_id = $1",
    ),
    // What is packed as a file has its name, of its job and its kind.
    (
        "files",
        NAMES,
        "SELECT 'jobs/' || job_id || '/' || kind || '.' FROM files WHERE user_id = $1",
    ),
    (
        "wallet_days",
        "statement.json",
        "SELECT '\"balance_after\":' || balance || ',' FROM wallet_days WHERE user_id = $1",
    ),
];

/// The names of the files in the archive.
const NAMES: &str = "";

/// What the archive has not, and why. Tables of sandboxes are other people's books.
const LEFT_OUT: [(&str, &str); 23] = [
    ("_sqlx_migrations", "of the installation"),
    ("installation", "of the installation"),
    ("leases", "of the nodes"),
    ("readings", "numbers what is read at providers"),
    ("site_days", "sums of everybody"),
    ("site_figures", "sums of everybody"),
    ("anomaly_days", "of everybody"),
    ("rate_limits", "hashes, for a day"),
    (
        "initial_grants",
        "hashes, which keep credits from being given twice",
    ),
    (
        "idempotency_keys",
        "answers that were given, for a day: what they tell of stands in the archive",
    ),
    (
        "outgoing_mail",
        "letters on their way, for minutes: what they tell of stands in the archive",
    ),
    (
        "webhook_events",
        "what providers sent: what it was about stands in the archive, and is read again there",
    ),
    (
        "account_deletions",
        "no row before the account is deleted, and then nobody takes an archive away",
    ),
    (
        "accepted_findings",
        "of the check of our books; that an operator accepted one stands in operators.json",
    ),
    (
        "reconciliation_reports",
        "of the check of our books, for 90 days",
    ),
    (
        "reconciliation_items",
        "of the check of our books, for 90 days; what was mended stands in operators.json",
    ),
    ("reconciliation_asked", "of operators, for minutes"),
    (
        "findings_told",
        "of the check of our books, while something is found",
    ),
    (
        "anomalies_told",
        "what fraud is looked for by, while it is found",
    ),
    ("bulk_batches", "of operators, about many accounts"),
    (
        "bulk_rows",
        "what a row did is an entry in statement.json, and its reason a line in operators.json",
    ),
    ("bulk_sheets", "of operators, about many accounts"),
    (
        "bulk_lines",
        "as operators typed it; what was done stands in statement.json and operators.json",
    ),
];

async fn tables(db: &Database) -> BTreeSet<String> {
    let names: Vec<String> = sqlx::query_scalar(match db.kind() {
        DatabaseKind::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
             AND name NOT LIKE 'sandbox%'"
        }
        DatabaseKind::Postgres => {
            "SELECT table_name::text FROM information_schema.tables \
             WHERE table_schema = 'public' AND table_name NOT LIKE 'sandbox%'"
        }
    })
    .fetch_all(db.reader())
    .await
    .expect("the tables");
    names.into_iter().collect()
}

/// Somebody with a row in every table that is exported.
async fn with_everything(app: &App, admin: &Client) -> Client {
    let ann = app.sign_up("ann").await;
    let note =
        json!({"action": "add", "amount": 60, "reason": "a gift for a friend", "user_id": ann.id});
    admin.post_json("/api/credits", note).await.expect(200);
    let bought = ann.buy("starter", "normal").await;
    ann.recharge_becomes(&bought, "completed").await;
    let back = format!("/api/admin/recharges/{}/refund", bought.recharge_id);
    let half = json!({"amount_minor": 495, "reason": "half of it did not work"});
    admin.post_json(&back, half).await.expect(200);
    ann.recharge_becomes(&bought, "partially_refunded").await;
    let disputed = ann.buy("credits-10", "normal").await;
    let intent = ann.recharge_becomes(&disputed, "completed").await["payment_id"].clone();
    let dispute = json!({"payment_intent": intent});
    app.anonymous()
        .post_json("/sandbox/stripe/disputes", dispute)
        .await
        .expect(200);
    ann.recharge_becomes(&disputed, "disputed").await;
    let plan = ann.buy("premium-monthly", "normal").await;
    ann.recharge_becomes(&plan, "completed").await;
    ann.job_ends(&ann.start_job().await).await;
    let film = json!({"prompt": "somebody dances"});
    let film = ann
        .post_json("/api/video/generate", film)
        .await
        .expect(202)
        .json();
    ann.job_ends(film["id"].as_str().expect("an id")).await;
    ann.post_json(
        "/api/tokens",
        json!({"name": "My shop", "scopes": ["jobs"]}),
    )
    .await
    .expect(201);
    let (id, far) = (ann.id.as_str(), i64::MAX.to_string());
    app.execute(
        "INSERT INTO drafts (user_id, tool, category, prompt, expires_at) \
                 VALUES ($1, 'video', 'auto', 'somebody sings', CAST($2 AS BIGINT))",
        &[id, &far],
    )
    .await;
    // Findings of a day and of an entry are known by the account and that.
    for part in ["@2026-11-29", "#3"] {
        app.execute("INSERT INTO audit_log (id, at, actor, action, target, before, after, reason, address) \
                     VALUES ($1, 1, 'admin:nobody', 'ledger.accept', $1, '1', 'accepted', 'looked into' || $2, '192.0.2.7')",
                    &[&format!("{id}{part}"), part]).await;
    }
    let wanted = [
        ("email", "ann@new.example"),
        ("email_password", crate::support::app::PASSWORD),
    ];
    ann.sends("/do/change-email", &wanted).await.expect(302);
    until("a link to the new address", async || {
        let links = "SELECT COUNT(*) FROM email_tokens WHERE email IS NOT NULL";
        (app.number(links).await == 1).then_some(())
    })
    .await;
    ann
}

on_both_databases! {
    async fn every_table_is_exported_or_left_out_for_a_reason(app: &App) {
        let db = &app.services.db;
        let exported = EXPORTED.iter().map(|(table, ..)| *table);
        let left_out = LEFT_OUT.iter().map(|(table, _)| *table);
        let listed: Vec<String> = exported.chain(left_out).map(str::to_owned).collect();
        let once: BTreeSet<String> = listed.iter().cloned().collect();
        assert_eq!(once.len(), listed.len(), "a table stands in both lists, or twice in one");
        assert_eq!(tables(db).await, once, "say of a new table where its rows are exported, or why they are not");
        let admin = app.admin().await;
        let (ann, bob) = (with_everything(app, &admin).await, app.sign_up("bob").await);
        bob.job_ends(&bob.start_job().await).await;
        admin.post_json("/api/credits", json!({"action": "add", "amount": 1, "reason": "for bob", "user_id": bob.id})).await.expect(200);
        let files = unpacked(&ann.get("/account/export").await.expect(200).body);
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        for (table, file, select) in EXPORTED {
            let text = match file {
                NAMES => names.join("\n"),
                file => String::from_utf8(files[file].clone()).expect("text"),
            };
            let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(select)).bind(ann.id.clone())
                .fetch_all(db.reader()).await.expect(select);
            assert!(!rows.is_empty(), "{table}: no row to look for");
            for row in rows {
                assert!(text.contains(&row), "{table}: {row} is not in {file}: {text}");
            }
        }
        // The purchases have what became of each of them, and of no other.
        let recharges = json_in(&files, "recharges.json");
        let amounts = |what: &str| -> Vec<Vec<Value>> {
            let of = |one: &Value| one[what].as_array().expect(what).iter().map(|one| one["amount_minor"].clone()).collect();
            recharges.as_array().expect("purchases").iter().map(of).collect()
        };
        assert_eq!(amounts("refunds"), [vec![], vec![], vec![json!(495)]]);
        assert_eq!(amounts("disputes"), [vec![], vec![json!(190)], vec![]]);
        assert_eq!(recharges[2]["refunds"][0]["status"], "succeeded");
        // What was done by hand, newest first: when, what, how it was before and after, and why; nobody who did it, and from nowhere.
        let deeds = json_in(&files, "operators.json");
        let actions: Vec<&Value> = deeds.as_array().expect("lines").iter().map(|line| &line["action"]).collect();
        for action in ["credits.add", "recharge.refund", "ledger.accept"] {
            assert!(actions.contains(&&json!(action)), "{action}: {deeds}");
        }
        let gift = deeds.as_array().expect("lines").iter().find(|line| line["action"] == "credits.add").expect("the gift");
        let keys: Vec<&str> = gift.as_object().expect("a line").keys().map(String::as_str).collect();
        assert_eq!(keys, ["action", "after", "at", "before", "reason", "target"]);
        assert_eq!((&gift["reason"], &gift["target"]), (&json!("a gift for a friend"), &json!(ann.id)));
        let lines = String::from_utf8_lossy(&files["operators.json"]);
        for hidden in [admin.id.as_str(), "admin:", "192.0.2.7", "127.0.0.1", "for bob"] {
            assert!(!lines.contains(hidden), "{hidden}: {lines}");
        }
        for (name, bytes) in &files {
            let text = String::from_utf8_lossy(bytes);
            for hidden in [admin.email.as_str(), bob.id.as_str(), bob.email.as_str()] {
                assert!(!text.contains(hidden), "{name} has {hidden}");
            }
        }
    }
}
