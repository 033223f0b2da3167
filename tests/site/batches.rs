//! Many wallets at once, by the operator's page: a table is looked at, applied once, and undone.

use atelier_server::oversight;
use reqwest::Method;
use serde_json::{Value, json};

use crate::admin::{csv, each, items};
use crate::support::multipart::Multipart;
use crate::support::{Answer, Client, at_once, html};

pub(crate) const PAGE: &str = "/admin/bulk";
const HEAD: &str = "email,action,amount,reason\n";

/// Sends a table as a browser does; where it leads.
async fn send(client: &Client, form: Multipart) -> Answer {
    let request = client.request(Method::POST, PAGE);
    client.send(form.into_request(request)).await
}

/// Sends a table that was typed, below its head.
pub(crate) async fn send_table(client: &Client, rows: &str) -> Answer {
    let text = format!("{HEAD}{rows}");
    let form = Multipart::default()
        .file("file", "", b"")
        .text("rows", &text);
    send(client, form).await
}

/// The address of the page that shows what a table would do.
pub(crate) async fn look(admin: &Client, rows: &str) -> String {
    let sent = send_table(admin, rows).await;
    sent.expect(303).header("location").to_owned()
}

pub(crate) fn id_of(page: &str) -> &str {
    page.rsplit('/').next().expect("a name")
}

async fn rows_of(admin: &Client, page: &str) -> Vec<Value> {
    items(admin, &format!("/api/admin/credits/bulk/{}", id_of(page))).await
}

async fn apply(admin: &Client, page: &str, again: &str) {
    admin
        .form(
            "/do/admin-batch-apply",
            &[
                ("id", id_of(page)),
                ("again", again),
                ("reason", "as was agreed"),
            ],
        )
        .await;
}

async fn undo(admin: &Client, page: &str, reason: &str) {
    admin
        .form(
            "/do/admin-batch-undo",
            &[("id", id_of(page)), ("reason", reason)],
        )
        .await;
}

