//! `/mailboxes`: the desk's support addresses.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::App;
use super::authentication::SignedIn;
use super::extract::JsonBody;
use super::position::AtPosition;
use super::problem::Problem;
use crate::desk::{Mailbox, commands};

/// A set of support addresses with a sender name, signature and number prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Mailbox)]
pub(super) struct MailboxItem {
    /// The id.
    pub id: u64,
    /// The sender name of answers.
    pub name: String,
    /// Shown before ticket numbers.
    pub prefix: String,
    /// Its addresses; the first is the sender of answers. `*@domain` is that domain's catch-all.
    pub addresses: Vec<String>,
    /// Below every answer.
    pub signature: String,
}

/// Every mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct MailboxList {
    /// By id.
    pub items: Vec<MailboxItem>,
}

/// A new mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMailbox {
    /// The sender name of answers.
    pub name: String,
    /// 1 to 10 of `A-Z0-9`; unique.
    pub prefix: String,
    /// At least one; `*@domain` for a catch-all.
    pub addresses: Vec<String>,
    /// Below every answer.
    #[serde(default)]
    pub signature: String,
}

/// Lists the mailboxes.
#[utoipa::path(
    get,
    path = "/mailboxes",
    operation_id = "list_mailboxes",
    tag = "setup",
    responses((status = 200, description = "Every mailbox.", body = MailboxList))
)]
pub(super) async fn list(State(app): State<App>, _signed_in: SignedIn) -> Json<MailboxList> {
    let directory = app.http.desk.directory();
    let mut items: Vec<_> = directory.mailboxes.values().map(MailboxItem::of).collect();
    items.sort_unstable_by_key(|mailbox| mailbox.id);
    Json(MailboxList { items })
}

/// Adds a mailbox.
#[utoipa::path(
    post,
    path = "/mailboxes",
    operation_id = "create_mailbox",
    tag = "setup",
    request_body = NewMailbox,
    responses((status = 201, description = "The mailbox.", body = MailboxItem, headers(
        ("Mxdesk-Position" = u64, description = "Reads with `min_pos` at or above it see the change.")
    )))
)]
pub(super) async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(mailbox): JsonBody<NewMailbox>,
) -> Result<Response, Problem> {
    let NewMailbox { name, prefix, addresses, signature } = mailbox;
    let command = commands::NewMailbox { name, prefix, addresses, signature };
    let written = app.http.desk.add_mailbox(&actor, command).await?;
    let directory = app.http.desk.directory();
    let mailbox = directory.mailboxes.get(&written.value).ok_or_else(|| Problem::not_found("mailbox"))?;
    Ok((StatusCode::CREATED, AtPosition(written.position), Json(MailboxItem::of(mailbox))).into_response())
}

impl MailboxItem {
    fn of(mailbox: &Mailbox) -> Self {
        Self {
            id: mailbox.id,
            name: mailbox.name.clone(),
            prefix: mailbox.prefix.clone(),
            addresses: mailbox.addresses.clone(),
            signature: mailbox.signature.clone(),
        }
    }
}
