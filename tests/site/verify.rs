//! `verify` finds whatever is changed behind the ledger's back: each column of each of its tables, a row
//! that is gone, a row that is there twice. And what it says mends it, mends it.

use atelier_server::credits;
use atelier_server::ids::UserId;
use atelier_server::testing::copies::multiply;
use atelier_server::verify::{self, Finding};
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, Row};

use crate::support::{App, Kind};

const TABLES: [&str; 5] = [
    "wallets",
    "lots",
    "entries",
    "consumption_records",
    "recharge_records",
];

/// Columns that nothing but the seal of their row vouches for.
const ONLY_SEALED: [&str; 35] = [
    "wallets.version",
    "wallets.trials_limit",
    "wallets.changed_at",
    "wallets.seal",
    "wallets.stopped_at",
    "lots.seal",
    "entries.actor",
    "entries.recharge_id",
    "entries.seal",
    "consumption_records.id",
    "consumption_records.description",
    "consumption_records.period_id",
    "consumption_records.seal",
    "recharge_records.provider",
    "recharge_records.item",
    "recharge_records.amount_minor",
    "recharge_records.currency",
    "recharge_records.payment_method",
    "recharge_records.payment_id",
    "recharge_records.session_id",
    "recharge_records.checkout_url",
    "recharge_records.receipt_url",
    "recharge_records.held_back",
    "recharge_records.terms_version",
    "recharge_records.checks",
    "recharge_records.next_check_at",
    "recharge_records.created_at",
    "recharge_records.completed_at",
    "recharge_records.seal",
    "recharge_records.plan_interval",
    "recharge_records.plan_quota",
    "recharge_records.subscription_id",
    "recharge_records.transaction_id",
    "recharge_records.paid_minor",
    "recharge_records.immediate_at",
];

/// A connection to which no rule of the database applies.
struct Back {
    db: AnyConnection,
    kind: Kind,
}

impl Back {
    async fn open(app: &App) -> Self {
        let kind = app.services.db.kind();
        let db = AnyConnection::connect(app.services.db.url()).await;
        let mut back = Self {
            db: db.expect("a connection"),
            kind,
        };
        match kind {
            Kind::Sqlite => {
                back.run("PRAGMA foreign_keys = OFF").await;
                back.run("PRAGMA ignore_check_constraints = ON").await;
                back.run("PRAGMA busy_timeout = 10000").await;
                for (name,) in back
                    .rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
                    .await
                {
                    back.run(format!("DROP TRIGGER {name}")).await;
                }
            }
            Kind::Postgres => {
                back.run("SET session_replication_role = replica").await;
                let checks = "SELECT conrelid::regclass::text || ' DROP CONSTRAINT ' || conname \
                     FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0";
                for (constraint,) in back.rows(checks).await {
                    back.run(format!("ALTER TABLE {constraint}")).await;
                }
            }
        }
        for table in TABLES {
            back.run(format!(
                "CREATE TABLE {table}_kept AS SELECT * FROM {table}"
            ))
            .await;
        }
        back
    }

