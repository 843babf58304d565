//! `GET /tickets/{number}`: a ticket with its customer and its whole thread.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::TicketRow;
use crate::desk::Contact;
use crate::desk::queries::TicketView;
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::Part;
use crate::http::messages::MessageItem;
use crate::http::problem::Problem;
use crate::http::suppressions::SuppressionItem;

/// A ticket with its thread.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(in crate::http) struct TicketPage {
    /// Its state.
    #[serde(flatten)]
    pub row: TicketRow,
    /// Rises with every change: what `If-Match` takes. Also the `ETag`.
    pub version: u64,
    /// The closed ticket that this one follows.
    #[schema(required = true)]
    pub follows: Option<u64>,
    /// The customer.
    #[schema(required = true)]
    pub contact: Option<ContactItem>,
    /// The customer's address bounced or complained, or is suppressed by hand.
    #[schema(required = true)]
    pub suppression: Option<SuppressionItem>,
    /// Its messages, oldest first: the newest 500.
    pub messages: Vec<MessageItem>,
    /// There are older messages than these.
    pub has_older: bool,
}

/// A person who writes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Contact)]
pub(in crate::http) struct ContactItem {
    /// The id.
    pub id: u64,
    /// The name, where one is known.
    #[schema(required = true)]
    pub name: Option<String>,
    /// The addresses.
    pub addresses: Vec<String>,
    /// A colleague.
    pub internal: bool,
}

/// Reads a ticket.
#[utoipa::path(
    get,
    path = "/tickets/{number}",
    operation_id = "read_ticket",
    tag = "tickets",
    params(("number" = String, Path, description = "`1042` or `DEMO-1042`.")),
    responses((status = 200, description = "The ticket.", body = TicketPage, headers(("ETag" = String, description = "The version."))))
)]
pub(in crate::http) async fn read(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(number): Part<String>,
) -> Result<Response, Problem> {
    let view = app.http.desk.ticket_view(&actor, super::number(&number)?).await?;
    let etag = etag(view.version);
    let page = page(view, &app);
    Ok(([(header::ETAG, etag)], Json(page)).into_response())
}

/// A version as an entity tag (RFC 9110 §8.8.3).
pub(in crate::http) fn etag(version: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

fn page(view: TicketView, app: &App) -> TicketPage {
    let directory = app.http.desk.directory();
    TicketPage {
        version: view.version,
        follows: view.ticket.follows,
        has_older: view.has_older,
        contact: view.contact.map(ContactItem::of),
        suppression: view.suppression.map(SuppressionItem::of),
        messages: view.messages.into_iter().map(|message| MessageItem::of(message, &directory)).collect(),
        row: TicketRow::of(view.ticket, &directory),
    }
}

impl ContactItem {
    fn of(contact: Contact) -> Self {
        Self { id: contact.id, name: contact.name, addresses: contact.addresses, internal: contact.internal }
    }
}
