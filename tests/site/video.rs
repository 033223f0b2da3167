//! Videos: asked for in words or with a picture, made, paid for with credits alone, played and deleted.

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, RANGE};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::support::html::{attribute, field, tags};
use crate::support::multipart::Multipart;
use crate::support::{App, Client, pictures};

const PATH: &str = "/api/video/generate";

/// Somebody who can pay for three.
async fn rich(app: &App) -> Client {
    let ann = app.sign_up("ann").await;
    app.set_credits(&ann, 30).await;
    ann
}

async fn balance(client: &Client) -> (i64, i64, i64) {
    let credits = &client.wallet().await["credits"];
    let figure = |name: &str| credits[name].as_i64().expect("a figure");
    (figure("remaining"), figure("held"), figure("used"))
}

fn id(job: &Value) -> &str {
    job["id"].as_str().expect("an id")
}

/// The height of what is kept, by its width.
async fn shape_of(app: &App) -> f64 {
    let width = app
        .number("SELECT width FROM files WHERE kind = 'result'")
        .await;
    let height = app
        .number("SELECT height FROM files WHERE kind = 'result'")
        .await;
    width as f64 / height as f64
}

/// Sends a form as a browser does, and gives where it leads.
async fn submit(client: &Client, path: &str, fields: &[(&str, &str)]) -> String {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = client
        .request(Method::POST, path)
        .header(ACCEPT, "text/html")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    let answer = client.send(request).await.expect(302);
    answer.header("location").to_owned()
}

fn is_mp4(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ftyp")
}

