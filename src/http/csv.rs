//! Lists as CSV (RFC 4180): page by page as they are read, and safe to open in a spreadsheet.

use std::future::Future;

use atelier_server::db;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::stream;

use super::problem::Problem;

/// A page of rows, and where the next one begins.
pub struct Rows<C> {
    pub rows: Vec<Vec<String>>,
    pub next: Option<C>,
}

impl<C> Rows<C> {
    /// Of what was read at once, up to `most`: a full page has a next one behind its last item.
    pub fn of<T>(
        items: Vec<T>,
        most: i64,
        cursor: impl FnOnce(&T) -> C,
        row: impl FnMut(T) -> Vec<String>,
    ) -> Self {
        let is_full = items.len() as i64 == most;
        let next = items.last().filter(|_| is_full).map(cursor);
        let rows = items.into_iter().map(row).collect();
        Self { rows, next }
    }
}

/// Whether somebody wants a list as CSV: by `Accept`, or by `format` in the address, because a link in a browser
/// cannot choose its `Accept`.
pub fn is_wanted(format: Option<&str>, headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    format == Some("csv") || accept.is_some_and(|accept| accept.starts_with("text/csv"))
}

/// The list that `read` gives page by page, as the file `name`.
///
/// # Errors
/// What reading the first page says. If a later one cannot be read, the answer breaks off, so that a part is never
/// taken for the whole.
pub async fn answer<C, F, Read>(
    name: &'static str,
    head: &'static [&'static str],
    read: F,
) -> Result<Response, Problem>
where
    C: Send + 'static,
    F: Fn(Option<C>) -> Read + Send + 'static,
    Read: Future<Output = db::Result<Rows<C>>> + Send,
{
    let first = read(None).await?;
    let head = Bytes::from(line(head.iter().copied()));
    let state = (Some(first), read);
    let pages = stream::try_unfold(state, async |(page, read)| {
        let Some(Rows { rows, next }) = page else {
            return Ok::<_, db::Error>(None);
        };
        let text: String = rows
            .iter()
            .map(|row| line(row.iter().map(String::as_str)))
            .collect();
        let page = match next {
            Some(cursor) => Some(read(Some(cursor)).await?),
            None => None,
        };
        Ok(Some((Bytes::from(text), (page, read))))
    });
    let all = stream::StreamExt::chain(stream::iter([Ok(head)]), pages);
    let mut response = Body::from_stream(all).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut line = cells.map(cell).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

/// Quoted where needed; text that a spreadsheet would run as a formula is disarmed.
fn cell(text: &str) -> String {
    let number = text.parse::<i64>().is_ok();
    let formula = !number && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_disarmed() {
        for (text, written) in [
            ("plain", "plain"),
            ("-5", "-5"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("@cmd", "'@cmd"),
        ] {
            assert_eq!(cell(text), written);
        }
    }
}
