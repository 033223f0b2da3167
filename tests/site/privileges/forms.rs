//! What pages post and fetch beside the described API: the server functions, out of Leptos' own registry, and the
//! routes of `http::forms`. Whoever may not is led to sign in or told so, and nothing of anybody's changes.

use std::collections::BTreeSet;

use leptos::server_fn::axum::server_fn_paths;
use reqwest::Method;
use sqlx::any::AnyRow;
use sqlx::{Column, Row};

use super::{Access, Somebody, Things};
use crate::support::multipart::Multipart;
use crate::support::{Answer, App, pictures, until};

/// Who may post a form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Whoever comes.
    Open,
    /// Whoever is signed in, with what is theirs. No token is a session.
    Session,
    /// An administrator who is signed in.
    Operator,
}

use Rule::{Open, Operator, Session};

/// Each server function with a body that it can read. One more is one more line here. What takes something away comes
/// late; what ends everything, see [`LAST`].
const FUNCTIONS: &[(&str, Rule, &str)] = &[
    ("balance", Open, ""),
    ("forgot", Open, "email=nobody@example.com"),
    ("language", Open, "language=en&next=/"),
    ("reset", Open, "token=made-up&password=a long password"),
    (
        "sign-in",
        Open,
        "email=nobody@example.com&password=a long password",
    ),
    ("sign-up", Open, "email=nobody&password=a long password"),
    ("confirm-email", Open, "token=made-up"),
    (
        "admin-credits",
        Operator,
        "id={user}&key={key}&action=add&amount=1&reason=a test",
    ),
    (
        "admin-block",
        Operator,
        "id={user}&blocked=false&reason=a test",
    ),
    (
        "admin-stop",
        Operator,
        "id={user}&stopped=false&reason=a test",
    ),
    (
        "admin-end-session",
        Operator,
        "id={user}&session=made-up&reason=a test",
    ),
    ("admin-replay", Operator, "id={event}&reason=a test"),
    ("admin-replay-failed", Operator, "reason=a test"),
    ("admin-reconcile", Operator, "reason=a test"),
    (
        "admin-mend",
        Operator,
        "finding=wallet_sum {user}&reason=a test",
    ),
    (
        "admin-job",
        Operator,
        "id={job}&key={key}&act=retry&reason=a test",
    ),
    (
        "admin-refund",
        Operator,
        "id={recharge}&key={key}&refund=part&amount=1&reason=a test",
    ),
    ("admin-batch-apply", Operator, "id=made-up&reason=a test"),
    ("admin-batch-undo", Operator, "id=made-up&reason=a test"),
    ("name", Session, "name=Somebody"),
    ("resend-verification", Session, ""),
    (
        "change-password",
        Session,
        "present=wrong&password=a long password",
    ),
    (
        "change-email",
        Session,
        "email=else@example.com&email_password=wrong",
    ),
    ("create-token", Session, "label=one more&scopes[0]=jobs"),
    ("revoke-token", Session, "id={spare}"),
    ("end-session", Session, "id=made-up"),
    ("end-other-sessions", Session, ""),
    ("checkout", Session, "key={key}&item=credits-10"),
    ("plan", Session, "action=cancel"),
    ("portal", Session, ""),
    ("discard-draft", Session, "tool=try_on"),
    ("rerun-job", Session, "id={job}&key={key}"),
    ("cancel-job", Session, "id={unfinished}"),
    ("delete-job", Session, "id={job}"),
    ("restore-job", Session, "id={job}"),
    (
        "delete-account",
        Session,
        "deletion_email=nobody@example.com&deletion_password=wrong",
    ),
];

/// Ends the session of whoever posts it.
pub const LAST: (&str, Rule, &str) = ("sign-out", Open, "");

/// The routes of pages that are neither pages nor described.
const ROUTES: &[(&str, &str, Rule)] = &[
    ("POST", "/try-on", Session),
    ("POST", "/video", Session),
    ("POST", "/admin/bulk", Operator),
    ("GET", "/account/export", Session),
    // Of each letter, those who may read it; see `session.rs` for whose they are.
    ("GET", "/sandbox/mail/{id}", Open),
    ("GET", "/assets/{*name}", Open),
    ("GET", "/atelier.js", Open),
    ("GET", "/atelier.d.ts", Open),
];

