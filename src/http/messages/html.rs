//! `GET /messages/{id}/html`: a letter as its sender laid it out, made safe: sanitised, and shut in by its policy.
//!
//! The policy lets nothing run and nothing load but pictures. `allow-same-origin` is there for those pictures: in a frame
//! of no origin the browser would not send our `SameSite=Strict` cookie with them. Without `allow-scripts` it opens nothing
//! else. Links may open a window of their own, outside the frame.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::blocking;
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::{Params, Part};
use crate::http::problem::Problem;
use crate::mail::LetterBody;
use crate::mail::sanitise::{SanitiseOptions, sanitise};

/// How the letter is shown.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(in crate::http) struct HtmlParams {
    /// Load pictures from other servers, which tells those servers that the letter is read.
    pub remote_images: bool,
}

/// Shows a message's HTML, sanitised.
#[utoipa::path(
    get,
    path = "/messages/{id}/html",
    operation_id = "read_message_html",
    tag = "messages",
    params(("id" = u64, Path, description = "The message."), HtmlParams),
    responses((status = 200, description = "The document, for a sandboxed frame.", body = String, content_type = "text/html"))
)]
pub(in crate::http) async fn html(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(id): Part<u64>,
    Params(params): Params<HtmlParams>,
) -> Result<Response, Problem> {
    let source = app.http.desk.message_source(&actor, id).await?;
    let options = SanitiseOptions {
        remote_images: params.remote_images,
        cid_prefix: Some(format!("/api/v1/messages/{id}/cid/")),
    };
    let body = blocking(move || LetterBody::read(&source).html.map(|html| sanitise(&html, &options))).await?;
    let body = body.ok_or_else(|| Problem::not_found("HTML body"))?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy(params.remote_images)),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    Ok((headers, page(&body)).into_response())
}

fn page(body: &str) -> String {
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\">\
         <base target=\"_blank\"></head><body>{body}</body></html>"
    )
}

fn policy(remote_images: bool) -> String {
    let remote = if remote_images { " https:" } else { "" };
    format!(
        "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
         img-src 'self' data:{remote}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self'"
    )
}

#[cfg(test)]
mod tests {
    use super::policy;

    #[test]
    fn the_policy_shuts_the_letter_in() {
        for remote_images in [false, true] {
            let policy = policy(remote_images);
            assert!(policy.starts_with("sandbox"), "{policy}");
            assert!(policy.contains("; default-src 'none';"), "{policy}");
            assert!(!policy.contains("allow-scripts") && !policy.contains("script-src"), "{policy}");
            assert_eq!(policy.contains("https:"), remote_images, "{policy}");
        }
    }
}
