//! `POST /mailings`: orders one.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::MailingItem;
use crate::desk::commands;
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::JsonBody;
use crate::http::messages::create::idempotency_key;
use crate::http::position::AtPosition;
use crate::http::problem::Problem;

/// A mailing to be ordered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewMailing {
    /// The prefix of the mailbox that writes.
    pub mailbox: String,
    /// The subject; 1 to 900 characters.
    pub subject: String,
    /// The text; 1 octet to 16 KiB. The mailbox's signature is put below it.
    pub text: String,
    /// The tag of its tickets; those that are answered get `TAG/answered` too.
    pub tag: String,
    /// `ivan@shop.example` or `Ivan <ivan@shop.example>`; 1 to 1,000. One that is given twice is written to once.
    pub to: Vec<String>,
}

/// Orders a mailing: each recipient gets a letter of his own, from which he can unsubscribe (RFC 8058), in a ticket that is closed until
/// he answers. Who bounced, complained, has unsubscribed or is suppressed by hand gets none, and stands in `held_back`.
#[utoipa::path(
    post,
    path = "/mailings",
    operation_id = "create_mailing",
    tag = "mailings",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key again gives the same mailing.")),
    request_body = NewMailing,
    responses((status = 201, description = "The mailing.", body = MailingItem, headers(
        ("Location" = String, description = "The mailing.")
    )))
)]
pub(in crate::http) async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    headers: HeaderMap,
    JsonBody(new): JsonBody<NewMailing>,
) -> Result<Response, Problem> {
    let command = commands::NewMailing {
        mailbox: new.mailbox,
        subject: new.subject,
        text: new.text,
        tag: new.tag,
        to: new.to,
        idempotency_key: idempotency_key(&headers)?,
    };
    let desk = &app.http.desk;
    let written = desk.order_mailing(&actor, command).await?;
    let location = [(header::LOCATION, format!("/api/v1/mailings/{}", written.value))];
    let view = desk.mailing(&actor, written.value).await?;
    let item = MailingItem::of(view, &desk.directory());
    Ok((StatusCode::CREATED, AtPosition(written.position), location, Json(item)).into_response())
}