/// What nobody but its owner or an operator changes.
const KEPT: &[&str] = &[
    "SELECT * FROM users ORDER BY id",
    "SELECT id, user_id FROM api_tokens ORDER BY id",
    "SELECT * FROM wallets ORDER BY user_id",
    "SELECT * FROM entries ORDER BY id",
    "SELECT * FROM lots ORDER BY id",
    "SELECT * FROM recharge_records ORDER BY id",
    "SELECT * FROM refunds ORDER BY id",
    "SELECT * FROM subscriptions ORDER BY id",
    "SELECT id, state, cancel_requested, deleted_at FROM jobs ORDER BY id",
    "SELECT * FROM audit_log ORDER BY id",
    "SELECT * FROM bulk_batches ORDER BY batch_id",
    "SELECT * FROM bulk_sheets ORDER BY batch_id",
    "SELECT * FROM email_tokens WHERE purpose = 'change' ORDER BY token_hash",
    "SELECT id FROM reconciliation_reports ORDER BY id",
    "SELECT * FROM drafts ORDER BY user_id, tool",
];

fn written(row: &AnyRow) -> String {
    let cell = |at: usize| {
        let text = row
            .try_get::<Option<String>, _>(at)
            .map(|text| format!("{text:?}"));
        let number = || {
            row.try_get::<Option<i64>, _>(at)
                .map(|number| format!("{number:?}"))
        };
        let bytes = || {
            row.try_get::<Option<Vec<u8>>, _>(at)
                .map(|bytes| format!("{bytes:?}"))
        };
        text.or_else(|_| number())
            .or_else(|_| bytes())
            .expect("a text, a number or bytes")
    };
    row.columns()
        .iter()
        .map(|column| cell(column.ordinal()))
        .collect::<Vec<_>>()
        .join(" ")
}

async fn kept(app: &App) -> Vec<String> {
    let mut all = Vec::new();
    for statement in KEPT {
        let rows = sqlx::query(*statement)
            .fetch_all(app.services.db.reader())
            .await;
        all.extend(rows.expect(statement).iter().map(written));
    }
    all
}

/// Waits until the jobs that others may start have ended, so that whatever changes then was changed by who is asked.
async fn ended(app: &App, things: &Things) {
    let open = "SELECT COUNT(*) FROM jobs WHERE state IN ('queued', 'running') AND id <> $1";
    until("the jobs end", async || {
        let open = sqlx::query_scalar(open).bind(&things.unfinished);
        let open: i64 = open
            .fetch_one(app.services.db.reader())
            .await
            .expect("a number");
        (open == 0).then_some(())
    })
    .await;
}

/// The names of all server functions that are registered.
fn registered() -> BTreeSet<String> {
    server_fn_paths()
        .map(|(path, method)| {
            assert_eq!(method, Method::POST.as_str(), "{path} is no form");
            path.strip_prefix("/do/").expect("below /do").to_owned()
        })
        .collect()
}

/// A server function, or a route.
#[derive(Clone, Copy)]
enum Asked {
    Function(&'static str, &'static str),
    Route(&'static str, &'static str),
}

impl Asked {
    fn name(self) -> String {
        match self {
            Self::Function(name, _) => format!("POST /do/{name}"),
            Self::Route(method, path) => format!("{method} {path}"),
        }
    }

    /// Whether it is about something that *user* owns.
    fn names_things(self) -> bool {
        let owned = ["{job}", "{unfinished}", "{spare}"];
        matches!(self, Self::Function(name, body)
            if !name.starts_with("admin-") && owned.iter().any(|each| body.contains(each)))
    }

    async fn of(self, somebody: &Somebody, things: &Things, turn: usize) -> Answer {
        let client = &somebody.client;
        match self {
            Self::Function(name, body) => {
                let body = things.fill(body, &format!("{name}-{turn}"));
                let fields: Vec<(&str, &str)> = body
                    .split('&')
                    .filter_map(|field| field.split_once('='))
                    .collect();
                client.sends(&format!("/do/{name}"), &fields).await
            }
            Self::Route("POST", "/admin/bulk") => {
                let rows = "email,action,amount,reason\nnobody@example.com,add,1,a test\n";
                let form = Multipart::default().text("rows", rows);
                client.upload("/admin/bulk", form).await
            }
            Self::Route("POST", path) => {
                let form = Multipart::try_on(pictures::person(), pictures::garment())
                    .text("key", &format!("{path}-{turn}"))
                    .text("prompt", "a walk in the park");
                client.upload(path, form).await
            }
            Self::Route(_, path) => {
                let path = path
                    .replace("{id}", "made-up")
                    .replace("{*name}", &things.asset);
                client.get(&path).await
            }
        }
    }
}

