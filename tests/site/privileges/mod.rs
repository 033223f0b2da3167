//! Who may do what: every operation of the description, every page, every form and every other route, asked by everybody
//! there is. What happens is held against the rule that stands at the handler or here, and against the tables in
//! `docs/privileges.md`. The router is asked which routes it has, so that none is without a rule.

mod forms;
mod routes;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use atelier_app::App as Pages;
use atelier_server::testing::Scratch;
use leptos_axum::generate_route_list;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{App, Client, Kind};

/// Operations that ask nobody who they are. One more is one more line here, so that none is open by mistake.
const OPEN: &[&str] = &[
    "GET /api/catalog",
    "GET /api/links/{token}",
    "GET /api/openapi.json",
    "GET /api/test-creem",
    "GET /healthz",
    "GET /metrics",
    "GET /readyz",
    "POST /api/auth/forgot",
    "POST /api/auth/reset",
    "POST /api/auth/sign-in",
    "POST /api/auth/sign-out",
    "POST /api/auth/sign-up",
    "POST /api/try-on/callback/{token}",
    "POST /api/v1/webhooks/stripe",
    "POST /api/video/callback/{token}",
    "POST /api/webhooks/creem",
    "POST /api/webhooks/replicate",
    "POST /api/webhooks/stripe",
];

const OPEN_PAGES: &[&str] = &[
    "/",
    "/api/docs",
    "/change-email/{token}",
    "/forgot",
    "/goodbye",
    "/privacy",
    "/reset/{token}",
    "/sandbox",
    "/sandbox/mail",
    "/sign-in",
    "/sign-up",
    "/styleguide",
    "/terms",
    "/verify/{token}",
];

const PERSONAL_PAGES: &[&str] = &[
    "/account",
    "/dashboard",
    "/gallery",
    "/jobs/{id}",
    "/payment/success",
    "/payments",
    "/payments/cancelled",
    "/payments/receipts/{id}",
    "/payments/success",
    "/statement",
    "/success",
    "/test-credits",
    "/try-on",
    "/video",
];

/// A caller, and how far a session or their scopes reach.
struct Somebody {
    name: &'static str,
    client: Client,
    access: Access,
}

enum Access {
    None,
    Session { is_admin: bool },
    Token(&'static [&'static str]),
}

impl Access {
    /// Whether one of the ways into an operation is theirs.
    fn opens(&self, security: &Value) -> bool {
        let Some(ways) = security.as_array() else {
            return true;
        };
        let words = |way: &Value| -> Vec<String> {
            let words = way.as_array().into_iter().flatten();
            words.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        ways.iter().any(|way| match self {
            Self::None => false,
            Self::Session { is_admin } => way
                .get("session")
                .is_some_and(|roles| *is_admin || words(roles).is_empty()),
            Self::Token(scopes) => way.get("token").is_some_and(|wanted| {
                words(wanted)
                    .iter()
                    .all(|scope| scopes.contains(&scope.as_str()))
            }),
        })
    }
}

/// What the paths name: things of the owner's.
struct Things {
    job: String,
    unfinished: String,
    link: String,
    token: String,
    /// A second one, for the form.
    spare: String,
    recharge: String,
    event: String,
    user: String,
    /// A file of the pages.
    asset: String,
}

impl Things {
    async fn of(app: &App, owner: &Client, admin: &Client) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let bought = owner.buy("credits-10", "before_redirect").await;
        owner.recharge_becomes(&bought, "completed").await;
        let events = admin
            .get("/api/admin/webhook-events")
            .await
            .expect(200)
            .json();
        let job = owner.start_job().await;
        owner.job_becomes(&job, "succeeded").await;
        let link = owner
            .post(&format!("/api/jobs/{job}/link"))
            .await
            .expect(201)
            .json();
        let link = text(&link["url"])
            .rsplit('/')
            .next()
            .expect("a token")
            .to_owned();
        app.next_job("slow:600000").await;
        let unfinished = owner.start_job().await;
        let token = async || {
            let wish = json!({"name": "to be revoked", "scopes": ["jobs"]});
            let made = owner.post_json("/api/tokens", wish).await;
            text(&made.expect(201).json()["id"])
        };
        let (token, spare) = (token().await, token().await);
        let gift = json!({"email": owner.email, "action": "add", "amount": 5, "reason": "a gift"});
        let batch = json!({"batch_id": "gifts", "dry_run": false, "rows": [gift]});
        admin
            .post_json("/api/admin/credits/bulk", batch)
            .await
            .expect(200);
        let page = app.anonymous().get("/").await.expect(200).text();
        let asset = page
            .split("/assets/")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let asset = asset.expect("a file of the page").to_owned();
        Self {
            job,
            unfinished,
            link,
            token,
            spare,
            recharge: bought.recharge_id,
            event: text(&events["items"][0]["id"]),
            user: owner.id.clone(),
            asset,
        }
    }

