//! Both databases have the same tables and columns, and the mode is stamped into them.

use std::collections::BTreeSet;

use atelier_server::db::{Database, Kind};
use atelier_server::installation::{Installation, InstallationError, Mode};
use atelier_server::on_both_databases;
use atelier_server::testing::TestGround;

const SQLITE: &str = "SELECT m.name, p.name, p.type, CAST(p.\"notnull\" AS BIGINT) \
    FROM sqlite_schema m JOIN pragma_table_info(m.name) p \
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> '_sqlx_migrations'";
const POSTGRES: &str = "SELECT table_name::text, column_name::text, upper(data_type::text), \
    CASE is_nullable WHEN 'NO' THEN 1::bigint ELSE 0::bigint END \
    FROM information_schema.columns \
    WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'";

async fn columns(
    db: &Database,
    statement: &'static str,
) -> BTreeSet<(String, String, String, i64)> {
    let rows = sqlx::query_as(statement)
        .fetch_all(db.reader())
        .await
        .unwrap();
    rows.into_iter().collect()
}

#[tokio::test]
async fn both_databases_have_the_same_columns() {
    let sqlite = TestGround::new(Kind::Sqlite).await;
    let postgres = TestGround::new(Kind::Postgres).await;
    let (sqlite, postgres) = (
        columns(&sqlite.db, SQLITE).await,
        columns(&postgres.db, POSTGRES).await,
    );
    let only_sqlite: Vec<_> = sqlite.difference(&postgres).collect();
    let only_postgres: Vec<_> = postgres.difference(&sqlite).collect();
    assert!(
        sqlite.len() > 100,
        "the list of columns is short: {}",
        sqlite.len()
    );
    assert!(
        only_sqlite.is_empty() && only_postgres.is_empty(),
        "{only_sqlite:?} {only_postgres:?}"
    );
}

#[test]
fn both_folders_have_the_same_files() {
    let names = |kind: &str| -> BTreeSet<String> {
        let folder = format!("{}/../migrations/{kind}", env!("CARGO_MANIFEST_DIR"));
        let files = std::fs::read_dir(folder).unwrap();
        files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

on_both_databases! {
    async fn the_mode_is_stamped_at_first_start(ground: TestGround) {
        for _ in 0..2 {
            let found = Installation::load(&ground.db, Mode::Sandbox).await.unwrap();
            assert_eq!(found.mode, Mode::Sandbox);
        }
        let live = Installation::load(&ground.db, Mode::Live).await;
        assert!(matches!(live, Err(InstallationError::OtherMode { .. })), "{live:?}");
    }
}
