//! `/unsubscribe/{token}`: where `List-Unsubscribe` of a mailing's letter leads (RFC 8058). Open to all: the token in it is the right.
//!
//! Promises: only the one-click `POST` unsubscribes; a `GET` shows a page with one button, since scanners follow links. No cookie is
//! read or set. A token that we did not make is `404`, and who tries many waits.
//! Leaves to others: what it means to be unsubscribed (`desk`).

mod form;
mod pace;
mod page;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(super) use pace::StrangersPace;

use super::app::App;
use super::problem::Problem;
use crate::desk::DeskError;

/// Octets of a form: RFC 8058's has 26, a multipart one some hundreds.
const MAX_FORM: usize = 8 * 1024;

/// What the page may do: be shown, and send its one form here.
const POLICY: &str = "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Shows whom the button unsubscribes.
pub(super) async fn ask(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = app.http.desk.unsubscribing(&token).await.map_err(|error| refused(&app, error))?;
    let words = page::words(&headers);
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CONTENT_LANGUAGE, words.language),
        (header::VARY, "Accept-Language"),
    ];
    Ok((fixed, page::page(words, &found)).into_response())
}

/// Unsubscribes (RFC 8058 §3.2).
pub(super) async fn one_click(
    State(app): State<App>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    // The token first: nobody's body is read who has none.
    app.http.desk.unsubscribing(&token).await.map_err(|error| refused(&app, error))?;
    let too_large =
        |_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The form is too large, or broke off.");
    let body = axum::body::to_bytes(request.into_body(), MAX_FORM).await.map_err(too_large)?;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !form::is_one_click(content_type, &body) {
        let detail = "Send the form List-Unsubscribe=One-Click.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_request", detail));
    }
    app.http.desk.unsubscribe(&token).await.map_err(|error| refused(&app, error))?;
    let words = page::words(&headers);
    let fixed = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CONTENT_LANGUAGE, words.language)];
    Ok((fixed, format!("{}\n", words.done)).into_response())
}

/// A token that is not ours is `404`; after many of them, `429`. Those who have a letter are never held up by those who guess.
fn refused(app: &App, error: DeskError) -> Problem {
    match error {
        DeskError::NotFound(_) => match app.strangers.refuse() {
            None => Problem::not_found("link"),
            Some(seconds) => {
                let detail = format!("Too many links that do not exist: wait {seconds} seconds.");
                let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail);
                Problem { retry_after: Some(seconds), ..problem }
            }
        },
        error => error.into(),
    }
}
