use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::{FORM, sandbox};

#[tokio::test]
async fn the_same_key_gives_the_same_answer() {
    let world = sandbox().await;
    let first = world.post("v1/checkout/sessions", FORM, Some("k1")).await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    assert!(
        first.headers["request-id"]
            .to_str()
            .unwrap()
            .starts_with("req_")
    );
    let mut pairs: Vec<_> = FORM.split('&').collect();
    pairs.reverse();
    let again = world
        .post("v1/checkout/sessions", &pairs.join("&"), Some("k1"))
        .await;
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let listed = world.get("v1/checkout/sessions").await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_same_key_for_something_else_is_refused() {
    let world = sandbox().await;
    world.post("v1/checkout/sessions", FORM, Some("k1")).await;
    for (path, form) in [
        (
            "v1/checkout/sessions",
            format!("{FORM}&client_reference_id=other"),
        ),
        ("v1/customers", String::new()),
    ] {
        let answer = world.post(path, &form, Some("k1")).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["error"]["type"], "idempotency_error");
    }
    world.advance(24 * 3_600 + 1);
    let later = world.post("v1/customers", "", Some("k1")).await;
    assert_eq!(later.status, 200, "{}", later.text);
}

#[tokio::test]
async fn what_failed_to_parse_does_not_use_up_the_key() {
    let world = sandbox().await;
    assert_eq!(
        world
            .post("v1/checkout/sessions", "mode=payment", Some("k1"))
            .await
            .status,
        400
    );
    assert_eq!(
        world
            .post("v1/checkout/sessions", FORM, Some("k1"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_late_repetition_is_answered_as_before() {
    let world = sandbox().await;
    let form = format!("{FORM}&expires_at={}", world.clock.now().seconds() + 3_600);
    let first = world.post("v1/checkout/sessions", &form, Some("k1")).await;
    world.advance(2 * 3_600);
    let again = world.post("v1/checkout/sessions", &form, Some("k1")).await;
    assert_eq!((again.status, again.text), (200, first.text));
}

#[tokio::test]
async fn a_refusal_is_kept_like_any_answer() {
    let world = sandbox().await;
    let session = world.paid_session().await;
    let path = format!("v1/checkout/sessions/{}/expire", session.id);
    let first = world.post(&path, "", Some("k1")).await;
    let again = world.post(&path, "", Some("k1")).await;
    assert_eq!((first.status, again.status), (400, 400));
    assert_eq!(first.text, again.text);
    assert_eq!(again.headers["idempotent-replayed"], "true");
}

#[tokio::test]
async fn while_a_call_is_under_way_its_key_is_in_use() {
    let world = sandbox().await;
    let writers_place = world.sandbox.0.db.begin().await.unwrap();
    let calls = (0..2).map(|_| world.post("v1/checkout/sessions", FORM, Some("k1")));
    let mut calls: FuturesUnordered<_> = calls.collect();
    // One of them waits for the writer's place, so the other is answered first.
    let refused = calls.next().await.unwrap();
    assert_eq!(refused.status, 409, "{}", refused.text);
    let error = &refused.json()["error"];
    assert_eq!(error["type"], "idempotency_error");
    assert_eq!(error["code"], "idempotency_key_in_use");
    drop(writers_place);
    let first = calls.next().await.unwrap();
    assert_eq!(first.status, 200, "{}", first.text);
    let third = world.post("v1/checkout/sessions", FORM, Some("k1")).await;
    assert_eq!((third.status, third.text), (200, first.text));
}

#[tokio::test]
async fn many_at_once_with_one_key_make_one_session() {
    let world = sandbox().await;
    let calls = (0..20).map(|_| world.post("v1/checkout/sessions", FORM, Some("once")));
    let answers = futures::future::join_all(calls).await;
    let mut done: Vec<_> = answers.iter().filter(|it| it.status != 409).collect();
    done.dedup_by_key(|it| &it.text);
    assert_eq!(done.len(), 1, "one session, whoever asked");
    assert_eq!(done[0].status, 200, "{}", done[0].text);
    let listed = world.get("v1/checkout/sessions").await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}
