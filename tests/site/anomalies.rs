//! What looks odd, as the operator sees it, and the stop of an account's spending, as its owner meets it.

use atelier_server::mail::kept_letters;
use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use crate::support::{Answer, App, Client, until};

const CONTACT: &str = "help@example.com";
const PAUSED: &str = "Spending is paused while we look at your account. Your credits are safe.";
const PAUSED_ZH: &str = "您的点数是安全的";

async fn stop(admin: &Client, of: &Client, stopped: bool) -> Value {
    let address = format!("/api/admin/users/{}/stop", of.id);
    let body = json!({"stopped": stopped, "reason": "many refunds"});
    admin.post_json(&address, body).await.expect(200).json()
}

/// The pages on which the owner reads it.
const PAGES: [&str; 4] = ["/dashboard", "/payments", "/try-on", "/video"];

async fn is_told(client: &Client) -> Vec<(bool, bool)> {
    let mut told = Vec::new();
    for page in PAGES {
        // The language that was asked for last stays the account's, and its letters'.
        let chinese = client.get(&format!("/zh{page}")).await.expect(200).text();
        let english = client.get(&format!("/en{page}")).await.expect(200).text();
        let has = |page: &str, text: &str| page.contains(text) && page.contains(CONTACT);
        told.push((has(&english, PAUSED), has(&chinese, PAUSED_ZH)));
    }
    told
}

/// The refusal, which is the same for everything that spends.
fn is_refused(answer: Answer) {
    let refused = answer.expect(403);
    assert_eq!(refused.code(), "forbidden");
    let detail = format!("{PAUSED} Write to {CONTACT}.");
    assert_eq!(refused.json()["detail"], detail);
}

/// The owner gets these letters about it, oldest first. One is true when it is sent, or is not sent.
async fn are_written(app: &App, to: &Client, subjects: &[&str]) {
    let folder = app.folder.path().join("mail");
    until("they are written to", async || {
        let kept = kept_letters(&folder, 100).await.unwrap_or_default();
        let theirs = kept
            .into_iter()
            .rev()
            .filter(|letter| letter.to == to.email);
        let theirs: Vec<String> = theirs.map(|letter| letter.subject).collect();
        let about = theirs
            .iter()
            .filter(|subject| subject.to_lowercase().contains("spend"));
        about.eq(subjects).then_some(())
    })
    .await;
}

