//! Every word that a page, a letter or a problem says stands in the texts of its language: with all of them replaced by their keys, no
//! other letter is left but those of what people and the catalogue put there.

use std::collections::BTreeSet;

use atelier_server::mail::kept_letters;
use serde_json::{Value, json};

use crate::support::app::PASSWORD;
use crate::support::client::GOOD_CARD;
use crate::support::multipart::Multipart;
use crate::support::process::{Place, Server};
use crate::support::{Answer, Client, Kind, html, pictures, until};

/// What nobody translates: who is here, who sells, how things are called everywhere.
const NAMES: &str = "Ann ann example com demo admin atelier Atelier Sandbox Example Street Sampletown help \
                     sandbox Stripe Creem FASHN Replicate USD CNY MB any Jan \
                     Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
/// On the sandbox's desk: what Stripe calls its states, and what is typed there.
const AT_THE_DESK: &str = "active complete open paid unpaid succeeded price normal delayed MS duplicate N \
                           before redirect never";

/// On the operator's pages: codes, kinds of events and providers as programs call them.
const AT_THE_OPERATOR: &str = "bad image fashn invalid input provider internal moderation no pose verdict refused \
                               replicate result unavailable timeout checkout session completed invoice paid \
                               customer subscription created updated SQLite";

/// Attributes that are read out or shown.
const SAID: [&str; 8] = [
    "alt",
    "title",
    "aria-label",
    "placeholder",
    "content",
    "data-pending",
    "data-label",
    "summary",
];

/// What a page says to browsers alone.
const FOR_BROWSERS: [&str; 2] = ["name=\"viewport\"", "name=\"color-scheme\""];

/// A page with what it says apart from its tags.
fn said(page: &str) -> Vec<String> {
    let mut said = Vec::new();
    let mut rest = page;
    while let Some((text, after)) = rest.split_once('<') {
        said.push(text.to_owned());
        let (tag, behind) = after.split_once('>').unwrap_or((after, ""));
        let is_for_browsers = FOR_BROWSERS.iter().any(|name| tag.contains(name));
        for name in SAID.into_iter().filter(|_| !is_for_browsers) {
            said.extend(html::attribute(&format!("<{tag}"), name));
        }
        said.extend(tag.split(" data-text-").skip(1).map(|text| {
            let (_, value) = text.split_once("=\"").unwrap_or_default();
            value.split('"').next().unwrap_or_default().to_owned()
        }));
        // What stands in code is for programs; a script says nothing.
        let element = tag.split([' ', '/']).next().unwrap_or_default();
        rest = match element {
            "code" | "script" | "style" => behind
                .split_once(&format!("</{element}>"))
                .map_or("", |(_, behind)| behind),
            _ => behind,
        };
    }
    said
}

/// Words of `text` that are neither keys nor anybody's own.
fn strangers(text: &str, keys: &BTreeSet<String>, own: &BTreeSet<String>) -> Vec<String> {
    let text = text
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&amp;", "&");
    // What the script fills in.
    let text = text.replace("{n}", "").replace("{balance}", "");
    let mut left = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('[') {
        let end = after.find(['|', ']']).unwrap_or(after.len());
        left.push_str(before);
        left.push(' ');
        if !keys.contains(&after[..end]) {
            left.push_str(&after[..end]);
        }
        rest = &after[end..];
    }
    left.push_str(rest);
    left.split(|c: char| c.is_whitespace() || "|]".contains(c))
        // Addresses are followed, not read.
        .filter(|word| !word.contains("://"))
        .flat_map(|word| word.split(|c: char| "/:@.,()·{}?=&;".contains(c)))
        // Sizes and amounts have figures in them, and so have most ids.
        .filter(|word| !word.chars().any(|c| c.is_ascii_digit()) && !is_id(word))
        .flat_map(|word| word.split(|c: char| !c.is_alphabetic()))
        .filter(|word| !word.is_empty() && !own.contains(*word))
        .map(str::to_owned)
        .collect()
}

/// Whether a word is what a provider calls a thing of its own: `ch_pObmpxqPatnkzelTTgrQgpAL`.
fn is_id(word: &str) -> bool {
    let (_, rest) = word.rsplit_once('_').unwrap_or_default();
    rest.len() >= 14
}

fn keys() -> BTreeSet<String> {
    let texts = include_str!("../../app/texts/zh.ftl");
    let named = texts.lines().filter_map(|line| line.split_once(" ="));
    named
        .map(|(key, _)| key.to_owned())
        .filter(|key| !key.starts_with([' ', '#', '-']))
        .collect()
}