    async fn run(&mut self, statement: impl Into<String>) -> u64 {
        let statement = statement.into();
        let done = self.db.execute(AssertSqlSafe(statement.clone())).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error}"))
            .rows_affected()
    }

    async fn rows(&mut self, statement: &str) -> Vec<(String,)> {
        let rows = sqlx::query_as(AssertSqlSafe(statement.to_owned()))
            .fetch_all(&mut self.db)
            .await;
        rows.unwrap_or_else(|error| panic!("{statement}: {error}"))
    }

    /// Names and types of the columns of a table.
    async fn columns(&mut self, table: &str) -> Vec<(String, String)> {
        let statement = match self.kind {
            Kind::Sqlite => format!("SELECT name, type FROM pragma_table_info('{table}')"),
            Kind::Postgres => format!(
                "SELECT column_name::text, upper(data_type::text) FROM information_schema.columns \
                 WHERE table_name = '{table}' ORDER BY ordinal_position"
            ),
        };
        let rows = sqlx::query_as(AssertSqlSafe(statement))
            .fetch_all(&mut self.db)
            .await;
        rows.expect("the columns of a table")
    }

    async fn put_everything_back(&mut self) {
        for table in TABLES {
            self.run(format!("DELETE FROM {table}")).await;
        }
        for table in TABLES {
            self.run(format!("INSERT INTO {table} SELECT * FROM {table}_kept"))
                .await;
        }
    }

    /// The id of the row that a table's tests change: the newest, which has most to tell.
    async fn row_of(&mut self, table: &str, user: &str) -> String {
        let statement = match table {
            "wallets" => return user.to_owned(),
            "entries" => {
                format!("SELECT id FROM entries WHERE user_id = '{user}' AND kind = 'hold'")
            }
            "lots" => {
                format!("SELECT id FROM lots WHERE user_id = '{user}' AND source = 'purchase'")
            }
            other => format!("SELECT id FROM {other} WHERE user_id = '{user}'"),
        };
        self.rows(&statement).await[0].0.clone()
    }
}

fn key(table: &str) -> &'static str {
    if table == "wallets" { "user_id" } else { "id" }
}

/// Another value that the column could have.
fn other_value(table: &str, column: &str, kind: &str, someone: &str) -> String {
    if kind == "BIGINT" {
        return format!("COALESCE({column}, 0) + 100");
    }
    let word = match (table, column) {
        (_, "user_id") => someone,
        ("lots", "source") => "grant",
        ("entries", "kind") => "deduct",
        ("consumption_records", "paid_by") => "trial",
        ("consumption_records", "status") => "refunded",
        ("recharge_records", "status") => "pending",
        ("recharge_records", "provider") => "creem",
        (_, "id" | "job_id" | "recharge_id" | "period_id" | "hold_entry") => {
            "01a1ee56-0000-7000-8000-000000000000"
        }
        _ => return format!("COALESCE({column}, '') || 'x'"),
    };
    format!("'{word}'")
}

/// Whether `findings` name this row.
fn names(findings: &[Finding], ids: &[&str]) -> bool {
    findings
        .iter()
        .any(|finding| ids.contains(&finding.id.as_str()))
}

/// Somebody who has bought with a bonus, tried on, and taken credits off.
async fn with_history(app: &App) -> String {
    let ann = app.sign_up("ann").await;
    let bought = ann.buy("starter", "normal").await;
    ann.recharge_becomes(&bought, "completed").await;
    let job = ann.start_job().await;
    ann.job_ends(&job).await;
    let body = json!({"action": "deduct", "amount": 3, "reason": "a test"});
    ann.post_json("/api/credits", body).await.expect(200);
    ann.id.clone()
}

