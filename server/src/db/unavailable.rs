//! Which errors say that the database does not answer now, and may answer the same question later.

use sqlx::Error;
use sqlx::error::DatabaseError;

/// Whether `error` is about the moment and not about the question: the database is locked, full,
/// restarting or not there. A commit that ended so may have happened or not; whoever repeats its
/// request under the same idempotency key finds out.
pub fn is_unavailable(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) => true,
        Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => true,
        Error::Database(error) => is_of_the_moment(error.as_ref()),
        _ => false,
    }
}

fn is_of_the_moment(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    match code.parse::<u32>() {
        // PostgreSQL's codes have five characters, and some of them only digits.
        Ok(number) if code.len() < 5 => is_of_sqlites_moment(number),
        _ => is_of_postgres_moment(&code),
    }
}

/// Result codes of SQLite (sqlite.org/rescode.html): the low byte is the primary one.
const fn is_of_sqlites_moment(code: u32) -> bool {
    const BUSY: u32 = 5;
    const LOCKED: u32 = 6;
    const READ_ONLY: u32 = 8;
    const IO_ERROR: u32 = 10;
    const FULL: u32 = 13;
    const CANNOT_OPEN: u32 = 14;
    matches!(
        code & 0xff,
        BUSY | LOCKED | READ_ONLY | IO_ERROR | FULL | CANNOT_OPEN
    )
}

/// SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html).
fn is_of_postgres_moment(code: &str) -> bool {
    const CLASSES: [&str; 4] = [
        "08", // connection exception
        "40", // transaction rollback: deadlock, serialization
        "53", // insufficient resources: disk full, too many connections
        "58", // system error
    ];
    const CODES: [&str; 8] = [
        "25006", // read-only: a standby
        "25P03", // idle in a transaction for too long
        "55P03", // lock not available
        "57014", // statement cancelled
        "57P01", // admin shutdown
        "57P02", // crash shutdown
        "57P03", // cannot connect now
        "57P05", // idle session timeout
    ];
    CLASSES.iter().any(|class| code.starts_with(class)) || CODES.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        for code in [5, 517, 6, 13, 778, 14] {
            assert!(is_of_sqlites_moment(code), "{code}");
        }
        // Constraint, corrupt, not a database, error in the statement.
        for code in [19, 2067, 11, 26, 1] {
            assert!(!is_of_sqlites_moment(code), "{code}");
        }
        for code in ["08006", "40P01", "53100", "57P01"] {
            assert!(is_of_postgres_moment(code), "{code}");
        }
        for code in ["23505", "22P02", "42P01", "25P02", "XX001"] {
            assert!(!is_of_postgres_moment(code), "{code}");
        }
    }
}
