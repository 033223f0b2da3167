use sqlx::AssertSqlSafe;

/// An `INSERT` of so many rows at once: `columns` as they stand in SQL, a placeholder for each value.
pub(crate) fn many_rows(table: &str, columns: &str, rows: usize) -> AssertSqlSafe<String> {
    let width = columns.split(',').count();
    let row = |number: usize| {
        let places: Vec<String> = (1..=width)
            .map(|place| format!("${}", number * width + place))
            .collect();
        format!("({})", places.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    let values = rows.join(", ");
    AssertSqlSafe(format!("INSERT INTO {table} ({columns}) VALUES {values}"))
}

/// Rows or values that one statement takes: SQLite looks each parameter's name up in a list, so many are slower than some.
pub(crate) const AT_ONCE: usize = 500;

/// The places of so many values, from `$first` on.
pub(crate) fn places(first: usize, count: usize) -> String {
    let places: Vec<String> = (first..first + count)
        .map(|place| format!("${place}"))
        .collect();
    places.join(", ")
}