on_both_databases! {
    async fn words_alone_become_a_film_that_costs_ten_credits(app: &App) {
        let ann = rich(app).await;
        app.next_job("slow:500").await;
        let asked = json!({"prompt": " A red coat in the snow ", "aspect": "16:9"});
        let job = ann.post_json(PATH, asked).await.expect(202).json();
        assert_eq!(job["tool"], "video");
        assert_eq!(job["prompt"], "A red coat in the snow");
        assert_eq!((&job["aspect"], &job["seconds"]), (&json!("16:9"), &json!(5)));
        assert_eq!((&job["paid_by"], &job["cost"]), (&json!("credits"), &json!(10)));
        assert_eq!(job.get("category"), None);
        assert_eq!(balance(&ann).await, (20, 10, 0));
        let done = ann.job_ends(id(&job)).await;
        assert_eq!(done["state"], "succeeded", "{done}");
        assert_eq!(balance(&ann).await, (20, 0, 10));
        let film = ann.get(done["result_url"].as_str().expect("a result")).await.expect(200);
        assert_eq!(film.header("content-type"), "video/mp4");
        assert!(is_mp4(&film.body));
        assert!((shape_of(app).await - 16.0 / 9.0).abs() < 0.02);
        // What it cost the operator is kept beside it.
        let cost = "SELECT provider_cost FROM jobs WHERE provider_cost_unit = 'credits'";
        assert_eq!(app.number(cost).await, 3_000);
    }

    async fn a_picture_becomes_a_film_of_the_shape_that_was_chosen(app: &App) {
        let ann = rich(app).await;
        let form = Multipart::default()
            .file("image", "p.jpg", pictures::person())
            .text("aspect", "1:1")
            .text("seconds", "10");
        let job = ann.upload(PATH, form).await.expect(202).json();
        assert_eq!((&job["prompt"], &job["seconds"]), (&json!(""), &json!(10)));
        let done = ann.job_ends(id(&job)).await;
        assert_eq!(done["state"], "succeeded", "{done}");
        assert!((shape_of(app).await - 1.0).abs() < 0.001);
        let beginning = ann.get(&format!("/jobs/{}/picture", id(&job))).await.expect(200);
        assert_eq!(beginning.header("content-type"), "image/jpeg");
    }

    async fn a_picture_may_come_in_json_and_an_address_may_not(app: &App) {
        use base64::Engine;
        let ann = rich(app).await;
        let data = base64::engine::general_purpose::STANDARD.encode(pictures::person());
        let asked = json!({"image": format!("data:image/jpeg;base64,{data}"), "prompt": "snow"});
        let job = ann.post_json(PATH, asked).await.expect(202).json();
        assert_eq!(ann.job_ends(id(&job)).await["state"], "succeeded");
        for image in [
            format!("{}/healthz", app.base),
            "data:text/html;base64,AAAA".to_owned(),
            "data:image/png;base64,no".to_owned(),
        ] {
            let refused = ann.post_json(PATH, json!({"image": image})).await.expect(422);
            assert_eq!(refused.code(), "validation");
            assert!(refused.json()["errors"]["image"].is_string());
        }
        let refused = ann.post_json(PATH, json!({"image": "data:image/png;base64,AAAA"})).await;
        assert_eq!(refused.expect(415).code(), "unsupported_media");
        assert_eq!(balance(&ann).await, (20, 0, 10));
    }

    async fn everything_wrong_with_a_wish_is_named_and_costs_nothing(app: &App) {
        let ann = rich(app).await;
        for (asked, field) in [
            (json!({}), "prompt"),
            (json!({"prompt": "  "}), "prompt"),
            (json!({"prompt": 5}), "prompt"),
            (json!({"prompt": "x".repeat(1_001)}), "prompt"),
            (json!({"prompt": "snow", "aspect": "4:3"}), "aspect"),
            (json!({"prompt": "snow", "seconds": 7}), "seconds"),
            (json!({"prompt": "snow", "seconds": "5"}), "seconds"),
        ] {
            let refused = ann.post_json(PATH, asked.clone()).await.expect(422);
            assert_eq!(refused.code(), "validation", "{asked}");
            assert!(refused.json()["errors"][field].is_string(), "{asked}");
        }
        let form = Multipart::default().text("prompt", "snow").text("seconds", "five");
        let refused = ann.upload(PATH, form).await.expect(422);
        assert!(refused.json()["errors"]["seconds"].is_string());
        let form = Multipart::default().text("prompt", "snow\0");
        let refused = ann.upload(PATH, form).await.expect(422);
        assert!(refused.json()["errors"]["prompt"].is_string());
        let form = Multipart::default().file("image", "p.jpg", b"hello");
        ann.upload(PATH, form).await.expect(415);
        assert_eq!(balance(&ann).await, (30, 0, 0));
        assert_eq!(app.number("SELECT COUNT(*) FROM jobs").await, 0);
        assert_eq!(app.number("SELECT COUNT(*) FROM files").await, 0);
    }

    async fn neither_trials_nor_a_plan_pay_for_it(app: &App) {
        let ann = app.sign_up("ann").await;
        let checkout = ann.buy("premium-unlimited", "never").await;
        ann.get(&checkout.landing()).await.expect(200);
        assert_eq!(ann.wallet().await["remaining_uses"]["video"], 0);
        let refused = ann.post_json(PATH, json!({"prompt": "snow"})).await.expect(402);
        assert_eq!(refused.code(), "insufficient_credits");
        assert_eq!(refused.json()["required"], 10);
    }

    async fn the_same_key_makes_one_film(app: &App) {
        let ann = rich(app).await;
        let asked = json!({"prompt": "snow"});
        let first = ann.post_json_once(PATH, "k", asked.clone()).await.expect(202);
        let again = ann.post_json_once(PATH, "k", asked).await.expect(202);
        assert_eq!(first.json(), again.json());
        assert_eq!(again.header("idempotency-replayed"), "true");
        let other = ann.post_json_once(PATH, "k", json!({"prompt": "rain"})).await;
        assert_eq!(other.expect(422).code(), "idempotency_mismatch");
        ann.job_ends(id(&first.json())).await;
        assert_eq!(balance(&ann).await, (20, 0, 10));
    }

    async fn a_player_jumps_about_in_a_film(app: &App) {
        let ann = rich(app).await;
        let job = ann.post_json(PATH, json!({"prompt": "snow"})).await.expect(202).json();
        let done = ann.job_ends(id(&job)).await;
        let path = done["result_url"].as_str().expect("a result").to_owned();
        let whole = ann.get(&path).await.expect(200);
        assert_eq!(whole.header("accept-ranges"), "bytes");
        let part = async |range: &str| {
            let request = ann.request(Method::GET, &path).header(RANGE, range);
            ann.send(request).await
        };
        let all = whole.body.len();
        let middle = part("bytes=100-199").await.expect(206);
        assert_eq!(middle.body, whole.body[100..200]);
        assert_eq!(middle.header("content-range"), format!("bytes 100-199/{all}"));
        let end = part(&format!("bytes={}-", all - 7)).await.expect(206);
        assert_eq!(end.body, whole.body[all - 7..]);
        let beyond = part(&format!("bytes={all}-")).await.expect(416);
        assert_eq!(beyond.header("content-range"), format!("bytes */{all}"));
        // Somebody else's is nobody's.
        let bob = app.sign_up("bob").await;
        bob.get(&path).await.expect(404);
        app.anonymous().get(&path).await.expect(401);
    }

    async fn the_page_takes_what_its_form_sends(app: &App) {
        let ann = rich(app).await;
        let page = ann.get("/video").await.expect(200).text();
        assert!(page.contains("10 credits of your 30"), "{page}");
        let key = field(&page, "key").expect("a one-time key");
        let form = |key: &str| Multipart::default()
            .text("key", key)
            .text("prompt", "A walk <b>in</b> the rain")
            .text("aspect", "16:9")
            .text("seconds", "5")
            .file("image", "", b"");
        let first = ann.upload("/video", form(&key)).await.expect(303);
        let again = ann.upload("/video", form(&key)).await.expect(303);
        assert_eq!(first.header("location"), again.header("location"));
        let path = first.header("location").to_owned();
        ann.job_ends(path.trim_start_matches("/jobs/")).await;
        let page = ann.get(&path).await.expect(200).text();
        let film = tags(&page).find(|tag| tag.starts_with("video")).expect("a film");
        let source = attribute(film, "src").expect("a source");
        assert!(is_mp4(&ann.get(&source).await.expect(200).body));
        assert!(page.contains("A walk &lt;b&gt;in&lt;/b&gt; the rain"), "{page}");
        assert_eq!(balance(&ann).await, (20, 0, 10));
    }

    async fn a_refused_form_keeps_what_was_typed(app: &App) {
        let ann = rich(app).await;
        let key = field(&ann.get("/video").await.expect(200).text(), "key").expect("a key");
        let form = Multipart::default().text("key", &key).text("prompt", &"snow ".repeat(300));
        let page = ann.upload("/video", form).await.expect(422).text();
        assert!(page.contains("At most 1,000 characters"), "{page}");
        assert!(page.contains(&"snow ".repeat(299)), "{page}");
        let form = Multipart::default().text("key", &key).text("aspect", "1:1");
        let page = ann.upload("/video", form).await.expect(422).text();
        assert!(page.contains("Describe what should happen."), "{page}");
        assert!(page.contains("value=\"1:1\" checked"), "{page}");
    }

    async fn what_lacks_credits_waits_and_is_gone_on_with(app: &App) {
        let ann = app.sign_up("ann").await;
        let page = ann.get("/video").await.expect(200).text();
        assert!(page.contains("A video costs 10 credits and you have 8 credits."), "{page}");
        let form = Multipart::default()
            .text("key", "a")
            .text("prompt", "snow at night")
            .text("aspect", "16:9")
            .file("image", "p.jpg", pictures::person());
        ann.upload("/video", form).await.expect(402);
        assert_eq!(app.number("SELECT COUNT(*) FROM drafts").await, 1);
        let checkout = ann.buy("credits-10", "never").await;
        let landed = ann.get(&checkout.landing()).await.expect(200).text();
        assert!(landed.contains("Go on with my video"), "{landed}");
        let page = ann.get("/video").await.expect(200).text();
        assert!(page.contains("What you wanted made is still here"), "{page}");
        let form = || Multipart::default().text("key", "b").text("draft", "1");
        let made = ann.upload("/video", form()).await.expect(303);
        let again = ann.upload("/video", form()).await.expect(303);
        let path = made.header("location").to_owned();
        assert_eq!(path, again.header("location"));
        let job = ann.job_ends(path.trim_start_matches("/jobs/")).await;
        assert_eq!((&job["prompt"], &job["aspect"]), (&json!("snow at night"), &json!("16:9")));
        assert_eq!(app.number("SELECT COUNT(*) FROM drafts").await, 0);
        assert_eq!(balance(&ann).await, (8, 0, 10));
    }

    async fn a_film_begins_with_what_a_try_on_made(app: &App) {
        let ann = rich(app).await;
        let worn = ann.start_job().await;
        ann.job_ends(&worn).await;
        let page = ann.get(&format!("/video?from={worn}")).await.expect(200).text();
        assert!(page.contains(&format!("value=\"job:{worn}\" checked")), "{page}");
        let form = Multipart::default()
            .text("key", "a")
            .text("image_sample", &format!("job:{worn}"));
        let made = ann.upload("/video", form).await.expect(303);
        let film = made.header("location").trim_start_matches("/jobs/").to_owned();
        assert_eq!(ann.job_ends(&film).await["state"], "succeeded");
        let (result, beginning) = (
            ann.get(&format!("/api/jobs/{worn}/result")).await.expect(200),
            ann.get(&format!("/jobs/{film}/picture")).await.expect(200),
        );
        let size = |answer: &[u8]| image::load_from_memory(answer).expect("a picture").width();
        assert_eq!(size(&result.body), size(&beginning.body));
        // What a film was asked for is asked for again.
        let asked = json!({"prompt": "snow at night", "aspect": "1:1", "seconds": 10});
        let words = ann.post_json(PATH, asked).await.expect(202).json();
        ann.job_ends(id(&words)).await;
        let page = ann.get(&format!("/video?from={}", id(&words))).await.expect(200).text();
        for kept in [">snow at night</textarea>", "value=\"1:1\" checked", "value=\"10\" checked"] {
            assert!(page.contains(kept), "{kept}: {page}");
        }
        assert!(!page.contains("value=\"job:"), "{page}");
        // Nobody begins with somebody else's.
        let bob = app.sign_up("bob").await;
        let page = bob.get(&format!("/video?from={worn}")).await.expect(200).text();
        assert!(!page.contains("value=\"job:"), "{page}");
        let form = Multipart::default()
            .text("key", "a")
            .text("image_sample", &format!("job:{worn}"));
        bob.upload("/video", form).await.expect(422);
    }

    async fn a_job_is_made_again_from_what_it_was_made_from(app: &App) {
        let ann = rich(app).await;
        let worn = ann.start_job().await;
        ann.job_ends(&worn).await;
        let fields = [("id", &*worn), ("key", "again")];
        let again = submit(&ann, "/do/rerun-job", &fields).await;
        assert_eq!(submit(&ann, "/do/rerun-job", &fields).await, again);
        let next = again.trim_start_matches("/jobs/").to_owned();
        assert_ne!(next, worn);
        assert_eq!(ann.job_ends(&next).await["state"], "succeeded");
        assert_eq!(balance(&ann).await, (28, 0, 2));
        // Each has pictures of its own: deleting one leaves the other whole.
        ann.delete(&format!("/api/jobs/{worn}")).await.expect(204);
        app.services.studio.tidy().await.expect("the sweep");
        ann.get(&format!("/jobs/{next}/person")).await.expect(200);
        // Without its pictures it cannot be.
        app.execute("UPDATE files SET expires_at = 1 WHERE kind <> 'result'", &[]).await;
        app.services.studio.tidy().await.expect("the sweep");
        let fields = [("id", &*next), ("key", "gone")];
        submit(&ann, "/do/rerun-job", &fields).await;
        assert_eq!(balance(&ann).await, (28, 0, 2));
        // And nobody makes somebody else's again.
        let bob = app.sign_up("bob").await;
        submit(&bob, "/do/rerun-job", &[("id", &*next), ("key", "x")]).await;
        assert_eq!(app.number("SELECT COUNT(*) FROM jobs").await, 2);
    }

    async fn a_deletion_can_be_undone_for_a_while(app: &App) {
        let ann = rich(app).await;
        let job = ann.start_job().await;
        ann.job_ends(&job).await;
        let result = format!("/api/jobs/{job}/result");
        submit(&ann, "/do/delete-job", &[("id", &*job)]).await;
        ann.get(&result).await.expect(404);
        ann.get(&format!("/jobs/{job}")).await.expect(404);
        let bob = app.sign_up("bob").await;
        submit(&bob, "/do/restore-job", &[("id", &*job)]).await;
        ann.get(&result).await.expect(404);
        app.services.studio.tidy().await.expect("the sweep");
        submit(&ann, "/do/restore-job", &[("id", &*job)]).await;
        ann.get(&result).await.expect(200);
        ann.get(&format!("/jobs/{job}/person")).await.expect(200);
        let page = ann.get(&format!("/jobs/{job}")).await.expect(200).text();
        assert!(page.contains(&job), "{page}");
        // The files are gone once it is over.
        submit(&ann, "/do/delete-job", &[("id", &*job)]).await;
        app.execute("UPDATE jobs SET deleted_at = 1", &[]).await;
        app.execute("UPDATE files SET expires_at = 1", &[]).await;
        submit(&ann, "/do/restore-job", &[("id", &*job)]).await;
        ann.get(&result).await.expect(404);
        app.services.studio.tidy().await.expect("the sweep");
        assert_eq!(app.number("SELECT COUNT(*) FROM files").await, 0);
    }

    async fn the_gallery_shows_what_is_asked_for(app: &App) {
        let ann = rich(app).await;
        let worn = ann.start_job().await;
        ann.job_ends(&worn).await;
        let film = ann.post_json(PATH, json!({"prompt": "snow"})).await.expect(202).json();
        ann.job_ends(id(&film)).await;
        app.next_job("fail:PoseError").await;
        let failed = ann.start_job().await;
        ann.job_ends(&failed).await;
        let shows = async |query: &str| {
            let page = ann.get(&format!("/gallery{query}")).await.expect(200).text();
            let mut shown = vec![];
            for job in [&worn, id(&film), &failed] {
                shown.push(page.contains(&format!("href=\"/jobs/{job}\"")));
            }
            shown
        };
        assert_eq!(shows("").await, [true, true, true]);
        assert_eq!(shows("?tool=try_on").await, [true, false, true]);
        assert_eq!(shows("?tool=video").await, [false, true, false]);
        assert_eq!(shows("?state=succeeded").await, [true, true, false]);
        assert_eq!(shows("?state=failed").await, [false, false, true]);
        let videos = ann.get("/api/jobs?tool=video").await.expect(200).json();
        assert_eq!(videos["items"].as_array().map(Vec::len), Some(1));
        ann.get("/api/jobs?state=lost").await.expect(422);
    }

    async fn consent_is_asked_for_in_full_until_a_picture_was_sent(app: &App) {
        let ann = rich(app).await;
        let before = ann.get("/try-on").await.expect(200).text();
        assert!(before.contains("By sending pictures you say"), "{before}");
        assert!(!before.contains("id=\"consent\""), "{before}");
        assert_eq!(app.number("SELECT COUNT(*) FROM consents").await, 0);
        ann.start_job().await;
        assert_eq!(app.number("SELECT COUNT(*) FROM consents").await, 1);
        let after = ann.get("/try-on").await.expect(200).text();
        assert!(after.contains("id=\"consent\""), "{after}");
    }

    async fn a_link_opens_a_result_for_a_while(app: &App) {
        let ann = rich(app).await;
        let job = ann.start_job().await;
        ann.post(&format!("/api/jobs/{job}/link")).await.expect(404);
        ann.job_ends(&job).await;
        let link = ann.post(&format!("/api/jobs/{job}/link")).await.expect(201).json();
        let url = link["url"].as_str().expect("an address").to_owned();
        assert!(url.starts_with("http"), "{url}");
        let stranger = app.anonymous();
        let opened = stranger.get(&url).await.expect(200);
        let own = ann.get(&format!("/api/jobs/{job}/result")).await.expect(200);
        assert_eq!(opened.body, own.body);
        assert!(opened.header("cache-control").contains("no-store"));
        // It opens nothing else, and not for longer.
        let bob = app.sign_up("bob").await;
        bob.post(&format!("/api/jobs/{job}/link")).await.expect(404);
        let (head, token) = url.rsplit_once('/').expect("a path");
        let parts: Vec<&str> = token.split('.').collect();
        let other = ann.start_job().await;
        ann.job_ends(&other).await;
        for forged in [
            format!("{other}.{}.{}", parts[1], parts[2]),
            format!("{}.{}9.{}", parts[0], parts[1], parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{token}.x"),
            "..".to_owned(),
        ] {
            stranger.get(&format!("{head}/{forged}")).await.expect(404);
        }
        app.services.clock.put_forward(std::time::Duration::from_secs(601));
        stranger.get(&url).await.expect(404);
        ann.delete(&format!("/api/jobs/{job}")).await.expect(204);
    }

    async fn nobody_signed_out_makes_a_film(app: &App) {
        let stranger = app.anonymous();
        stranger.post_json(PATH, json!({"prompt": "snow"})).await.expect(401);
        let request = stranger.request(Method::GET, "/video").header(ACCEPT, "text/html");
        let sent = stranger.send(request).await.expect(303);
        assert!(sent.header("location").starts_with("/sign-in"));
        let form = Multipart::default().text("key", "a").text("prompt", "snow");
        let sent = stranger.upload("/video", form).await.expect(303);
        assert!(sent.header("location").starts_with("/sign-in"));
    }
}
