//! The overview: what the days came to, as JSON, as two files and on the page. How they are counted: `server/tests/floor/days.rs`.

use atelier_server::time::Timestamp;
use serde_json::{Value, json};

use super::admin::csv;
use crate::support::{App, Client, html};

/// Three days that are over, as they are kept. The newest came to nothing.
async fn keep_days(app: &App) -> [Timestamp; 3] {
    let today = app.services.clock.now();
    let days = [-3, -2, -1].map(|back| today.plus_days(back));
    // The program may have begun to count one of them.
    forget_days(app).await;
    for (day, figures) in days.iter().zip([FIRST, SECOND, &[]]) {
        let number = (day.micros() / 86_400_000_000).to_string();
        let end = (day.micros() / 86_400_000_000 + 1) * 86_400_000_000;
        app.execute(
            "INSERT INTO site_days (day, closed_at, counted_until) \
             VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($2 AS BIGINT))",
            &[&number, &end.to_string()],
        )
        .await;
        for (figure, part, amount) in figures {
            app.execute(
                "INSERT INTO site_figures (day, figure, part, amount) \
                 VALUES (CAST($1 AS BIGINT), $2, $3, CAST($4 AS BIGINT))",
                &[&number, figure, part, amount],
            )
            .await;
        }
    }
    days
}

type Figures = &'static [(&'static str, &'static str, &'static str)];

/// Credits were sold for nine cents each: 1 980 for 220. The other currency has no costs.
const FIRST: Figures = &[
    ("revenue", "usd", "1980"),
    ("revenue", "cny", "5000"),
    ("bought", "usd", "220"),
    ("bought", "cny", "500"),
    ("sales", "usd", "1980"),
    ("sales", "cny", "5000"),
    ("sold", "", "700"),
    ("given", "", "20"),
    ("spent", "", "41"),
    ("returned", "", "3"),
    ("signed_up", "", "4"),
    ("active", "", "6"),
    ("paying", "", "2"),
    ("succeeded", "fashn/try_on", "11"),
    ("failed", "fashn/try_on", "1"),
    ("credits", "fashn/try_on", "11"),
    ("micros", "fashn/try_on", "231000000"),
    ("succeeded", "replicate/video", "3"),
    ("failed", "replicate/video", "1"),
    ("cancelled", "replicate/video", "2"),
    ("credits", "replicate/video", "30"),
    ("micros", "replicate/video", "270000000"),
];

const SECOND: Figures = &[
    ("refunded", "usd", "990"),
    ("lapsed", "", "15"),
    ("taken_back", "", "110"),
    ("active", "", "1"),
    ("succeeded", "fashn/try_on", "2"),
    ("micros", "fashn/try_on", "64000000"),
    ("cancelled", "replicate/video", "1"),
];

/// What the charts of this name say under the pointer, without the days.
fn said(page: &str, chart: &str) -> Vec<String> {
    let drawn = page.split(&format!("aria-label=\"{chart}\"")).nth(1);
    let drawn = drawn.and_then(|rest| rest.split("</figure>").next());
    let drawn = drawn.unwrap_or_else(|| panic!("no chart {chart}"));
    let words = drawn.split("<b>").skip(1);
    let words = words.filter_map(|rest| rest.split("</b>").next()?.split_once(": "));
    words.map(|(_, said)| said.to_owned()).collect()
}

/// The cells of the rows of the table behind this place, with the head.
fn table(page: &str, place: &str) -> Vec<Vec<String>> {
    let table = page
        .split(place)
        .nth(1)
        .and_then(|rest| rest.split("</table>").next());
    let table = table.unwrap_or_else(|| panic!("no table at {place}"));
    let cells = |row: &str| {
        let cells = row
            .split("<t")
            .skip(1)
            .filter(|cell| cell.starts_with(['h', 'd']));
        let cells = cells.filter_map(|cell| cell.split_once('>')?.1.split('<').next());
        cells.map(|cell| cell.trim().to_owned()).collect()
    };
    table.split("<tr>").skip(1).map(cells).collect()
}