on_both_databases! {
    async fn copies_of_an_account_are_as_the_program_writes_them(app: &App) {
        let ann = app.sign_up("ann").await;
        for item in ["starter", "premium-monthly"] {
            let checkout = ann.buy(item, "normal").await;
            ann.recharge_becomes(&checkout, "completed").await;
        }
        let job = ann.start_job().await;
        ann.job_ends(&job).await;
        ann.post_json("/api/credits", json!({"action": "deduct", "amount": 2, "reason": "elsewhere"})).await.expect(200);
        let services = &app.services;
        // More than lie on days of their own.
        let copies = 402;
        multiply(&services.db, &UserId::parse(&ann.id).expect("an id"), copies).await.expect("copies");
        assert_eq!(verify::findings(&services.db).await.expect("the ledger is read"), []);
        let wallets: Vec<(i64, i64)> = sqlx::query_as("SELECT remaining, used FROM wallets w JOIN users u ON u.id = w.user_id \
             WHERE u.email LIKE '%' || $1").bind(&ann.email).fetch_all(services.db.reader()).await.expect("the wallets");
        assert_eq!(wallets, vec![(121, 2); copies + 1]);
        for table in ["jobs", "recharge_records", "plan_periods", "subscriptions"] {
            let count = sqlx::query_scalar::<_, i64>(AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}")));
            let count = count.fetch_one(services.db.reader()).await.expect("a count");
            assert_eq!(count % (copies as i64 + 1), 0, "{table}");
            assert!(count > 0, "{table}");
        }
    }

    async fn every_column_of_the_ledger_is_proven(app: &App) {
        let user = with_history(app).await;
        let someone = app.sign_up("someone").await.id;
        let db = &app.services.db;
        assert_eq!(verify::findings(db).await.expect("the ledger is read"), []);
        let mut back = Back::open(app).await;
        let mut table_of_results = Vec::new();
        let mut only_sealed = Vec::new();
        for table in TABLES {
            let row = back.row_of(table, &user).await;
            for (column, kind) in back.columns(table).await {
                let value = other_value(table, &column, &kind, &someone);
                let taken = table == "wallets" && column == "user_id";
                if taken {
                    // The place of the other wallet has to be free.
                    back.run(format!("DELETE FROM wallets WHERE user_id = '{someone}'")).await;
                }
                let key = key(table);
                let change = format!("UPDATE {table} SET {column} = {value} WHERE {key} = '{row}'");
                assert_eq!(back.run(change).await, 1, "{table}.{column}");
                let findings = verify::findings(db).await.expect("the ledger is read");
                let new_id = "01a1ee56-0000-7000-8000-000000000000";
                assert!(names(&findings, &[&row, new_id]), "{table}.{column}: {findings:#?}");
                table_of_results.push((table, column.clone(), findings[0].kind));
                if findings.iter().all(|finding| finding.kind.ends_with(".seal")) {
                    only_sealed.push(format!("{table}.{column}"));
                }
                if findings.iter().all(|finding| finding.mend.starts_with("atelier rebuild")) {
                    mend(app, &findings, &format!("{table}.{column}")).await;
                }
                back.put_everything_back().await;
            }
        }
        for (table, column, kind) in &table_of_results {
            println!("{table}.{column} changed: {kind}");
        }
        assert!(table_of_results.len() > 80, "{}", table_of_results.len());
        // Whoever seals again what he changed is found all the same, except in these.
        assert_eq!(only_sealed, ONLY_SEALED);
        assert_eq!(verify::findings(db).await.expect("the ledger is read"), []);
    }

    async fn a_row_that_is_gone_is_named(app: &App) {
        let user = with_history(app).await;
        let db = &app.services.db;
        let mut back = Back::open(app).await;
        let job = back.rows("SELECT job_id FROM consumption_records").await[0].0.clone();
        for table in TABLES {
            let row = back.row_of(table, &user).await;
            let seq = back.seq_of(&row).await;
            back.run(format!("DELETE FROM {table} WHERE {} = '{row}'", key(table))).await;
            let findings = verify::findings(db).await.expect("the ledger is read");
            // An entry is known by its place, a use by its job.
            let place = format!("{user}#{seq}");
            assert!(names(&findings, &[&row, &place, &job]), "{table}: {findings:#?}");
            println!("{table} removed: {}", findings[0].kind);
            if findings.iter().all(|finding| finding.mend.starts_with("atelier rebuild")) {
                mend(app, &findings, table).await;
            }
            back.put_everything_back().await;
        }
        assert_eq!(verify::findings(db).await.expect("the ledger is read"), []);
    }

    async fn a_row_that_is_there_twice_is_named(app: &App) {
        let user = with_history(app).await;
        let db = &app.services.db;
        let mut back = Back::open(app).await;
        let nobody = "01a1ee56-0000-7000-8000-00000000000f";
        for table in TABLES {
            let row = back.row_of(table, &user).await;
            let mut values = Vec::new();
            for (column, _) in back.columns(table).await {
                // Only what has to be another value for the database to take the row at all.
                values.push(match (table, column.as_str()) {
                    ("wallets", "user_id") | (_, "id" | "job_id") => format!("'{nobody}'"),
                    ("lots", "recharge_id") | (_, "session_id") => "NULL".to_owned(),
                    ("entries", "seq") => "99".to_owned(),
                    _ => column,
                });
            }
            let (values, key) = (values.join(", "), key(table));
            back.run(format!("INSERT INTO {table} SELECT {values} FROM {table} WHERE {key} = '{row}'"))
                .await;
            let findings = verify::findings(db).await.expect("the ledger is read");
            assert!(names(&findings, &[nobody]), "{table}: {findings:#?}");
            println!("{table} doubled: {}", findings[0].kind);
            back.put_everything_back().await;
        }
        assert_eq!(verify::findings(db).await.expect("the ledger is read"), []);
    }

    async fn every_day_of_a_wallet_is_proven(app: &App) {
        let user = with_history(app).await;
        let db = &app.services.db;
        let day = app.number("SELECT MAX(day) FROM wallet_days").await;
        let id = format!("{user}@{day}");
        let elsewhere = format!("{user}@{}", day - 400);
        for (statement, kinds) in [
            ("UPDATE wallet_days SET used = used + 1 WHERE user_id = $1", vec!["day.used"]),
            ("UPDATE wallet_days SET received = 0 WHERE user_id = $1", vec!["day.received"]),
            ("UPDATE wallet_days SET balance = -1 WHERE user_id = $1", vec!["day.balance"]),
            ("DELETE FROM wallet_days WHERE user_id = $1", vec!["day.missing"]),
            ("UPDATE wallet_days SET day = day - 400 WHERE user_id = $1", vec!["day.unknown", "day.missing"]),
        ] {
            assert_eq!(app.execute(statement, &[&user]).await, 1, "{statement}");
            let findings = verify::findings(db).await.expect("the ledger is read");
            let found: Vec<&str> = findings.iter().map(|finding| finding.kind).collect();
            assert_eq!(found, kinds, "{statement}");
            assert!(names(&findings, &[&id, &elsewhere]), "{findings:#?}");
            assert!(findings[0].mend.starts_with("atelier rebuild"), "{findings:#?}");
            mend(app, &findings, statement).await;
        }
    }

    async fn a_disagreement_can_be_accepted(app: &App) {
        let user = with_history(app).await;
        let db = &app.services.db;
        let mut back = Back::open(app).await;
        let entry = back.row_of("entries", &user).await;
        back.run(format!("UPDATE entries SET actor = 'system' WHERE id = '{entry}'")).await;
        let findings = verify::findings(db).await.expect("the ledger is read");
        assert_eq!(findings.len(), 1, "{findings:#?}");
        let now = app.services.clock.now();
        verify::accept(db, &findings[0], "restored by hand", now).await.expect("it is written");
        assert_eq!(verify::findings(db).await.expect("the ledger is read"), []);
        // Another change of the same row is another disagreement.
        back.run(format!("UPDATE entries SET actor = 'admin' WHERE id = '{entry}'")).await;
        assert_eq!(verify::findings(db).await.expect("the ledger is read").len(), 1);
        back.put_everything_back().await;
    }
}

impl Back {
    async fn seq_of(&mut self, entry: &str) -> i64 {
        let statement = format!("SELECT seq FROM entries WHERE id = '{entry}'");
        let row: Option<AnyRow> = sqlx::query(AssertSqlSafe(statement))
            .fetch_optional(&mut self.db)
            .await
            .expect("the entries are read");
        row.map_or(0, |row| row.get(0))
    }
}

/// Does what the findings say; nothing is wrong afterwards.
async fn mend(app: &App, findings: &[Finding], what: &str) {
    let db = &app.services.db;
    for finding in findings {
        let user = finding
            .user_id
            .as_deref()
            .and_then(UserId::parse)
            .expect("an account");
        let done = credits::rebuild(db, &user, app.services.clock.now()).await;
        done.unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    let left = verify::findings(db).await.expect("the ledger is read");
    assert_eq!(left, [], "{what}");
}
