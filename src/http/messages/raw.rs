//! `GET /messages/{id}/raw`: a letter exactly as it came or left.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::disposition;
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::Part;
use crate::http::problem::Problem;

/// Downloads a message's source.
#[utoipa::path(
    get,
    path = "/messages/{id}/raw",
    operation_id = "read_message_source",
    tag = "messages",
    params(("id" = u64, Path, description = "The message.")),
    responses((status = 200, description = "The source.", body = String, content_type = "message/rfc822"))
)]
pub(in crate::http) async fn raw(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(id): Part<u64>,
) -> Result<Response, Problem> {
    let source = app.http.desk.message_source(&actor, id).await?;
    let headers = [
        (header::CONTENT_TYPE, "message/rfc822".to_owned()),
        (header::CONTENT_DISPOSITION, disposition::attachment(&format!("message-{id}.eml"))),
        (header::CONTENT_SECURITY_POLICY, disposition::NO_CONTENT_POLICY.to_owned()),
    ];
    Ok((headers, source).into_response())
}
