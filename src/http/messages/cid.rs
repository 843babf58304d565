//! `GET /messages/{id}/cid/{content_id}`: a picture inside a letter (RFC 2392).

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::{blocking, disposition};
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::Part;
use crate::http::problem::Problem;
use crate::mail::Attachment;

/// The types that are shown. SVG is not among them: it can hold scripts.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// Shows a picture that the letter's HTML refers to.
#[utoipa::path(
    get,
    path = "/messages/{id}/cid/{content_id}",
    operation_id = "read_message_picture",
    tag = "messages",
    params(
        ("id" = u64, Path, description = "The message."),
        ("content_id" = String, Path, description = "The picture's `Content-ID` without brackets.")
    ),
    responses((status = 200, description = "The picture.", body = String, content_type = "image/*"))
)]
pub(in crate::http) async fn cid(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part((id, content_id)): Part<(u64, String)>,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("picture");
    let message = app.http.desk.message_by_id(&actor, id).await?;
    let picture = message
        .attachments
        .into_iter()
        .find(|attachment| attachment.content_id.as_deref() == Some(&*content_id))
        .ok_or_else(missing)?;
    let content_type = PICTURES.into_iter().find(|kind| *kind == picture.content_type).ok_or_else(missing)?;
    let source = app.http.desk.message_source(&actor, id).await?;
    let content = blocking(move || Attachment::content(&source, picture.part)).await?.ok_or_else(missing)?;
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, disposition::NO_CONTENT_POLICY),
        (header::CACHE_CONTROL, "private, max-age=86400"),
    ];
    Ok((headers, content).into_response())
}