/// The names of the catalogue, word by word.
fn names_of(catalog: &Value, into: &mut BTreeSet<String>) {
    match catalog {
        Value::String(text) => {
            let words = text.split(|c: char| !c.is_alphabetic());
            into.extend(words.map(str::to_owned));
        }
        Value::Array(items) => items.iter().for_each(|item| names_of(item, into)),
        Value::Object(fields) => fields.values().for_each(|value| names_of(value, into)),
        _ => {}
    }
}

struct Reader {
    keys: BTreeSet<String>,
    own: BTreeSet<String>,
    /// What was found, with the page it stands on.
    found: BTreeSet<String>,
    /// Keys that were seen.
    seen: BTreeSet<String>,
}

impl Reader {
    fn read(&mut self, name: &str, answer: &Answer) {
        let page = answer.text();
        assert!(
            page.ends_with("</html>"),
            "{name}: {} {page}",
            answer.status
        );
        for text in said(&page) {
            self.hear(name, &text);
        }
    }

    fn hear(&mut self, name: &str, text: &str) {
        for word in strangers(text, &self.keys, &self.own) {
            self.found
                .insert(format!("{name}: {word} in {}", text.trim()));
        }
        let named = text.split('[').skip(1);
        let named = named.filter_map(|rest| rest.split(['|', ']']).next());
        self.seen.extend(named.map(str::to_owned));
    }

    async fn visit(&mut self, client: &Client, path: &str) {
        let answer = client.get(path).await;
        self.read(path, &answer);
    }
}

/// A form that leads back to its page, which then says why.
async fn after(client: &Client, action: &str, fields: &[(&str, &str)], page: &str) -> Answer {
    let sent = client.form(action, fields).await;
    let flash = sent
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned();
    let request = client.request(reqwest::Method::GET, page);
    client.send(request.header("cookie", flash)).await
}

async fn strangers_pages(reader: &mut Reader, server: &Server) {
    let anyone = server.anonymous();
    for path in [
        "/zh/",
        "/sign-up",
        "/sign-in",
        "/forgot",
        "/terms",
        "/privacy",
        "/sandbox",
        "/sandbox/mail",
        "/styleguide",
        "/nowhere",
        "/verify/nothing",
        "/reset/nothing",
        "/change-email/nothing",
        "/goodbye",
    ] {
        reader.visit(&anyone, path).await;
    }
    let short = [("email", "ann"), ("password", "x"), ("name", "Ann")];
    let page = after(&anyone, "/do/sign-up", &short, "/sign-up").await;
    reader.read("a refused sign-up", &page);
    let wrong = [("email", "ann@example.com"), ("password", "not this one")];
    let page = after(&anyone, "/do/sign-in", &wrong, "/sign-in").await;
    reader.read("a refused sign-in", &page);
    let page = after(&anyone, "/do/forgot", &wrong[..1], "/forgot").await;
    reader.read("a forgotten password", &page);
}

async fn pages_of_jobs(reader: &mut Reader, ann: &Client) {
    for outcome in [
        "ok",
        "fail:PoseError",
        "fail:ContentModerationError",
        "slow:60000",
    ] {
        let next = json!({"outcome": outcome});
        ann.post_json("/sandbox/studio/next", next)
            .await
            .expect(204);
        let job = ann.start_job().await;
        if !outcome.starts_with("slow") {
            ann.job_ends(&job).await;
        }
        reader.visit(ann, &format!("/jobs/{job}")).await;
        reader.visit(ann, &format!("/try-on?from={job}")).await;
        if outcome.starts_with("slow") {
            reader.visit(ann, "/dashboard").await;
            ann.post(&format!("/api/jobs/{job}/cancel"))
                .await
                .expect(200);
            reader.visit(ann, &format!("/jobs/{job}")).await;
        }
    }
    let broken = Multipart::default()
        .file("person", "p.jpg", &pictures::truncated())
        .file("garment", "g.png", b"no picture");
    let browser = ann
        .request(reqwest::Method::POST, "/try-on")
        .header("accept", "text/html");
    let refused = ann.send(broken.into_request(browser)).await;
    reader.read("a refused upload", &refused);
    for path in ["/gallery", "/gallery?state=failed", "/gallery?tool=video"] {
        reader.visit(ann, path).await;
    }
}

