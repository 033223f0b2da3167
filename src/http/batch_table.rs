//! A batch as people have it: a table with a head (CSV, also with semicolons or tabs, as spreadsheets write it), or the
//! rows of the API (JSON).

use atelier_app::components::outcome::COLUMNS;
use atelier_app::flash::Outcome;
use atelier_server::oversight::{Batch, TypedRow};
use serde_json::Value;

/// Reads a table, or says where it cannot be read.
///
/// # Errors
/// What is wrong first, with its line or column as people count them.
pub fn read(bytes: &[u8]) -> Result<Vec<TypedRow>, Outcome> {
    let text = std::str::from_utf8(bytes).map_err(|error| Outcome::TableUnreadable {
        line: line_at(&bytes[..error.valid_up_to()]),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let rows = match text.trim_start().chars().next() {
        None => return Err(Outcome::TableEmpty),
        Some('[' | '{') => read_json(text)?,
        Some(_) => read_csv(text)?,
    };
    // A NUL cannot be stored by every database.
    let has_nul = |row: &TypedRow| {
        let texts = [&row.email, &row.action, &row.amount, &row.reason];
        texts.iter().any(|text| text.contains('\0'))
    };
    if let Some(at) = rows.iter().position(has_nul) {
        let row = u64::try_from(at + 1).unwrap_or(u64::MAX);
        return Err(Outcome::TableRow { row });
    }
    match rows.len() {
        0 => Err(Outcome::TableEmpty),
        count if count > Batch::MOST_ROWS => Err(Outcome::TableTooLong),
        _ => Ok(rows),
    }
}

fn line_at(before: &[u8]) -> u64 {
    let ends = before.iter().filter(|byte| **byte == b'\n');
    u64::try_from(ends.count() + 1).unwrap_or(u64::MAX)
}

fn read_csv(text: &str) -> Result<Vec<TypedRow>, Outcome> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let head = reader.headers().map_err(|error| broken(&error))?;
    let places = places(head.iter())?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| broken(&error))?;
        let [email, action, amount, reason] =
            places.map(|at| record.get(at).unwrap_or_default().to_owned());
        rows.push(TypedRow {
            email,
            action,
            amount,
            reason,
        });
        // No more is read than is refused for being too much.
        if rows.len() > Batch::MOST_ROWS {
            break;
        }
    }
    Ok(rows)
}

/// What separates the columns of the head: spreadsheets write what their country is used to.
fn delimiter(text: &str) -> u8 {
    let head = text.trim_start().lines().next().unwrap_or_default();
    let count = |byte: &u8| head.bytes().filter(|other| other == byte).count();
    let known = [b'\t', b';', b','];
    known.into_iter().max_by_key(count).unwrap_or(b',')
}

/// Where each column stands; each is there once, and no other.
fn places<'a>(head: impl Iterator<Item = &'a str>) -> Result<[usize; 4], Outcome> {
    let mut places = [None; 4];
    for (at, name) in head.enumerate() {
        let known = COLUMNS
            .iter()
            .position(|column| name.eq_ignore_ascii_case(column))
            .filter(|column| places[*column].is_none());
        let column = u64::try_from(at + 1).unwrap_or(u64::MAX);
        let known = known.ok_or(Outcome::TableColumn { column })?;
        places[known] = Some(at);
    }
    let mut found = [0; 4];
    for (column, place) in places.into_iter().enumerate() {
        found[column] = place.ok_or(Outcome::TableColumnMissing { column })?;
    }
    Ok(found)
}

fn broken(error: &csv::Error) -> Outcome {
    let line = error.position().map_or(1, csv::Position::line);
    Outcome::TableUnreadable { line }
}

