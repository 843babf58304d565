//! `POST /messages/{id}/recall`: takes a reply back before it leaves.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::{MessageItem, item};
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::Part;
use crate::http::position::AtPosition;
use crate::http::problem::Problem;
use crate::http::tickets::if_match;

/// Takes a reply back while it waits out `[outbound] hold_seconds`. `409` when it has left or is leaving. Its ticket stands as
/// before; the text is in the answer.
#[utoipa::path(
    post,
    path = "/messages/{id}/recall",
    operation_id = "recall_message",
    tag = "messages",
    params(
        ("id" = u64, Path, description = "The reply."),
        ("If-Match" = Option<String>, Header, description = "The ticket's version that was seen; `412` when another one stands.")
    ),
    responses((status = 200, description = "The message, taken back.", body = MessageItem, headers(
        ("Mxdesk-Position" = u64, description = "Reads with `min_pos` at or above it see the change.")
    )))
)]
pub(in crate::http) async fn recall(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(id): Part<u64>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let expected = if_match(&headers)?;
    let written = app.http.desk.recall(&actor, id, expected).await?;
    let message = item(&app, &actor, written.value).await?;
    Ok((AtPosition(written.position), Json(message)).into_response())
}
