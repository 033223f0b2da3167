//! What the operator sees and does over HTTP: people, the audit log, webhook events, wallets by the batch.

use std::time::Duration;

use atelier_server::oversight;
use atelier_server::testing::proofs::saw;
use atelier_server::time::Timestamp;
use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use crate::support::app::PASSWORD;
use crate::support::{Answer, Client, html};

pub(crate) async fn csv(client: &Client, path: &str) -> Answer {
    let request = client.request(Method::GET, path).header(ACCEPT, "text/csv");
    client.send(request).await.expect(200)
}

pub(crate) async fn items(client: &Client, path: &str) -> Vec<Value> {
    let list = client.get(path).await.expect(200).json();
    list["items"].as_array().cloned().expect("items")
}

/// The value of one field, of each.
pub(crate) fn each<'a>(items: &'a [Value], field: &str) -> Vec<&'a str> {
    let values = items.iter().map(|item| item[field].as_str());
    values.map(|value| value.unwrap_or_default()).collect()
}

fn row(client: &Client, action: &str, amount: i64) -> Value {
    json!({"email": client.email, "action": action, "amount": amount, "reason": "spring"})
}

on_both_databases! {
    async fn people_are_found_by_address_id_and_outside_id(app: &App) {
        let admin = app.admin().await;
        let (ann, anna, bob) = (app.sign_up("ann").await, app.sign_up("anna").await, app.sign_up("bob").await);
        let body = json!({"external_id": "ext-1", "email": "zoe@example.com"});
        admin.post_json("/api/user/sync", body).await.expect(201);
        assert_eq!(each(&items(&admin, "/api/admin/users?q=ANN").await, "email"), [&anna.email, &ann.email]);
        assert_eq!(each(&items(&admin, "/api/admin/users?q=anna%40").await, "email"), [&anna.email]);
        assert_eq!(each(&items(&admin, &format!("/api/admin/users?q={}", bob.id)).await, "email"), [&bob.email]);
        assert_eq!(each(&items(&admin, "/api/admin/users?q=ext-1").await, "external_id"), ["ext-1"]);
        let outside = "0B5C6D1E-7B1A-4C8E-9F00-112233445566";
        let body = json!({"external_id": outside, "email": "yan@example.com"});
        admin.post_json("/api/user/sync", body).await.expect(201);
        assert_eq!(each(&items(&admin, &format!("/api/admin/users?q={outside}")).await, "external_id"), [outside]);
        assert!(items(&admin, "/api/admin/users?q=%25").await.is_empty());
        let one = admin.get(&format!("/api/admin/users/{}", ann.id)).await.expect(200).json();
        assert_eq!(one["wallet"], ann.wallet().await);
        assert_eq!((&one["role"], &one["blocked"]), (&json!("user"), &json!(false)));
        admin.get("/api/admin/users/00000000-0000-7000-8000-000000000000").await.expect(404);
        // In pages, newest first, each once.
        let mut seen = Vec::new();
        let mut path = "/api/admin/users?limit=2".to_owned();
        loop {
            let page = admin.get(&path).await.expect(200).json();
            seen.extend(page["items"].as_array().expect("items").iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/api/admin/users?limit=2&cursor={next}");
        }
        let mut sorted = seen.clone();
        sorted.sort_by(|a, b| b.cmp(a));
        sorted.dedup();
        assert_eq!(seen, sorted);
        assert_eq!(seen.len(), items(&admin, "/api/admin/users?limit=200").await.len());
        let file = csv(&admin, "/api/admin/users").await;
        assert!(file.header("content-disposition").contains("users.csv"));
        let text = file.text();
        assert_eq!(text.lines().count(), seen.len() + 1);
        assert!(text.starts_with("id,email,name,role,") && text.contains(&format!("{},{}", ann.id, ann.email)), "{text}");
    }

    async fn a_block_ends_access_at_once_and_is_in_the_log(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let token = app.token(&ann, "credits:read").await;
        let address = format!("/api/admin/users/{}/block", ann.id);
        let refused = admin.post_json(&address, json!({"blocked": true})).await.expect(422).json();
        assert!(refused["errors"]["reason"].is_string(), "{refused}");
        let blocked = admin.post_json(&address, json!({"blocked": true, "reason": "stolen card"})).await.expect(200).json();
        assert_eq!(blocked["blocked"], true);
        ann.get("/api/credits").await.expect(401);
        token.get("/api/credits").await.expect(401);
        assert_eq!(each(&items(&admin, "/api/admin/users?standing=blocked").await, "id"), [&ann.id]);
        admin.post_json(&address, json!({"blocked": false, "reason": "a mistake"})).await.expect(200);
        assert!(items(&admin, "/api/admin/users?standing=blocked").await.is_empty());
        ann.get("/api/credits").await.expect(401);
        ann.elsewhere().signed_in_as(&ann.email, crate::support::app::PASSWORD).await;
        let log = items(&admin, &format!("/api/admin/audit?target={}", ann.id)).await;
        assert_eq!(each(&log, "action"), ["user.unblock", "user.block"]);
        let line = &log[1];
        assert_eq!(line["actor"], format!("admin:{}", admin.id));
        assert_eq!((&line["before"], &line["after"], &line["reason"]), (&json!("open"), &json!("blocked"), &json!("stolen card")));
        assert_eq!(line["address"], "127.0.0.1");
        // Nobody locks themselves out.
        let own = format!("/api/admin/users/{}/block", admin.id);
        let refused = admin.post_json(&own, json!({"blocked": true, "reason": "why"})).await.expect(422).json();
        assert!(refused["errors"]["blocked"].is_string(), "{refused}");
    }

    async fn the_log_is_filtered_and_paged(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        for amount in 1..=5 {
            let body = json!({"action": "add", "amount": amount, "reason": format!("=reason {amount}"), "user_id": ann.id});
            admin.post_json("/api/credits", body).await.expect(200);
        }
        let adds = items(&admin, "/api/admin/audit?action=credits.add").await;
        assert_eq!(each(&adds, "after"), ["23", "18", "14", "11", "9"]);
        let page = admin.get("/api/admin/audit?limit=2").await.expect(200).json();
        let next = page["next"].as_str().expect("more");
        let second = items(&admin, &format!("/api/admin/audit?limit=2&cursor={next}")).await;
        assert_eq!(second, adds[2..4]);
        assert!(items(&admin, "/api/admin/audit?from=2100-01-01").await.is_empty());
        assert_eq!(items(&admin, "/api/admin/audit?to=2100-01-01&action=credits.add").await.len(), 5);
        admin.get("/api/admin/audit?from=yesterday").await.expect(422);
        let text = csv(&admin, "/api/admin/audit?action=credits.add").await.text();
        assert!(text.contains(",'=reason 5,"), "a spreadsheet would run it: {text}");
    }

    async fn an_event_is_seen_and_acted_on_again_without_granting_twice(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let checkout = ann.buy("credits-10", "normal").await;
        ann.recharge_becomes(&checkout, "completed").await;
        crate::support::until("the event is done", async || {
            let events = items(&admin, "/api/admin/webhook-events?state=processed").await;
            (!events.is_empty()).then_some(())
        }).await;
        let events = items(&admin, "/api/admin/webhook-events?state=processed").await;
        let about: Vec<&Value> = events.iter().filter(|event| event["object_id"] == checkout.session_id).collect();
        let id = about.first().expect("its event")["id"].as_str().expect("an id");
        let whole = admin.get(&format!("/api/admin/webhook-events/{id}")).await.expect(200).json();
        assert!(whole["payload"].as_str().expect("what was sent").contains(&checkout.session_id));
        let balance = ann.remaining().await;
        let replayed = admin.post(&format!("/api/admin/webhook-events/{id}/replay")).await.expect(200).json();
        assert_ne!(replayed["processed_at"], json!(0));
        crate::support::until("it is done again", async || {
            let event = admin.get(&format!("/api/admin/webhook-events/{id}")).await.expect(200).json();
            (event["state"] == "processed").then_some(())
        }).await;
        assert_eq!(ann.remaining().await, balance);
        let log = items(&admin, "/api/admin/audit?action=webhook.replay").await;
        assert_eq!(each(&log, "target"), [id]);
        admin.post("/api/admin/webhook-events/00000000-0000-7000-8000-000000000000/replay").await.expect(404);
        admin.get("/api/admin/webhook-events?state=odd").await.expect(422);
        assert!(csv(&admin, "/api/admin/webhook-events").await.text().contains(&checkout.session_id));

        // All that were given up, at once: by a program, and by the page's button, which is there only then.
        let button = "/do/admin-replay-failed";
        assert!(!admin.get("/admin/webhooks").await.expect(200).text().contains(button));
        let given_up = "UPDATE webhook_events SET state = 'failed', next_at = NULL WHERE object_id = $1";
        for by_form in [false, true] {
            let lost = app.execute(given_up, &[&checkout.session_id]).await;
            assert!(admin.get("/admin/webhooks").await.expect(200).text().contains(button));
            if by_form {
                ann.form(button, &[("reason", "why")]).await;
                assert_eq!(items(&admin, "/api/admin/webhook-events?state=failed").await.len() as u64, lost);
                admin.form(button, &[("reason", "why")]).await;
            } else {
                let again = admin.post("/api/admin/webhook-events/replay-failed").await.expect(200).json();
                assert_eq!(again["replayed"].as_u64(), Some(lost));
            }
            crate::support::until("they are done again", async || {
                let event = admin.get(&format!("/api/admin/webhook-events/{id}")).await.expect(200).json();
                (event["state"] == "processed").then_some(())
            }).await;
        }
        assert_eq!(ann.remaining().await, balance);
        assert_eq!(items(&admin, "/api/admin/audit?action=webhook.replay_failed").await.len(), 2);
        let none = admin.post("/api/admin/webhook-events/replay-failed").await.expect(200).json();
        assert_eq!(none["replayed"], 0);
    }

    async fn an_event_has_a_page_with_what_was_sent(app: &App) {
        let (ann, admin) = (app.sign_up("ann").await, app.admin().await);
        let bought = ann.buy("credits-10", "before_redirect").await;
        ann.recharge_becomes(&bought, "completed").await;
        let event = crate::support::until("the event is done", async || {
            items(&admin, "/api/admin/webhook-events?state=processed").await.pop()
        }).await;
        let (id, name) = (event["id"].as_str().expect("an id"), event["event_id"].as_str().expect("a name"));
        let page = format!("/admin/webhooks/{id}");
        assert!(admin.get("/admin/webhooks").await.expect(200).text().contains(&page));

        // The story of the purchase leads to it, and it leads back.
        let purchase = format!("/admin/purchases/{}", bought.recharge_id);
        assert!(admin.get(&purchase).await.expect(200).text().contains(&page));
        let shown = admin.get(&page).await.expect(200).text();
        for said in [name, &purchase, "Stripe", "checkout.session.completed", "What was sent"] {
            assert!(shown.contains(said), "{said}");
        }
        let (_, sent) = shown.split_once("event-payload").expect("what was sent");
        assert!(sent.contains(&bought.session_id), "{}", sent.len());

        // Somebody else's words stay words, an error is shown, and much is shown in part.
        let odd = format!(r#"{{"a":"<script>alert(1)</script>","more":"{}"}}"#, "m".repeat(40_000));
        let change = "UPDATE webhook_events SET payload = $1, state = 'failed', reason = 'no such session', attempts = 20 WHERE id = $2";
        assert_eq!(app.execute(change, &[&odd, id]).await, 1);
        let shown = admin.get(&page).await.expect(200).text();
        assert!(!shown.contains("<script>alert") && shown.contains("&lt;script&gt;alert(1)"));
        assert!(shown.contains("no such session") && shown.contains(">20<"));
        assert!(shown.contains("This is its beginning") && shown.contains(&format!("/api/admin/webhook-events/{id}")));
        assert!(shown.len() < 60_000, "{}", shown.len());

        admin.form("/do/admin-replay", &[("id", id), ("reason", "a test")]).await;
        assert!(admin.get(&page).await.expect(200).text().contains("webhook.replay"), "the log of the event");
        let erased = "UPDATE webhook_events SET payload = '{}' WHERE id = $1";
        assert_eq!(app.execute(erased, &[id]).await, 1);
        assert!(admin.get(&page).await.expect(200).text().contains("Its account was deleted"));
        admin.get("/admin/webhooks/00000000-0000-7000-8000-000000000000").await.expect(404);
        admin.get("/admin/webhooks/made-up").await.expect(404);
    }

    async fn a_batch_is_previewed_done_once_and_undone_as_far_as_it_goes(app: &App) {
        let (admin, ann, bob) = (app.admin().await, app.sign_up("ann").await, app.sign_up("bob").await);
        let nobody = json!({"email": "nobody@example.com", "action": "add", "amount": 1, "reason": "spring"});
        let odd = json!({"email": ann.email, "action": "give", "amount": 1, "reason": "spring"});
        let rows = json!([row(&ann, "add", 40), row(&bob, "set", 3), row(&bob, "deduct", 4), nobody, odd, row(&ann, "deduct", 8)]);
        let ask = |dry_run: bool| json!({"batch_id": "spring-2026", "dry_run": dry_run, "rows": rows});
        let preview = admin.post_json("/api/admin/credits/bulk", ask(true)).await.expect(200).json();
        let after: Vec<&Value> = preview["rows"].as_array().expect("rows").iter().map(|row| &row["after"]).collect();
        assert_eq!(after, [&json!(48), &json!(3), &Value::Null, &Value::Null, &Value::Null, &json!(40)]);
        assert_eq!((&preview["applied"], &preview["failed"]), (&json!(3), &json!(3)));
        assert_eq!((ann.remaining().await, bob.remaining().await), (8, 8), "nothing is changed");

        let done = admin.post_json("/api/admin/credits/bulk", ask(false)).await.expect(200).json();
        for (at, previewed) in preview["rows"].as_array().expect("rows").iter().enumerate() {
            let row = &done["rows"][at];
            assert_eq!(row["row"], at);
            for field in ["email", "ok", "before", "after", "error"] {
                assert_eq!(row[field], previewed[field], "{field} of {row}");
            }
            assert_eq!(row["entry"].is_object(), row["ok"] == true);
        }
        assert_eq!((ann.remaining().await, bob.remaining().await), (40, 3));
        let again = admin.post_json("/api/admin/credits/bulk", ask(false)).await.expect(200).json();
        assert_eq!((&again["applied"], &again["failed"]), (&json!(3), &json!(3)));
        assert_eq!(again["rows"][0]["entry"]["id"], done["rows"][0]["entry"]["id"]);
        assert_eq!((ann.remaining().await, bob.remaining().await), (40, 3), "nothing is done twice");
        let other = json!({"batch_id": "spring-2026", "dry_run": false, "rows": [row(&ann, "add", 41)]});
        let refused = admin.post_json("/api/admin/credits/bulk", other).await.expect(422).json();
        assert!(refused["errors"]["rows"].is_string(), "{refused}");

        // Ann has spent: 8 of her 40 are left, and 8 come back from the deduction.
        let spent = json!({"action": "deduct", "amount": 32, "reason": "spent"});
        ann.post_json("/api/credits", spent).await.expect(200);
        let undone = admin.post("/api/admin/credits/bulk/spring-2026/undo").await.expect(200).json();
        assert_eq!((ann.remaining().await, bob.remaining().await), (0, 8));
        assert_eq!((&undone["applied"], &undone["failed"]), (&json!(2), &json!(1)));
        let rest = undone["rows"][0]["error"].as_str().expect("what stays");
        assert!(rest.contains("24"), "{rest}");
        let back = json!({"action": "add", "amount": 30, "reason": "back", "user_id": ann.id});
        admin.post_json("/api/credits", back).await.expect(200);
        let undone = admin.post("/api/admin/credits/bulk/spring-2026/undo").await.expect(200).json();
        assert_eq!((&undone["applied"], &undone["failed"]), (&json!(3), &json!(0)));
        assert_eq!(ann.remaining().await, 6);
        admin.post("/api/admin/credits/bulk/spring-2026/undo").await.expect(200);
        assert_eq!(ann.remaining().await, 6, "what is undone is not undone again");
        admin.post("/api/admin/credits/bulk/unknown/undo").await.expect(404);
        // What was undone is not gone on with.
        let late = admin.post_json("/api/admin/credits/bulk", ask(false)).await.expect(409);
        assert_eq!(late.code(), "conflict");
        assert_eq!(ann.remaining().await, 6);
        let log = items(&admin, "/api/admin/audit?target=spring-2026").await;
        assert_eq!(each(&log, "action"), ["credits.bulk.undone", "credits.bulk.undone", "credits.bulk.undo", "credits.bulk"]);
        let stood = |line: &Value| (line["before"].clone(), line["after"].clone());
        let told = [
            (json!("1 row with 24 credits given and 0 taken"), json!("undone of it: 1 row with 24 credits given and 0 taken")),
            (json!("3 rows with 40 credits given and 13 taken"), json!("undone of it: 3 rows with 16 credits given and 13 taken")),
            (json!("3 rows with 40 credits given and 13 taken"), json!("closed, to be undone")),
            (json!("not applied"), json!("6 rows")),
        ];
        assert_eq!(log.iter().map(stood).collect::<Vec<_>>(), told);
    }

    async fn what_a_batch_took_off_comes_back_whole_however_much_it_is(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        for _ in 0..3 {
            let body = json!({"action": "add", "amount": 1_000_000, "reason": "much", "user_id": ann.id});
            admin.post_json("/api/credits", body).await.expect(200);
        }
        let ask = json!({"batch_id": "b", "dry_run": false, "rows": [row(&ann, "set", 0)]});
        admin.post_json("/api/admin/credits/bulk", ask).await.expect(200);
        assert_eq!(ann.remaining().await, 0);
        let undone = admin.post("/api/admin/credits/bulk/b/undo").await.expect(200).json();
        assert_eq!((&undone["applied"], &undone["failed"]), (&json!(1), &json!(0)));
        assert_eq!(ann.remaining().await, 3_000_008);
    }

    async fn a_batch_without_any_sense_or_without_its_switch_does_nothing(app: &App) {
        let admin = app.admin().await;
        let rows = json!([{"email": "nobody", "action": "add", "amount": 1, "reason": "why"}, 7]);
        let report = admin.post_json("/api/admin/credits/bulk", json!({"batch_id": "b", "dry_run": false, "rows": rows})).await.expect(200).json();
        assert_eq!((&report["applied"], &report["failed"]), (&json!(0), &json!(2)));
        assert!(report["rows"][0]["error"].as_str().expect("an error").starts_with("email: "));
        let refused = admin.post_json("/api/admin/credits/bulk", json!({"batch_id": "c", "rows": rows})).await.expect(422).json();
        assert!(refused["errors"]["dry_run"].is_string(), "{refused}");
        for rows in [json!([]), json!("rows"), Value::Null] {
            let refused = admin.post_json("/api/admin/credits/bulk", json!({"batch_id": "d", "dry_run": true, "rows": rows})).await.expect(422).json();
            assert!(refused["errors"]["rows"].is_string(), "{refused}");
        }
        for path in ["/api/admin/users?q=%00", "/api/admin/audit?actor=a%00b", "/api/user/sync?external_id=%00"] {
            admin.get(path).await.expect(422);
        }
        admin.post("/api/admin/credits/bulk/%00/undo").await.expect(404);
        admin.get("/admin/users?q=%00").await.expect(200);
    }

    async fn twelve_that_send_one_batch_at_once_do_it_once(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let rows: Vec<Value> = (1..=10).map(|amount| row(&ann, "add", amount)).collect();
        let ask = json!({"batch_id": "b", "dry_run": false, "rows": rows});
        let all = futures::future::join_all((0..12).map(|_| admin.post_json("/api/admin/credits/bulk", ask.clone()))).await;
        for answer in all {
            let report = answer.expect(200).json();
            assert_eq!((&report["applied"], &report["failed"]), (&json!(10), &json!(0)), "{report}");
        }
        assert_eq!(ann.remaining().await, 8 + 55);
        assert_eq!(ann.entries_of("grant").await, 11);
    }

    async fn a_refund_is_in_the_log_with_its_reason(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let checkout = ann.buy("credits-10", "normal").await;
        ann.recharge_becomes(&checkout, "completed").await;
        let address = format!("/api/admin/recharges/{}/refund", checkout.recharge_id);
        admin.post_json(&address, json!({"amount_minor": 90, "reason": "was late"})).await.expect(200);
        let log = items(&admin, "/api/admin/audit?action=recharge.refund").await;
        assert_eq!(each(&log, "target"), [&checkout.recharge_id]);
        assert_eq!((&log[0]["before"], &log[0]["after"], &log[0]["reason"]), (&json!("0.00 usd back"), &json!("asked for 0.90 usd more"), &json!("was late")));
    }

    async fn a_refund_under_a_key_is_answered_once(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let checkout = ann.buy("credits-10", "normal").await;
        ann.recharge_becomes(&checkout, "completed").await;
        let address = format!("/api/admin/recharges/{}/refund", checkout.recharge_id);
        // A refusal is not kept.
        let much = json!({"amount_minor": 1_000, "reason": "was late"});
        assert_eq!(admin.post_json_once(&address, "k", much).await.expect(422).code(), "validation");
        let part = json!({"amount_minor": 95, "reason": "was late"});
        let first = admin.post_json_once(&address, "k", part.clone()).await.expect(200);
        let again = admin.post_json_once(&address, "k", part.clone()).await.expect(200);
        assert_eq!((first.is_replayed(), again.is_replayed(), first.body == again.body), (false, true, true));
        let other = json!({"amount_minor": 20, "reason": "was late"});
        assert_eq!(admin.post_json_once(&address, "k", other.clone()).await.expect(422).code(), "idempotency_mismatch");
        assert_eq!((first.json()["returned_minor"].clone(), ann.remaining().await), (json!(95), 13));
        admin.post_json_once(&address, "k2", other).await.expect(200);
        assert_eq!(ann.recharge(&checkout).await["returned_minor"], 115);
        assert_eq!(items(&admin, "/api/admin/audit?action=recharge.refund").await.len(), 2);
    }

    async fn what_an_operator_does_under_a_key_is_done_and_answered_once(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let checkout = ann.buy("credits-10", "normal").await;
        ann.recharge_becomes(&checkout, "completed").await;
        let spoil = "UPDATE wallets SET version = 0 WHERE user_id = $1";
        assert_eq!(app.execute(spoil, &[&ann.id]).await, 1);
        let event = crate::support::until("the event is done", async || {
            items(&admin, "/api/admin/webhook-events?state=processed").await.pop()
        }).await;
        let event = event["id"].as_str().expect("an id");
        let bulk = |amount: i64| json!({"batch_id": "spring", "dry_run": false, "rows": [row(&ann, "add", amount)]});
        let why = |reason: &str| json!({"reason": reason});
        let mend = |reason: &str| json!({"kind": "version_off", "id": ann.id, "reason": reason});
        let replay = format!("/api/admin/webhook-events/{event}/replay");
        for (path, ask, other) in [
            ("/api/admin/reconciliation/mend", mend("why"), mend("other")),
            ("/api/admin/credits/bulk", bulk(5), bulk(6)),
            ("/api/admin/credits/bulk/spring/undo", why("why"), why("other")),
            (&replay, why("why"), why("other")),
            ("/api/admin/webhook-events/replay-failed", why("why"), why("other")),
        ] {
            let first = admin.post_json_once(path, "k", ask.clone()).await.expect(200);
            let again = admin.post_json_once(path, "k", ask.clone()).await.expect(200);
            assert_eq!((first.is_replayed(), again.is_replayed(), first.text()), (false, true, again.text()), "{path}");
            assert_eq!(admin.post_json_once(path, "k", other).await.expect(422).code(), "idempotency_mismatch", "{path}");
        }
        // What was right already would say so, had it been begun again.
        assert_eq!(admin.post_json_once("/api/admin/reconciliation/mend", "k", mend("why")).await.json()["outcome"], "done");
        assert_eq!(admin.post_json("/api/admin/reconciliation/mend", mend("why")).await.json()["outcome"], "nothing_wrong");
        for (action, lines) in [("reconciliation.mend", 1), ("credits.bulk", 1), ("credits.bulk.undo", 1), ("webhook.replay", 1)] {
            assert_eq!(items(&admin, &format!("/api/admin/audit?action={action}")).await.len(), lines, "{action}");
        }
        // A refusal frees the key.
        let unknown = "/api/admin/credits/bulk/summer/undo";
        admin.post_json_once(unknown, "k", why("why")).await.expect(404);
        let summer = json!({"batch_id": "summer", "dry_run": false, "rows": [row(&ann, "add", 5)]});
        admin.post_json("/api/admin/credits/bulk", summer).await.expect(200);
        assert!(!admin.post_json_once(unknown, "k", why("why")).await.expect(200).is_replayed());
        assert_eq!(ann.remaining().await, 18);
        // Two at once: the second waits for what is answered to the first.
        let autumn = || json!({"batch_id": "autumn", "dry_run": false, "rows": [row(&ann, "add", 5)]});
        let send = async || admin.post_json_once("/api/admin/credits/bulk", "a", autumn()).await.expect(200);
        let (one, other) = tokio::join!(send(), send());
        assert_eq!((one.text(), one.is_replayed()), (other.text(), !other.is_replayed()));
        assert_eq!(ann.remaining().await, 23);
        // What was answered names accounts, and goes with them.
        let named = "SELECT COUNT(*) FROM idempotency_keys WHERE response LIKE '%@%'";
        assert!(app.number(named).await > 0);
        let fields = [("deletion_email", ann.email.as_str()), ("deletion_password", PASSWORD)];
        assert_eq!(ann.sends("/do/delete-account", &fields).await.header("location"), "/goodbye");
        crate::support::until("nobody is named", async || (app.number(named).await == 0).then_some(())).await;
    }

    async fn findings_are_shown_fifty_at_a_time(app: &App) {
        let admin = app.admin().await;
        admin.form("/do/admin-reconcile", &[("reason", "why")]).await;
        let many = "INSERT INTO reconciliation_items (report_id, position, kind, id, expected, found, mend) \
            WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 59) \
            SELECT id, n, 'version_off', 'row-' || n, 'a', 'b', 'rebuild' FROM reconciliation_reports, numbers";
        assert_eq!(app.execute(many, &[]).await, 60);
        assert_eq!(app.execute("UPDATE reconciliation_reports SET findings = 60", &[]).await, 1);
        let page = admin.get("/admin/reconciliation").await.expect(200).text();
        let findings = |page: &str| page.split("action=\"/do/admin-mend\"").nth(1).expect("the findings").to_owned();
        let report = html::field(&findings(&page), "report").expect("a report");
        assert_eq!(page.matches("name=\"finding\"").count(), 50);
        let next = format!("/admin/reconciliation?after=49&amp;report={report}");
        assert!(page.contains(&next), "the next page is of this report, whatever is checked meanwhile");
        let page = admin.get(&next.replace("&amp;", "&")).await.expect(200).text();
        assert_eq!((page.matches("name=\"finding\"").count(), page.contains("row-59")), (10, true));
        assert_eq!(html::field(&findings(&page), "after").as_deref(), Some("49"));
        let fields = [("finding", "version_off row-59"), ("reason", "why"), ("report", &report), ("after", "49")];
        let answer = admin.form("/do/admin-mend", &fields).await;
        assert_eq!(answer.header("location"), format!("/admin/reconciliation?report={report}&after=49"));
        // All the page says it is of the whole report.
        assert!(page.contains(">60<"), "{page}");
    }

    async fn what_does_not_agree_is_shown_kept_and_mended(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let nothing = admin.get("/api/admin/reconciliation").await.expect(200).json();
        assert_eq!((&nothing["items"], &nothing["problem"]), (&json!([]), &Value::Null));
        assert!(nothing["checked_at"].is_string(), "{nothing}");
        let spoil = "UPDATE wallets SET version = 0 WHERE user_id = $1";
        assert_eq!(app.execute(spoil, &[&ann.id]).await, 1);
        let found = items(&admin, "/api/admin/reconciliation").await;
        let item = json!({"kind": "version_off", "id": ann.id, "user_id": ann.id, "expected": found[0]["expected"], "found": "version 0", "mend": "rebuild"});
        assert_eq!(found, [item]);
        let file = csv(&admin, "/api/admin/reconciliation").await;
        assert!(file.header("content-disposition").contains("reconciliation.csv"));
        let line = format!("version_off,{},{},", ann.id, ann.id);
        assert!(file.text().starts_with("kind,id,user_id,expected,found,mend,mended_at\r\n") && file.text().contains(&line), "{}", file.text());
        // The page shows what a check kept.
        let page = admin.get("/admin/reconciliation").await.expect(200).text();
        assert!(!page.contains(&ann.id), "nothing was kept yet");
        admin.form("/do/admin-reconcile", &[("reason", "why")]).await;
        let page = admin.get("/admin/reconciliation").await.expect(200).text();
        assert!(page.contains("The version of a wallet") && page.contains(&format!("/admin/users/{}", ann.id)), "{page}");
        let form = page.split("action=\"/do/admin-mend\"").nth(1).expect("a finding to mend");
        let value = |name: &str| html::field(form, name).expect("a field");
        let fields = [("finding", html::button(form, "finding").expect("a button")), ("reason", value("reason")), ("report", value("report"))];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!((fields[0].1, fields[1].1), (format!("version_off {}", ann.id).as_str(), "Mended from the reconciliation"));
        ann.form("/do/admin-mend", &fields).await;
        assert_eq!(items(&admin, "/api/admin/reconciliation").await.len(), 1, "nobody else mends");
        admin.form("/do/admin-mend", &fields).await;
        assert!(items(&admin, "/api/admin/reconciliation").await.is_empty());
        let page = admin.get(&format!("/admin/reconciliation?report={}", fields[2].1)).await.expect(200).text();
        assert!(!page.contains("/do/admin-mend") && page.contains(&ann.id), "it is shown as mended: {page}");
        // Its file is of what is shown, not of a new check.
        let kept = format!("/api/admin/reconciliation?report={}", fields[2].1);
        assert!(page.contains(&format!("/api/admin/reconciliation?format=csv&amp;report={}", fields[2].1)), "{page}");
        let file = csv(&admin, &kept).await.text();
        let line = file.lines().find(|known| known.starts_with(&line)).expect("the finding");
        assert!(!line.ends_with(','), "when it was mended: {line}");
        assert_eq!(items(&admin, &kept).await[0]["id"], ann.id.as_str());
        admin.get("/api/admin/reconciliation?report=made-up").await.expect(404);
        let log = items(&admin, "/api/admin/audit?action=reconciliation.mend").await;
        assert_eq!((each(&log, "target"), &log[0]["actor"]), (vec![ann.id.as_str()], &json!(format!("admin:{}", admin.id))));
        // The same over HTTP.
        assert_eq!(app.execute(spoil, &[&ann.id]).await, 1);
        let mend = json!({"kind": "version_off", "id": ann.id, "reason": "was found"});
        ann.post_json("/api/admin/reconciliation/mend", mend.clone()).await.expect(403);
        for outcome in ["done", "nothing_wrong"] {
            let done = admin.post_json("/api/admin/reconciliation/mend", mend.clone()).await.expect(200).json();
            assert_eq!(done, json!({"kind": "version_off", "id": ann.id, "outcome": outcome}));
        }
        for body in [json!({"kind": "odd", "id": "x"}), json!({"kind": "version_off"}), json!({"id": "x"})] {
            admin.post_json("/api/admin/reconciliation/mend", body).await.expect(422);
        }
        let unknown = json!({"kind": "wrong_owner", "id": "x"});
        let unknown = admin.post_json("/api/admin/reconciliation/mend", unknown).await.expect(200).json();
        assert_eq!(unknown["outcome"], "nothing_wrong");
    }

    async fn nobody_else_is_let_in(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let all = app.token(&ann, "credits:read,credits:spend,jobs").await;
        let narrow = app.token(&admin, "credits:read,credits:write,users:sync").await;
        let wide = app.token(&admin, "admin").await;
        for path in ["/api/admin/users", "/api/admin/audit", "/api/admin/webhook-events", "/api/admin/reconciliation", "/api/admin/jobs"] {
            for client in [&ann, &all, &narrow] {
                assert_eq!(client.get(path).await.expect(403).code(), "forbidden", "{path}");
            }
            app.anonymous().get(path).await.expect(401);
            wide.get(path).await.expect(200);
        }
        let batch = json!({"batch_id": "b", "dry_run": false, "rows": [row(&ann, "add", 1)]});
        for client in [&ann, &all, &narrow] {
            client.post_json("/api/admin/credits/bulk", batch.clone()).await.expect(403);
            client.post("/api/admin/credits/bulk/b/undo").await.expect(403);
        }
        assert_eq!(ann.remaining().await, 8);
    }

    async fn the_form_of_credits_is_done_once_and_wants_large_numbers_twice(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let page = admin.get(&format!("/admin/users/{}", ann.id)).await.expect(200).text();
        let key = html::field(&page, "key").expect("a key");
        let form = [("id", ann.id.as_str()), ("key", &key), ("action", "add"), ("amount", "1000"), ("reason", "spring")];
        for _ in 0..3 {
            admin.form("/do/admin-credits", &form).await;
        }
        assert_eq!(ann.remaining().await, 1_008);
        for (again, remaining) in [("", 1_008), ("1002", 1_008), ("1001", 2_009)] {
            let page = admin.get(&format!("/admin/users/{}", ann.id)).await.expect(200).text();
            let key = html::field(&page, "key").expect("a key");
            let form = [("id", ann.id.as_str()), ("key", &key), ("action", "add"), ("amount", "1001"), ("again", again), ("reason", "spring")];
            admin.form("/do/admin-credits", &form).await;
            assert_eq!(ann.remaining().await, remaining, "typed again: {again:?}");
        }
        for (action, amount, reason) in [("add", "5", " "), ("add", "0", "why"), ("add", "five", "why"), ("give", "5", "why"), ("deduct", "2010", "why")] {
            let form = [("id", ann.id.as_str()), ("key", "k"), ("action", action), ("amount", amount), ("again", amount), ("reason", reason)];
            admin.form("/do/admin-credits", &form).await;
            assert_eq!(ann.remaining().await, 2_009, "{action} {amount} {reason:?}");
        }
    }

    async fn the_operators_pages_and_forms_are_nobody_elses(app: &App) {
        let (admin, ann, bob) = (app.admin().await, app.sign_up("ann").await, app.sign_up("bob").await);
        let person = format!("/admin/users/{}", bob.id);
        for path in ["/admin", "/admin/users", "/admin/audit", "/admin/webhooks", "/admin/reconciliation", "/admin/jobs", "/admin/settings", &person] {
            let refused = ann.get(path).await.expect(403).text();
            assert!(!refused.contains(&bob.email), "{path}");
            admin.get(path).await.expect(200);
        }
        let dashboard = ann.get("/dashboard").await.expect(200).text();
        assert!(!dashboard.contains("/admin"), "nothing leads there");
        let credits = [("id", bob.id.as_str()), ("key", "k"), ("action", "add"), ("amount", "5"), ("reason", "why")];
        ann.form("/do/admin-credits", &credits).await;
        ann.form("/do/admin-block", &[("id", &bob.id), ("blocked", "true"), ("reason", "why")]).await;
        let session = app.number("SELECT COUNT(*) FROM sessions").await;
        ann.form("/do/admin-end-session", &[("id", &bob.id), ("session", "any"), ("reason", "why")]).await;
        ann.form("/do/admin-replay", &[("id", &bob.id), ("reason", "why")]).await;
        assert_eq!((bob.remaining().await, app.number("SELECT COUNT(*) FROM sessions").await), (8, session));
        assert!(items(&admin, "/api/admin/audit").await.is_empty());
    }

    async fn the_operator_blocks_and_ends_sessions_by_form(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let page = admin.get(&format!("/admin/users/{}", ann.id)).await.expect(200).text();
        let form = page.split("action=\"/do/admin-end-session\"").nth(1).expect("a session to end");
        let session = html::button(form, "session").expect("its name");
        admin.form("/do/admin-end-session", &[("id", &ann.id), ("session", &session), ("reason", "stolen phone")]).await;
        ann.get("/api/credits").await.expect(401);
        let back = ann.elsewhere().signed_in_as(&ann.email, crate::support::app::PASSWORD).await;
        admin.form("/do/admin-block", &[("id", &ann.id), ("blocked", "true"), ("reason", "")]).await;
        back.get("/api/credits").await.expect(200);
        admin.form("/do/admin-block", &[("id", &ann.id), ("blocked", "true"), ("reason", "stolen card")]).await;
        back.get("/api/credits").await.expect(401);
        let log = items(&admin, &format!("/api/admin/audit?target={}", ann.id)).await;
        assert_eq!(each(&log, "action"), ["user.block", "session.end"]);
    }

    async fn each_day_is_told_and_kept_once_it_is_over(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let bought = ann.buy("starter", "before_redirect").await;
        ann.recharge_becomes(&bought, "completed").await;
        let job = ann.start_job().await;
        ann.job_becomes(&job, "succeeded").await;
        app.next_job("fail:PoseError").await;
        let failed = ann.start_job().await;
        ann.job_becomes(&failed, "failed").await;
        let own = json!({"action": "deduct", "amount": 3, "reason": "mine"});
        ann.post_json("/api/credits", own).await.expect(200);
        let gift = json!({"action": "add", "amount": 7, "reason": "a gift", "user_id": ann.id});
        admin.post_json("/api/credits", gift).await.expect(200);

        let days = admin.get("/api/admin/stats/daily").await.expect(200).json();
        let days = days["days"].as_array().expect("days");
        assert_eq!(days.len(), 30);
        let today = days.last().expect("today");
        assert_eq!(today["revenue"], json!([{"amount_minor": 990, "currency": "usd"}]));
        assert_eq!(today["bought"], json!([{"currency": "usd", "credits": 115, "amount_minor": 990}]));
        // Given: the bonus, the gift, and the initial credits of three accounts.
        let credits = json!({"sold": 100, "given": 15 + 7 + 3 * 8, "spent": 1 + 3, "returned": 1, "lapsed": 0, "taken_back": 0});
        assert_eq!(today["credits"], credits);
        assert_eq!(today["users"], json!({"signed_up": 3, "active": 1, "paying": 1}));
        let jobs = &today["jobs"][0];
        assert_eq!((&jobs["succeeded"], &jobs["failed"], &jobs["credits"]), (&json!(1), &json!(1), &json!(1)));
        assert_eq!(days[28]["users"]["signed_up"], 0);

        let (db, now) = (&app.services.db, app.services.clock.now());
        // What is counted of it meanwhile, up to now or to a moment in between, makes no difference.
        for minutes in [20, 90, 24 * 60 - 1] {
            let later = now.plus(Duration::from_secs(minutes * 60));
            let later = if later.day() == now.day() { later } else { now };
            oversight::count_on(db, later).await.expect("counted");
            let so_far = admin.get("/api/admin/stats/daily").await.expect(200).json();
            assert_eq!(so_far["days"][29], *today, "after {minutes} minutes");
        }
        // Tomorrow it is kept, and is what it was; what is kept wrongly is found, and counted anew.
        let midnight = Timestamp::parse(&now.plus_days(1).day()).expect("a day");
        let tomorrow = midnight.plus(Duration::from_secs(30 * 60));
        assert_eq!(oversight::close_days(db, tomorrow).await.expect("kept"), 1);
        assert_eq!(oversight::close_days(db, tomorrow).await.expect("kept"), 0);
        let again = admin.get("/api/admin/stats/daily").await.expect(200).json();
        assert_eq!(&again["days"][29], today);
        let off = async || {
            let report = admin.get("/api/admin/reconciliation").await.expect(200).json();
            report["items"].as_array().cloned().expect("items")
        };
        assert_eq!(off().await, [json!(null); 0]);
        app.execute("UPDATE site_figures SET amount = amount + 1 WHERE figure = $1", &["sold"]).await;
        let wrong = off().await;
        assert_eq!((wrong.len(), &wrong[0]["kind"], &wrong[0]["id"]), (1, &json!("day_off"), &json!(now.day())));
        assert_eq!((&wrong[0]["expected"], &wrong[0]["found"]), (&json!("sold 100"), &json!("sold 101")));
        let proved = atelier_server::verify::findings(db).await.expect("findings");
        assert_eq!((proved.len(), proved[0].kind, &proved[0].id), (1, "site.day", &now.day()));
        let click = json!({"kind": "day_off", "id": now.day()});
        let mended = admin.post_json("/api/admin/reconciliation/mend", click).await.expect(200).json();
        assert_eq!(mended["outcome"], "done");
        assert!(off().await.is_empty());
        saw("reconciliation", "day_off", "mended", db.kind());
        assert_eq!(admin.get("/api/admin/stats/daily").await.expect(200).json()["days"][29], *today);

        let file = csv(&admin, "/api/admin/stats/daily").await.text();
        assert_eq!(file.lines().count(), 31);
        assert!(file.lines().last().expect("a line").contains(",990 usd,115 usd,,100,46,4,1,0,0,3,1,1,1,1,0,"), "{file}");
        let long = admin.get("/api/admin/stats/daily?from=2020-01-01").await.expect(422).json();
        assert!(long["errors"]["from"].is_string(), "{long}");
        let page = admin.get("/admin?days=7").await.expect(200).text();
        for said in ["$9.90", "46", "Credits sold"] {
            assert!(page.contains(said), "{said}: {page}");
        }
    }
}