    /// The path of an operation or a page with something real in it.
    fn place(&self, method: &str, path: &str) -> String {
        let id = match path {
            _ if path.contains("/tokens/") => &self.token,
            _ if path.contains("/recharges/") || path.contains("/receipts/") => &self.recharge,
            _ if path.contains("/purchases/") => &self.recharge,
            _ if path.contains("/users/") => &self.user,
            _ if path.contains("/webhook") && path.contains("{id}") => &self.event,
            _ if method == "DELETE" => &self.unfinished,
            _ => &self.job,
        };
        let token = if path.contains("/links/") {
            &self.link
        } else {
            "made-up"
        };
        path.replace("{id}", id)
            .replace("{token}", token)
            .replace("{batch_id}", "gifts")
    }

    /// The body of a form with something real in it; `key` is used once.
    fn fill(&self, body: &str, key: &str) -> String {
        body.replace("{job}", &self.job)
            .replace("{unfinished}", &self.unfinished)
            .replace("{spare}", &self.spare)
            .replace("{recharge}", &self.recharge)
            .replace("{event}", &self.event)
            .replace("{user}", &self.user)
            .replace("{key}", key)
    }

    /// The requests that an operation is tried with: where one of them passes, it is open.
    fn tries(&self, operation: &str) -> Vec<(&'static str, Value)> {
        let change = |action: &str| json!({"action": action, "amount": 1, "reason": "a test", "user_id": self.user});
        match operation {
            "POST /api/credits" => vec![
                (
                    "",
                    json!({"action": "deduct", "amount": 1, "reason": "a test"}),
                ),
                ("", change("add")),
            ],
            "GET /api/user/sync" => vec![("", Value::Null), ("?external_id=nobody", Value::Null)],
            "GET /live" => vec![("?once=true", Value::Null)],
            _ => vec![("", json!({}))],
        }
    }
}

async fn everybody(app: &App, owner: Client, admin: Client) -> Vec<Somebody> {
    let mut all = vec![
        Somebody {
            name: "anonymous",
            client: app.anonymous(),
            access: Access::None,
        },
        Somebody {
            name: "other user",
            client: app.sign_up("other").await,
            access: Access::Session { is_admin: false },
        },
    ];
    const OWNERS: [&[&str]; 4] = [
        &["credits:read"],
        &["credits:spend"],
        &["jobs"],
        &["jobs", "credits:spend"],
    ];
    const NAMES: [&str; 4] = [
        "scope credits:read",
        "scope credits:spend",
        "scope jobs",
        "scopes jobs, credits:spend",
    ];
    for (scopes, name) in OWNERS.into_iter().zip(NAMES) {
        let client = app.token(&owner, &scopes.join(",")).await;
        all.push(Somebody {
            name,
            client,
            access: Access::Token(scopes),
        });
    }
    const OPERATORS: [(&[&str], &str); 3] = [
        (&["credits:write"], "scope credits:write"),
        (&["users:sync"], "scope users:sync"),
        (&["admin"], "scope admin"),
    ];
    for (scopes, name) in OPERATORS {
        let client = app.token(&admin, scopes[0]).await;
        all.push(Somebody {
            name,
            client,
            access: Access::Token(scopes),
        });
    }
    all.push(Somebody {
        name: "admin",
        client: admin,
        access: Access::Session { is_admin: true },
    });
    // Last, because what they may end is gone then.
    all.push(Somebody {
        name: "user",
        client: owner,
        access: Access::Session { is_admin: false },
    });
    all
}

