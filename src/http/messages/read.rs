//! `GET /messages/{id}`: one message, where the `Location` of a new one points.

use axum::Json;
use axum::extract::State;

use super::MessageItem;
use crate::desk::Actor;
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::Part;
use crate::http::problem::Problem;

/// Reads a message.
#[utoipa::path(
    get,
    path = "/messages/{id}",
    operation_id = "read_message",
    tag = "messages",
    params(("id" = u64, Path, description = "The message.")),
    responses((status = 200, description = "The message.", body = MessageItem))
)]
pub(in crate::http) async fn read(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(id): Part<u64>,
) -> Result<Json<MessageItem>, Problem> {
    item(&app, &actor, id).await.map(Json)
}

/// A message with its traces and deliveries.
pub(in crate::http) async fn item(app: &App, actor: &Actor, id: u64) -> Result<MessageItem, Problem> {
    let view = app.http.desk.message_view(actor, id).await?;
    Ok(MessageItem::of(view, &app.http.desk.directory()))
}
