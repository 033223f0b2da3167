//! The success page: what the first HTML says is true, and every figure of one name is the same.
//! Figures are found by their test ids; how the page looks is the browser suite's matter.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::net::TcpListener;

use crate::support::client::DECLINED_CARD;
use crate::support::html::{field, figure, values};
use crate::support::{Answer, App, Kind, at_once};

/// What the page says the balance is, in every place that says it.
#[track_caller]
fn balance(page: &Answer) -> i64 {
    let shown = figure(&page.text(), "credits-remaining");
    shown.parse().expect("a whole number")
}

fn leaves_by_itself(page: &Answer) -> bool {
    page.header("refresh").contains("/dashboard")
}

on_both_databases! {
    async fn landing_credits_what_no_webhook_told(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "never").await;
        let page = ann.get(&bought.landing()).await.expect(200);
        assert_eq!(balance(&page), 18);
        assert!(leaves_by_itself(&page));
        // Landing again says the same and grants nothing.
        assert_eq!(balance(&ann.get(&bought.landing()).await.expect(200)), 18);
        assert_eq!(ann.remaining().await, 18);
        for path in ["/dashboard", "/payments", "/statement", "/try-on", "/"] {
            assert_eq!(balance(&ann.get(path).await.expect(200)), 18, "{path}");
        }
    }

    async fn twenty_landings_beside_twenty_duplicates_all_say_18(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "duplicate:20").await;
        let pages = at_once(20, |_| {
            let (ann, landing) = (ann.clone(), bought.landing());
            async move { ann.get(&landing).await.expect(200) }
        })
        .await;
        for page in &pages {
            assert_eq!(balance(page), 18);
        }
        assert_eq!(ann.figure("total").await, 18);
    }

    async fn landing_signed_out_credits_and_leads_to_sign_in_and_back(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "never").await;
        let page = app.anonymous().get(&bought.landing()).await;
        assert!((300..400).contains(&page.status), "{}", page.status);
        let to = page.header("location").to_owned();
        assert!(to.starts_with("/sign-in?next="), "{to}");
        assert!(to.contains(&bought.session_id), "{to}");
        assert_eq!(ann.remaining().await, 18);
    }

    async fn a_delayed_payment_is_being_updated_and_the_page_stays(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.checkout("credits-10").await;
        let fields = [("method", "delayed:succeeded:600000"), ("webhook", "normal")];
        ann.pay(&bought, &fields).await.expect(303);
        let page = ann.get(&bought.landing()).await.expect(200);
        assert_eq!((balance(&page), leaves_by_itself(&page)), (8, false));
    }

    async fn an_unpaid_or_declined_checkout_grants_nothing_on_landing(app: &App) {
        let ann = app.sign_up("ann").await;
        let checkout = ann.checkout("credits-10").await;
        for _ in 0..2 {
            let page = ann.get(&checkout.landing()).await.expect(200);
            assert_eq!((balance(&page), leaves_by_itself(&page)), (8, false));
            // There is nothing to wait for: the way on is to pay.
            assert_eq!(page.header("refresh"), "");
            assert!(page.text().contains(&format!("href=\"{}\"", checkout.url)));
            ann.pay(&checkout, &[("card_number", DECLINED_CARD)]).await.expect(402);
        }
        assert_eq!(ann.remaining().await, 8);
    }

    async fn a_failed_payment_is_said_plainly(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.checkout("credits-10").await;
        let fields = [("method", "delayed:failed:50"), ("webhook", "normal")];
        ann.pay(&bought, &fields).await.expect(303);
        ann.recharge_becomes(&bought, "failed").await;
        let page = ann.get(&bought.landing()).await.expect(200);
        assert_eq!((balance(&page), leaves_by_itself(&page)), (8, false));
        // The button to try again buys the same item.
        assert_eq!(field(&page.text(), "item").as_deref(), Some("credits-10"));
    }

    async fn somebody_elses_and_unknown_sessions_are_one_page(app: &App) {
        let (ann, eve) = (app.sign_up("ann").await, app.sign_up("eve").await);
        let bought = ann.buy("credits-10", "normal").await;
        ann.recharge_becomes(&bought, "completed").await;
        let unknown = "cs_test_00000000000000000000";
        let theirs = eve.get(&bought.landing()).await.expect(404);
        let none = eve.get(&format!("/payments/success?session_id={unknown}")).await.expect(404);
        let page = theirs.text();
        // Links that change the language lead back to this very address, and nothing else may differ.
        let page = without_keys(&page.replace(&bought.session_id, unknown));
        assert_eq!(page, without_keys(&none.text()));
        assert_eq!((balance(&theirs), ann.remaining().await), (8, 18));
        eve.get("/payments/success").await.expect(404);
    }

    async fn older_addresses_of_the_page_answer_alike(app: &App) {
        let ann = app.sign_up("ann").await;
        for old in ["/payment/success", "/success", "/en/success", "/zh/payments/success"] {
            let bought = ann.buy("credits-10", "never").await;
            let before = ann.remaining().await;
            let page = ann.get(&format!("{old}?session_id={}", bought.session_id)).await.expect(200);
            assert_eq!(balance(&page), before + 10, "{old}");
        }
    }

    async fn the_cancelled_page_cancels_nothing(app: &App) {
        let ann = app.sign_up("ann").await;
        let checkout = ann.checkout("credits-10").await;
        let path = format!("/payments/cancelled?recharge_id={}", checkout.recharge_id);
        assert_eq!(balance(&ann.get(&path).await.expect(200)), 8);
        assert_eq!(ann.recharge(&checkout).await["status"], "pending");
        ann.pay_by_card(&checkout, "normal").await;
        ann.recharge_becomes(&checkout, "completed").await;
        assert_eq!(balance(&ann.get(&path).await.expect(200)), 18);
    }
}

