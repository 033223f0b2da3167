//! Style, script, icons and sample pictures, embedded in the binary. Their names carry a hash of
//! their content, so browsers may keep them for ever; text is compressed once, at the first request.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "public/"]
#[exclude = "samples/source/*"]
#[exclude = "samples/boxes.json"]
#[exclude = "package.json"]
struct Public;

#[derive(RustEmbed)]
#[folder = "style/"]
struct Style;

/// The parts of `app.css` in their order.
const STYLE: [&str; 5] = [
    "tokens.css",
    "base.css",
    "components.css",
    "pages.css",
    "print.css",
];

struct Asset {
    bytes: Bytes,
    brotli: Option<Bytes>,
    media_type: &'static str,
    /// Weak, because it is the same for the compressed bytes.
    etag: String,
}

/// Every asset by the name it is served under, and hashed names by plain ones.
struct Table {
    served: HashMap<String, Asset>,
    hashed: HashMap<String, String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(build);

fn build() -> Table {
    let mut table = Table {
        served: HashMap::new(),
        hashed: HashMap::new(),
    };
    let mut style = Vec::new();
    for part in STYLE.iter().filter_map(|name| Style::get(name)) {
        style.extend_from_slice(&part.data);
    }
    table.add("app.css", Cow::Owned(style));
    for name in Public::iter() {
        if let Some(file) = Public::get(&name) {
            table.add(&name, file.data);
        }
    }
    table
}

impl Table {
    fn add(&mut self, name: &str, data: Cow<'static, [u8]>) {
        let media_type = media_type(name);
        let bytes: Bytes = match data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        };
        let digest = hex::encode(Sha256::digest(&bytes));
        let hashed = hashed_name(name, &digest[..10]);
        let etag = format!("W/\"{}\"", &digest[..20]);
        let text = media_type.starts_with("text/") || media_type == "image/svg+xml";
        let brotli = text.then(|| compress(&bytes));
        self.hashed
            .insert(name.to_owned(), format!("/assets/{hashed}"));
        self.served.insert(
            hashed,
            Asset {
                bytes,
                brotli,
                media_type,
                etag,
            },
        );
    }
}

/// `app.css` with `1a2b` becomes `app.1a2b.css`.
fn hashed_name(name: &str, digest: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{digest}.{extension}"),
        None => format!("{name}.{digest}"),
    }
}

fn compress(bytes: &[u8]) -> Bytes {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        ..Default::default()
    };
    match brotli::BrotliCompress(&mut &*bytes, &mut out, &params) {
        Ok(_) => out.into(),
        Err(error) => unreachable!("compressing into memory does not fail: {error}"),
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        // Types are read, not run.
        "ts" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" => "image/jpeg",
        "webp" => "image/webp",
        _ => "application/octet-stream",
    }
}

/// Where each asset is served, by its plain name.
pub fn addresses() -> HashMap<String, String> {
    TABLE.hashed.clone()
}

/// `GET /assets/{name}`: a hashed name is kept for ever, a plain one leads to it.
pub async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = TABLE.served.get(&name) else {
        return match TABLE.hashed.get(&name) {
            Some(address) => axum::response::Redirect::temporary(address).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        };
    };
    let mut response = asset.body(&headers);
    let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(header::CACHE_CONTROL, keep);
    response
}

/// `GET /atelier.js` and `/atelier.d.ts`: the client at addresses that stay, for programs that are
/// not ours. Asked for again each time, sent again when it has changed.
pub async fn serve_plain(uri: Uri, headers: HeaderMap) -> Response {
    let name = uri.path().trim_start_matches('/');
    let hashed = TABLE.hashed.get(name);
    let hashed = hashed.and_then(|address| address.strip_prefix("/assets/"));
    let Some(asset) = hashed.and_then(|hashed| TABLE.served.get(hashed)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let known = headers.get(header::IF_NONE_MATCH);
    let known = known.and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut response = if known.split(',').any(|tag| asset.is_tagged(tag.trim())) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        asset.body(&headers)
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(&asset.etag) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

impl Asset {
    /// Its bytes, compressed for whoever takes that.
    fn body(&self, asked: &HeaderMap) -> Response {
        let accepted = asked
            .get(header::ACCEPT_ENCODING)
            .and_then(|value| value.to_str().ok());
        let takes_brotli = accepted.is_some_and(|accepted| accepted.contains("br"));
        let (body, encoding) = match &self.brotli {
            Some(compressed) if takes_brotli => (compressed.clone(), Some("br")),
            _ => (self.bytes.clone(), None),
        };
        let mut response = Body::from(body).into_response();
        let headers = response.headers_mut();
        let media_type = HeaderValue::from_static(self.media_type);
        headers.insert(header::CONTENT_TYPE, media_type);
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    /// Whether `tag` names these bytes. RFC 9110 (13.1.2): compared weakly, `*` is any.
    fn is_tagged(&self, tag: &str) -> bool {
        let opaque = |tag: &str| tag.trim_start_matches("W/").to_owned();
        tag == "*" || opaque(tag) == opaque(&self.etag)
    }
}

/// A drawn sample picture, by the id the try-on form uses.
pub fn sample(id: &str) -> Option<Bytes> {
    let sample = atelier_app::samples::find(id)?;
    let file = Public::get(&format!("samples/{}", sample.file))?;
    Some(match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    })
}