on_both_databases! {
    async fn a_table_is_looked_at_applied_once_and_undone(app: &App) {
        let (admin, ann, bob) = (app.admin().await, app.sign_up("ann").await, app.sign_up("bob").await);
        let rows = format!(
            "{},add,40,spring\n{},set,3,spring\nnobody@example.com,add,1,spring\n{},add,five,spring\n{},deduct,4,spring\n",
            ann.email.to_uppercase(), bob.email, ann.email, bob.email
        );
        let page = look(&admin, &rows).await;
        let shown = admin.get(&page).await.expect(200).text();
        for said in ["Looked at, not applied", "No account has this address.", "amount: wants a whole number", "Credits available: 3.", "8 → 48", "Apply 2 rows"] {
            assert!(shown.contains(said), "{said}: {shown}");
        }
        let states = ["waits", "waits", "refused", "wrong", "refused"];
        assert_eq!(each(&rows_of(&admin, &page).await, "state"), states);
        assert_eq!((ann.remaining().await, bob.remaining().await), (8, 8), "looking changes nothing");
        assert!(items(&admin, "/api/admin/audit").await.is_empty());
        assert!(items(&admin, "/api/admin/credits/bulk").await.is_empty());

        at_once(4, |_| {
            let (admin, page) = (admin.clone(), page.clone());
            async move { apply(&admin, &page, "").await }
        }).await;
        apply(&admin, &page, "").await;
        assert_eq!((ann.remaining().await, bob.remaining().await), (48, 3));
        assert_eq!((ann.entries_of("grant").await, bob.entries_of("deduct").await), (2, 1));
        let applied = rows_of(&admin, &page).await;
        assert_eq!(each(&applied, "state"), ["done", "done", "refused", "wrong", "refused"]);
        assert_eq!((&applied[0]["changed"], &applied[1]["changed"]), (&json!(40), &json!(-5)));
        let batches = items(&admin, "/api/admin/credits/bulk").await;
        assert_eq!((each(&batches, "batch_id"), &batches[0]["rows"]), (vec![id_of(&page)], &json!(5)));
        assert!(admin.get(PAGE).await.expect(200).text().contains(id_of(&page)));

        let spent = json!({"action": "deduct", "amount": 30, "reason": "spent"});
        ann.post_json("/api/credits", spent).await.expect(200);
        undo(&admin, &page, " ").await;
        assert_eq!(ann.remaining().await, 18, "nothing is undone without a reason");
        for _ in 0..2 {
            undo(&admin, &page, "a mistake").await;
            assert_eq!((ann.remaining().await, bob.remaining().await), (0, 8));
        }
        let undone = rows_of(&admin, &page).await;
        assert_eq!(each(&undone, "state")[..2], ["undone_in_part", "undone"]);
        assert_eq!(undone[0]["undone"], 18);
        let shown = admin.get(&page).await.expect(200).text();
        assert!(shown.contains("Spent or held already, and not taken back: 22."), "{shown}");
        apply(&admin, &page, "").await;
        assert_eq!((ann.remaining().await, bob.remaining().await), (0, 8), "what was undone is not done again");
        let log = items(&admin, &format!("/api/admin/audit?target={}", id_of(&page))).await;
        assert_eq!((each(&log, "action"), &log[0]["reason"]), (vec!["credits.bulk.undone", "credits.bulk.undo", "credits.bulk"], &json!("a mistake")));
    }

    async fn much_is_typed_again(app: &App) {
        let (admin, ann, bob) = (app.admin().await, app.sign_up("ann").await, app.sign_up("bob").await);
        let page = look(&admin, &format!("{},add,900,x\n{},set,600,x\n", ann.email, bob.email)).await;
        assert!(html::field(&admin.get(&page).await.expect(200).text(), "again").is_none_or(|value| value.is_empty()));
        for wrong in ["", "900", "1500"] {
            apply(&admin, &page, wrong).await;
            assert_eq!((ann.remaining().await, bob.remaining().await), (8, 8), "{wrong}");
        }
        // Setting counts by what it changes.
        apply(&admin, &page, "1492").await;
        assert_eq!((ann.remaining().await, bob.remaining().await), (908, 600));
    }

    async fn what_pays_a_debt_is_counted(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let bought = ann.buy("credits-10", "normal").await;
        ann.recharge_becomes(&bought, "completed").await;
        ann.post_json("/api/credits", json!({"action": "deduct", "amount": 18, "reason": "x"})).await.expect(200);
        let refund = format!("/api/admin/recharges/{}/refund", bought.recharge_id);
        admin.post_json(&refund, json!({})).await.expect(200);
        assert_eq!((ann.remaining().await, ann.figure("debt").await), (0, 10));
        for (action, amount, moved) in [("add", 1005, "1005"), ("set", 995, "1005")] {
            let page = look(&admin, &format!("{},{action},{amount},x\n", ann.email)).await;
            apply(&admin, &page, "").await;
            assert_eq!(ann.figure("debt").await, 10, "{action}");
            if action == "set" {
                apply(&admin, &page, moved).await;
            }
        }
        assert_eq!((ann.remaining().await, ann.figure("debt").await), (995, 0));
    }

    async fn a_table_that_cannot_be_read_is_named_and_not_lost(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        for (text, said) in [
            ("email,action,amount,reason,note\na@example.com,add,1,spring,x\n", "Column 5 of the head"),
            ("email,action,amount\na@example.com,add,1\n", "lacks the column reason"),
            ("email,action,amount,reason\na@example.com,add,1,spring\nb@example.com,add\n", "Line 3 cannot be read"),
            ("email,action,amount,reason\n", "There are no rows"),
        ] {
            for form in [Multipart::default().text("rows", text), Multipart::default().file("file", "gifts.csv", text.as_bytes())] {
                let refused = send(&admin, form).await.expect(422).text();
                assert!(refused.contains(said), "{said}: {refused}");
                let kept = text.lines().last().expect("a line");
                assert!(refused.contains(kept), "what was typed is lost: {refused}");
            }
        }
        // Nobody else keeps one.
        let form = Multipart::default().text("rows", &format!("{HEAD}{},add,5,gift\n", ann.email));
        send(&ann, form.clone()).await.expect(303);
        assert_eq!(send(&app.anonymous(), form).await.expect(303).header("location"), "/sign-in?next=/admin/bulk");
        assert_eq!(app.number("SELECT COUNT(*) FROM bulk_sheets").await, 0);
        for form in ["/do/admin-batch-apply", "/do/admin-batch-undo"] {
            admin.form(form, &[("id", "unknown"), ("reason", "why")]).await;
            admin.form(form, &[("id", "\0"), ("reason", "why")]).await;
        }
        admin.get("/admin/bulk/unknown").await.expect(404);
        admin.get("/api/admin/credits/bulk/unknown").await.expect(404);
    }

    async fn what_is_given_out_as_a_file_is_safe_in_a_spreadsheet(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let table = format!("\u{feff}email;action;amount;reason\r\n{};add;5;\"=HYPERLINK(\"\"x\"\");a\"\r\n", ann.email);
        let page = send(&admin, Multipart::default().file("file", "gifts.csv", table.as_bytes())).await;
        let page = page.expect(303).header("location").to_owned();
        apply(&admin, &page, "").await;
        let file = csv(&admin, &format!("/api/admin/credits/bulk/{}", id_of(&page))).await;
        assert!(file.header("content-disposition").contains("batch.csv"));
        let text = file.text();
        let line = format!("1,{},add,5,\"'=HYPERLINK(\"\"x\"\");a\",done,,,5,0,", ann.email);
        assert!(text.lines().nth(1).is_some_and(|row| row.starts_with(&line)), "{text}");
        assert_eq!(csv(&admin, "/api/admin/credits/bulk").await.text().lines().count(), 2);
        let again = admin.get(&format!("{PAGE}?from={}", id_of(&page))).await.expect(200).text();
        assert!(again.contains(&ann.email), "its rows can be typed again: {again}");
    }

    async fn a_batch_of_a_program_has_its_page(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let row = json!({"email": ann.email, "action": "add", "amount": 5, "reason": "spring"});
        let ask = json!({"batch_id": "spring 50 %", "dry_run": false, "rows": [row]});
        admin.post_json("/api/admin/credits/bulk", ask).await.expect(200);
        let page = "/admin/bulk/spring%2050%20%25";
        let shown = admin.get(page).await.expect(200).text();
        assert!(shown.contains(&ann.email) && shown.contains("+5") && shown.contains("Undo this batch"), "{shown}");
        admin.form("/do/admin-batch-undo", &[("id", "spring 50 %"), ("reason", "a mistake")]).await;
        assert_eq!(ann.remaining().await, 8);
        assert_eq!(each(&rows_of(&admin, page).await, "state"), ["undone"]);
    }

    async fn ten_thousand_rows_are_looked_at_in_pages(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let mut rows: String = (0..9_999).map(|n| format!("nobody{n}@example.com,add,1,spring\n")).collect();
        rows.push_str(&format!("{},add,7,spring\n", ann.email));
        let page = look(&admin, &rows).await;
        let shown = admin.get(&page).await.expect(200);
        assert!(shown.body.len() < 100_000, "{}", shown.body.len());
        let waiting = admin.get(&format!("{page}?state=waits")).await.expect(200).text();
        assert!(waiting.contains(&ann.email) && waiting.contains("10,000"), "{waiting}");
        assert_eq!(rows_of(&admin, &format!("{page}?limit=1&cursor=9998")).await.len(), 1);
        let too_many = format!("{HEAD}{rows}{},add,7,spring\n", ann.email);
        let refused = send(&admin, Multipart::default().text("rows", &too_many)).await.expect(422).text();
        assert!(refused.contains("10,000 rows at most"));
        apply(&admin, &page, "").await;
        assert_eq!(ann.remaining().await, 15);
    }

    async fn the_same_rows_again_are_a_second_batch_and_said_to_be(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let rows = format!("{},add,5,spring\n", ann.email);
        let first = look(&admin, &rows.replace(&ann.email, &ann.email.to_uppercase())).await;
        let (stale, other) = (look(&admin, &rows).await, look(&admin, &rows.replace("spring", "summer")).await);
        let warned = async |page: &str| {
            let shown = admin.get(page).await.expect(200).text();
            (shown.contains("are done a second time"), shown.contains(&format!("href=\"{first}\"")))
        };
        assert_eq!(warned(&stale).await, (false, false), "only looked at");
        apply(&admin, &first, "").await;
        // This page was opened before that.
        apply(&admin, &stale, "").await;
        assert_eq!(ann.remaining().await, 13);
        assert_eq!(warned(&stale).await, (true, true));
        assert_eq!(warned(&look(&admin, &rows).await).await, (true, true));
        assert_eq!(warned(&first).await, (false, false), "not of itself");
        assert_eq!(warned(&other).await, (false, false), "of other rows");
        // What is spent is not taken back.
        ann.post_json("/api/credits", json!({"action": "deduct", "amount": 13, "reason": "x"})).await.expect(200);
        undo(&admin, &first, "a mistake").await;
        assert_eq!(warned(&stale).await, (true, true), "what it gave stands");
        admin.form("/do/admin-batch-apply", &[("id", id_of(&stale)), ("twin", id_of(&first)), ("reason", "it is meant")]).await;
        assert_eq!(ann.remaining().await, 5, "it is meant");
        for page in [&first, &stale] {
            undo(&admin, page, "a mistake").await;
        }
        let left = app.number("SELECT COUNT(*) FROM bulk_rows WHERE changed <> undone").await;
        assert_eq!((ann.remaining().await, left), (0, 1));
    }

    async fn a_table_that_is_too_large_is_answered_with_words(app: &App) {
        let admin = app.admin().await;
        let row = format!("nobody@example.com,add,1,{}\n", "spring ".repeat(60));
        let table = format!("{HEAD}{}", row.repeat(9 * 1024 * 1024 / row.len()));
        for form in [
            Multipart::default().file("file", "gifts.csv", table.as_bytes()),
            Multipart::default().text("rows", &table),
        ] {
            let refused = send(&admin, form).await.expect(422).text();
            assert!(refused.contains("8 MB at most"), "{refused}");
        }
        assert_eq!(app.number("SELECT COUNT(*) FROM bulk_sheets").await, 0);
    }

    async fn it_is_said_when_nothing_was_done(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let told = async |path: &str, fields: &[(&str, &str)]| {
            let led = admin.form(path, fields).await;
            admin.follow(&led).await.expect(200).text()
        };
        let page = look(&admin, &format!("{},add,5,spring\n", ann.email)).await;
        let id = [("id", id_of(&page)), ("reason", "a mistake")];
        assert!(told("/do/admin-batch-apply", &id).await.contains("Applied. What became of each row"));
        ann.post_json("/api/credits", json!({"action": "deduct", "amount": 13, "reason": "x"})).await.expect(200);
        assert!(told("/do/admin-batch-undo", &id).await.contains("None of its credits are free any more."));
        assert_eq!(ann.remaining().await, 0);
        let (bob, id) = (app.sign_up("bob").await, |page: &str| [("id", id_of(page).to_owned()), ("reason", "x".to_owned())]);
        let page = look(&admin, &format!("{},add,5,spring\n", bob.email)).await;
        let fields = id(&page);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        told("/do/admin-batch-apply", &fields).await;
        assert!(told("/do/admin-batch-undo", &fields).await.contains("Undone as far as it goes."));
        assert!(told("/do/admin-batch-undo", &fields).await.contains("This batch was undone before."));
        // Refused meanwhile.
        let page = look(&admin, &format!("{},deduct,8,spring\n", bob.email)).await;
        bob.post_json("/api/credits", json!({"action": "deduct", "amount": 1, "reason": "x"})).await.expect(200);
        let fields = id(&page);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert!(told("/do/admin-batch-apply", &fields).await.contains("None of its rows can be applied."));
        assert_eq!(bob.remaining().await, 7);
    }

    async fn what_was_not_done_is_kept_for_a_week(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        // The last one has its address in the wrong column.
        let rows = format!("{},add,5,for Ann\nold-address@example.com,add,5,for Bob\nadd,old-address@example.com,5,for Bob\n", ann.email);
        let (applied, looked_at) = (look(&admin, &rows).await, look(&admin, &rows).await);
        apply(&admin, &applied, "").await;
        let (db, now) = (&app.services.db, app.services.clock.now());
        let go = async |days| oversight::let_go(db, now.plus_days(days)).await.expect("let go");
        assert_eq!(go(6).await, 0);
        admin.get(&looked_at).await.expect(200);
        assert_eq!((go(8).await, go(8).await), (2, 0));
        admin.get(&looked_at).await.expect(404);
        let shown = admin.get(&applied).await.expect(200).text();
        assert!(shown.contains("for Ann") && shown.contains("Not done, and erased since"), "{shown}");
        assert!(!shown.contains("old-address") && !shown.contains("for Bob"), "{shown}");
        assert_eq!(app.number("SELECT COUNT(*) FROM bulk_lines").await, 3);
        // What was done is undone all the same, and what was not is not done again.
        apply(&admin, &applied, "").await;
        assert_eq!(ann.remaining().await, 13);
        undo(&admin, &applied, "a mistake").await;
        assert_eq!(ann.remaining().await, 8);
    }

    async fn rows_that_name_a_deleted_account_are_erased(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let page = look(&admin, &format!("{},add,5,for Ann\n{},add,1,x\n", ann.email, admin.email)).await;
        apply(&admin, &page, "").await;
        let fields = [("deletion_email", ann.email.as_str()), ("deletion_password", crate::support::app::PASSWORD)];
        let sent = ann.form("/do/delete-account", &fields).await;
        assert!(sent.header("location").contains("goodbye"), "{}", sent.header("location"));
        crate::support::until("it is taken apart", async || {
            let left = app.number("SELECT COUNT(*) FROM account_deletions WHERE done_at IS NULL").await;
            (left == 0).then_some(())
        }).await;
        assert_eq!(app.number("SELECT COUNT(*) FROM bulk_lines WHERE reason = 'for Ann' OR email LIKE 'ann%'").await, 0);
        admin.get(&page).await.expect(200);
        // What others got is undone all the same.
        assert_eq!(admin.remaining().await, 9);
        let id = page.rsplit('/').next().expect("an id");
        let undo = admin.post_json(&format!("/api/admin/credits/bulk/{id}/undo"), json!({"reason": "a mistake"})).await;
        let undone: Vec<bool> = undo.expect(200).json()["rows"].as_array().expect("rows")
            .iter().map(|row| row["ok"] == true).collect();
        assert_eq!(undone, [false, true]);
        assert_eq!(admin.remaining().await, 8);
    }
}
