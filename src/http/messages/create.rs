//! `POST /tickets/{number}/messages`: a reply to the customer, or a note for the team. Two kinds, never guessed.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{MessageItem, item};
use crate::desk::commands;
use crate::desk::{Actor, DeskError, MessageKind};
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::{JsonBody, Part};
use crate::http::position::AtPosition;
use crate::http::problem::Problem;
use crate::http::tickets;
use crate::http::time::Time;
use crate::rules::Status;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Characters of an `Idempotency-Key`.
const MAX_KEY: usize = 200;

/// Which kind of message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum NewMessageKind {
    /// A letter to the customer.
    Reply,
    /// For the team only.
    Note,
}

/// A reply or note to be added.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewMessage {
    /// Which of both.
    pub kind: NewMessageKind,
    /// The text; 1 to 16 KiB.
    pub text: String,
    /// A new status with it. A reply without one sets `pending`; a note leaves it.
    #[serde(default)]
    #[schema(nullable = false)]
    pub status: Option<Status>,
    /// Copies of a reply; at most 20 addresses.
    #[serde(default)]
    pub cc: Vec<String>,
    /// Files of a reply: the ids of uploads (`POST /attachments`) of the same operator, in order; at most 50.
    #[serde(default)]
    pub attachments: Vec<u64>,
    /// The last message that the writer saw: where the customer wrote since, a reply is stopped with `409`.
    #[serde(default)]
    pub seen: Option<u64>,
    /// Send a reply also to suppressed addresses. Without it, such a reply is stopped with `409` and the list of them.
    #[serde(default)]
    pub even_if_suppressed: bool,
    /// A reply that must not leave verified TLS (RFC 8689): `true` demands it, `false` does without even where the customer's
    /// letter came so. Without it, a reply leaves as the letter that it answers came.
    #[serde(default)]
    #[schema(nullable = false)]
    pub require_tls: Option<bool>,
}

/// Adds a reply or a note.
#[utoipa::path(
    post,
    path = "/tickets/{number}/messages",
    operation_id = "create_message",
    tag = "messages",
    params(
        ("number" = String, Path, description = "`1042` or `DEMO-1042`."),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key again gives the same message.")
    ),
    request_body = NewMessage,
    responses((status = 201, description = "The message.", body = MessageItem, headers(
        ("Location" = String, description = "The message."),
        ("Mxdesk-Position" = u64, description = "Reads with `min_pos` at or above it see the message.")
    )))
)]
pub(in crate::http) async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(number): Part<String>,
    headers: HeaderMap,
    JsonBody(message): JsonBody<NewMessage>,
) -> Result<Response, Problem> {
    let number = tickets::number(&number)?;
    let (kind, seen) = (message.kind, message.seen);
    let command = commands::NewMessage {
        text: message.text,
        status: message.status,
        cc: message.cc,
        attachments: message.attachments,
        seen,
        even_if_suppressed: message.even_if_suppressed,
        require_tls: message.require_tls,
        idempotency_key: idempotency_key(&headers)?,
    };
    let desk = &app.http.desk;
    let written = match kind {
        NewMessageKind::Reply => desk.reply(&actor, number, command).await,
        NewMessageKind::Note => desk.note(&actor, number, command).await,
    };
    let written = match written {
        Ok(written) => written,
        Err(DeskError::Stale { .. }) => return Err(unseen(&app, &actor, number, seen.unwrap_or_default()).await),
        Err(error) => return Err(error.into()),
    };
    let location = [(header::LOCATION, format!("/api/v1/messages/{}", written.value))];
    let message = item(&app, &actor, written.value).await?;
    Ok((StatusCode::CREATED, AtPosition(written.position), location, Json(message)).into_response())
}

/// The request's `Idempotency-Key`, where it has one.
pub(in crate::http) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=MAX_KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Problem::invalid("Idempotency-Key", format!("must be 1 to {MAX_KEY} printable ASCII characters"))),
    }
}

/// Says which of the customer's messages the writer had not seen.
async fn unseen(app: &App, actor: &Actor, number: u64, seen: u64) -> Problem {
    let messages = match app.http.desk.ticket_view(actor, number).await {
        Ok(view) => view.messages,
        Err(error) => return error.into(),
    };
    let arrived: Vec<_> = messages
        .into_iter()
        .map(|view| view.message)
        .filter(|message| message.kind == MessageKind::Inbound && message.id > seen)
        .collect();
    let detail = match arrived.last() {
        Some(last) => {
            let from = last.from.as_ref().map_or("the customer", |from| from.address.as_str());
            format!("{} new since you looked; the last from {from} at {}.", arrived.len(), Time(last.at))
        }
        None => "Something changed since you looked.".to_owned(),
    };
    let mut problem = Problem::new(StatusCode::CONFLICT, "unseen_message", detail);
    problem.arrived = arrived.iter().map(|message| message.id).collect();
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_whether_it_is_a_reply_or_a_note() {
        let note: NewMessage = serde_json::from_str(r#"{"kind":"note","text":"x"}"#).unwrap();
        assert_eq!(note.kind, NewMessageKind::Note);
        assert!(serde_json::from_str::<NewMessage>(r#"{"text":"x"}"#).is_err());
        assert!(serde_json::from_str::<NewMessage>(r#"{"kind":"both","text":"x"}"#).is_err());
    }

    #[test]
    fn an_idempotency_key_is_short_and_printable() {
        let read = |key: &str| idempotency_key(&HeaderMap::from_iter([(IDEMPOTENCY_KEY, key.parse().unwrap())]));
        assert_eq!(read("a-1"), Ok(Some("a-1".to_owned())));
        assert!(read("").is_err());
        assert!(read(&"x".repeat(201)).is_err());
        assert_eq!(idempotency_key(&HeaderMap::new()), Ok(None));
    }
}
