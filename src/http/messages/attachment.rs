//! `GET /messages/{id}/attachments/{part}`: one attachment, always as a download.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::{blocking, disposition};
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::Part;
use crate::http::problem::Problem;
use crate::mail::Attachment;

/// Types that no browser runs anything in; all others are said to be `application/octet-stream`.
const SAFE_TYPES: [&str; 8] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "application/pdf",
    "application/zip",
    "text/csv",
    "text/plain",
];

/// Downloads an attachment.
#[utoipa::path(
    get,
    path = "/messages/{id}/attachments/{part}",
    operation_id = "read_attachment",
    tag = "messages",
    params(
        ("id" = u64, Path, description = "The message."),
        ("part" = u32, Path, description = "The attachment's `part`.")
    ),
    responses((status = 200, description = "The content.", body = String, content_type = "application/octet-stream"))
)]
pub(in crate::http) async fn attachment(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part((id, part)): Part<(u64, u32)>,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("attachment");
    let message = app.http.desk.message_by_id(&actor, id).await?;
    let attachment = message.attachments.into_iter().find(|attachment| attachment.part == part).ok_or_else(missing)?;
    let source = app.http.desk.message_source(&actor, id).await?;
    let content = blocking(move || Attachment::content(&source, part)).await?.ok_or_else(missing)?;
    let headers = [
        (header::CONTENT_TYPE, served_type(&attachment.content_type).to_owned()),
        (header::CONTENT_DISPOSITION, disposition::attachment(&attachment.name)),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, disposition::NO_CONTENT_POLICY.to_owned()),
    ];
    Ok((headers, content).into_response())
}

fn served_type(declared: &str) -> &'static str {
    SAFE_TYPES.into_iter().find(|safe| *safe == declared).unwrap_or("application/octet-stream")
}

#[cfg(test)]
mod tests {
    use super::served_type;

    #[test]
    fn only_safe_types_keep_their_name() {
        assert_eq!(served_type("image/png"), "image/png");
        for declared in ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "", "x/y\r\nz"] {
            assert_eq!(served_type(declared), "application/octet-stream");
        }
    }
}