on_both_databases! {
    async fn a_stopped_account_spends_nothing_and_the_rest_goes_on(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        app.next_job("slow:1500").await;
        let job = ann.start_job().await;
        let checkout = ann.checkout("credits-10").await;
        let shape = ann.wallet().await;
        let person = stop(&admin, &ann, true).await;
        assert_eq!(person["stopped"], true);

        let records = "SELECT COUNT(*) FROM recharge_records";
        let sessions = "SELECT COUNT(*) FROM sandbox_objects WHERE kind = 'checkout.session'";
        let (begun, opened) = (app.number(records).await, app.number(sessions).await);
        is_refused(ann.try_on_usual().await);
        is_refused(ann.post_json("/api/video/generate", json!({"prompt": "a walk"})).await);
        is_refused(ann.post_json("/api/credits", json!({"action": "deduct", "amount": 1, "reason": "mine"})).await);
        is_refused(ann.post_json("/api/checkout", json!({"item": "credits-10"})).await);
        is_refused(ann.post_json("/api/checkout", json!({"item": "premium-monthly"})).await);
        is_refused(ann.post_json("/api/checkout", json!({"item": "top-up", "amount": 10})).await);
        is_refused(ann.post_json("/api/recharge", json!({"amount": 10})).await);
        let chinese = ann.post_json("/zh/api/checkout", json!({"item": "credits-10"})).await.expect(403).json();
        let detail = chinese["detail"].as_str().expect("a text");
        assert!(detail.contains(PAUSED_ZH) && detail.contains(CONTACT), "{detail}");
        assert_eq!((app.number(records).await, app.number(sessions).await), (begun, opened), "nothing is begun");
        for (form, fields) in [
            ("/do/checkout", [("key", "k1"), ("item", "credits-10")]),
            ("/do/rerun-job", [("key", "k2"), ("id", &job)]),
        ] {
            ann.form(form, &fields).await;
        }
        assert_eq!(app.number(records).await, begun);
        assert_eq!(is_told(&ann).await, [(true, true); 4]);
        are_written(app, &ann, &["Spending is paused for your account"]).await;

        // What was begun before goes on.
        ann.pay_by_card(&checkout, "normal").await;
        ann.recharge_becomes(&checkout, "completed").await;
        ann.job_becomes(&job, "succeeded").await;
        let wallet = ann.wallet().await;
        assert_eq!((&wallet["credits"]["remaining"], &wallet["credits"]["used"]), (&json!(17), &json!(1)));
        let keys = |wallet: &Value| wallet.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
        assert_eq!(keys(&wallet), keys(&shape));
        let admins = json!({"action": "deduct", "amount": 1, "reason": "a test", "user_id": ann.id});
        admin.post_json("/api/credits", admins).await.expect(200);
        let back = format!("/api/admin/recharges/{}/refund", checkout.recharge_id);
        admin.post_json(&back, json!({})).await.expect(200);
        for page in ["/statement", "/gallery", "/account", "/account/export"] {
            ann.get(page).await.expect(200);
        }

        assert_eq!(stop(&admin, &ann, false).await["stopped"], false);
        assert_eq!(is_told(&ann).await, [(false, false); 4]);
        ann.checkout("credits-10").await;
        let again = ann.start_job().await;
        ann.job_becomes(&again, "succeeded").await;
        are_written(app, &ann, &["Spending is paused for your account", "You can spend again"]).await;
    }

    async fn a_plan_is_not_changed_or_taken_up_but_can_be_ended(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let plan = ann.buy("premium-monthly", "normal").await;
        ann.recharge_becomes(&plan, "completed").await;
        until("the plan serves", async || {
            (ann.wallet().await["premium"]["active"] == true).then_some(())
        }).await;
        stop(&admin, &ann, true).await;
        let renews = "SELECT COUNT(*) FROM subscriptions WHERE renews = 1";
        for (action, left) in [("end", 0), ("resume", 0)] {
            ann.form("/do/plan", &[("action", action)]).await;
            assert_eq!(app.number(renews).await, left, "{action}");
        }
        is_refused(ann.post_json("/api/checkout", json!({"item": "premium-monthly"})).await);
        is_refused(ann.post_json("/api/checkout/portal", json!({})).await);
        stop(&admin, &ann, false).await;
        ann.form("/do/plan", &[("action", "resume")]).await;
        assert_eq!(app.number(renews).await, 1);
    }

    async fn operators_stop_by_form_with_a_reason_once(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let version = ann.wallet().await["version"].as_i64().expect("a version");
        let stops = async |by: &Client, reason: &str, stopped: &str| {
            by.form("/do/admin-stop", &[("id", &ann.id), ("stopped", stopped), ("reason", reason)]).await;
            ann.wallet().await["version"].as_i64().expect("a version") - version
        };
        assert_eq!(stops(&ann, "mine", "true").await, 0, "only operators");
        assert_eq!(stops(&admin, " ", "true").await, 0, "not without a reason");
        assert_eq!(stops(&admin, "many refunds", "true").await, 1);
        assert_eq!(stops(&admin, "many refunds", "true").await, 1, "twice is once");
        let page = admin.get(&format!("/admin/users/{}", ann.id)).await.expect(200).text();
        assert!(page.contains("Let them spend again") && page.contains("many refunds"), "{page}");
        let stopped = admin.get("/api/admin/users?standing=stopped").await.expect(200).json();
        assert_eq!(stopped["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(stops(&admin, "looked at", "false").await, 2);
        let log = admin.get(&format!("/api/admin/audit?target={}", ann.id)).await.expect(200).json();
        let line = &log["items"][1];
        assert_eq!((&line["action"], &line["before"], &line["after"]), (&json!("spending.stop"), &json!("open"), &json!("stopped")));
        let log = admin.get("/admin/audit?action=spending.stop").await.expect(200).text();
        assert!(log.contains(&format!("href=\"/admin/users/{}\"", ann.id)), "it leads to the account: {log}");
        assert_eq!((&line["reason"], &line["address"]), (&json!("many refunds"), &json!("127.0.0.1")));
        let address = format!("/api/admin/users/{}/stop", ann.id);
        let refused = admin.post_json(&address, json!({"stopped": true, "reason": " "})).await.expect(422).json();
        assert!(refused["errors"]["reason"].is_string(), "{refused}");
        ann.post_json(&address, json!({"stopped": false, "reason": "mine"})).await.expect(403);
        let nobody = "/api/admin/users/00000000-0000-7000-8000-000000000000/stop";
        admin.post_json(nobody, json!({"stopped": true, "reason": "why"})).await.expect(404);
    }

    async fn anomalies_are_listed_with_their_accounts_and_the_stop(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let list = "/api/admin/anomalies";
        let nothing = admin.get(list).await.expect(200).json();
        assert_eq!(nothing["items"], json!([]));
        assert!(admin.get("/admin/anomalies").await.expect(200).text().contains("Nothing here."));
        let gift = json!({"action": "add", "amount": 1_001, "reason": "a gift", "user_id": ann.id});
        admin.post_json("/api/credits", gift).await.expect(200);
        let found = admin.get(list).await.expect(200).json();
        let item = &found["items"][0];
        assert_eq!((&item["kind"], &item["user_id"]), (&json!("given_credits"), &json!(ann.id)));
        assert_eq!((&item["seen"], &item["limit"]), (&json!("1001"), &json!("1000")));
        assert!(item["since"].is_string() && found["checked_at"].is_string(), "{found}");
        let csv = admin.send(admin.request(Method::GET, list).header(ACCEPT, "text/csv")).await.expect(200).text();
        let line = format!("given_credits,{},{},1001,1000,", item["id"].as_str().expect("an id"), ann.id);
        assert!(csv.starts_with("kind,id,user_id,seen,limit,since\r\n") && csv.contains(&line), "{csv}");

        let page = admin.get("/admin/anomalies").await.expect(200).text();
        assert!(page.contains(&format!("/admin/users/{}", ann.id)) && page.contains("/do/admin-stop"), "{page}");
        assert!(admin.get("/admin/anomalies?kind=stuck_hold").await.expect(200).text().contains("Nothing here."));
        let fields = [("id", ann.id.as_str()), ("stopped", "true"), ("reason", "much given"), ("anomalies", "given_credits")];
        let answer = admin.form("/do/admin-stop", &fields).await;
        assert_eq!(answer.header("location"), "/admin/anomalies?kind=given_credits");
        let page = admin.get("/admin/anomalies?kind=given_credits").await.expect(200).text();
        assert!(page.contains("spending stopped") && !page.contains("/do/admin-stop"), "{page}");
        is_refused(ann.post_json("/api/checkout", json!({"item": "credits-10"})).await);
        stop(&admin, &ann, false).await;
    }
}

on_two_nodes! {
    async fn a_stop_at_one_node_holds_at_the_other(one: &App, other: &App) {
        let (admin, ann) = (one.admin().await, one.sign_up("ann").await);
        let there = ann.at(&other.base);
        let version = there.wallet().await["version"].clone();
        stop(&admin, &ann, true).await;
        is_refused(there.try_on_usual().await);
        assert_ne!(there.wallet().await["version"], version);
        assert_eq!(is_told(&there).await, [(true, true); 4]);
        stop(&admin, &ann, false).await;
        let job = there.start_job().await;
        there.job_becomes(&job, "succeeded").await;
    }
}
