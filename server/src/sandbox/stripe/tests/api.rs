//! Every object and every refusal, read by the real client.

use stripe::{ApiErrorsCode, StripeError};
use stripe_checkout::checkout_session::{
    ExpireCheckoutSession, ListCheckoutSession, ListLineItemsCheckoutSession,
    RetrieveCheckoutSession,
};
use stripe_core::charge::{ListCharge, RetrieveCharge};
use stripe_core::customer::{CreateCustomer, ListCustomer, RetrieveCustomer};
use stripe_core::event::{ListEvent, RetrieveEvent};
use stripe_core::payment_intent::RetrievePaymentIntent;
use stripe_shared::{
    CheckoutSessionPaymentStatus as PaymentStatus, CheckoutSessionStatus as Status,
};

use super::{FORM, GOOD_CARD, sandbox, wanted_session};

/// The code and HTTP status of a refusal.
fn refusal<T>(result: Result<T, StripeError>) -> (Option<ApiErrorsCode>, u16) {
    match result {
        Err(StripeError::Stripe(error, status)) => (error.code, status),
        Err(other) => panic!("not in Stripe's shape: {other}"),
        Ok(_) => panic!("not refused"),
    }
}

#[tokio::test]
async fn a_session_is_made_as_asked() {
    let world = sandbox().await;
    let session = world.session().await;
    assert_eq!(session.status, Some(Status::Open));
    assert_eq!(session.payment_status, PaymentStatus::Unpaid);
    assert_eq!(
        (session.amount_total, session.amount_subtotal),
        (Some(990), Some(990))
    );
    assert_eq!(session.client_reference_id.as_deref(), Some("user-1"));
    assert_eq!(session.metadata.as_ref().unwrap()["recharge_id"], "r-1");
    assert_eq!(session.expires_at - session.created, 24 * 3_600);
    assert!(session.line_items.is_none() && session.payment_intent.is_none());
    let url = format!("{}checkout/{}", world.base, session.id);
    assert_eq!(session.url, Some(url));
    let items = ListLineItemsCheckoutSession::new(session.id.clone());
    let items = items.send(&world.client).await.unwrap();
    assert_eq!(items.data[0].description.as_deref(), Some("115 credits"));
    assert_eq!(items.data[0].amount_total, 990);
}

#[tokio::test]
async fn a_paid_session_is_read_with_everything_in_it() {
    let world = sandbox().await;
    let session = world.paid_session().await;
    assert_eq!(session.status, Some(Status::Complete));
    assert_eq!(session.payment_status, PaymentStatus::Paid);
    assert_eq!(session.url, None);
    assert_eq!(session.line_items.unwrap().data.len(), 1);
    let intent = session.payment_intent.unwrap().into_object().unwrap();
    assert_eq!((intent.amount, intent.amount_received), (990, 990));
    let charge = intent.latest_charge.unwrap().into_object().unwrap();
    assert!(charge.paid && charge.captured && !charge.refunded);
    assert!(charge.receipt_url.unwrap().ends_with(charge.id.as_str()));

    let again = RetrievePaymentIntent::new(intent.id.clone()).expand(["latest_charge".to_owned()]);
    let again = again.send(&world.client).await.unwrap();
    assert!(again.latest_charge.unwrap().is_object());
    let alone = RetrieveCharge::new(charge.id.clone()).expand(["refunds".to_owned()]);
    let alone = alone.send(&world.client).await.unwrap();
    assert_eq!(alone.amount, 990);
    assert!(alone.refunds.unwrap().data.is_empty());
    let charges = ListCharge::new().payment_intent(intent.id.to_string());
    assert_eq!(charges.send(&world.client).await.unwrap().data.len(), 1);
}

#[tokio::test]
async fn sessions_are_listed_newest_first_page_by_page() {
    let world = sandbox().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(world.session().await.id);
        world.advance(1);
    }
    world
        .pay_by_card(
            &wanted_session().send(&world.client).await.unwrap(),
            GOOD_CARD,
        )
        .await;
    let open = || ListCheckoutSession::new().status(Status::Open).limit(2);
    let first = open().send(&world.client).await.unwrap();
    assert_eq!([&first.data[0].id, &first.data[1].id], [&ids[4], &ids[3]]);
    assert!(first.has_more);
    let second = open()
        .starting_after(ids[3].as_str())
        .send(&world.client)
        .await
        .unwrap();
    assert_eq!([&second.data[0].id, &second.data[1].id], [&ids[2], &ids[1]]);
    let last = open()
        .starting_after(ids[1].as_str())
        .send(&world.client)
        .await
        .unwrap();
    assert_eq!((last.data.len(), last.has_more), (1, false));
    let back = open()
        .ending_before(ids[1].as_str())
        .send(&world.client)
        .await
        .unwrap();
    assert_eq!([&back.data[0].id, &back.data[1].id], [&ids[3], &ids[2]]);
    assert!(back.has_more);
    let complete = ListCheckoutSession::new().status(Status::Complete);
    let complete = complete.expand(["data.payment_intent.latest_charge".to_owned()]);
    let complete = complete.send(&world.client).await.unwrap();
    let intent = complete.data[0]
        .payment_intent
        .as_ref()
        .unwrap()
        .as_object()
        .unwrap();
    assert!(intent.latest_charge.as_ref().unwrap().is_object());
    let by_intent = ListCheckoutSession::new().payment_intent(intent.id.to_string());
    let by_intent = by_intent.send(&world.client).await.unwrap();
    assert_eq!(by_intent.data[0].id, complete.data[0].id);
}

