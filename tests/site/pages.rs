//! Pages as a browser gets them: in the language that was chosen, and as pages also where something
//! was refused or broke.

use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, COOKIE, SET_COOKIE};
use serde_json::Value;

use crate::support::app::PASSWORD;
use crate::support::multipart::Multipart;
use crate::support::{Answer, App, Client, Kind, until};

const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// What a browser that wants a page is answered.
async fn page(client: &Client, method: Method, path: &str) -> Answer {
    let request = client.request(method, path).header(ACCEPT, BROWSER);
    client.send(request).await
}

#[track_caller]
fn assert_page(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.asked);
    let kind = answer.header("content-type");
    assert!(kind.starts_with("text/html"), "{}: {kind}", answer.asked);
    let text = answer.text();
    assert!(text.ends_with("</html>"), "{text}");
    assert!(
        !answer.header("content-security-policy").is_empty(),
        "{}",
        answer.asked
    );
}

/// The tag of the page's language.
fn language(answer: &Answer) -> String {
    let text = answer.text();
    let tag = text.split("<html").nth(1).expect("a document");
    let lang = tag.split("lang=\"").nth(1).expect("a language");
    lang.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_language_chosen_by_its_prefix_stays_on_the_pages_behind_it() {
    let app = App::start(Kind::Sqlite).await;
    let anyone = app.anonymous();
    let chinese = page(&anyone, Method::GET, "/zh/sign-in").await;
    assert_eq!(language(&chinese), "zh-CN");
    let cookie = chinese.header(SET_COOKIE.as_str());
    let cookie = cookie.split(';').next().unwrap_or_default();
    assert_eq!(cookie, "atelier_language=zh");

    // The links of the page have no prefix.
    let request = anyone.request(Method::GET, "/sign-up");
    let request = request.header(COOKIE, cookie).header(ACCEPT_LANGUAGE, "en");
    assert_eq!(language(&anyone.send(request).await), "zh-CN");
    // And a prefix counts more than what was chosen before.
    let request = anyone
        .request(Method::GET, "/en/sign-up")
        .header(COOKIE, cookie);
    assert_eq!(language(&anyone.send(request).await), "en");

    let plain = page(&anyone, Method::GET, "/sign-in").await;
    assert_eq!(plain.header(SET_COOKIE.as_str()), "", "nothing was chosen");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_of_another_site_is_refused_by_a_page_and_a_program_by_a_problem() {
    let app = App::start(Kind::Sqlite).await;
    let ann = app.sign_up("ann").await;
    for (accept, is_page) in [(BROWSER, true), ("application/json", false)] {
        let request = ann
            .request(Method::POST, "/do/checkout")
            .header(ACCEPT, accept)
            .header("sec-fetch-site", "cross-site")
            .header(ACCEPT_LANGUAGE, "zh");
        let refused = ann.send(request).await;
        if is_page {
            assert_page(&refused, 403);
            assert_eq!(language(&refused), "zh-CN");
        } else {
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (403, "cross_site")
            );
        }
    }
    assert_eq!(app.number("SELECT COUNT(*) FROM recharge_records").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_only_takes_forms_shows_a_page_to_whoever_opens_it() {
    let app = App::start(Kind::Sqlite).await;
    let answer = page(&app.anonymous(), Method::GET, "/do/sign-in").await;
    assert_page(&answer, 405);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_whose_figures_cannot_be_read_says_so_and_names_the_line_of_the_log() {
    let app = App::start(Kind::Sqlite).await;
    let ann = app.sign_up("ann").await;
    let away = "ALTER TABLE wallets RENAME TO wallets_away";
    app.execute(away, &[]).await;
    for path in ["/dashboard", "/payments", "/try-on"] {
        assert_page(&page(&ann, Method::GET, path).await, 500);
    }
    let broken = page(&ann, Method::GET, "/dashboard").await;
    let program = ann.get("/api/credits").await.expect(500).json();
    let reference = program["reference"].as_str().expect("a reference");
    assert_eq!(reference.len(), 8);
    // Each failure has its own number; the page shows one of the same kind.
    let text = broken.text();
    let named = text.split("name this number: ").nth(1);
    let named: String = named.expect("a number").chars().take(8).collect();
    assert!(
        named.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{named}"
    );
    // Who signed in is not said to have signed out.
    assert!(!text.contains("/sign-up"), "{text}");
    let back = "ALTER TABLE wallets_away RENAME TO wallets";
    app.execute(back, &[]).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_password_is_told_only_where_it_is_the_password() {
    let told = async |more: &[(&str, &str)]| {
        let app = App::start_with(Kind::Sqlite, more).await;
        let anyone = app.anonymous();
        let mut told = Vec::new();
        for path in ["/sign-in", "/sandbox"] {
            told.push(
                anyone
                    .get(path)
                    .await
                    .expect(200)
                    .text()
                    .contains("atelier-demo"),
            );
        }
        app.stop().await;
        told
    };
    assert_eq!(told(&[]).await, [true, true]);
    let proxied = [("ATELIER_URL", "https://studio.example.com")];
    assert_eq!(told(&proxied).await, [false, false]);
    assert_eq!(
        told(&[("ATELIER_SANDBOX_PUBLIC", "1")]).await,
        [false, false]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_try_on_keeps_what_was_chosen() {
    let app = App::start(Kind::Sqlite).await;
    let ann = app.sign_up("ann").await;
    let form = Multipart::default()
        .text("key", "a-key")
        .text("person_sample", "person-noor")
        .text("garment_sample", "")
        .text("category", "tops");
    let refused = ann.upload("/try-on", form).await;
    assert_page(&refused, 422);
    let text = refused.text();
    for value in ["person-noor", "tops"] {
        let checked = format!("value=\"{value}\" checked");
        assert!(text.contains(&checked), "{value}: {text}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn samples_do_where_no_file_was_chosen() {
    let app = App::start(Kind::Sqlite).await;
    let ann = app.sign_up("ann").await;
    // A browser sends a file input that was left alone as an empty file without a name.
    let untouched = || {
        Multipart::default()
            .file("person", "", b"")
            .file("garment", "", b"")
    };
    let chosen = untouched()
        .text("key", "a-key")
        .text("person_sample", "person-ada")
        .text("garment_sample", "garment-tee")
        .text("category", "auto");
    let accepted = ann.upload("/try-on", chosen).await.expect(303);
    assert!(accepted.header("location").starts_with("/jobs/"));

    let nothing = untouched().text("key", "b-key").text("person_sample", "");
    let refused = ann.upload("/try-on", nothing).await.expect(422).text();
    assert!(refused.contains("Choose a photo of a person"), "{refused}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_sandboxs_pictures_are_called_previews() {
    const NOTE: &str = "Sandbox preview";
    let sandbox = App::start(Kind::Sqlite).await;
    let base = format!("{}/sandbox/fashn/", sandbox.base);
    // A real key leads to a provider's own address; here that is another program's sandbox.
    let keys = [("FASHN_API_KEY", "fa_fake"), ("FASHN_API_BASE", &base)];
    let real = App::start_with(Kind::Sqlite, &keys).await;
    for (app, is_preview) in [(&sandbox, true), (&real, false)] {
        let ann = app.sign_up("ann").await;
        let id = ann.start_job().await;
        let job: Value = ann.job_ends(&id).await;
        assert_eq!(job["state"], "succeeded", "{job}");
        let text = ann.get(&format!("/jobs/{id}")).await.expect(200).text();
        assert_eq!(text.contains(NOTE), is_preview);
    }
    real.stop().await;
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_of_a_public_sandbox_are_read_by_whom_they_are_to() {
    let app = App::start_with(Kind::Sqlite, &[("ATELIER_SANDBOX_PUBLIC", "1")]).await;
    let (ann, eve) = (app.sign_up("ann").await, app.sign_up("eve").await);
    let shown = async |client: &Client| client.get("/sandbox/mail").await.expect(200).text();
    until("ann's letter is there", async || {
        shown(&ann).await.contains("/verify/").then_some(())
    })
    .await;
    let forgot = serde_json::json!({"email": "ann@example.com"});
    eve.post_json("/api/auth/forgot", forgot).await.expect(202);
    until("the link is in ann's letters", async || {
        shown(&ann).await.contains("/reset/").then_some(())
    })
    .await;
    assert!(!shown(&eve).await.contains("/reset/"));
    assert!(!shown(&app.anonymous()).await.contains("/verify/"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_keeps_its_language_for_the_next_browser() {
    let app = App::start(Kind::Sqlite).await;
    let ann = app.sign_up("ann").await;
    let fresh = async || {
        let browser = app.anonymous().signed_in_as(&ann.email, PASSWORD).await;
        language(&page(&browser, Method::GET, "/dashboard").await)
    };
    assert_eq!(fresh().await, "en");
    page(&ann, Method::GET, "/zh/dashboard").await;
    assert_eq!(fresh().await, "zh-CN");
    page(&ann, Method::GET, "/en/dashboard").await;
    assert_eq!(fresh().await, "en");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_with_a_running_job_look_again_where_no_script_follows_it() {
    let app = App::start(Kind::Sqlite).await;
    let ann = app.sign_up("ann").await;
    app.next_job("slow:60000").await;
    let job = format!("/jobs/{}", ann.start_job().await);
    for path in [&*job, "/dashboard", "/gallery"] {
        let plain = page(&ann, Method::GET, path).await;
        assert_eq!(plain.header("refresh"), format!("5;url={path}"));
        let text = plain.text();
        let main = text.split("<main").nth(1).expect("a page");
        let first = main.split("<a ").nth(1).expect("a link");
        let stay = format!("href=\"{path}?stay=1\"");
        assert!(first.starts_with(&stay), "{path}: {first}");

        let stays = page(&ann, Method::GET, &format!("{path}?stay=1")).await;
        assert_eq!(stays.header("refresh"), "");
        let scripted = ann.request(Method::GET, path).header(COOKIE, "script=on");
        let scripted = ann.send(scripted).await.expect(200);
        assert_eq!(scripted.header("refresh"), "", "{path}");
    }
    ann.post(&format!("/api{job}/cancel")).await.expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dashboard_draws_what_was_used_and_what_was_left() {
    let app = App::start(Kind::Sqlite).await;
    let ann = app.sign_up("ann").await;
    let empty = page(&ann, Method::GET, "/dashboard").await.text();
    assert!(
        empty.contains("No credits used in the last 30 days."),
        "{empty}"
    );
    ann.job_ends(&ann.start_job().await).await;
    let deduct = serde_json::json!({"action": "deduct", "amount": 3, "reason": "spent elsewhere"});
    ann.post_json("/api/credits", deduct).await.expect(200);
    let drawn = page(&ann, Method::GET, "/dashboard").await.text();
    assert!(
        drawn.contains("Credits used per day in the last 30 days: 4 in all."),
        "{drawn}"
    );
    assert!(drawn.contains("0 at first, 4 now"), "{drawn}");
    // Today is the last of thirty days, twice.
    assert_eq!(drawn.matches("<span class=\"chart-day").count(), 60);
    app.stop().await;
}
