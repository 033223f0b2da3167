//! How a database goes about a statement, for tests that hold it to its indexes.

use sqlx::{AssertSqlSafe, Row};

use super::{Database, Kind};

/// What a database says of a statement before it carries it out.
pub(crate) struct Course {
    kind: Kind,
    /// In its own words.
    pub text: String,
    pub reads_a_whole_table: bool,
    /// Whether rows are put in order, beyond the order of an index.
    pub sorts: bool,
}

impl Course {
    /// Of `select` with these values.
    pub async fn of(db: &Database, select: &str, values: &[String]) -> sqlx::Result<Self> {
        let mut connection = db.snapshot().await?;
        let (explain, column) = match db.kind() {
            Kind::Sqlite => ("EXPLAIN QUERY PLAN", 3),
            Kind::Postgres => ("EXPLAIN", 0),
        };
        if db.kind() == Kind::Postgres {
            // Few rows are read whole and put in order because that is cheap, not because there is no other way.
            for dear in [
                "SET LOCAL enable_seqscan = off",
                "SET LOCAL enable_sort = off",
            ] {
                sqlx::query(dear).execute(&mut *connection).await?;
            }
        }
        let mut statement = format!("{explain} {select}");
        for (at, value) in values.iter().enumerate().rev() {
            statement = statement.replace(&format!("${}", at + 1), &format!("'{value}'"));
        }
        let rows = sqlx::query(AssertSqlSafe(statement));
        let rows = rows.fetch_all(&mut *connection).await?;
        let lines: Vec<String> = rows.iter().map(|row| row.get(column)).collect();
        let is_whole = |line: &String| match db.kind() {
            Kind::Sqlite => line.starts_with("SCAN") && !line.contains("USING"),
            Kind::Postgres => line.contains("Seq Scan"),
        };
        let is_sorting =
            |line: &String| line.contains("Sort  (") || line.contains("TEMP B-TREE FOR ORDER BY");
        Ok(Self {
            kind: db.kind(),
            reads_a_whole_table: lines.iter().any(is_whole),
            sorts: lines.iter().any(is_sorting),
            text: lines.join("\n"),
        })
    }
    /// Of `select`, which reads no table whole and goes by `index`.
    pub async fn by_index(db: &Database, select: &str, values: &[&str], index: &str) -> Self {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let course = Self::of(db, select, &values).await;
        let course = course.unwrap_or_else(|error| panic!("{select}\n{error}"));
        let text = &course.text;
        assert!(!course.reads_a_whole_table, "{select}\n{values:?}\n{text}");
        // PostgreSQL goes by what its tables hold, and those of tests hold next to nothing.
        let chooses = course.kind == Kind::Sqlite;
        assert!(
            !chooses || text.contains(index),
            "{index} of {select}\n{values:?}\n{text}"
        );
        course
    }

    /// The same, and the order is that of an index.
    pub async fn in_order(db: &Database, select: &str, values: &[&str], index: &str) {
        let course = Self::by_index(db, select, values, index).await;
        assert!(!course.sorts, "{select}\n{values:?}\n{}", course.text);
    }
}