#[tokio::test]
async fn only_open_sessions_can_be_expired() {
    let world = sandbox().await;
    let session = world.session().await;
    let expire = || ExpireCheckoutSession::new(session.id.clone());
    let expired = expire().send(&world.client).await.unwrap();
    assert_eq!((expired.status, expired.url), (Some(Status::Expired), None));
    assert_eq!(refusal(expire().send(&world.client).await), (None, 400));
    let paid = world.paid_session().await;
    let refused = ExpireCheckoutSession::new(paid.id.clone())
        .send(&world.client)
        .await;
    assert_eq!(refusal(refused), (None, 400));
}

#[tokio::test]
async fn customers_and_their_sessions() {
    let world = sandbox().await;
    let made = CreateCustomer::new().email("ann@example.com").name("Ann");
    let made = made.send(&world.client).await.unwrap();
    let read = RetrieveCustomer::new(made.id.clone())
        .send(&world.client)
        .await
        .unwrap();
    assert!(matches!(
        read,
        stripe_core::customer::RetrieveCustomerReturned::Customer(_)
    ));
    assert_eq!(
        ListCustomer::new()
            .send(&world.client)
            .await
            .unwrap()
            .data
            .len(),
        1
    );
    let session = wanted_session().customer(made.id.to_string());
    let session = session.send(&world.client).await.unwrap();
    assert_eq!(
        session.customer_details.unwrap().email.as_deref(),
        Some("ann@example.com")
    );
    let of_customer = ListCheckoutSession::new().customer(made.id.to_string());
    assert_eq!(of_customer.send(&world.client).await.unwrap().data.len(), 1);
    let unknown = wanted_session()
        .customer("cus_none")
        .send(&world.client)
        .await;
    assert_eq!(
        refusal(unknown),
        (Some(ApiErrorsCode::ResourceMissing), 400)
    );
}

#[tokio::test]
async fn events_are_listed_by_time_and_type() {
    let world = sandbox().await;
    world.paid_session().await;
    let list = || ListEvent::new();
    let all = list().send(&world.client).await.unwrap();
    let types: Vec<_> = all.data.iter().map(|event| event.type_.as_str()).collect();
    let wanted = [
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ];
    assert_eq!(types, wanted);
    let some = ["charge.succeeded", "payment_intent.succeeded"].map(str::to_owned);
    assert_eq!(
        list()
            .types(some)
            .send(&world.client)
            .await
            .unwrap()
            .data
            .len(),
        2
    );
    let older = list().starting_after(all.data[1].id.as_str()).limit(1);
    let older = older.send(&world.client).await.unwrap();
    assert_eq!((&older.data[0].id, older.has_more), (&all.data[2].id, true));
    let newer = list().ending_before(all.data[2].id.as_str());
    assert_eq!(
        newer.send(&world.client).await.unwrap().data[1].id,
        all.data[1].id
    );
    let now = world.clock.now().seconds();
    for (bound, count) in [("gte", 4), ("gt", 0), ("lte", 4), ("lt", 0)] {
        let answer = world
            .get(&format!("v1/events?created[{bound}]={now}"))
            .await;
        assert_eq!(
            answer.json()["data"].as_array().unwrap().len(),
            count,
            "{bound}"
        );
    }
    let one = RetrieveEvent::new(all.data[0].id.clone())
        .send(&world.client)
        .await
        .unwrap();
    assert_eq!(one.api_version.as_deref(), Some("2026-09-30.endive"));
    let missing = RetrieveEvent::new("evt_none").send(&world.client).await;
    assert_eq!(
        refusal(missing),
        (Some(ApiErrorsCode::ResourceMissing), 404)
    );
}