/// How an operation answers somebody, in a word.
async fn ask(somebody: &Somebody, things: &Things, method: &str, path: &str) -> String {
    let mut said = String::new();
    for (query, body) in things.tries(&format!("{method} {path}")) {
        let place = format!("{}{query}", things.place(method, path));
        let kind = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = somebody.client.request(kind, &place);
        let request = if method == "GET" {
            request
        } else {
            request.json(&body)
        };
        let answer = somebody.client.send(request).await;
        assert!(
            answer.status < 500 || answer.status == 503,
            "{method} {place}: {}",
            answer.status
        );
        said = match answer.status {
            400 | 401 | 403 | 404 => answer.status.to_string(),
            302 | 303 if answer.header("location").contains("/sign-in") => "sign-in".to_owned(),
            _ => "yes".to_owned(),
        };
        if said != "401" && said != "403" {
            break;
        }
    }
    said
}

/// The rules of the description, operation by operation, in its order; those that end something come last.
pub(crate) fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut all: Vec<(String, String, Value)> = paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods");
            methods.iter().map(|(method, operation)| {
                (
                    method.to_uppercase(),
                    path.clone(),
                    operation["security"].clone(),
                )
            })
        })
        .collect();
    all.sort_by_key(|(method, path, _)| {
        (
            path.ends_with("/sign-out"),
            method == "DELETE",
            path.clone(),
            method.clone(),
        )
    });
    all
}

/// Of the route table itself.
async fn pages() -> BTreeSet<String> {
    let routes = generate_route_list(Pages);
    let paths = routes.iter().map(|route| {
        let parts = route
            .path()
            .split('/')
            .map(|part| match part.strip_prefix(':') {
                Some(name) => format!("{{{name}}}"),
                None => part.to_owned(),
            });
        parts.collect::<Vec<_>>().join("/")
    });
    paths
        .map(|path| {
            if path.is_empty() {
                "/".to_owned()
            } else {
                path
            }
        })
        .collect()
}

fn expected_of_page(path: &str, access: &Access) -> &'static [&'static str] {
    let is_open = OPEN_PAGES.contains(&path);
    let is_operators = path == "/admin" || path.starts_with("/admin/");
    assert!(
        is_open || is_operators || PERSONAL_PAGES.contains(&path),
        "{path} has no rule: name it in OPEN_PAGES or PERSONAL_PAGES, or put it below /admin"
    );
    match access {
        _ if is_open => &["yes", "404"],
        // A token is no session, and pages are for people.
        Access::None | Access::Token(_) => &["sign-in"],
        Access::Session { is_admin: false } if is_operators => &["403"],
        Access::Session { .. } => &["yes", "404"],
    }
}

fn table(heads: &[&str], rows: &[(String, Vec<String>)]) -> String {
    let mut text = format!(
        "| | {} |\n|---|{}\n",
        heads.join(" | "),
        "---|".repeat(heads.len())
    );
    for (name, cells) in rows {
        writeln!(text, "| `{name}` | {} |", cells.join(" | ")).expect("a string");
    }
    text
}