async fn pages_of_money(reader: &mut Reader, ann: &Client) {
    for item in ["starter", "premium-monthly"] {
        let checkout = ann.checkout(item).await;
        reader.visit(ann, &checkout.landing()).await;
        let cancelled = format!("/payments/cancelled?recharge_id={}", checkout.recharge_id);
        reader.visit(ann, &cancelled).await;
        ann.pay(&checkout, &[("card_number", GOOD_CARD)]).await;
        reader.visit(ann, &checkout.landing()).await;
        reader
            .visit(ann, &format!("{}&stay=1", checkout.landing()))
            .await;
        reader
            .visit(ann, &format!("/payments/receipts/{}", checkout.recharge_id))
            .await;
    }
    ann.checkout("standard").await;
    for path in [
        "/payments",
        "/dashboard",
        "/statement",
        "/statement?kind=debt",
        "/sandbox",
        "/sandbox/mail",
    ] {
        reader.visit(ann, path).await;
    }
}

async fn pages_of_the_operator(reader: &mut Reader, server: &Server, ann: &Client) {
    let admin = server.anonymous();
    let admin = admin
        .signed_in_as("admin@example.com", "atelier-demo")
        .await;
    let first = async |path: &str| {
        let list = admin.get(path).await.expect(200).json();
        list["items"][0]["id"].as_str().expect("an id").to_owned()
    };
    let own = reader.own.clone();
    let words = AT_THE_OPERATOR.split_whitespace().map(str::to_owned);
    reader.own.extend(words);
    let purchase = first("/api/admin/recharges?status=completed").await;
    let job = first("/api/admin/jobs").await;
    let event = first("/api/admin/webhook-events").await;
    let person = format!("/admin/users/{}", ann.id);
    for path in [
        "/admin",
        "/admin/users",
        &person,
        &format!("{person}/statement"),
        "/admin/purchases",
        &format!("/admin/purchases/{purchase}"),
        &format!("/admin/purchases/{purchase}?refund=all"),
        "/admin/subscriptions",
        "/admin/jobs",
        &format!("/admin/jobs/{job}"),
        "/admin/bulk",
        "/admin/webhooks",
        &format!("/admin/webhooks/{event}"),
        "/admin/reconciliation",
        "/admin/anomalies",
        "/admin/audit",
        "/admin/settings",
    ] {
        reader.visit(&admin, path).await;
    }
    reader.own = own;
}

/// What programs are told instead of what they asked for.
async fn problems(reader: &mut Reader, server: &Server, ann: &Client) {
    let anyone = server.anonymous();
    let short = json!({"email": "ann", "password": "x", "name": "n".repeat(101)});
    let wrong = json!({"email": "ann@example.com", "password": "not this one"});
    let much = json!({"action": "deduct", "amount": 1_000_000, "reason": "r"});
    let none = json!({});
    for answer in [
        anyone.get("/api/credits").await,
        anyone.delete("/api/credits").await,
        anyone.get("/api/nothing").await,
        anyone.post_json("/api/auth/sign-up", short).await,
        anyone.post_json("/api/auth/sign-in", wrong.clone()).await,
        anyone.post_json("/api/auth/sign-up", wrong).await,
        anyone.post_json("/api/auth/reset", none.clone()).await,
        anyone.post("/api/webhooks/stripe").await,
        ann.get("/api/admin/recharges/none/refund").await,
        ann.post_json("/api/admin/recharges/none/refund", none.clone())
            .await,
        ann.get("/api/credits/entries?from=never").await,
        ann.get("/api/credits/entries?kind=none").await,
        ann.get("/api/jobs?cursor=none").await,
        ann.get("/api/jobs?tool=none").await,
        ann.get("/api/jobs?limit=none").await,
        ann.post_json("/api/checkout", none.clone()).await,
        ann.post_json("/api/checkout", json!({"item": "none", "provider": "none"}))
            .await,
        ann.post_json("/api/recharge", json!({"amount": 0})).await,
        ann.post_json("/api/credits", much).await,
        ann.post_json("/api/credits", json!({"action": "none", "user_id": "n"}))
            .await,
        ann.post_json("/api/video/generate", none).await,
        ann.post_json("/api/video/generate", json!({"prompt": 1, "seconds": "n"}))
            .await,
        ann.post("/api/try-on").await,
    ] {
        assert!(
            answer.status >= 400,
            "{} answers {}",
            answer.asked,
            answer.status
        );
        let problem = answer.json();
        let errors = problem["errors"].as_object().cloned().unwrap_or_default();
        let texts = [&problem["title"], &problem["detail"]]
            .into_iter()
            .chain(errors.values());
        for text in texts {
            reader.hear(&answer.asked, text.as_str().expect("a text"));
        }
    }
}

