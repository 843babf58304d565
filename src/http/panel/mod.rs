//! The panel: the built web client inside the binary.
//!
//! `web/build` is embedded at compile time where it exists; Rust builds need no Node. Files whose names carry their hash are
//! kept by browsers for ever, all others are asked for again each time. A path that is no file is the client's own: it gets
//! `index.html`.

mod policy;

use std::borrow::Cow;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::app::App;
use super::problem::Problem;

pub(super) use policy::PanelPolicy;

/// What `npm run build` made.
#[derive(RustEmbed)]
#[folder = "web/build"]
#[allow_missing = true]
struct Build;

const INDEX: &str = "index.html";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>mxdesk</title></head><body>\
    <h1>mxdesk</h1><p>The panel was not built into this binary. Run <code>npm ci && npm run build</code> in \
    <code>web/</code>, then build the binary again. The API is at <code>/api/v1</code>.</p></body></html>";

/// Answers everything that is neither the API nor a probe.
pub(super) async fn serve(State(app): State<App>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return Problem::not_found("resource").into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "The panel is only read.");
        return ([(header::ALLOW, "GET, HEAD")], problem).into_response();
    }
    let name = path.trim_start_matches('/');
    let headers = request.headers();
    let mut response = if let Some(file) = Build::get(name).filter(|_| !is_encoded_twin(name)) {
        asset(name, &file, headers)
    } else if !accepts_html(headers) {
        Problem::not_found("file").into_response()
    } else if let Some(index) = Build::get(INDEX) {
        asset(INDEX, &index, headers)
    } else {
        Html(NOT_BUILT).into_response()
    };
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, app.panel.header());
    response
}

fn asset(name: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    // Weak, because the compressed forms share it (RFC 9110 §8.8.1).
    let etag = format!("W/\"{}\"", data_encoding::HEXLOWER.encode(&file.metadata.sha256_hash()[..16]));
    let fixed = [
        (header::CACHE_CONTROL, cache_control(name).to_owned()),
        (header::ETAG, etag.clone()),
        (header::VARY, "Accept-Encoding".to_owned()),
    ];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, fixed).into_response();
    }
    let content_type = content_type(file);
    let (data, encoding) = match encoded_twin(name, headers) {
        Some((twin, encoding)) => (twin.data, Some(encoding)),
        None => (file.data.clone(), None),
    };
    let body = match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => Bytes::from(data),
    };
    let mut response = (fixed, [(header::CONTENT_TYPE, content_type)], body).into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The compressed form beside a file, where the client takes it.
fn encoded_twin(name: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, &'static str)> {
    [("br", "br"), ("gz", "gzip")]
        .into_iter()
        .filter(|(_, encoding)| accepts_encoding(headers, encoding))
        .find_map(|(suffix, encoding)| Some((Build::get(&format!("{name}.{suffix}"))?, encoding)))
}

fn is_encoded_twin(name: &str) -> bool {
    name.ends_with(".br") || name.ends_with(".gz")
}

fn cache_control(name: &str) -> &'static str {
    if name.starts_with("_app/immutable/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn content_type(file: &EmbeddedFile) -> String {
    let guessed = file.metadata.mimetype();
    if guessed.starts_with("text/") { format!("{guessed}; charset=utf-8") } else { guessed.to_owned() }
}

/// Whether `Accept-Encoding` names the coding and does not forbid it (RFC 9110 §12.5.3).
fn accepts_encoding(headers: &HeaderMap, encoding: &str) -> bool {
    list(headers, header::ACCEPT_ENCODING).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// A client that sends no `Accept` field takes anything (RFC 9110 §12.5.1).
fn accepts_html(headers: &HeaderMap) -> bool {
    if !headers.contains_key(header::ACCEPT) {
        return true;
    }
    list(headers, header::ACCEPT).any(|item| {
        let essence = item.split(';').next().unwrap_or_default().trim();
        matches!(essence, "text/html" | "text/*" | "*/*")
    })
}

fn list(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn an_encoding_is_taken_where_it_is_accepted() {
        let accept = |value: &str, encoding: &str| accepts_encoding(&headers(header::ACCEPT_ENCODING, value), encoding);
        assert!(accept("gzip, deflate, br;q=0.5", "br"));
        assert!(!accept("gzip, br;q=0", "br"));
        assert!(!accept("brotli", "br"));
        assert!(!accepts_encoding(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn only_pages_fall_back_to_the_index() {
        let accept = |value: &str| accepts_html(&headers(header::ACCEPT, value));
        assert!(accept("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(accept("*/*"));
        assert!(!accept("image/avif,image/webp"));
        assert!(accepts_html(&HeaderMap::new()));
    }

    #[test]
    fn names_with_a_hash_are_kept_for_ever() {
        assert!(cache_control("_app/immutable/entry/start.abc.js").contains("immutable"));
        assert_eq!(cache_control("index.html"), "no-cache");
    }
}
