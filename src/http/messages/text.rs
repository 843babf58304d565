//! `GET /messages/{id}/text`: the whole text, read from the source.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::blocking;
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::Part;
use crate::http::problem::Problem;
use crate::mail::{LetterBody, fold};

/// A message's whole text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::http) struct MessageText {
    /// What is new in it.
    pub text: String,
    /// The quoted history.
    pub quoted: String,
}

/// Reads a message's whole text.
#[utoipa::path(
    get,
    path = "/messages/{id}/text",
    operation_id = "read_message_text",
    tag = "messages",
    params(("id" = u64, Path, description = "The message.")),
    responses((status = 200, description = "The text.", body = MessageText))
)]
pub(in crate::http) async fn text(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(id): Part<u64>,
) -> Result<Json<MessageText>, Problem> {
    let message = app.http.desk.message_by_id(&actor, id).await?;
    if message.raw.is_none() || !message.truncated {
        return Ok(Json(MessageText { text: message.text, quoted: message.quoted }));
    }
    let source = app.http.desk.message_source(&actor, id).await?;
    let text = blocking(move || {
        let body = LetterBody::read(&source);
        let folded = fold::fold(&body.text);
        MessageText { text: folded.new.to_owned(), quoted: folded.quoted.to_owned() }
    });
    text.await.map(Json)
}