/// Every kind of letter there is, as text and as a page.
async fn letters(reader: &mut Reader, place: &Place, ann: &Client) {
    ann.form("/do/forgot", &[("email", &ann.email)]).await;
    for email in ["ann@new.example", "admin@example.com"] {
        let wanted = [("email", email), ("email_password", PASSWORD)];
        ann.form("/do/change-email", &wanted).await;
    }
    let book = ann.get("/sandbox/stripe/book").await.json();
    let paid = book["items"].as_array().expect("items");
    let paid = paid.iter().find(|item| item["amount_minor"] == 990);
    let refund =
        json!({"payment_intent": paid.expect("a purchase")["payment_intent"], "amount": 100});
    ann.post_json("/sandbox/stripe/refunds", refund)
        .await
        .expect(200);
    let desk = ann.get("/sandbox").await.text();
    let (_, plan) = desk.split_once("sub_").expect("a plan");
    let plan = plan.split(|c: char| !c.is_alphanumeric()).next();
    let renewal =
        json!({"subscription": format!("sub_{}", plan.unwrap_or_default()), "outcome": "failed"});
    ann.post_json("/sandbox/stripe/renew", renewal)
        .await
        .expect(200);
    for kind in [
        "verify", "reset", "change", "taken", "receipt", "refund", "renewal",
    ] {
        let subject = format!("[mail-{kind}-subject");
        let folder = place.folder.path().join("mail");
        let letter = until(&subject, async || {
            let kept = kept_letters(&folder, 100).await.unwrap_or_default();
            kept.into_iter()
                .find(|letter| letter.subject.starts_with(&subject))
        })
        .await;
        reader.hear(kind, &letter.subject);
        for line in letter.text.lines().filter(|line| !line.starts_with("http")) {
            reader.hear(kind, line);
        }
        for text in said(&letter.html) {
            reader.hear(kind, &text);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_word_of_every_page_is_a_text() {
    let place = Place::new(Kind::Sqlite).await;
    let mut command = place.command(&["serve"]);
    command.env("TEXTS", "keys");
    let server = Server::start(command);
    let mut own: BTreeSet<String> = NAMES
        .split_whitespace()
        .chain(AT_THE_DESK.split_whitespace())
        .map(str::to_owned)
        .collect();
    for language in ["en", "zh"] {
        let anyone = server.anonymous();
        let catalog = anyone.request(reqwest::Method::GET, "/api/catalog");
        let catalog = anyone
            .send(catalog.header("accept-language", language))
            .await;
        names_of(&catalog.expect(200).json(), &mut own);
    }
    let mut reader = Reader {
        keys: keys(),
        own,
        found: BTreeSet::new(),
        seen: BTreeSet::new(),
    };
    strangers_pages(&mut reader, &server).await;
    let ann = server.anonymous().signed_up_as("ann").await;
    for path in [
        "/dashboard",
        "/payments",
        "/payments/cancelled",
        "/payments/success?session_id=none",
        "/try-on",
        "/video",
        "/gallery",
        "/statement",
        "/account",
        "/jobs/none",
        "/payments/receipts/none",
    ] {
        reader.visit(&ann, path).await;
    }
    pages_of_jobs(&mut reader, &ann).await;
    pages_of_money(&mut reader, &ann).await;
    pages_of_the_operator(&mut reader, &server, &ann).await;
    problems(&mut reader, &server, &ann).await;
    letters(&mut reader, &place, &ann).await;
    println!(
        "{} of {} texts were seen",
        reader.seen.len(),
        reader.keys.len()
    );
    assert!(reader.found.is_empty(), "{:#?}", reader.found);
    assert!(
        reader.seen.len() * 2 > reader.keys.len(),
        "most texts are on these pages"
    );
}

#[test]
fn a_word_that_is_no_text_is_found() {
    let keys: BTreeSet<String> = ["bar-home".to_owned()].into();
    let own: BTreeSet<String> = ["Ann".to_owned()].into();
    let page = "<p alt=\"[bar-home]\">[bar-home|Ann|8] 4 MB<b title=\"Close\">余额</b><code>x</code>[unknown-key]</p>";
    let found: Vec<String> = said(page)
        .iter()
        .flat_map(|text| strangers(text, &keys, &own))
        .collect();
    assert_eq!(found, ["MB", "Close", "余额", "unknown", "key"]);
}
