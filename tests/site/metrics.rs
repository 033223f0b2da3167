//! What a monitoring system reads.

use reqwest::Method;

use crate::support::{App, Kind};

const TOKEN: &str = "a-token-for-tests";

on_both_databases! {
    async fn this_machine_reads_the_measures(app: &App) {
        let ann = app.sign_up("ann").await;
        app.next_job("slow:600000").await;
        let job = ann.start_job().await;
        ann.job(&job).await;
        let measures = app.anonymous().get("/metrics").await.expect(200);
        assert!(measures.header("content-type").starts_with("text/plain"), "{}", measures.header("content-type"));
        let text = measures.text();
        assert!(text.contains("\njobs_unfinished 1\n"), "{text}");
        let asked = "http_requests_total{method=\"GET\",path=\"/api/jobs/{id}\",status=\"200\"} ";
        assert!(text.contains(asked), "{text}");
        assert!(text.contains("http_request_duration_seconds_bucket"), "{text}");
        // A method that somebody made up is no measure of its own.
        let odd = Method::from_bytes(b"MADEUP1").expect("a method");
        app.anonymous().send(app.anonymous().request(odd, "/api/catalog")).await;
        let text = app.anonymous().get("/metrics").await.expect(200).text();
        assert!(text.contains("method=\"other\"") && !text.contains("MADEUP"), "{text}");
        // Nothing of anybody: no id, no address.
        for secret in [&job, &ann.id, &ann.email] {
            assert!(!text.contains(secret.as_str()), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_opens_the_measures_and_a_proxy_closes_them() {
    let app = App::start_with(Kind::Sqlite, &[("ATELIER_METRICS_TOKEN", TOKEN)]).await;
    let stranger = app.anonymous();
    assert_eq!(
        stranger.get("/metrics").await.expect(403).code(),
        "forbidden"
    );
    for (shown, status) in [
        ("Bearer a-token-for-test", 403),
        ("Basic a-token-for-tests", 403),
        ("Bearer a-token-for-tests", 200),
    ] {
        let request = stranger
            .request(Method::GET, "/metrics")
            .header("authorization", shown);
        stranger.send(request).await.expect(status);
    }
    app.stop().await;
    let app = App::start_with(Kind::Sqlite, &[("ATELIER_TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    app.anonymous().get("/metrics").await.expect(403);
    app.stop().await;
    // A public name leads here through a proxy, maybe one on this machine.
    let app = App::start_with(
        Kind::Sqlite,
        &[
            ("ATELIER_URL", "https://studio.example.com"),
            ("ATELIER_SANDBOX_PUBLIC", "1"),
        ],
    )
    .await;
    app.anonymous().get("/metrics").await.expect(403);
    app.stop().await;
}
