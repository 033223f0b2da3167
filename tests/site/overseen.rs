//! Jobs as the operator sees them, and what they do with one by hand: each ends once, whoever ends it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::admin::{csv, each, items};
use crate::support::{Answer, App, Client, at_once, html, until};

const ACT: &str = "/do/admin-job";

/// Does something with a job by the form of its page; the page as it is then.
async fn act(admin: &Client, job: &str, act: &str, reason: &str) -> Answer {
    let page = format!("/admin/jobs/{job}");
    let form = admin.get(&page).await.expect(200).text();
    // A job that has ended has no form.
    let key = html::field(&form, "key").unwrap_or_else(|| format!("{act} {reason}"));
    act_by(admin, job, act, reason, &key).await;
    act_by(admin, job, act, reason, &key).await
}

/// The same under this key, once.
async fn act_by(admin: &Client, job: &str, act: &str, reason: &str, key: &str) -> Answer {
    let fields = [("id", job), ("key", key), ("act", act), ("reason", reason)];
    let sent = admin.form(ACT, &fields).await;
    let flash = sent.header("set-cookie");
    let flash = flash.split(';').next().unwrap_or_default().to_owned();
    let page = admin.request(Method::GET, &format!("/admin/jobs/{job}"));
    admin.send(page.header("cookie", flash)).await.expect(200)
}

/// Remaining and held credits, and how often a hold ended.
async fn money(client: &Client) -> (i64, i64, usize, usize) {
    let (remaining, held) = (client.remaining().await, client.figure("held").await);
    let captured = client.entries_of("capture").await;
    let released = client.entries_of("release").await;
    (remaining, held, captured, released)
}

async fn verdicts_are_heard(app: &App) {
    until("the provider is done", async || {
        let busy =
            "SELECT COUNT(*) FROM sandbox_fashn_runs WHERE status NOT IN ('completed', 'failed')";
        (app.number(busy).await == 0).then_some(())
    })
    .await;
}

async fn acts_of(admin: &Client, job: &str) -> Vec<Value> {
    items(admin, &format!("/api/admin/audit?target={job}")).await
}