/// What somebody gets, in the words of the other tables. Where a form leads decides: a page that is not theirs says so.
async fn word(somebody: &Somebody, answer: &Answer) -> String {
    let status = match answer.status {
        302 | 303 => {
            let next = answer.header("location");
            if next.starts_with("/sign-in?") {
                return "sign-in".to_owned();
            }
            match next.starts_with('/') {
                true => somebody.client.follow(answer).await.status,
                // To a provider.
                false => 200,
            }
        }
        status => status,
    };
    match status {
        401 | 403 | 404 => status.to_string(),
        status => {
            assert!(status < 500, "{}: {status}", answer.asked);
            "yes".to_owned()
        }
    }
}

fn expected(rule: Rule, access: &Access) -> &'static [&'static str] {
    match (rule, access) {
        (Open, _) => &["yes", "404"],
        (_, Access::None) => &["sign-in", "401"],
        // The archive says so in words for programs.
        (_, Access::Token(_)) => &["sign-in", "403"],
        (Operator, Access::Session { is_admin: false }) => &["403"],
        (_, Access::Session { .. }) => &["yes", "404"],
    }
}

/// A row of the table, of one form asked by everybody; what is wrong of it.
async fn ask(
    app: &App,
    all: &[Somebody],
    things: &Things,
    (asked, rule): (Asked, Rule),
    wrong: &mut Vec<String>,
) -> (String, Vec<String>) {
    let name = asked.name();
    let mut cells = Vec::new();
    for (turn, somebody) in all.iter().enumerate() {
        ended(app, things).await;
        let before = kept(app).await;
        let answer = asked.of(somebody, things, turn).await;
        if answer.status == 422 && answer.text().contains("wrong-form") {
            wrong.push(format!("{name}: cannot read its body"));
        }
        let said = word(somebody, &answer).await;
        if !expected(rule, &somebody.access).contains(&said.as_str()) {
            wrong.push(format!("{name}: {said} for {}", somebody.name));
        }
        let theirs = asked.names_things() && somebody.name != "user";
        if said != "yes" || theirs {
            let after = kept(app).await;
            let changed = after.iter().find(|row| !before.contains(row));
            if changed.is_some() || before.len() != after.len() {
                wrong.push(format!("{name}: {} changed {changed:?}", somebody.name));
            }
        }
        cells.push(said);
    }
    (name, cells)
}

/// Everything that pages post and fetch, asked by everybody; all but [`LAST`].
pub async fn ask_all(
    app: &App,
    all: &[Somebody],
    things: &Things,
    wrong: &mut Vec<String>,
) -> Vec<(String, Vec<String>)> {
    let named = FUNCTIONS
        .iter()
        .chain([&LAST])
        .map(|(name, ..)| (*name).to_owned());
    assert_eq!(
        named.collect::<BTreeSet<_>>(),
        registered(),
        "every server function has a rule in FUNCTIONS, and every rule a server function"
    );
    let functions = FUNCTIONS
        .iter()
        .map(|(name, rule, body)| (Asked::Function(name, body), *rule));
    let routes = ROUTES
        .iter()
        .map(|(method, path, rule)| (Asked::Route(method, path), *rule));
    let mut rows = Vec::new();
    for each in routes.chain(functions) {
        rows.push(ask(app, all, things, each, wrong).await);
    }
    rows
}

pub async fn ask_last(
    app: &App,
    all: &[Somebody],
    things: &Things,
    wrong: &mut Vec<String>,
) -> (String, Vec<String>) {
    let (name, rule, body) = LAST;
    ask(app, all, things, (Asked::Function(name, body), rule), wrong).await
}

/// The routes that have a rule here.
pub fn routes() -> impl Iterator<Item = String> {
    let own = ROUTES
        .iter()
        .map(|(method, path, _)| format!("{method} {path}"));
    own.chain(["POST /do/{name}".to_owned()])
}
