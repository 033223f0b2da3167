//! Whatever an operator does is in the audit log: every form of theirs, every operation that asks for their right and every
//! command, done on real rows. One that is not in the tables here fails, and from the tables comes `docs/audit.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use atelier::commands::Command;
use atelier_server::db::Database;
use atelier_server::oversight::{self, AuditFilter, AuditLine, Deed};
use clap::Subcommand;
use leptos::server_fn::axum::server_fn_paths;
use serde_json::{Value, json};

use crate::admin::{csv, each, items};
use crate::batches::{self, id_of};
use crate::privileges::operations;
use crate::support::process::{Place, Server};
use crate::support::{Answer, App, Client, html, until};

const REASON: &str = "a test wants it";
const NONE: &[Deed] = &[];

/// A form or an operation, what of its several it does, and the lines that writes.
type Way = (&'static str, &'static str, &'static [Deed]);

const APPLIED: &[Deed] = &[Deed::Bulk, Deed::CreditsAdd, Deed::CreditsDeduct];
/// Rows go back the other way around.
const UNDONE: &[Deed] = &[
    Deed::BulkUndo,
    Deed::CreditsAdd,
    Deed::CreditsDeduct,
    Deed::BulkUndone,
];

const WAYS: &[Way] = &[
    ("POST /admin/bulk", "", NONE),
    ("POST /do/admin-batch-apply", "", APPLIED),
    ("POST /do/admin-batch-undo", "", UNDONE),
    ("POST /do/admin-block", "true", &[Deed::UserBlock]),
    ("POST /do/admin-block", "false", &[Deed::UserUnblock]),
    ("POST /do/admin-credits", "add", &[Deed::CreditsAdd]),
    ("POST /do/admin-credits", "deduct", &[Deed::CreditsDeduct]),
    ("POST /do/admin-credits", "set", &[Deed::CreditsSet]),
    ("POST /do/admin-end-session", "", &[Deed::SessionEnd]),
    ("POST /do/admin-job", "retry", &[Deed::JobRetry]),
    ("POST /do/admin-job", "cancel", &[Deed::JobCancel]),
    ("POST /do/admin-job", "release", &[Deed::JobRelease]),
    ("POST /do/admin-mend", "", &[Deed::Mend]),
    ("POST /do/admin-reconcile", "", &[Deed::Reconcile]),
    ("POST /do/admin-refund", "", &[Deed::Refund]),
    ("POST /do/admin-replay", "", &[Deed::Replay]),
    ("POST /do/admin-replay-failed", "", &[Deed::ReplayFailed]),
    ("POST /do/admin-stop", "true", &[Deed::SpendingStop]),
    ("POST /do/admin-stop", "false", &[Deed::SpendingLift]),
    ("POST /api/admin/credits/bulk", "", APPLIED),
    ("POST /api/admin/credits/bulk", "dry_run", NONE),
    ("POST /api/admin/credits/bulk/{batch_id}/undo", "", UNDONE),
    ("POST /api/admin/recharges/{id}/refund", "", &[Deed::Refund]),
    ("POST /api/admin/reconciliation/mend", "", &[Deed::Mend]),
    (
        "POST /api/admin/users/{id}/block",
        "true",
        &[Deed::UserBlock],
    ),
    (
        "POST /api/admin/users/{id}/block",
        "false",
        &[Deed::UserUnblock],
    ),
    (
        "POST /api/admin/users/{id}/stop",
        "true",
        &[Deed::SpendingStop],
    ),
    (
        "POST /api/admin/users/{id}/stop",
        "false",
        &[Deed::SpendingLift],
    ),
    (
        "POST /api/admin/webhook-events/replay-failed",
        "",
        &[Deed::ReplayFailed],
    ),
    (
        "POST /api/admin/webhook-events/{id}/replay",
        "",
        &[Deed::Replay],
    ),
    ("POST /api/credits", "add", &[Deed::CreditsAdd]),
    ("POST /api/credits", "deduct", &[Deed::CreditsDeduct]),
    ("POST /api/credits", "set", &[Deed::CreditsSet]),
    ("POST /api/user/sync", "made", &[Deed::UserSync]),
    ("POST /api/user/sync", "changed", &[Deed::UserSync]),
];

/// What an administrator does to their own rights; of anybody else's the log says nothing.
const OWN: &[(&str, Deed)] = &[
    ("POST /do/create-token", Deed::TokenCreate),
    ("POST /do/revoke-token", Deed::TokenRevoke),
    ("POST /api/tokens", Deed::TokenCreate),
    ("DELETE /api/tokens/{id}", Deed::TokenRevoke),
];

/// Every command, and what it may write.
const COMMANDS: &[(&str, &[Deed])] = &[
    ("catalog print", NONE),
    ("credits add", &[Deed::CreditsAdd]),
    ("credits deduct", &[Deed::CreditsDeduct]),
    ("credits set", &[Deed::CreditsSet]),
    ("credits show", NONE),
    ("doctor", NONE),
    ("migrate", NONE),
    ("openapi", NONE),
    ("rebuild", &[Deed::Rebuild]),
    ("recharge fulfil", &[Deed::Mend]),
    // Whom the settings make an administrator.
    ("serve", &[Deed::UserCreate, Deed::UserAdmin]),
    ("token create", &[Deed::TokenCreate]),
    ("user create", &[Deed::UserCreate]),
    ("verify", &[Deed::Accept]),
    ("webhook send", NONE),
];

/// What is sent, and what of it would be refused.
enum Body {
    Fields(Vec<(&'static str, String)>),
    Json(Value),
    Table(String),
}

impl Body {
    /// A form that gives no reason, or a program's field of the wrong kind.
    fn spoilt(&self) -> Self {
        match self {
            Self::Fields(fields) => {
                let kept = fields.iter().filter(|(name, _)| *name != "reason");
                let empty = ("reason", " ".to_owned());
                Self::Fields(kept.cloned().chain([empty]).collect())
            }
            Self::Json(body) => {
                let mut body = body.clone();
                (body["reason"], body["external_id"]) = (json!(7), json!(7));
                Self::Json(body)
            }
            Self::Table(_) => Self::Table("odd,head\n".to_owned()),
        }
    }

    async fn send(&self, client: &Client, path: &str) -> Answer {
        match self {
            Self::Fields(fields) => {
                let fields = fields.iter().map(|(name, value)| (*name, value.as_str()));
                client.form(path, &fields.collect::<Vec<_>>()).await
            }
            Self::Json(body) => client.post_json(path, body.clone()).await,
            Self::Table(rows) => batches::send_table(client, rows).await,
        }
    }
}

struct Ask {
    path: String,
    body: Body,
    /// Sent again it does something again.
    is_new_again: bool,
}

/// The fields of the form that posts to `action`, as the page has them, and a reason.
fn fields_of(page: &str, action: &str, names: &[&'static str]) -> Body {
    let form = page.split(&format!("action=\"{action}\"")).nth(1);
    let form = form.unwrap_or_else(|| panic!("no {action}: {page}"));
    let fields = names
        .iter()
        .map(|name| (*name, html::field(form, name).unwrap_or_default()));
    Body::Fields(fields.chain([("reason", REASON.to_owned())]).collect())
}

async fn page(admin: &Client, path: &str) -> String {
    admin.get(path).await.expect(200).text()
}

/// One row gives, the other takes.
fn rows(ann: &Client) -> Value {
    let row =
        |action: &str| json!({"email": ann.email, "action": action, "amount": 5, "reason": REASON});
    json!([row("add"), row("deduct")])
}

fn batch(id: &str, dry_run: bool, ann: &Client) -> Value {
    json!({"batch_id": id, "dry_run": dry_run, "rows": rows(ann)})
}

/// An event of a payment provider that was acted on.
async fn event(admin: &Client, ann: &Client) -> String {
    let checkout = ann.buy("credits-10", "normal").await;
    ann.recharge_becomes(&checkout, "completed").await;
    until("its event is done", async || {
        let events = items(admin, "/api/admin/webhook-events?state=processed").await;
        let event = events
            .iter()
            .find(|event| event["object_id"] == checkout.session_id)?;
        event["id"].as_str().map(str::to_owned)
    })
    .await
}

async fn failed_event(app: &App, admin: &Client, ann: &Client) {
    let id = event(admin, ann).await;
    let fail = "UPDATE webhook_events SET state = 'failed', next_at = NULL WHERE id = $1";
    assert_eq!(app.execute(fail, &[&id]).await, 1);
}

async fn finding(app: &App, ann: &Client) {
    let spoil = "UPDATE wallets SET version = 0 WHERE user_id = $1";
    assert_eq!(app.execute(spoil, &[&ann.id]).await, 1);
}

/// What has to be there before it can be done to `ann`, and the request that does it.
async fn prepare(app: &App, admin: &Client, ann: &Client, way: &Way) -> Ask {
    let (name, what, _) = *way;
    let path = name.strip_prefix("POST ").expect("a method").to_owned();
    let of_ann = |path: &str| path.replace("{id}", &ann.id);
    let fields = |fields: &[(&'static str, &str)]| {
        let fields = fields
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        Body::Fields(fields.chain([("reason", REASON.to_owned())]).collect())
    };
    let id = ("id", ann.id.as_str());
    let table = format!(
        "{},add,5,{REASON}\n{},deduct,5,{REASON}\n",
        ann.email, ann.email
    );
    let mut is_new_again = false;
    let (path, body) = match name {
        "POST /admin/bulk" => (path, Body::Table(table)),
        "POST /do/admin-batch-apply" => {
            let sheet = batches::look(admin, &table).await;
            (path, fields(&[("id", id_of(&sheet))]))
        }
        "POST /do/admin-batch-undo" => {
            let body = batch(&ann.id, false, ann);
            admin
                .post_json("/api/admin/credits/bulk", body)
                .await
                .expect(200);
            (path, fields(&[id]))
        }
        "POST /do/admin-block" | "POST /do/admin-stop" => {
            let (act, on) = match name {
                "POST /do/admin-block" => ("block", "blocked"),
                _ => ("stop", "stopped"),
            };
            if what == "false" {
                let first = json!({on: true, "reason": REASON});
                let address = format!("/api/admin/users/{}/{act}", ann.id);
                admin.post_json(&address, first).await.expect(200);
            }
            (path, fields(&[id, (on, what)]))
        }
        "POST /do/admin-credits" => {
            let change = [id, ("key", &ann.id), ("action", what), ("amount", "5")];
            (path, fields(&change))
        }
        "POST /do/admin-end-session" => {
            let shown = page(admin, &format!("/admin/users/{}", ann.id)).await;
            let session = html::button(&shown, "session").expect("a session");
            (path, fields(&[id, ("session", &session)]))
        }
        "POST /do/admin-job" => {
            app.next_job("slow:600000").await;
            let job = ann.start_job().await;
            ann.job_becomes(&job, "running").await;
            (path, fields(&[("id", &job), ("key", &job), ("act", what)]))
        }
        "POST /do/admin-mend" => {
            finding(app, ann).await;
            let finding = format!("version_off {}", ann.id);
            (path, fields(&[("finding", &finding)]))
        }
        "POST /do/admin-reconcile" => {
            is_new_again = true;
            (path, fields(&[]))
        }
        "POST /do/admin-refund" => {
            let bought = ann.buy("credits-10", "before_redirect").await;
            ann.recharge_becomes(&bought, "completed").await;
            let place = format!("/admin/purchases/{}?refund=all", bought.recharge_id);
            let names = ["id", "refund", "amount", "mark", "key"];
            let body = fields_of(&page(admin, &place).await, &path, &names);
            (path, body)
        }
        "POST /do/admin-replay" => {
            is_new_again = true;
            (path, fields(&[("id", &event(admin, ann).await)]))
        }
        "POST /do/admin-replay-failed" => {
            failed_event(app, admin, ann).await;
            (path, fields(&[]))
        }
        "POST /api/admin/credits/bulk" => {
            let body = batch(&format!("{what}{}", ann.id), what == "dry_run", ann);
            (path, Body::Json(body))
        }
        "POST /api/admin/credits/bulk/{batch_id}/undo" => {
            let body = batch("spring", false, ann);
            admin
                .post_json("/api/admin/credits/bulk", body)
                .await
                .expect(200);
            (path.replace("{batch_id}", "spring"), Body::Json(json!({})))
        }
        "POST /api/admin/recharges/{id}/refund" => {
            let bought = ann.buy("credits-10", "before_redirect").await;
            ann.recharge_becomes(&bought, "completed").await;
            let path = path.replace("{id}", &bought.recharge_id);
            (path, Body::Json(json!({})))
        }
        "POST /api/admin/reconciliation/mend" => {
            finding(app, ann).await;
            let body = json!({"kind": "version_off", "id": ann.id});
            (path, Body::Json(body))
        }
        "POST /api/admin/users/{id}/block" | "POST /api/admin/users/{id}/stop" => {
            let on = match name {
                "POST /api/admin/users/{id}/block" => "blocked",
                _ => "stopped",
            };
            let change = |on_or_off: bool| json!({on: on_or_off, "reason": REASON});
            if what == "false" {
                admin
                    .post_json(&of_ann(&path), change(true))
                    .await
                    .expect(200);
            }
            (of_ann(&path), Body::Json(change(what == "true")))
        }
        "POST /api/admin/webhook-events/replay-failed" => {
            failed_event(app, admin, ann).await;
            (path, Body::Json(json!({})))
        }
        "POST /api/admin/webhook-events/{id}/replay" => {
            is_new_again = true;
            let path = path.replace("{id}", &event(admin, ann).await);
            (path, Body::Json(json!({})))
        }
        "POST /api/credits" => {
            is_new_again = what != "set";
            let body = json!({"action": what, "amount": 3, "reason": REASON, "user_id": ann.id});
            (path, Body::Json(body))
        }
        "POST /api/user/sync" => {
            let outsider =
                |email: &str| json!({"external_id": format!("ext-{what}"), "email": email});
            if what == "changed" {
                let body = outsider("old@example.com");
                admin.post_json(&path, body).await.expect(201);
            }
            let body = outsider(&format!("{what}@example.com"));
            (path, Body::Json(body))
        }
        _ => panic!("{name} is in the table, and nothing here does it"),
    };
    Ask {
        path,
        body,
        is_new_again,
    }
}

/// Every form and operation that only an operator may send, of the program itself.
async fn ways_of_the_program(admin: &Client) -> BTreeSet<String> {
    let forms = server_fn_paths()
        .map(|(path, method)| format!("{method} {path}"))
        .filter(|name| name.contains("/do/admin-"));
    let document = admin.get("/api/openapi.json").await.expect(200).json();
    let is_operators = |security: &Value| {
        let security = security.to_string();
        let rights = ["\"admin\"", "\"credits:write\"", "\"users:sync\""];
        rights.iter().any(|right| security.contains(right))
    };
    let all = operations(&document).into_iter();
    let asked = all
        .filter(|(method, _, security)| method != "GET" && is_operators(security))
        .map(|(method, path, _)| format!("{method} {path}"));
    // A file is no server function's.
    let sheet = format!("POST {}", batches::PAGE);
    forms.chain(asked).chain([sheet]).collect()
}

/// The names of commands that do something, down to the last word.
fn commands_of(command: &clap::Command, before: &str) -> Vec<String> {
    let below: Vec<String> = command
        .get_subcommands()
        .flat_map(|below| commands_of(below, &format!("{before} {}", below.get_name())))
        .collect();
    match below.is_empty() {
        true => vec![before.trim().to_owned()],
        false => below,
    }
}

async fn log(admin: &Client) -> Vec<Value> {
    items(admin, "/api/admin/audit?limit=200").await
}

/// What is the same of every line, whoever acted.
fn tells(action: &str, before: &str, after: &str, reason: &str) {
    assert!(
        !before.is_empty() && !after.is_empty() && before != after,
        "{action}: {before:?} became {after:?}"
    );
    assert!(!reason.trim().is_empty(), "{action} for no reason");
}

fn sorted(mut words: Vec<&str>) -> Vec<&str> {
    words.sort_unstable();
    words
}

fn names(deeds: &[Deed]) -> Vec<&'static str> {
    sorted(deeds.iter().map(|deed| deed.as_str()).collect())
}

on_both_databases! {
    async fn whatever_an_operator_does_is_in_the_log(app: &App) {
        let (admin, bob) = (app.admin().await, app.sign_up("bob").await);
        let known: BTreeSet<String> = WAYS.iter().map(|(name, ..)| (*name).to_owned()).collect();
        assert_eq!(known, ways_of_the_program(&admin).await, "one more form or operation is one more line in WAYS");
        let mut told = 0;
        for (at, way) in WAYS.iter().enumerate() {
            let (name, what, deeds) = *way;
            let ann = app.sign_up(&format!("ann{at}")).await;
            let ask = prepare(app, &admin, &ann, way).await;
            let before = log(&admin).await;

            // What is refused is not told.
            ask.body.send(&bob, &ask.path).await;
            let spoilt = ask.body.spoilt().send(&admin, &ask.path).await;
            assert!(!matches!(ask.body, Body::Json(_)) || spoilt.status == 422, "{name}: {}", spoilt.status);
            assert_eq!(log(&admin).await, before, "{name} {what} was refused");

            let done = ask.body.send(&admin, &ask.path).await;
            assert!(done.status < 400, "{name} {what}: {} {}", done.status, done.text());
            let after = log(&admin).await;
            let lines = &after[..after.len() - before.len()];
            assert_eq!(sorted(each(lines, "action")), names(deeds), "{name} {what}");
            for line in lines {
                let text = |field: &str| line[field].as_str().unwrap_or_default();
                tells(&format!("{name} {what}"), text("before"), text("after"), text("reason"));
                assert_eq!((text("actor"), text("address")), (format!("admin:{}", admin.id).as_str(), "127.0.0.1"), "{name} {what}");
                let given = match (&ask.body, text("action")) {
                    (Body::Json(body), "credits.add" | "credits.deduct") if body.get("rows").is_some() => REASON,
                    (Body::Json(body), _) => body["reason"].as_str().unwrap_or("by the API"),
                    _ => REASON,
                };
                assert_eq!(text("reason"), given, "{name} {what}");
            }
            told = after.len();

            // So is what has been done already.
            if !ask.is_new_again {
                ask.body.send(&admin, &ask.path).await;
                assert_eq!(log(&admin).await.len(), told, "{name} {what} again");
            }
        }
        assert_eq!(csv(&admin, "/api/admin/audit").await.text().lines().count(), told + 1);
        let shown = page(&admin, "/admin/audit?action=credits.bulk.undone").await;
        assert!(shown.contains("Batch undone") && shown.contains("undone of it: 2 rows with 5 credits given and 5 taken"), "{shown}");
    }
}

on_both_databases! {
    async fn the_tokens_of_an_administrator_are_in_the_log(app: &App) {
        let (admin, bob) = (app.admin().await, app.sign_up("bob").await);
        let wish = json!({"name": "mine", "scopes": ["credits:read"]});
        for somebody in [&bob, &admin] {
            let newest = async || {
                let tokens = somebody.get("/api/tokens").await.expect(200).json();
                tokens["items"][0]["id"].as_str().expect("a token").to_owned()
            };
            somebody.form("/do/create-token", &[("label", "mine"), ("scopes[0]", "credits:read")]).await;
            somebody.form("/do/revoke-token", &[("id", &newest().await)]).await;
            somebody.post_json("/api/tokens", wish.clone()).await.expect(201);
            somebody.delete(&format!("/api/tokens/{}", newest().await)).await.expect(204);
        }
        let lines = log(&admin).await;
        let deeds: Vec<&str> = OWN.iter().rev().map(|(_, deed)| deed.as_str()).collect();
        assert_eq!(each(&lines, "action"), deeds);
        for line in &lines {
            let text = |field: &str| line[field].as_str().unwrap_or_default();
            tells(text("action"), text("before"), text("after"), text("reason"));
            assert_eq!((text("actor"), text("address")), (format!("admin:{}", admin.id).as_str(), "127.0.0.1"));
        }
    }
}

async fn lines_of(place: &Place) -> Vec<AuditLine> {
    let db = Database::open(&place.database_url)
        .await
        .expect("the database");
    let filter = AuditFilter {
        limit: 200,
        ..AuditFilter::default()
    };
    let lines = oversight::audit_lines(db.reader(), &filter).await;
    db.close().await;
    lines.expect("the log")
}

/// Does something, and says which lines that wrote.
async fn written(place: &Place, act: impl AsyncFnOnce()) -> Vec<AuditLine> {
    let before = lines_of(place).await.len();
    act().await;
    let mut after = lines_of(place).await;
    after.truncate(after.len() - before);
    for line in &after {
        let [was, is, why] = [&line.before, &line.after, &line.reason]
            .map(|text| text.as_deref().unwrap_or_default());
        tells(&line.action, was, is, why);
        assert_eq!(line.address, None, "{line:?}");
    }
    after
}

fn actions(lines: &[AuditLine]) -> Vec<&str> {
    lines.iter().map(|line| line.action.as_str()).collect()
}

on_both_places! {
    async fn whatever_the_command_line_does_is_in_the_log(place: &Place) {
        let all = Command::augment_subcommands(clap::Command::new("atelier"));
        let known: BTreeSet<String> = COMMANDS.iter().map(|(name, _)| (*name).to_owned()).collect();
        let there: BTreeSet<String> = commands_of(&all, "").into_iter().collect();
        assert_eq!(known, there, "one more command is one more line in COMMANDS");

        let server = place.serve();
        let ann = server.anonymous().signed_up_as("ann").await;
        let unheard = ann.buy("credits-10", "never").await;
        server.kill();
        let mut done = BTreeMap::new();
        let boss = ["user", "create", "--email", "boss@example.com", "--admin"];
        let commands: &[(&[&str], &str, &str)] = &[
            (&["credits", "show", "--email", "ann@example.com"], "", ""),
            (&["credits", "add", "--email", "ann@example.com", "--amount", "5", "--reason", "a gift"], "credits add", "a gift"),
            (&["credits", "deduct", "--email", "ann@example.com", "--amount", "1"], "credits deduct", "by the command line"),
            (&["credits", "set", "--email", "ann@example.com", "--amount", "3"], "credits set", "by the command line"),
            (&["credits", "set", "--email", "ann@example.com", "--amount", "3"], "", ""),
            (&["token", "create", "--email", "ann@example.com", "--scopes", "jobs"], "token create", "by the command line"),
            (&["rebuild", "--user", &ann.id], "rebuild", "by the command line"),
            (&["recharge", "fulfil", "--id", &unheard.recharge_id], "recharge fulfil", "by the command line"),
            (&boss, "user create", "by the command line"),
            (&["migrate"], "", ""),
            (&["verify"], "", ""),
            (&["catalog", "print"], "", ""),
        ];
        for (words, name, reason) in commands {
            let lines = written(place, async || {
                let ran = place.run_with_input(words, "a long password\n");
                assert!(ran.status.success(), "{words:?}: {ran:?}");
            }).await;
            let deeds = COMMANDS.iter().find(|(known, _)| known == name).map_or(NONE, |(_, deeds)| *deeds);
            assert_eq!(actions(&lines), names(deeds), "{words:?}");
            for line in lines {
                assert_eq!((line.actor.as_str(), line.reason.as_deref()), ("command-line", Some(*reason)), "{words:?}");
                done.insert(line.action.clone(), line);
            }
        }
        let told = |action: &str| (done[action].target.as_str(), done[action].before.as_deref(), done[action].after.as_deref());
        assert_eq!(told("credits.add"), (ann.id.as_str(), Some("8"), Some("13")));
        assert_eq!((told("user.create").1, told("user.create").2), (Some("no account"), Some("admin")));
        assert!(told("token.create").2.is_some_and(|after| after.ends_with("for jobs")));
        // Refused.
        let lines = written(place, async || {
            assert!(!place.run_with_input(&boss, "a long password\n").status.success(), "the address is taken");
            let scopes = ["token", "create", "--email", "ann@example.com", "--scopes", "admin"];
            assert!(!place.run(&scopes).status.success());
        }).await;
        assert!(lines.is_empty(), "{lines:?}");

        // A finding is taken as it is, once.
        let db = Database::open(&place.database_url).await.expect("the database");
        let mut tx = db.begin().await.expect("a transaction");
        let changed = sqlx::query("UPDATE lots SET expires_at = 5 WHERE source = 'purchase'");
        changed.execute(&mut *tx).await.expect("a change");
        tx.commit().await.expect("a commit");
        db.close().await;
        let found: Value = serde_json::from_slice(&place.run(&["verify", "--json"]).stdout).expect("JSON");
        let word = |field: &str| found["findings"][0][field].as_str().expect("a word");
        let accept = ["verify", "--accept", word("kind"), "--id", word("id"), "--reason", "restored by hand"];
        let lines = written(place, async || { place.says(&accept); }).await;
        assert_eq!((actions(&lines), lines[0].reason.as_deref()), (vec!["ledger.accept"], Some("restored by hand")));

        // Whom the settings make an administrator: once, and when it changes something.
        for (password, wrote) in [("a long password", vec!["user.admin"]), ("another password", vec!["user.admin"]), ("another password", vec![])] {
            let lines = written(place, async || {
                let mut serve = place.command(&["serve"]);
                serve.env("ATELIER_ADMIN_EMAIL", "ann@example.com").env("ATELIER_ADMIN_PASSWORD", password);
                Server::start(serve).terminate();
            }).await;
            assert_eq!(actions(&lines), wrote);
            assert!(lines.iter().all(|line| line.actor == "system"), "{lines:?}");
        }
        let lines = written(place, async || {
            let mut serve = place.command(&["serve"]);
            serve.env("ATELIER_ADMIN_EMAIL", "new@example.com").env("ATELIER_ADMIN_PASSWORD", "a long password");
            Server::start(serve).terminate();
        }).await;
        assert_eq!(actions(&lines), ["user.create"]);
    }
}

#[test]
fn the_deeds_and_their_ways_are_written_down() {
    let mut ways: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let web = WAYS.iter().map(|(name, _, deeds)| (*name, *deeds));
    let own = OWN
        .iter()
        .map(|(name, deed)| (*name, std::slice::from_ref(deed)));
    let typed = COMMANDS.iter().copied();
    let all = web
        .chain(own)
        .map(|(name, deeds)| (format!("`{name}`"), deeds))
        .chain(typed.map(|(name, deeds)| (format!("`atelier {name}`"), deeds)));
    for (name, deeds) in all {
        for deed in deeds {
            let of_deed = ways.entry(deed.as_str()).or_default();
            if !of_deed.contains(&name) {
                of_deed.push(name.clone());
            }
        }
    }
    let words: BTreeSet<&str> = Deed::ALL.iter().map(|deed| deed.as_str()).collect();
    assert_eq!(
        words,
        ways.keys().copied().collect(),
        "a deed that nothing does"
    );
    let mut table = "| action | written by |\n|---|---|\n".to_owned();
    for (deed, ways) in &ways {
        writeln!(table, "| `{deed}` | {} |", ways.join(", ")).expect("a string");
    }
    let found = format!("{BEFORE_TABLE}\n{table}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if std::fs::read_to_string(root.join("docs/audit.md")).unwrap_or_default() != found {
        std::fs::write(root.join("target/audit.md"), &found).expect("a file");
        panic!(
            "docs/audit.md says otherwise: compare it with target/audit.md, and copy that if it is right"
        );
    }
}

const BEFORE_TABLE: &str = "\
# The audit log

Everything that an operator, the command line or the settings do to an account, a wallet, a right, a job, an event or a finding, and
every API token that an administrator makes or revokes, is a line of the audit log, written in the transaction that does it. Only what asks a payment provider (a refund, the mends that read a
payment again) is noted before, because the provider is asked in between. What is refused, and what changes nothing, writes no line.

| part of a line | what |
|---|---|
| actor | `admin:ID`, also by the API; `command-line`; `system` for the administrator named by the settings |
| action, target | a word of the table below, and the id of what it was done to |
| before, after | what it was and what it became; they always differ |
| reason | as the form asked for it: every form of the operator's wants one, and those whose click is usually enough come with one. A program may leave it out where the contract lets it: then it is `by the API`, for a command `by the command line`, for the settings `by the settings` |
| address | from where; none for the command line and the settings |

`/admin/audit` shows the log with its actions in words, and filters it; `GET /api/admin/audit` gives it as JSON or CSV. Lines are never changed, but for
one thing: the end of an account erases the words about it (reasons, and what `user.sync` says of addresses and names) and the
addresses it came from.

Of a batch, `credits.bulk` and `credits.bulk.undo` are written when it begins and is closed, each row that changes a wallet writes its own line, and
`credits.bulk.undone` says at the end how much of it went back.

Written by `tests/site/audited.rs`, which does all of it on real rows and finds one line for each, with all its parts:
";