on_both_databases! {
    async fn jobs_of_everybody_are_found_and_given_as_a_file(app: &App) {
        let (admin, ann, bob) = (app.admin().await, app.sign_up("ann").await, app.sign_up("bob").await);
        let done = ann.start_job().await;
        ann.job_becomes(&done, "succeeded").await;
        app.next_job("fail:PoseError").await;
        let failed = bob.start_job().await;
        bob.job_becomes(&failed, "failed").await;
        app.next_job("slow:600000").await;
        let open = bob.start_job().await;
        let open_job = until("the provider has it", async || {
            let jobs = items(&admin, &format!("/api/admin/jobs?q={open}")).await;
            jobs[0]["external_id"].is_string().then(|| jobs[0].clone())
        }).await;
        let list = async |query: &str| {
            let jobs = items(&admin, &format!("/api/admin/jobs{query}")).await;
            each(&jobs, "id").into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(list("").await, [open.as_str(), &failed, &done]);
        let outside = open_job["external_id"].as_str().expect("an id");
        for (query, found) in [
            (format!("?q={done}"), vec![&done]),
            (format!("?q={outside}"), vec![&open]),
            ("?q=BOB%40example.com".to_owned(), vec![&open, &failed]),
            ("?state=failed".to_owned(), vec![&failed]),
            ("?state=running&tool=try_on&provider=fashn".to_owned(), vec![&open]),
            ("?code=no_pose".to_owned(), vec![&failed]),
            ("?tool=video".to_owned(), vec![]),
            ("?provider=replicate".to_owned(), vec![]),
            ("?q=nobody%40example.com".to_owned(), vec![]),
            ("?stuck=true".to_owned(), vec![]),
            (format!("?limit=1&cursor={open}"), vec![&failed]),
        ] {
            let listed = list(&query).await;
            assert_eq!(listed.iter().collect::<Vec<_>>(), found, "{query}");
        }
        app.execute("UPDATE jobs SET deadline_at = 1", &[]).await;
        assert_eq!(list("?stuck=true").await, [open.as_str()]);
        for wrong in ["state=odd", "tool=odd", "provider=odd", "code=odd", "stuck=odd", "cursor=odd", "q=%00"] {
            admin.get(&format!("/api/admin/jobs?{wrong}")).await.expect(422);
        }
        let one = &items(&admin, &format!("/api/admin/jobs?q={failed}")).await[0];
        let own = bob.get(&format!("/api/jobs/{failed}")).await.expect(200).json();
        for (name, value) in own.as_object().expect("a job") {
            assert_eq!(&one[name], value, "{name}");
        }
        assert_eq!((&one["user_id"], &one["email"]), (&json!(bob.id), &json!(bob.email)));
        assert_eq!((&one["provider"], &one["attempts"], &one["next_at"]), (&json!("fashn"), &json!(1), &Value::Null));
        let file = csv(&admin, "/api/admin/jobs?state=failed").await;
        assert!(file.header("content-disposition").contains("jobs.csv"));
        let text = file.text();
        assert!(text.lines().count() == 2 && text.contains(&failed) && text.contains(",no_pose,"), "{text}");
        let page = admin.get("/admin/jobs?stuck=true").await.expect(200).text();
        assert!(page.contains(&format!("/admin/jobs/{open}")) && !page.contains(&failed), "{page}");
        assert!(page.contains("/api/admin/jobs?format=csv&amp;stuck=true"), "{page}");
    }

    // Whatever is asked for together: as if each job were held against each wish by itself.
    async fn filters_of_jobs_narrow_each_other(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let gift = json!({"action": "add", "amount": 50, "reason": "a gift", "user_id": ann.id});
        admin.post_json("/api/credits", gift).await.expect(200);
        let mut jobs = Vec::new();
        for _ in 0..24 {
            let job = ann.start_job().await;
            ann.job_becomes(&job, "succeeded").await;
            jobs.push(job);
        }
        // Of each tool, provider and state one or more, some of them late.
        let (tools, providers) = (["try_on", "video"], ["fashn", "replicate"]);
        let states = ["queued", "running", "succeeded", "failed", "cancelled", "failed"];
        let kinds: Vec<_> = (0..jobs.len())
            .map(|at| (tools[at % 2], providers[at / 2 % 2], states[at / 4], at % 3 == 0))
            .collect();
        for (job, (tool, provider, state, late)) in jobs.iter().zip(&kinds) {
            let is_open = ["queued", "running"].contains(state);
            let code = if *state == "failed" { "'timeout'" } else { "NULL" };
            let update = format!(
                "UPDATE jobs SET tool = '{tool}', provider = '{provider}', state = '{state}', error_code = {code}, \
                 finished_at = {}, next_at = NULL, deadline_at = {} WHERE id = '{job}'",
                if is_open { "NULL" } else { "1" },
                if *late { "1" } else { "9000000000000000" },
            );
            app.execute(update.leak(), &[]).await;
        }
        let mut asked = 0;
        for tool in [None, Some("try_on"), Some("video")] {
            for provider in [None, Some("fashn"), Some("replicate")] {
                for state in [None, Some("queued"), Some("failed"), Some("succeeded")] {
                    for (code, stuck) in [(false, false), (true, false), (false, true), (true, true)] {
                        let wanted: Vec<&String> = jobs.iter().zip(&kinds).rev()
                            .filter(|(_, kind)| tool.is_none_or(|tool| tool == kind.0))
                            .filter(|(_, kind)| provider.is_none_or(|provider| provider == kind.1))
                            .filter(|(_, kind)| state.is_none_or(|state| state == kind.2))
                            .filter(|(_, kind)| !code || kind.2 == "failed")
                            .filter(|(_, kind)| !stuck || (kind.3 && ["queued", "running"].contains(&kind.2)))
                            .map(|(job, _)| job)
                            .collect();
                        let words = [("tool", tool), ("provider", provider), ("state", state)];
                        let words = words.iter().filter_map(|(name, word)| word.map(|word| format!("&{name}={word}")));
                        let mut query: String = words.collect();
                        query.push_str(if code { "&code=timeout" } else { "" });
                        query.push_str(if stuck { "&stuck=true" } else { "" });
                        let list = async |more: &str| items(&admin, &format!("/api/admin/jobs?{}{more}", query.trim_start_matches('&'))).await;
                        let found = list("&limit=200").await;
                        assert_eq!(each(&found, "id"), wanted, "{query}");
                        // The second half of them, behind the first.
                        let half = wanted.len() / 2;
                        if let Some(last) = half.checked_sub(1).map(|at| wanted[at]) {
                            let rest = list(&format!("&limit=200&cursor={last}")).await;
                            assert_eq!(each(&rest, "id"), wanted[half..], "{query} behind {last}");
                            asked += 1;
                        }
                    }
                }
            }
        }
        assert!(asked > 40, "{asked}");
        let as_they_were = "UPDATE jobs SET tool = 'try_on', provider = 'fashn', state = 'succeeded', error_code = NULL, finished_at = 1";
        app.execute(as_they_were, &[]).await;
    }

    async fn everything_of_a_job_stands_on_its_page(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        app.next_job("fail:PoseError").await;
        let job = ann.start_job().await;
        ann.job_becomes(&job, "failed").await;
        let page = admin.get(&format!("/admin/jobs/{job}")).await.expect(200).text();
        let entries = ann.entries().await;
        let of_job = entries.iter().filter(|entry| entry["job_id"] == json!(job));
        let ids: Vec<&str> = of_job.map(|entry| entry["id"].as_str().expect("an id")).collect();
        assert_eq!(ids.len(), 2, "a hold and its release");
        for said in [ids[0], ids[1], "no_pose", &format!("/admin/users/{}#statement", ann.id), "photo of the person"] {
            assert!(page.contains(said), "{said}: {page}");
        }
        // What happened stands in its order.
        let places = ["Wanted", "Last sent to the provider", "Taken by the provider", "Ended as failed"];
        let places = places.map(|said| page.find(said).unwrap_or_else(|| panic!("{said}: {page}")));
        assert!(places.is_sorted(), "{places:?}");
        assert!(!page.contains(ACT), "nothing is done with what has ended");
        admin.get("/admin/jobs/none").await.expect(404);
        admin.get("/admin/jobs/00000000-0000-7000-8000-000000000000").await.expect(404);
    }

    async fn a_job_ends_by_hand_once_and_a_later_verdict_changes_no_money(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        app.next_job("slow:1500").await;
        let job = ann.start_job().await;
        assert_eq!(money(&ann).await, (7, 1, 0, 0));
        act(&admin, &job, "release", " ").await;
        ann.form(ACT, &[("id", &job), ("key", "k"), ("act", "release"), ("reason", "mine")]).await;
        assert_eq!(money(&ann).await, (7, 1, 0, 0), "nobody does it without a reason or a right");
        let page = act(&admin, &job, "release", "the provider is gone").await.text();
        assert!(page.contains("Ended. What it held went back"), "{page}");
        let ended = ann.job(&job).await;
        assert_eq!((&ended["state"], &ended["error"]["code"]), (&json!("failed"), &json!("no_verdict")));
        let again = act_by(&admin, &job, "release", "once more", "another key").await.text();
        assert!(again.contains("This job had ended already"), "{again}");
        verdicts_are_heard(app).await;
        assert_eq!(money(&ann).await, (8, 0, 0, 1));
        assert_eq!(ann.job(&job).await, ended);
        let log = acts_of(&admin, &job).await;
        assert_eq!(each(&log, "action"), ["job.release"]);
        let line = &log[0];
        assert_eq!((&line["reason"], &line["actor"]), (&json!("the provider is gone"), &json!(format!("admin:{}", admin.id))));
        assert!(["queued", "running"].contains(&line["before"].as_str().expect("a state")));
        assert_eq!((&line["after"], &line["address"]), (&json!("failed: no_verdict"), &json!("127.0.0.1")));
    }

    async fn what_a_trial_or_a_plan_pays_for_comes_back_too(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let empty = json!({"action": "set", "amount": 0, "reason": "a test", "user_id": ann.id});
        admin.post_json("/api/credits", empty).await.expect(200);
        for paid_by in ["trial", "plan"] {
            if paid_by == "plan" {
                let bought = ann.buy("premium-monthly", "before_redirect").await;
                ann.recharge_becomes(&bought, "completed").await;
            }
            let before = ann.wallet().await;
            app.next_job("slow:600000").await;
            let job = ann.start_job().await;
            assert_eq!(ann.job(&job).await["paid_by"], paid_by);
            act(&admin, &job, "release", "lost").await;
            let after = ann.wallet().await;
            for part in ["credits", "trials", "premium", "remaining_uses"] {
                assert_eq!(after[part], before[part], "{paid_by}");
            }
        }
    }

    async fn of_ends_by_hand_and_verdicts_at_once_one_is(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let mut released = 0;
        for round in 0..4 {
            let job = ann.start_job().await;
            // Some of them before its verdict, some at the moment it is there.
            if round % 2 == 1 {
                until("it is nearly made", async || (ann.job(&job).await["progress"].as_i64() >= Some(10)).then_some(())).await;
            }
            at_once(6, |number| {
                let (admin, job) = (admin.clone(), job.clone());
                async move { act_by(&admin, &job, "release", "at once", &format!("{job} {number}")).await; }
            }).await;
            let ended = ann.job_ends(&job).await;
            let log = acts_of(&admin, &job).await;
            let by_hand = ended["error"]["code"] == "no_verdict";
            assert_eq!(each(&log, "action"), vec!["job.release"; usize::from(by_hand)], "{ended}");
            released += usize::from(by_hand);
            verdicts_are_heard(app).await;
            let paid = i64::try_from(round + 1 - released).expect("a few");
            assert_eq!(money(&ann).await, (8 - paid, 0, round + 1 - released, released), "{ended}");
        }
    }

    async fn a_job_is_cancelled_by_hand_as_by_its_owner(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        app.next_job("slow:1000").await;
        let job = ann.start_job().await;
        until("the provider has it", async || (ann.job(&job).await["state"] == "running").then_some(())).await;
        let page = act(&admin, &job, "cancel", "as was asked").await.text();
        assert!(page.contains("Cancelled. If the provider has it already"), "{page}");
        assert_eq!(ann.job(&job).await["cancel_requested"], true);
        let ended = ann.job_ends(&job).await;
        let page = act_by(&admin, &job, "cancel", "again", "another key").await.text();
        assert!(page.contains("This job had ended already"), "{page}");
        assert_eq!(ann.job(&job).await, ended, "what has ended stays");
        let log = acts_of(&admin, &job).await;
        assert_eq!(each(&log, "after"), ["running, to be cancelled"]);
    }

    async fn what_has_failed_is_not_tried_again_on_its_owners_account(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        app.next_job("fail:PoseError").await;
        let job = ann.start_job().await;
        let failed = ann.job_becomes(&job, "failed").await;
        let page = act(&admin, &job, "retry", "once more").await.text();
        assert!(page.contains("This job had ended already"), "{page}");
        assert_eq!(ann.job(&job).await, failed);
        assert_eq!(money(&ann).await, (8, 0, 0, 1));
        assert!(acts_of(&admin, &job).await.is_empty());
    }
}
