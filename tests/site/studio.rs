//! A job costs what it says when it succeeds and nothing when it does not, whatever the provider
//! does; uploads that are not pictures change nothing.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::multipart::Multipart;
use crate::support::{App, Client, at_once, pictures, until};

/// Remaining, held and used credits.
async fn money(client: &Client) -> (i64, i64, i64) {
    let credits = &client.wallet().await["credits"];
    let figure = |name: &str| credits[name].as_i64().expect("a figure");
    (figure("remaining"), figure("held"), figure("used"))
}

/// The job ended well, and was paid for exactly once.
async fn assert_captured(ann: &Client, job: &Value) {
    assert_eq!(
        (&job["state"], &job["error"]),
        (&json!("succeeded"), &Value::Null),
        "{job}"
    );
    assert_eq!((&job["progress"], &job["cost"]), (&json!(100), &json!(1)));
    assert_eq!(money(ann).await, (7, 0, 1));
    assert_eq!(
        (
            ann.entries_of("capture").await,
            ann.entries_of("release").await
        ),
        (1, 0)
    );
}

/// The job ended badly, and gave back what it held exactly once.
async fn assert_released(ann: &Client, job: &Value, state: &str, code: Option<&str>) {
    assert_eq!(job["state"], state, "{job}");
    assert_eq!(job["error"]["code"], json!(code), "{job}");
    assert_eq!(money(ann).await, (8, 0, 0));
    assert_eq!(
        (
            ann.entries_of("capture").await,
            ann.entries_of("release").await
        ),
        (0, 1)
    );
    assert_eq!(job["result_url"], Value::Null);
}

/// Every callback the provider will ever send has been heard, so nothing comes after this.
async fn callbacks_are_over(app: &App) {
    until("the provider is done", async || {
        let busy =
            "SELECT COUNT(*) FROM sandbox_fashn_runs WHERE status NOT IN ('completed', 'failed')";
        (app.number(busy).await == 0).then_some(())
    })
    .await;
}

/// Credits are held as soon as the job is accepted.
async fn start_scripted(app: &App, ann: &Client, outcome: &str) -> String {
    app.next_job(outcome).await;
    let job = ann.try_on_usual().await.expect(202).json();
    assert_eq!(
        (&job["state"], &job["paid_by"]),
        (&json!("queued"), &json!("credits"))
    );
    job["id"].as_str().expect("an id").to_owned()
}

/// A job that the provider did not take at its first attempt: queued again, and never submitted.
async fn start_refused_once(app: &App, ann: &Client) -> String {
    let id = start_scripted(app, ann, "unavailable").await;
    until("the provider has refused it once", async || {
        let back = "SELECT COUNT(*) FROM jobs WHERE attempts = 1 AND submitted_at IS NULL";
        (app.number(back).await == 1).then_some(())
    })
    .await;
    id
}