fn read_json(text: &str) -> Result<Vec<TypedRow>, Outcome> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let line = u64::try_from(error.line()).unwrap_or(u64::MAX);
        Outcome::TableUnreadable { line }
    })?;
    let rows = value.get("rows").unwrap_or(&value);
    let rows = rows
        .as_array()
        .ok_or(Outcome::TableUnreadable { line: 1 })?;
    let read = |(at, row): (usize, &Value)| {
        let wrong = Outcome::TableRow {
            row: u64::try_from(at + 1).unwrap_or(u64::MAX),
        };
        let fields = row.as_object().ok_or(wrong)?;
        if fields.keys().any(|name| !COLUMNS.contains(&name.as_str())) {
            return Err(wrong);
        }
        let text = |name: &str| match fields.get(name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let [email, action, amount, reason] = COLUMNS.map(text);
        Ok(TypedRow {
            email,
            action,
            amount,
            reason,
        })
    };
    rows.iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(email: &str, amount: &str, reason: &str) -> TypedRow {
        let text = str::to_owned;
        let (email, action, amount, reason) =
            (text(email), text("add"), text(amount), text(reason));
        TypedRow {
            email,
            action,
            amount,
            reason,
        }
    }

    #[test]
    fn tables_are_read_as_spreadsheets_write_them() {
        let rows = [
            row("a@example.com", "5", "a, b"),
            row("b@example.com", "6", "say \"x\"\nagain"),
        ];
        for table in [
            "email,action,amount,reason\na@example.com,add,5,\"a, b\"\nb@example.com,add,6,\"say \"\"x\"\"\nagain\"\n",
            "\u{feff}email,action,amount,reason\r\na@example.com,add,5,\"a, b\"\r\nb@example.com,add,6,\"say \"\"x\"\"\nagain\"\r\n",
            "Email;Action;Amount;Reason\r\na@example.com;add;5;a, b\r\nb@example.com;add;6;\"say \"\"x\"\"\nagain\"",
            "reason\tamount\taction\temail\na, b\t5\tadd\ta@example.com\n\n\"say \"\"x\"\"\nagain\"\t6\t add \tb@example.com\n",
            r#"[{"email":"a@example.com","action":"add","amount":5,"reason":"a, b"},
                {"email":"b@example.com","action":"add","amount":"6","reason":"say \"x\"\nagain"}]"#,
            r#"{"rows":[{"email":"a@example.com","action":"add","amount":5,"reason":"a, b"},
                {"email":"b@example.com","action":"add","amount":6,"reason":"say \"x\"\nagain"}]}"#,
        ] {
            assert_eq!(read(table.as_bytes()), Ok(rows.to_vec()), "{table}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_place() {
        for (table, wrong) in [
            ("", Outcome::TableEmpty),
            (" \n ", Outcome::TableEmpty),
            ("email,action,amount,reason\n", Outcome::TableEmpty),
            ("[]", Outcome::TableEmpty),
            (
                "email,action,amount,reason,note\n",
                Outcome::TableColumn { column: 5 },
            ),
            (
                "email,email,amount,reason\n",
                Outcome::TableColumn { column: 2 },
            ),
            (
                "a@example.com,add,5,gift\n",
                Outcome::TableColumn { column: 1 },
            ),
            (
                "email,action,amount\n",
                Outcome::TableColumnMissing { column: 3 },
            ),
            (
                "email,action,amount,reason\na@example.com,add,5,x\nb@example.com,add\n",
                Outcome::TableUnreadable { line: 3 },
            ),
            ("[{\"email\": \"a\"},\n 7]", Outcome::TableRow { row: 2 }),
            (
                "[{\"email\": \"a\", \"note\": 1}]",
                Outcome::TableRow { row: 1 },
            ),
            (
                "[{\"email\": \"a\"},\n",
                Outcome::TableUnreadable { line: 2 },
            ),
            ("{\"batch\": 1}", Outcome::TableUnreadable { line: 1 }),
        ] {
            assert_eq!(read(table.as_bytes()), Err(wrong), "{table}");
        }
        let latin = b"email,action,amount,reason\na@example.com,add,5,f\xfcr\n";
        assert_eq!(read(latin), Err(Outcome::TableUnreadable { line: 2 }));
        let rows = "a@example.com,add,5,x\n".repeat(Batch::MOST_ROWS);
        let head = "email,action,amount,reason\n";
        assert_eq!(
            read(format!("{head}{rows}").as_bytes()).map(|rows| rows.len()),
            Ok(Batch::MOST_ROWS)
        );
        let more = format!("{head}{rows}a@example.com,add,5,x\n");
        assert_eq!(read(more.as_bytes()), Err(Outcome::TableTooLong));
    }
}
