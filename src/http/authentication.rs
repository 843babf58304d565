//! Who asks: a bearer token (RFC 6750) or the session cookie. Everything under `/api/v1` goes through here; what is open to
//! all is listed in [`is_open`] and nowhere else.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::app::App;
use super::origin;
use super::problem::Problem;
use crate::desk::Actor;

/// The session cookie's name. The prefix makes browsers demand `Secure`, `Path=/` and no `Domain` (RFC 6265bis §4.1.3.2).
pub(super) const COOKIE: &str = "__Host-mxdesk";

/// The signed-in caller: what handlers take. Only [`authenticate`] can put it there; without it, `401`.
#[derive(Clone, Debug)]
pub(super) struct SignedIn(pub Actor);

/// Lets a request pass when it is signed in, or open to all; writes with the cookie also need our own `Origin`.
pub(super) async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if is_open(request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    match actor(&app, request.method(), request.headers()).await {
        Ok(actor) => {
            request.extensions_mut().insert(SignedIn(actor));
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Who sends these headers.
pub(super) async fn actor(app: &App, method: &Method, headers: &HeaderMap) -> Result<Actor, Problem> {
    if headers.contains_key(header::AUTHORIZATION) {
        let token = bearer(headers).ok_or_else(Problem::not_signed_in)?;
        return Ok(app.http.desk.token_actor(token).await?);
    }
    let session = cookie(headers).ok_or_else(Problem::not_signed_in)?;
    let own_origin = origin::is_own(headers, &app.http.config.http.public_url);
    if !method.is_safe() && own_origin != Some(true) {
        return Err(Problem::forbidden("Writes with the session cookie need the Origin header of the panel itself."));
    }
    Ok(app.http.desk.session_actor(session).await?)
}

/// The session's secret from the cookie, where there is one.
pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value)
        .filter(|value| !value.is_empty())
}

/// What needs no authentication. Paths are those inside `/api/v1`.
fn is_open(method: &Method, path: &str) -> bool {
    matches!((method.as_str(), path), ("POST", "/session") | ("GET" | "HEAD", "/openapi.json"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then_some(token.trim())
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<SignedIn>().cloned().ok_or_else(Problem::not_signed_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        assert_eq!(cookie(&headers(header::COOKIE, "a=b; __Host-mxdesk=secret; c=d")), Some("secret"));
        assert_eq!(cookie(&headers(header::COOKIE, "mxdesk=secret; __Host-mxdesk2=x")), None);
        assert_eq!(cookie(&headers(header::COOKIE, "__Host-mxdesk=")), None);
    }

    #[test]
    fn only_the_bearer_scheme_is_taken() {
        assert_eq!(bearer(&headers(header::AUTHORIZATION, "bearer abc")), Some("abc"));
        assert_eq!(bearer(&headers(header::AUTHORIZATION, "Basic abc")), None);
        assert_eq!(bearer(&headers(header::AUTHORIZATION, "Bearer ")), None);
    }

    #[test]
    fn what_is_open_is_open_by_method_and_path() {
        assert!(is_open(&Method::POST, "/session"));
        assert!(is_open(&Method::GET, "/openapi.json"));
        assert!(!is_open(&Method::GET, "/session"));
        assert!(!is_open(&Method::POST, "/openapi.json"));
        assert!(!is_open(&Method::GET, "/openapi.json/"));
        assert!(!is_open(&Method::GET, "/tickets"));
    }
}