on_both_databases! {
    async fn a_job_that_succeeds_is_paid_for(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_scripted(app, &ann, "slow:1000").await;
        assert_eq!(money(&ann).await, (7, 1, 0));
        let job = ann.job_ends(&id).await;
        assert_captured(&ann, &job).await;
        let result = ann.get(job["result_url"].as_str().expect("a result")).await.expect(200);
        let picture = image::load_from_memory(&result.body).expect("a picture");
        assert!(picture.width() > 100, "{}", picture.width());
        assert!(result.header("cache-control").contains("private"));
    }

    async fn a_job_that_fails_gives_its_credit_back(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_scripted(app, &ann, "fail:PoseError").await;
        let job = ann.job_ends(&id).await;
        assert_released(&ann, &job, "failed", Some("no_pose")).await;
        ann.get(&format!("/api/jobs/{id}/result")).await.expect(404);
    }

    async fn every_error_of_the_provider_has_a_code(app: &App) {
        let ann = app.sign_up("ann").await;
        for (error, code) in [
            ("ContentModerationError", "moderation"),
            ("ImageLoadError", "bad_image"),
            ("InputValidationError", "invalid_input"),
            ("PipelineError", "provider_internal"),
            ("SomethingNew", "provider_internal"),
        ] {
            let id = start_scripted(app, &ann, &format!("fail:{error}")).await;
            let job = ann.job_ends(&id).await;
            assert_eq!(job["error"]["code"], code, "{error}");
            assert!(!job["error"]["message"].as_str().expect("a message").is_empty());
        }
        assert_eq!(money(&ann).await, (8, 0, 0));
    }

    async fn a_lost_callback_is_made_good_by_asking(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_scripted(app, &ann, "no_callback").await;
        let job = ann.job_ends(&id).await;
        assert_captured(&ann, &job).await;
    }

    async fn a_callback_that_comes_three_times_captures_once(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_scripted(app, &ann, "duplicate_callback").await;
        let job = ann.job_ends(&id).await;
        callbacks_are_over(app).await;
        assert_captured(&ann, &job).await;
    }

    async fn a_forged_callback_is_not_believed(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_scripted(app, &ann, "forged_callback").await;
        let job = ann.job_ends(&id).await;
        assert_captured(&ann, &job).await;
        let result = ann.get(&format!("/api/jobs/{id}/result")).await.expect(200);
        assert!(image::load_from_memory(&result.body).is_ok());
    }

    async fn a_callback_for_no_job_is_not_found(app: &App) {
        app.anonymous().post("/api/try-on/callback/guessed").await.expect(404);
    }

    async fn a_result_that_cannot_be_fetched_is_a_failure(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_scripted(app, &ann, "expired_url").await;
        let job = ann.job_ends(&id).await;
        assert_released(&ann, &job, "failed", Some("result_unavailable")).await;
    }

    async fn a_provider_that_is_away_for_a_moment_is_asked_again(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_scripted(app, &ann, "unavailable").await;
        let job = ann.job_ends(&id).await;
        assert_captured(&ann, &job).await;
    }

    async fn a_queued_job_is_cancelled_at_once(app: &App) {
        let ann = app.sign_up("ann").await;
        // The worker takes six at a time, so of more jobs some are still queued; the provider's
        // refusal of the first attempt puts this one back into the queue.
        let id = start_refused_once(app, &ann).await;
        let job = ann.post(&format!("/api/jobs/{id}/cancel")).await.expect(200).json();
        assert_released(&ann, &job, "cancelled", None).await;
        let again = ann.post(&format!("/api/jobs/{id}/cancel")).await.expect(409);
        assert_eq!(again.code(), "conflict");
    }

    async fn cancelling_with_a_key_is_answered_again(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_refused_once(app, &ann).await;
        let path = format!("/api/jobs/{id}/cancel");
        let first = ann.post_json_once(&path, "stop", json!({})).await.expect(200);
        let again = ann.post_json_once(&path, "stop", json!({})).await.expect(200);
        assert_eq!((first.is_replayed(), again.is_replayed()), (false, true));
        assert_eq!(first.body, again.body);
        assert_eq!(ann.post_json_once(&path, "", json!({})).await.expect(422).code(), "validation");
        assert_released(&ann, &ann.job(&id).await, "cancelled", None).await;
    }

    async fn a_wish_to_cancel_is_kept_when_the_provider_did_not_take_the_job(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_refused_once(app, &ann).await;
        // The wish came while the refused request was under way.
        app.execute("UPDATE jobs SET cancel_requested = 1", &[]).await;
        let job = ann.job_ends(&id).await;
        assert_released(&ann, &job, "cancelled", None).await;
    }

    async fn a_job_whose_answer_was_lost_is_found_by_its_callback(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_scripted(app, &ann, "slow:600000").await;
        ann.job_becomes(&id, "running").await;
        // As if the provider's answer had got lost twice: nothing may be submitted a third time.
        let token = atelier_server::secret::token();
        let lost = "UPDATE jobs SET state = 'queued', unsure_submits = 2, external_id = NULL";
        app.execute(lost, &[]).await;
        let hash = atelier_server::secret::hash(&token);
        app.execute("UPDATE jobs SET callback_hash = $1", &[&hash]).await;
        let run = app.start_run().await;
        until("the worker waits for a verdict", async || {
            let waits = "SELECT COUNT(*) FROM jobs WHERE state = 'queued' AND lease_until = 0";
            (app.number(waits).await == 1).then_some(())
        })
        .await;
        let callback = format!("/api/try-on/callback/{token}");
        until("the callback is heard", async || {
            app.anonymous().post_json(&callback, json!({"id": run})).await.expect(204);
            (app.number("SELECT COUNT(*) FROM jobs WHERE state <> 'queued'").await == 1).then_some(())
        })
        .await;
        let job = ann.job_ends(&id).await;
        assert_captured(&ann, &job).await;
        assert_eq!(app.number("SELECT attempts FROM jobs").await, 1);
    }

    async fn a_callback_finds_its_job_while_a_dead_process_holds_the_lease(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_scripted(app, &ann, "slow:600000").await;
        ann.job_becomes(&id, "running").await;
        let token = atelier_server::secret::token();
        let hash = atelier_server::secret::hash(&token);
        let run = app.start_run().await;
        // As if the process had died twice with the provider's answer in hand, the last time just now.
        let died = "UPDATE jobs SET state = 'queued', unsure_submits = 2, external_id = NULL, \
             callback_hash = $1, lease_owner = 'dead', lease_until = created_at + 600000000";
        app.execute(died, &[&hash]).await;
        let callback = format!("/api/try-on/callback/{token}");
        app.anonymous().post_json(&callback, json!({"id": run})).await.expect(204);
        let job = ann.job_ends(&id).await;
        assert_captured(&ann, &job).await;
    }

    async fn the_sandbox_takes_up_a_run_that_nobody_asks_for(app: &App) {
        let run = app.start_run().await;
        callbacks_are_over(app).await;
        let left = "UPDATE sandbox_fashn_runs SET status = 'processing', lease_until = 0 WHERE id = $1";
        assert_eq!(app.execute(left, &[&run]).await, 1);
        callbacks_are_over(app).await;
    }

    async fn a_hold_ends_when_nobody_answers_for_a_day_behind_the_deadline(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_scripted(app, &ann, "slow:600000").await;
        ann.job_becomes(&id, "running").await;
        // The provider refuses every question from now on.
        app.execute("DROP TABLE sandbox_fashn_runs", &[]).await;
        app.execute("UPDATE jobs SET deadline_at = created_at - 86400000000 - 1, next_at = 0", &[]).await;
        let job = ann.job_ends(&id).await;
        assert_released(&ann, &job, "failed", Some("no_verdict")).await;
    }

    async fn cancelling_a_submitted_job_is_a_wish(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_scripted(app, &ann, "slow:1500").await;
        ann.job_becomes(&id, "running").await;
        let job = ann.post(&format!("/api/jobs/{id}/cancel")).await.expect(200).json();
        assert_eq!((&job["state"], &job["cancel_requested"]), (&json!("running"), &json!(true)));
        assert_eq!(money(&ann).await, (7, 1, 0));
        // The provider cannot cancel, so what it made is delivered and paid for.
        let job = ann.job_ends(&id).await;
        assert_captured(&ann, &job).await;
    }

    async fn one_credit_and_three_trials_pay_for_four_of_fifty_at_once(app: &App) {
        let ann = app.sign_up("ann").await;
        app.set_credits(&ann, 1).await;
        let answers = at_once(50, |_| {
            let ann = ann.clone();
            async move { ann.try_on_usual().await }
        })
        .await;
        let mut seen: HashMap<String, usize> = HashMap::new();
        for answer in &answers {
            let body = answer.json();
            let what = match answer.status {
                202 => body["paid_by"].as_str().expect("what pays").to_owned(),
                402 => {
                    assert_eq!(body["code"], "insufficient_credits");
                    assert_eq!((&body["required"], &body["remaining"]), (&json!(1), &json!(0)));
                    assert_eq!(body["buy_url"], "/payments");
                    let wanted = "No remaining quota. Please purchase a Credits Pack.";
                    assert_eq!(body["detail"], wanted);
                    "refused".to_owned()
                }
                other => panic!("{other}: {body}"),
            };
            *seen.entry(what).or_default() += 1;
        }
        let count = |what: &str| seen.get(what).copied().unwrap_or(0);
        let counts = (count("credits"), count("trial"), count("refused"));
        assert_eq!(counts, (1, 3, 46), "{seen:?}");
        assert_eq!(app.number("SELECT COUNT(*) FROM jobs").await, 4);
        until("the four are done", async || {
            let open = "SELECT COUNT(*) FROM jobs WHERE finished_at IS NULL";
            (app.number(open).await == 0).then_some(())
        })
        .await;
        assert_eq!(money(&ann).await, (0, 0, 1));
        assert_eq!(ann.wallet().await["trials"]["used"], 3);
    }

    async fn the_21st_unfinished_job_is_too_many(app: &App) {
        let ann = app.sign_up("ann").await;
        app.set_credits(&ann, 100).await;
        for _ in 0..20 {
            app.next_job("slow:600000").await;
            ann.try_on_usual().await.expect(202);
        }
        let before = money(&ann).await;
        assert_eq!((before.0, before.1), (80, 20));
        let refused = ann.try_on_usual().await.expect(429);
        assert_eq!(refused.code(), "too_many_jobs");
        assert!(!refused.header("retry-after").is_empty());
        assert_eq!(money(&ann).await, before);
    }

    async fn the_same_key_starts_one_job(app: &App) {
        let ann = app.sign_up("ann").await;
        let form = Multipart::try_on(pictures::person(), pictures::garment());
        let answers = at_once(8, |_| {
            let (ann, form) = (ann.clone(), form.clone());
            async move { ann.try_on_once("one", form).await.expect(202) }
        })
        .await;
        assert!(answers.iter().all(|answer| answer.body == answers[0].body));
        assert_eq!(answers.iter().filter(|answer| !answer.is_replayed()).count(), 1);
        assert_eq!(app.number("SELECT COUNT(*) FROM jobs").await, 1);

        // The same files in another order are the same request; another category is not.
        let turned = Multipart::default()
            .file("garment", "g.png", pictures::garment())
            .file("person", "p.jpg", pictures::person());
        assert!(ann.try_on_once("one", turned).await.expect(202).is_replayed());
        let other = ann.try_on_once("one", form.clone().text("category", "tops")).await;
        assert_eq!((other.status, other.code().as_str()), (422, "idempotency_mismatch"));
        for bad in ["", &"k".repeat(256)] {
            let refused = ann.try_on_once(bad, form.clone()).await.expect(422);
            assert_eq!(refused.code(), "validation");
        }
        assert_eq!(app.number("SELECT COUNT(*) FROM jobs").await, 1);
    }

    async fn a_form_sent_twice_runs_one_job(app: &App) {
        let ann = app.sign_up("ann").await;
        let form = Multipart::try_on(pictures::person(), pictures::garment())
            .text("category", "auto")
            .text("consent", "1")
            .text("key", "a-double-click");
        let answers = at_once(2, |_| {
            let (ann, form) = (ann.clone(), form.clone());
            async move { ann.upload("/try-on", form).await.expect(303) }
        })
        .await;
        let led_to = answers[0].header("location");
        assert!(led_to.starts_with("/jobs/"), "{led_to}");
        assert_eq!(led_to, answers[1].header("location"));
        assert_eq!(app.number("SELECT COUNT(*) FROM jobs").await, 1);
    }

    async fn what_was_done_with_the_last_credit_is_answered_again(app: &App) {
        let ann = app.sign_up("ann").await;
        app.set_credits(&ann, 1).await;
        let form = Multipart::try_on(pictures::person(), pictures::garment());
        for _ in 0..3 {
            ann.try_on_usual().await.expect(202);
        }
        let first = ann.try_on_once("last", form.clone()).await.expect(202);
        ann.try_on_usual().await.expect(402);
        // The answer got lost on its way, so the client asks again: there is nothing left to pay with,
        // and nothing to be paid.
        let again = ann.try_on_once("last", form.clone()).await.expect(202);
        assert!(again.is_replayed());
        assert_eq!(again.body, first.body);
        let other = ann.try_on_once("last", form.text("category", "tops")).await.expect(422);
        assert_eq!(other.code(), "idempotency_mismatch");
    }

    async fn a_kept_draft_gone_on_with_twice_runs_one_job(app: &App) {
        let ann = app.sign_up("ann").await;
        app.set_credits(&ann, 0).await;
        let usual = || Multipart::try_on(pictures::person(), pictures::garment());
        for trial in ["a", "b", "c"] {
            ann.upload("/try-on", usual().text("key", trial)).await.expect(303);
        }
        ann.upload("/try-on", usual().text("key", "kept")).await.expect(402);
        app.set_credits(&ann, 5).await;
        let go_on = Multipart::default().text("draft", "1").text("category", "auto").text("key", "go-on");
        // One after the other, as a double click without script often arrives.
        let first = ann.upload("/try-on", go_on.clone()).await.expect(303);
        let second = ann.upload("/try-on", go_on).await.expect(303);
        assert_eq!(first.header("location"), second.header("location"));
        assert_eq!(app.number("SELECT COUNT(*) FROM jobs").await, 4);
    }

    async fn another_users_job_does_not_exist(app: &App) {
        let (ann, eve, admin) =
            (app.sign_up("ann").await, app.sign_up("eve").await, app.admin().await);
        let id = ann.start_job().await;
        ann.job_ends(&id).await;
        let address = format!("/api/jobs/{id}");
        for path in [address.clone(), format!("{address}/result"), format!("/jobs/{id}/person")] {
            assert_eq!(eve.get(&path).await.status, 404, "{path}");
            assert_eq!(admin.get(&path).await.status, 200, "{path}");
            assert_eq!(app.anonymous().get(&path).await.status, 401, "{path}");
        }
        for stranger in [&eve, &admin] {
            stranger.post(&format!("{address}/cancel")).await.expect(404);
            stranger.delete(&address).await.expect(404);
        }
        assert_eq!(ann.job(&id).await["state"], "succeeded");
        let unknown = "/api/jobs/00000000-0000-7000-8000-000000000000";
        let answers = [eve.get(unknown).await, eve.get(&address).await];
        assert_eq!(answers[0].body, answers[1].body);
    }

    async fn a_deleted_job_is_gone_with_its_pictures(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = ann.start_job().await;
        let address = format!("/api/jobs/{id}");
        ann.job_ends(&id).await;
        ann.delete(&address).await.expect(204);
        ann.get(&address).await.expect(404);
        ann.get(&format!("{address}/result")).await.expect(404);
        let list = ann.get("/api/jobs").await.expect(200).json();
        assert_eq!(list["items"], json!([]));
        app.services.studio.tidy().await.expect("tidying");
        assert_eq!(app.stored_files(), 0);
        // The ledger keeps what it cost.
        assert_eq!(money(&ann).await, (7, 0, 1));
    }

    async fn an_unfinished_job_is_not_deleted(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = start_scripted(app, &ann, "slow:600000").await;
        ann.delete(&format!("/api/jobs/{id}")).await.expect(409);
        assert_eq!(money(&ann).await, (7, 1, 0));
    }

    async fn hostile_uploads_change_nothing(app: &App) {
        let ann = app.sign_up("ann").await;
        let (person, garment) = (pictures::person(), pictures::garment());
        let wallet = ann.wallet().await;
        let table: Vec<(&str, Multipart, u16, &str)> = vec![
            ("zero bytes", Multipart::try_on(b"", garment), 415, "unsupported_media"),
            ("text as .jpg", Multipart::try_on(b"hello", garment), 415, "unsupported_media"),
            ("a GIF", Multipart::try_on(b"GIF89a\x01\0\x01\0\0\0\0;", garment), 415, "unsupported_media"),
            ("truncated", Multipart::try_on(&pictures::truncated(), garment), 422, "bad_image"),
            ("a bomb", Multipart::try_on(person, &pictures::bomb()), 422, "bad_image"),
            ("11 MB", Multipart::try_on(&pictures::too_large(), garment), 413, "payload_too_large"),
            ("no garment", Multipart::default().file("person", "p", person), 422, "validation"),
            ("no person", Multipart::default().file("garment", "g", garment), 422, "validation"),
            ("text for a file", Multipart::default().text("person", "p").text("garment", "g"), 422, "validation"),
            ("a category of our own", Multipart::try_on(person, garment).text("category", "hats"), 422, "validation"),
        ];
        for (what, form, status, code) in table {
            let answer = ann.upload("/api/try-on", form).await;
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{what}");
            assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
            assert_eq!(app.stored_files(), 0, "{what}");
        }
        let broken = Multipart::try_on(person, garment)
            .into_broken_request(ann.request(Method::POST, "/api/try-on"));
        assert_eq!(ann.send(broken).await.expect(422).code(), "validation");
        let json = ann.post_json("/api/try-on", json!({"person": "x"})).await.expect(415);
        assert_eq!(json.code(), "unsupported_media");
        assert_eq!(ann.wallet().await, wallet);
        assert_eq!(app.stored_files(), 0);
        assert_eq!(app.number("SELECT COUNT(*) FROM jobs").await, 0);
    }

    async fn uploads_of_nobody_are_refused_before_they_are_read(app: &App) {
        let form = Multipart::try_on(&pictures::too_large(), &pictures::too_large());
        app.anonymous().upload("/api/try-on", form).await.expect(401);
        let ann = app.sign_up("ann").await;
        let reader = app.token(&ann, "credits:read").await;
        let form = Multipart::try_on(pictures::person(), pictures::garment());
        reader.upload("/api/try-on", form).await.expect(403);
        assert_eq!(app.stored_files(), 0);
    }

    async fn a_form_that_came_in_pieces_is_told_so(app: &App) {
        let ann = app.sign_up("ann").await;
        app.set_credits(&ann, 50).await;
        let whole = || Multipart::try_on(pictures::person(), pictures::garment());
        let broken = whole().text("key", "k1").into_broken_request(ann.request(Method::POST, "/try-on"));
        let answers = [ann.send(broken).await, ann.upload("/try-on", whole()).await];
        for answer in answers {
            let page = answer.expect(422).text();
            assert!(page.contains("did not come whole"), "{}", page.len());
        }
        assert_eq!((ann.remaining().await, app.stored_files()), (50, 0));
    }
}
