//! What happens around every request: length and time bounds, security headers, the access log.

use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// Octets of path and query.
const MAX_TARGET: usize = 8 * 1024;

/// Where files are uploaded.
const UPLOADS: &str = "/api/v1/attachments";

/// From the request's head to the response's head. Live event streams answer their head at once.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The same where the body is a file, which a slow line takes its time for.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(1200);

/// Refuses over-long targets with `414`.
pub(super) async fn bound_target(request: Request, next: Next) -> Response {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > MAX_TARGET {
        return Problem::new(StatusCode::URI_TOO_LONG, "uri_too_long", "Path and query are too long.").into_response();
    }
    next.run(request).await
}

/// Ends a request that takes too long with `503`.
pub(super) async fn bound_time(request: Request, next: Next) -> Response {
    let is_upload = request.method() == Method::POST && request.uri().path() == UPLOADS;
    let most = if is_upload { UPLOAD_TIMEOUT } else { TIMEOUT };
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("The request took too long.").into_response(),
    }
}

/// Adds the headers that every response carries. Where a handler set one itself, that one stays.
pub(super) async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Counts and logs each request. Queries are left out: what people search for is theirs.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let (method, path) = (request.method().clone(), shown(request.uri().path()).to_owned());
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    let (method_label, class) = (method_label(&method), class(status));
    metrics::counter!("mxdesk_http_requests_total", "method" => method_label, "status" => class).increment(1);
    metrics::histogram!("mxdesk_http_request_seconds", "method" => method_label).record(took.as_secs_f64());
    tracing::debug!(%method, path, status, took_ms = took.as_secs_f64() * 1e3, "request");
    response
}

/// The path as logged: the link of a letter is the right to unsubscribe, so it stays out.
fn shown(path: &str) -> &str {
    if path.starts_with("/unsubscribe/") { "/unsubscribe/" } else { path }
}

/// A bounded set of labels, whatever methods clients invent.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

fn class(status: u16) -> &'static str {
    match status {
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "1xx",
    }
}