/// The lines of a file, without its head.
async fn lines(admin: &Client, address: &str) -> Vec<String> {
    let file = csv(admin, address).await.text();
    file.lines().skip(1).map(str::to_owned).collect()
}

/// Jobs of one provider on a day, as the API has them.
fn jobs(name: [&str; 2], counted: [i64; 5], left: [i64; 2]) -> Value {
    let usd = |amount| json!({"amount_minor": amount, "currency": "usd"});
    json!({
        "provider": name[0], "tool": name[1], "succeeded": counted[0], "failed": counted[1], "cancelled": counted[2],
        "seconds": counted[3], "credits": counted[4], "cost": usd(left[0]), "margin": usd(left[1]),
    })
}

/// What was kept here is nothing that happened, and `verify` would say so.
async fn forget_days(app: &App) {
    app.execute("DELETE FROM site_figures", &[]).await;
    app.execute("DELETE FROM site_days", &[]).await;
}

on_both_databases! {
    async fn every_figure_of_a_day_is_in_the_answer_in_the_files_and_on_the_page(app: &App) {
        let admin = app.admin().await;
        let days = keep_days(app).await;
        let dates = days.map(Timestamp::day);
        let span = format!("from={}&to={}", dates[0], dates[2]);

        let list = admin.get(&format!("/api/admin/stats/daily?{span}")).await.expect(200).json();
        assert_eq!(list["days"], json!([
            {
                "date": dates[0],
                "revenue": [{"amount_minor": 5000, "currency": "cny"}, {"amount_minor": 1980, "currency": "usd"}],
                "bought": [{"credits": 500, "currency": "cny", "amount_minor": 5000}, {"credits": 220, "currency": "usd", "amount_minor": 1980}],
                "refunded": [],
                "credits": {"sold": 700, "given": 20, "spent": 41, "returned": 3, "lapsed": 0, "taken_back": 0},
                "users": {"signed_up": 4, "active": 6, "paying": 2},
                // 11 × 9 − 11 × 8, and 30 × 9 − 3 × 60.
                "jobs": [
                    jobs(["fashn", "try_on"], [11, 1, 0, 231, 11], [88, 11]),
                    jobs(["replicate", "video"], [3, 1, 2, 270, 30], [180, 90]),
                ],
            },
            {
                "date": dates[1],
                "revenue": [],
                "bought": [],
                "refunded": [{"amount_minor": 990, "currency": "usd"}],
                "credits": {"sold": 0, "given": 0, "spent": 0, "returned": 0, "lapsed": 15, "taken_back": 110},
                "users": {"signed_up": 0, "active": 1, "paying": 0},
                // Two of a trial: nobody paid for them.
                "jobs": [
                    jobs(["fashn", "try_on"], [2, 0, 0, 64, 0], [16, -16]),
                    jobs(["replicate", "video"], [0, 0, 1, 0, 0], [0, 0]),
                ],
            },
            {
                "date": dates[2],
                "revenue": [], "bought": [], "refunded": [],
                "credits": {"sold": 0, "given": 0, "spent": 0, "returned": 0, "lapsed": 0, "taken_back": 0},
                "users": {"signed_up": 0, "active": 0, "paying": 0},
                "jobs": [],
            },
        ]));

        let file = lines(&admin, &format!("/api/admin/stats/daily?{span}")).await;
        assert_eq!(file, [
            format!("{},5000 cny + 1980 usd,500 cny + 220 usd,,700,20,41,3,0,0,4,6,2,14,2,2,501", dates[0]),
            format!("{},,,990 usd,0,0,0,0,15,110,0,1,0,2,0,1,64", dates[1]),
            format!("{},,,,0,0,0,0,0,0,0,0,0,0,0,0,0", dates[2]),
        ]);
        let file = lines(&admin, &format!("/api/admin/stats/daily?by=provider&{span}")).await;
        assert_eq!(file, [
            format!("{},fashn,try_on,11,1,0,8.3,231,11,88,11,usd", dates[0]),
            format!("{},replicate,video,3,1,2,25.0,270,30,180,90,usd", dates[0]),
            format!("{},fashn,try_on,2,0,0,0.0,64,0,16,-16,usd", dates[1]),
            format!("{},replicate,video,0,0,1,,0,0,0,0,usd", dates[1]),
        ]);
        let wrong = admin.get("/api/admin/stats/daily?by=weather").await.expect(422).json();
        assert!(wrong["errors"]["by"].is_string(), "{wrong}");

        let page = admin.get("/en/admin?days=7").await.expect(200).text();
        for link in ["?format=csv&amp;from=", "&amp;by=provider\""] {
            assert!(page.contains(link), "{link}");
        }
        // The fourth to the second last of seven days; behind them come the two last.
        let shown = |chart: &str| said(&page, chart)[3..6].to_vec();
        for (chart, values) in [
            ("Revenue in USD", ["$19.80", "$0.00", "$0.00"]),
            ("Revenue in CNY", ["¥50.00", "¥0.00", "¥0.00"]),
            ("Credits sold", ["700", "0", "0"]),
            ("Credits given", ["20", "0", "0"]),
            ("Credits spent", ["41", "0", "0"]),
            ("Credits returned", ["3", "0", "0"]),
            ("Credits lapsed", ["0", "15", "0"]),
            ("Credits taken back", ["0", "110", "0"]),
            ("Sign-ups", ["4", "0", "0"]),
            ("Active people", ["6", "1", "0"]),
            ("Paying people", ["2", "0", "0"]),
            ("Jobs done", ["14", "2", "0"]),
            ("Jobs failed", ["2", "0", "0"]),
            ("Jobs cancelled", ["2", "1", "0"]),
            // A day on which none succeeded has no length, and one on which none ended no rate.
            ("Mean length: Try-on", ["21 s", "32 s", "none"]),
            ("Mean length: Video", ["90 s", "none", "none"]),
            ("Failure rate: FASHN, Try-on", ["8.3 %", "0 %", "none"]),
            ("Failure rate: Replicate, Video", ["25 %", "none", "none"]),
            ("Margin: FASHN, Try-on", ["$0.11", "−$0.16", "none"]),
            ("Margin: Replicate, Video", ["$0.90", "$0.00", "none"]),
        ] {
            assert_eq!(shown(chart), values, "{chart}");
        }
        // Today somebody signed up: the administrator.
        let rows = table(&page, "id=\"days-table\"");
        assert_eq!(rows.len(), 4, "{rows:?}");
        assert_eq!(rows[2][1..], ["", "$9.90", "0", "0", "0", "0", "15", "110", "0", "1", "0", "2", "0", "1", "32 s"]);
        let first = ["¥50.00 + $19.80", "", "700", "20", "41", "3", "0", "0", "4", "6", "2", "14", "2", "2", "35 s"];
        assert_eq!(rows[3][1..], first);
        let rows = table(&page, "id=\"providers-title\"");
        assert_eq!(rows[1..], [
            ["FASHN, Try-on", "13", "1", "0", "7.1 %", "22 s", "11", "$1.04", "−$0.05"],
            ["Replicate, Video", "3", "1", "3", "25 %", "90 s", "30", "$1.80", "$0.90"],
        ]);
        forget_days(app).await;
    }

    async fn a_year_is_drawn_by_week_and_its_table_is_short(app: &App) {
        let admin = app.admin().await;
        keep_days(app).await;
        let page = admin.get("/en/admin?days=365").await.expect(200).text();
        assert!(page.contains(">By week</h2>") && page.contains("Each bar is the week from its day on"));
        // Each chart is one outline, 52 weeks wide.
        let charts = page.matches("class=\"chart\"").count() + page.matches("class=\"chart signed\"").count();
        assert_eq!(page.matches("viewBox=\"0 0 52 132\"").count(), charts);
        let outline = |chart: &str| {
            let drawn = page.split(&format!("aria-label=\"{chart}\"")).nth(1)?;
            html::attribute(drawn.split("<path").nth(1)?, "d")
        };
        // The last week came to all of it: as high as 700 is of 1000.
        assert_eq!(outline("Credits sold").as_deref(), Some("M0 132h51V40h1V132"));
        // Seven who were active in seven days are one a day, of two.
        assert_eq!(outline("Active people").as_deref(), Some("M0 132h51V66h1V132"));
        forget_days(app).await;
    }

    async fn what_waits_for_the_operator_stands_above_the_figures(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let overview = async || admin.get("/en/admin").await.expect(200).text();
        assert!(!overview().await.contains("class=\"notices\""), "nothing waits");
        let checkout = ann.buy("credits-10", "normal").await;
        ann.recharge_becomes(&checkout, "completed").await;
        crate::support::until("the events are done", async || {
            let open = "SELECT COUNT(*) FROM webhook_events WHERE state <> 'processed'";
            (app.number(open).await == 0).then_some(())
        }).await;
        let spoil = "UPDATE wallets SET version = 0 WHERE user_id = $1";
        assert_eq!(app.execute(spoil, &[&ann.id]).await, 1);
        admin.form("/do/admin-reconcile", &[("reason", "why")]).await;
        let away = "UPDATE reconciliation_reports SET problem = 'away'";
        assert_eq!(app.execute(away, &[]).await, 1);
        let fail = "UPDATE webhook_events SET state = 'failed', next_at = NULL WHERE kind = 'checkout.session.completed'";
        assert_eq!(app.execute(fail, &[]).await, 1);
        let page = overview().await;
        for (said, href) in [
            ("1 finding of the newest reconciliation is open.", "/admin/reconciliation"),
            ("The newest reconciliation could not ask a payment provider everything.", "/admin/reconciliation"),
            ("1 webhook event failed and waits to be replayed.", "/admin/webhooks?state=failed"),
        ] {
            assert!(page.contains(&format!("<a href=\"{href}\">{said}</a>")), "{said}");
        }
        let measures = app.anonymous().get("/metrics").await.expect(200).text();
        assert!(measures.contains("\nreconciliation_findings 1\n"), "{measures}");

        let finding = format!("version_off {}", ann.id);
        admin.form("/do/admin-mend", &[("finding", &finding), ("reason", "why")]).await;
        admin.form("/do/admin-replay-failed", &[("reason", "why")]).await;
        assert_eq!(app.execute("UPDATE reconciliation_reports SET problem = NULL", &[]).await, 1);
        assert!(!overview().await.contains("class=\"notices\""), "nothing waits any more");
    }

    async fn a_check_that_lasts_goes_on_by_itself_and_its_page_says_so(app: &App) {
        let admin = app.admin().await;
        // Another node is at a check, and will be for a while.
        let take = "INSERT INTO leases (name, owner, until) VALUES ('reconciliation', 'other', 9000000000000000)";
        assert_eq!(app.execute(take, &[]).await, 1);
        let check = async || admin.form("/do/admin-reconcile", &[("reason", "why")]).await;
        let page = admin.follow(&check().await).await.expect(200).text();
        assert!(page.contains("The check runs on") && page.contains("A check was asked for and is not done yet."), "{page}");
        let newest = "/api/admin/reconciliation?report=newest";
        admin.get(newest).await.expect(404);
        assert_eq!(app.execute("DELETE FROM leases WHERE name = 'reconciliation'", &[]).await, 1);
        let page = admin.follow(&check().await).await.expect(200).text();
        assert!(page.contains("Checked. What was found stands below.") && !page.contains("A check was asked for"), "{page}");
        assert_eq!(admin.get(newest).await.expect(200).json()["items"], serde_json::json!([]));
        // Asked for twice, and one check.
        let log = admin.get("/api/admin/audit?action=reconciliation.run").await.expect(200).json();
        assert_eq!(log["items"].as_array().map(Vec::len), Some(1));
    }
}