on_both_databases! {
    async fn everybody_may_what_the_rules_say(app: &App) {
        let (owner, admin) = (app.sign_up("owner").await, app.admin().await);
        let things = Things::of(app, &owner, &admin).await;
        let document = admin.get("/api/openapi.json").await.expect(200).json();
        let all = everybody(app, owner, admin).await;
        let heads: Vec<&str> = all.iter().map(|somebody| somebody.name).collect();
        let mut wrong = Vec::new();

        let mut of_pages = Vec::new();
        for path in pages().await {
            let mut cells = Vec::new();
            for somebody in &all {
                let said = ask(somebody, &things, "GET", &path).await;
                if !expected_of_page(&path, &somebody.access).contains(&said.as_str()) {
                    wrong.push(format!("{path}: {} for {}", said, somebody.name));
                }
                cells.push(said);
            }
            of_pages.push((path, cells));
        }

        let mut of_forms = forms::ask_all(app, &all, &things, &mut wrong).await;

        let mut of_operations = Vec::new();
        for (method, path, security) in operations(&document) {
            let name = format!("{method} {path}");
            if security.is_null() != OPEN.contains(&name.as_str()) {
                wrong.push(format!("{name}: no rule at its handler, or one too many in OPEN"));
            }
            let mut cells = Vec::new();
            for somebody in &all {
                let said = ask(somebody, &things, &method, &path).await;
                let refused = match somebody.access {
                    _ if somebody.access.opens(&security) => ["401", "403"].contains(&said.as_str()),
                    Access::None => said != "401",
                    _ => said != "403",
                };
                if refused {
                    wrong.push(format!("{name}: {} for {}", said, somebody.name));
                }
                cells.push(said);
            }
            of_operations.push((name, cells));
        }
        of_forms.push(forms::ask_last(app, &all, &things, &mut wrong).await);
        let ruled = of_operations.iter().map(|(name, _)| name.clone());
        let ruled = ruled.chain(of_pages.iter().map(|(path, _)| format!("GET {path}")));
        let ruled: BTreeSet<String> = ruled.chain(forms::routes()).collect();
        for route in routes::of(&app.router) {
            if !ruled.contains(&route) && !routes::is_played(&route) {
                wrong.push(format!("{route} is served and has no rule"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));

        let found = format!(
            "# Who may do what\n\nWritten by `tests/site/privileges`, which asks every operation of the description, \
             every page, every form and every other route as everybody there is. Paths and forms name things of *user*; \
             scopes are those of a token of *user*, from `credits:write` on of an administrator's. `yes` is any answer \
             that is not a refusal, 404 says that there is nothing for whoever asks, `sign-in` leads there. A refused \
             form is also seen to change nothing. The routes of the sandboxes (`/sandbox/stripe`, `/sandbox/creem`, \
             `/sandbox/fashn`, `/sandbox/studio`, `/sandbox/clock`) stand for somebody else's machines and ask nobody; \
             in live mode there are none.\n\n## Operations\n\n{}\n## Pages\n\n{}\n## Forms and files\n\n{}",
            table(&heads, &of_operations),
            table(&heads, &of_pages),
            table(&heads, &of_forms),
        );
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let kept = root.join("docs/privileges.md");
        if std::fs::read_to_string(&kept).unwrap_or_default() != found {
            let fresh = root.join("target/privileges.md");
            std::fs::write(&fresh, &found).expect("a file");
            panic!("docs/privileges.md says otherwise: compare it with target/privileges.md, and copy that if it is right");
        }
    }
}

const SELLER: &str = r#"
[seller]
name = "A"
address = "B"
tax_id = "C"
contact = "c@example.com"
terms = { en = "T", zh = "T" }
privacy = { en = "P", zh = "P" }
terms_version = "1"
"#;

/// A shop as a real one is set up, with keys that are none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_the_sandboxes_is_served_live() {
    let folder = Scratch::new().expect("a folder");
    let catalog = folder.path().join("catalog.toml");
    let own = format!("{}\n{SELLER}", atelier_server::catalog::BUILT_IN);
    std::fs::write(&catalog, own).expect("a catalogue");
    let live = [
        ("STRIPE_SECRET_KEY", "sk_live_fake"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_fake"),
        ("FASHN_API_KEY", "fa-fake"),
        ("ATELIER_CATALOG", &catalog.display().to_string()),
    ];
    let app = App::start_with(Kind::Sqlite, &live).await;
    let played = routes::of(&app.router);
    let played: Vec<_> = played
        .iter()
        .filter(|route| routes::is_played(route))
        .collect();
    assert!(played.is_empty(), "{played:?}");
    for page in ["/sandbox", "/sandbox/mail", "/sandbox/mail/made-up"] {
        app.anonymous().get(page).await.expect(404);
    }
    app.stop().await;
}
