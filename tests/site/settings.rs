//! The operator's page of settings: every setting there is, and no secret.

use crate::support::{App, Kind};

/// What is set and must not be shown; each has this in it.
const MARKER: &str = "swordfish";

/// Every secret but the database's and the bucket's, which have to be the right ones.
const SECRETS: [(&str, &str); 13] = [
    ("STRIPE_SECRET_KEY", "sk_test_swordfish"),
    ("STRIPE_WEBHOOK_SECRET", "whsec_swordfish"),
    ("STRIPE_API_BASE", "http://swordfish:swordfish@127.0.0.1:9/"),
    ("CREEM_API_KEY", "creem_test_swordfish"),
    ("CREEM_WEBHOOK_SECRET", "swordfish"),
    ("FASHN_API_KEY", "fa-swordfish"),
    ("FASHN_API_BASE", "http://127.0.0.1:9/"),
    ("REPLICATE_API_TOKEN", "r8_swordfish"),
    ("REPLICATE_API_BASE", "http://127.0.0.1:9/"),
    ("REPLICATE_WEBHOOK_SECRET", "whsec_c3dvcmRmaXNo"),
    ("REPLICATE_TRYON_MODEL", "someone/tryon"),
    ("SMTP_URL", "smtp://someone:swordfish@127.0.0.1:9"),
    ("ATELIER_METRICS_TOKEN", "swordfish"),
];

async fn page_of(app: &App) -> String {
    let admin = app.admin().await;
    admin.get("/admin/settings").await.expect(200).text()
}

async fn every_setting_and_no_secret(kind: Kind) {
    let app = App::start_with(kind, &SECRETS).await;
    let page = page_of(&app).await;
    for variable in atelier::settings::VARIABLES {
        let shown = format!("<code>{}</code>", variable.name);
        assert!(page.contains(&shown), "{}: {page}", variable.name);
    }
    for secret in [MARKER, "c3dvcmRmaXNo", &app.database_url, "someone:"] {
        assert!(
            !page.contains(secret),
            "{secret} stands on the page: {page}"
        );
    }
    let kind = match kind {
        Kind::Sqlite => "SQLite",
        Kind::Postgres => "PostgreSQL",
    };
    for said in [
        kind,
        "someone/tryon",
        "http://127.0.0.1:9/",
        &app.base,
        "Sandbox: no real money",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_setting_is_shown_and_no_secret_on_sqlite() {
    every_setting_and_no_secret(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_setting_is_shown_and_no_secret_on_postgres() {
    every_setting_and_no_secret(Kind::Postgres).await;
}

on_both_databases! {
    async fn what_runs_is_told_with_what_counts_by_default(app: &App) {
        let page = page_of(app).await;
        let migrations = app.services.db.migrations().await.expect("the migrations");
        let last = migrations.last().expect("a migration");
        let last = format!("{:04} {}", last.version, last.description);
        for said in [last.as_str(), env!("CARGO_PKG_VERSION"), "Starter", "Stripe", "FASHN", "ATELIER_ORIGINALS_DAYS"] {
            assert!(page.contains(said), "{said}: {page}");
        }
        let (_, days) = page.split_once("ATELIER_ORIGINALS_DAYS").expect("a setting");
        let row = days.split("</tr>").next().unwrap_or_default();
        assert!(row.contains("<code>30</code>") && row.contains("default"), "{row}");
        assert!(page.contains("answers"), "{page}");
    }
}
