//! What every answer says to browsers: no inline code, and forms that may lead to the payment page.

use crate::support::App;

/// The directives of the content security policy, by name.
fn directive(policy: &str, name: &str) -> Vec<String> {
    let mut directives = policy.split(';').map(str::trim);
    let found = directives.find_map(|text| text.strip_prefix(name)?.strip_prefix(' '));
    let sources = found.unwrap_or_else(|| panic!("no {name} in {policy}"));
    sources.split(' ').map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_may_lead_to_the_sandboxs_payment_page() {
    let app = App::start(crate::support::Kind::Sqlite).await;
    let ann = app.sign_up("ann").await;
    let hosted = ann.checkout("credits-10").await.url;
    let address: url::Url = hosted.parse().expect("an address");
    let origin = address.origin().ascii_serialization();
    // The page is on the other loopback name, as a real provider is on another site.
    assert_ne!(origin, app.base);
    assert_eq!(address.host_str(), Some("localhost"));
    for path in ["/", "/dashboard", "/payments", "/api/credits", "/nothing"] {
        let answer = ann.get(path).await;
        let policy = answer.header("content-security-policy");
        // Browsers check where a form's redirect leads to as well.
        let wanted = ["'self'".to_owned(), origin.clone()];
        assert_eq!(directive(policy, "form-action"), wanted, "{path}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_inline_is_allowed_anywhere() {
    let app = App::start(crate::support::Kind::Sqlite).await;
    let ann = app.sign_up("ann").await;
    for path in [
        "/",
        "/sign-in",
        "/dashboard",
        "/payments",
        "/api/credits",
        "/healthz",
    ] {
        let answer = ann.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(!policy.contains("unsafe-"), "{path}: {policy}");
        assert_eq!(directive(policy, "default-src"), ["'none'"], "{path}");
        assert_eq!(directive(policy, "script-src"), ["'self'"], "{path}");
        assert_eq!(directive(policy, "style-src"), ["'self'"], "{path}");
        assert_eq!(directive(policy, "frame-ancestors"), ["'none'"], "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        // Refused forms lead back by the referrer.
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_key_of_stripes_forms_may_lead_to_stripe() {
    let keys = [
        ("STRIPE_SECRET_KEY", "sk_test_fake"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_fake"),
    ];
    let app = App::start_with(crate::support::Kind::Sqlite, &keys).await;
    let answer = app.anonymous().get("/").await;
    let policy = answer.header("content-security-policy");
    // Creem is still the sandbox's, on the other loopback name.
    let sandbox = directive(policy, "form-action").into_iter();
    let named: Vec<String> = sandbox
        .filter(|origin| !origin.starts_with("http://localhost:"))
        .collect();
    let wanted = [
        "'self'",
        "https://billing.stripe.com",
        "https://checkout.stripe.com",
    ];
    assert_eq!(named, wanted);
    app.stop().await;
}
