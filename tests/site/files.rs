//! Lists as files: every row of a list that is longer than one read, once, in order.

use std::collections::BTreeSet;

use atelier_server::ids::UserId;
use atelier_server::testing::copies::multiply;
use serde_json::{Value, json};

use crate::admin::csv;
use crate::support::{App, Client};

/// Lists that are read page by page, with their rows counted. `{user}` is somebody with a long history.
const LONG: [(&str, &str); 9] = [
    ("/api/admin/users", "SELECT COUNT(*) FROM users"),
    ("/api/admin/audit", "SELECT COUNT(*) FROM audit_log"),
    (
        "/api/admin/webhook-events",
        "SELECT COUNT(*) FROM webhook_events",
    ),
    (
        "/api/admin/recharges",
        "SELECT COUNT(*) FROM recharge_records",
    ),
    (
        "/api/admin/subscriptions",
        "SELECT COUNT(*) FROM subscriptions",
    ),
    ("/api/admin/jobs", "SELECT COUNT(*) FROM jobs"),
    (
        "/api/admin/credits/bulk",
        "SELECT COUNT(*) FROM bulk_batches",
    ),
    (
        "/api/admin/credits/bulk/{batch_id}",
        "SELECT COUNT(*) FROM bulk_rows WHERE batch_id = 'long'",
    ),
    (
        "/api/credits/entries",
        "SELECT MAX(count) FROM (SELECT COUNT(*) AS count FROM entries GROUP BY user_id) counts",
    ),
];
/// Files that are one look at once and bounded, with tests of their own.
const AT_ONCE: [&str; 3] = [
    "/api/admin/anomalies",
    "/api/admin/reconciliation",
    "/api/admin/stats/daily",
];
/// More than two reads.
const MANY: usize = 1_100;

/// The operations of the description that answer with a file.
async fn described(admin: &Client) -> BTreeSet<String> {
    let document = admin.get("/api/openapi.json").await.expect(200).json();
    let paths = document["paths"].as_object().expect("paths");
    let is_file =
        |methods: &Value| methods["get"]["responses"]["200"]["content"]["text/csv"].is_object();
    let files = paths.iter().filter(|(_, methods)| is_file(methods));
    files.map(|(path, _)| path.clone()).collect()
}

/// Ann lived through one thing of each, as did her copies; Bob has a long history, out of one batch.
async fn fill(app: &App, [ann, bob, admin]: [&Client; 3]) {
    let bought = ann.buy("premium-monthly", "normal").await;
    ann.recharge_becomes(&bought, "completed").await;
    ann.job_ends(&ann.start_job().await).await;
    let gift = json!({"action": "add", "amount": 5, "reason": "a gift", "user_id": ann.id});
    admin.post_json("/api/credits", gift).await.expect(200);
    let db = &app.services.db;
    let ann = UserId::parse(&ann.id).expect("an id");
    multiply(db, &ann, MANY).await.expect("copies");
    let gift = |amount: usize| json!({"email": bob.email, "action": "add", "amount": amount, "reason": "a gift"});
    let rows: Vec<Value> = (1..=MANY).map(gift).collect();
    let batch = json!({"batch_id": "long", "dry_run": false, "rows": rows});
    admin
        .post_json("/api/admin/credits/bulk", batch)
        .await
        .expect(200);
    let events = "INSERT INTO webhook_events (id, provider, event_id, kind, payload, origin, state, received_at) \
                  SELECT id, 'stripe', 'evt_' || id, 'invoice.paid', '{}', 'webhook', 'ignored', created_at FROM users";
    app.execute(events, &[]).await;
}

on_both_databases! {
    async fn a_file_has_every_row_of_a_long_list_once(app: &App) {
        let (ann, bob, admin) = (app.sign_up("ann").await, app.sign_up("bob").await, app.admin().await);
        fill(app, [&ann, &bob, &admin]).await;
        let known = LONG.iter().map(|(path, _)| *path).chain(AT_ONCE);
        let known: BTreeSet<String> = known.map(str::to_owned).collect();
        assert_eq!(described(&admin).await, known, "every file has a line in this test");
        let mut long = 0;
        for (path, count) in LONG {
            let rows: i64 = app.number(count).await;
            let asked = path.replace("{batch_id}", "long");
            let asked = match path {
                "/api/credits/entries" => format!("{asked}?user_id={}", bob.id),
                _ => asked,
            };
            let text = csv(&admin, &asked).await.text();
            let mut file = ::csv::Reader::from_reader(text.as_bytes());
            let width = file.headers().expect("a head").len();
            let lines: Vec<::csv::StringRecord> = file.records().map(|line| line.expect("a line")).collect();
            assert_eq!(lines.len() as i64, rows, "{path}");
            assert!(lines.iter().all(|line| line.len() == width), "{path}");
            let once: BTreeSet<String> = lines.iter().map(|line| line.iter().take(4).collect::<Vec<_>>().join("|")).collect();
            assert_eq!(once.len(), lines.len(), "{path} has a row twice");
            long += usize::from(lines.len() > 1_000);
        }
        assert_eq!(long, LONG.len() - 1, "all lists but that of batches are longer than two reads");
    }
}