/// The page without the values of its hidden one-time keys.
fn without_keys(page: &str) -> String {
    let mut rest = page;
    let mut out = String::new();
    while let Some(at) = rest.find("name=\"key\"") {
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end);
        out.push_str(&rest[..at]);
        rest = &rest[end..];
    }
    out + rest
}

/// Stripe, far away: every reading of a checkout session takes 200 ms longer.
struct SlowStripe {
    stripe: String,
    http: reqwest::Client,
}

impl SlowStripe {
    /// Stands before the sandbox of `app`; answers under the returned address.
    async fn before(app: &App) -> SocketAddr {
        let slow = std::sync::Arc::new(Self {
            stripe: app.base.clone(),
            http: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("an HTTP client"),
        });
        let router = Router::new().fallback(pass_on).with_state(slow);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }
}

async fn pass_on(State(slow): State<std::sync::Arc<SlowStripe>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if parts.method == "GET" && path.contains("/v1/checkout/sessions/") {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let address = format!("{}{path}", slow.stripe);
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let mut headers = parts.headers;
    headers.remove("host");
    let passed = slow.http.request(parts.method, address).headers(headers);
    let answer = passed.body(body).send().await.expect("the sandbox answers");
    let mut response = Response::builder().status(answer.status());
    for name in ["content-type", "request-id", "stripe-version"] {
        if let Some(value) = answer.headers().get(name) {
            response = response.header(name, value);
        }
    }
    let bytes = answer.bytes().await.expect("a body");
    response.body(Body::from(bytes)).expect("a response")
}

async fn the_first_page_is_true_although_stripe_is_slow(kind: Kind) {
    let stripe = App::start(kind).await;
    let base = format!(
        "http://{}/sandbox/stripe/",
        SlowStripe::before(&stripe).await
    );
    let settings = [
        ("STRIPE_SECRET_KEY", "sk_test_fake"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_fake"),
        ("STRIPE_API_BASE", base.as_str()),
    ];
    let app = App::start_with(kind, &settings).await;
    let ann = app.sign_up("ann").await;
    // No webhook reaches this program: the other one's secret is another.
    let bought = ann.buy("credits-10", "normal").await;
    let page = ann.get(&bought.landing()).await.expect(200);
    let shown = values(&page.text(), "credits-remaining");
    assert!(shown.len() >= 2, "in the bar and on the page: {shown:?}");
    assert!(shown.iter().all(|value| value == "18"), "{shown:?}");
    assert_eq!(ann.remaining().await, 18);
    app.stop().await;
    stripe.stop().await;
}

mod slow_stripe {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sqlite() {
        the_first_page_is_true_although_stripe_is_slow(Kind::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn postgres() {
        the_first_page_is_true_although_stripe_is_slow(Kind::Postgres).await;
    }
}