#[tokio::test]
async fn what_is_not_there_is_said_in_stripes_shape() {
    let world = sandbox().await;
    let missing = RetrieveCheckoutSession::new("cs_test_none")
        .send(&world.client)
        .await;
    assert_eq!(
        refusal(missing),
        (Some(ApiErrorsCode::ResourceMissing), 404)
    );
    let missing = RetrieveCharge::new("ch_none").send(&world.client).await;
    assert_eq!(
        refusal(missing),
        (Some(ApiErrorsCode::ResourceMissing), 404)
    );
    for path in [
        "v1/nonsense",
        "v1/checkout/sessions/a/b/c",
        "v1",
        "nonsense",
    ] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(
            answer.json()["error"]["type"],
            "invalid_request_error",
            "{path}"
        );
    }
    let wrong_method = world
        .http
        .delete(world.url("v1/checkout/sessions"))
        .bearer_auth("sk_test_x");
    assert_eq!(wrong_method.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_key_is_asked_for() {
    let world = sandbox().await;
    let url = world.url("v1/events");
    let with = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status();
    assert_eq!(with(world.http.get(url.clone())).await, 401);
    assert_eq!(
        with(world.http.get(url.clone()).bearer_auth("pk_test_x")).await,
        401
    );
    assert_eq!(
        with(world.http.get(url.clone()).bearer_auth("rk_test_x")).await,
        200
    );
    assert_eq!(
        with(
            world
                .http
                .get(url.clone())
                .basic_auth("sk_test_x", Some(""))
        )
        .await,
        200
    );
    let bad = stripe::ClientBuilder::new("sk")
        .url(world.base.as_str())
        .build()
        .unwrap();
    assert_eq!(refusal(wanted_session().send(&bad).await), (None, 401));
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let world = sandbox().await;
    let day = world.clock.now().seconds() + 24 * 3_600;
    let too_late = format!("expires_at={}", day + 1);
    let too_soon = format!("expires_at={}", day - 24 * 3_600 + 29 * 60);
    let long_key = format!("metadata[{}]=x", "k".repeat(41));
    let long_value = format!("metadata[k]={}", "v".repeat(501));
    let amount = "line_items[0][price_data][unit_amount]";
    for (extra, param, code) in [
        ("nonsense=1", "nonsense", Some("parameter_unknown")),
        (
            "line_items[0][colour]=1",
            "line_items[0][colour]",
            Some("parameter_unknown"),
        ),
        (
            "success_url=",
            "success_url",
            Some("parameter_invalid_empty"),
        ),
        ("success_url=here", "success_url", Some("url_invalid")),
        ("mode=sometimes", "mode", None),
        ("mode=subscription", "mode", None),
        ("expand[]=nothing", "expand", None),
        ("discounts[0][coupon]=x", "discounts", None),
        (
            "line_items[0][price_data][currency]=xxq",
            "line_items[0][price_data][currency]",
            None,
        ),
        (
            "line_items[0][price_data][unit_amount]=9.9",
            amount,
            Some("parameter_invalid_integer"),
        ),
        (
            "line_items[0][price_data][unit_amount]=-1",
            amount,
            Some("parameter_invalid_integer"),
        ),
        (
            "line_items[0][price_data][unit_amount]=49",
            "line_items",
            Some("amount_too_small"),
        ),
        (
            "line_items[0][quantity]=999999999",
            "line_items",
            Some("amount_too_large"),
        ),
        (
            "line_items[0][quantity]=0",
            "line_items[0][quantity]",
            Some("parameter_invalid_integer"),
        ),
        (
            "line_items[0][price]=price_1",
            "line_items[0][price]",
            Some("resource_missing"),
        ),
        (
            "customer_email=nobody",
            "customer_email",
            Some("email_invalid"),
        ),
        (&too_late, "expires_at", None),
        (&too_soon, "expires_at", None),
        (&long_key, "metadata", None),
        (&long_value, "metadata", None),
    ] {
        let answer = world
            .post("v1/checkout/sessions", &format!("{FORM}&{extra}"), None)
            .await;
        let error = &answer.json()["error"];
        assert!(
            [400, 404].contains(&answer.status),
            "{extra}: {}",
            answer.text
        );
        assert_eq!(error["param"], param, "{extra}");
        assert_eq!(error["code"].as_str(), code, "{extra}");
    }
    for missing in ["mode", "success_url", "line_items"] {
        let kept: Vec<_> = FORM
            .split('&')
            .filter(|pair| !pair.starts_with(missing))
            .collect();
        let answer = world
            .post("v1/checkout/sessions", &kept.join("&"), None)
            .await;
        assert_eq!(
            answer.json()["error"]["code"],
            "parameter_missing",
            "{missing}"
        );
        assert_eq!(answer.json()["error"]["param"], missing);
    }
    let huge = format!("{FORM}&metadata[k]={}", "x".repeat(300 * 1024));
    assert_eq!(
        world.post("v1/checkout/sessions", &huge, None).await.status,
        413
    );
}
