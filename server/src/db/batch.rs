use std::fmt::Write as _;

use sqlx::any::AnyArguments;
use sqlx::{Any, Arguments, AssertSqlSafe, Encode, Type};

use super::{Kind, Tx};

/// Writing statements that go to the database together. What a small statement costs is its way there
/// and back, and a batch goes once: on SQLite as one text of several statements, on PostgreSQL, where
/// a text with parameters is one statement, as parts of a `WITH`. A long one goes in portions.
///
/// Foreign keys hold in the order given on SQLite, and at the end of a portion on PostgreSQL. No two
/// statements of a batch may write the same row.
#[derive(Default)]
pub struct Batch {
    portions: Vec<Portion>,
    failed: Option<sqlx::Error>,
}

/// Databases bound the values of one text; nothing usual comes near this.
const PORTION: usize = 1_000;

#[derive(Default)]
struct Portion {
    statements: Vec<String>,
    arguments: AnyArguments,
}

impl Batch {
    /// Adds a statement; its `$1` is the first value bound to it.
    pub fn add(&mut self, statement: &str) -> Bindings<'_> {
        let full = |last: &Portion| last.arguments.len() >= PORTION;
        if self.portions.last().is_none_or(full) {
            self.portions.push(Portion::default());
        }
        if let Some(last) = self.portions.last_mut() {
            let before = last.arguments.len();
            last.statements.push(renumbered(statement, before));
        }
        Bindings(self)
    }
}

/// Takes the values of the statement that was added last.
pub struct Bindings<'b>(&'b mut Batch);

impl Bindings<'_> {
    pub fn bind<'v>(self, value: impl Encode<'v, Any> + Type<Any>) -> Self {
        let last = self.0.portions.last_mut();
        if let Some(Err(error)) = last.map(|last| last.arguments.add(value)) {
            self.0.failed = Some(sqlx::Error::Encode(error));
        }
        self
    }
}

impl Portion {
    fn text(&self, kind: Kind) -> String {
        match (kind, self.statements.split_last()) {
            (Kind::Postgres, Some((last, others))) if !others.is_empty() => {
                let mut text = String::from("WITH ");
                for (number, statement) in others.iter().enumerate() {
                    let comma = if number == 0 { "" } else { ", " };
                    // Writing into a text cannot fail.
                    let _ = write!(text, "{comma}s{number} AS ({statement})");
                }
                text + " " + last
            }
            _ => self.statements.join("; "),
        }
    }
}

impl Tx {
    /// Writes what `fill` adds to a batch.
    pub async fn write(&mut self, fill: impl FnOnce(&mut Batch)) -> sqlx::Result<()> {
        let mut batch = Batch::default();
        fill(&mut batch);
        if let Some(error) = batch.failed {
            return Err(error);
        }
        for portion in batch.portions {
            let text = AssertSqlSafe(portion.text(self.db.kind()));
            sqlx::query_with(text, portion.arguments)
                .execute(&mut **self)
                .await?;
        }
        Ok(())
    }
}

/// The statement with `before` added to the number of each parameter.
fn renumbered(statement: &str, before: usize) -> String {
    if before == 0 {
        return statement.to_owned();
    }
    let mut parts = statement.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        let number = number.parse().unwrap_or(0) + before;
        let _ = write!(text, "${number}{rest}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(batch: &Batch, kind: Kind) -> Vec<String> {
        let portions = batch.portions.iter();
        portions.map(|portion| portion.text(kind)).collect()
    }

    #[test]
    fn parameters_are_numbered_through() {
        let mut batch = Batch::default();
        batch
            .add("INSERT INTO a VALUES ($1, $2)")
            .bind(1_i64)
            .bind("x");
        batch
            .add("UPDATE b SET c = $2 WHERE d = $1")
            .bind("y")
            .bind(2_i64);
        batch
            .add("DELETE FROM e WHERE f IN ($1,$2)")
            .bind(3_i64)
            .bind(4_i64);
        assert_eq!(
            texts(&batch, Kind::Sqlite),
            [
                "INSERT INTO a VALUES ($1, $2); UPDATE b SET c = $4 WHERE d = $3; \
              DELETE FROM e WHERE f IN ($5,$6)"
            ]
        );
        assert_eq!(
            texts(&batch, Kind::Postgres),
            ["WITH s0 AS (INSERT INTO a VALUES ($1, $2)), \
              s1 AS (UPDATE b SET c = $4 WHERE d = $3) DELETE FROM e WHERE f IN ($5,$6)"]
        );
    }

    #[test]
    fn one_statement_stays_itself() {
        let mut batch = Batch::default();
        batch.add("DELETE FROM a WHERE b = $1").bind(1_i64);
        for kind in [Kind::Sqlite, Kind::Postgres] {
            assert_eq!(texts(&batch, kind), ["DELETE FROM a WHERE b = $1"]);
        }
    }

    #[test]
    fn a_long_batch_goes_in_portions() {
        let mut batch = Batch::default();
        for number in 0..1_001_i64 {
            batch.add("DELETE FROM a WHERE b = $1").bind(number);
        }
        let sizes: Vec<usize> = batch
            .portions
            .iter()
            .map(|portion| portion.statements.len())
            .collect();
        assert_eq!(sizes, [1_000, 1]);
        assert_eq!(
            texts(&batch, Kind::Postgres)[1],
            "DELETE FROM a WHERE b = $1"
        );
    }
}
