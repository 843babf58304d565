//! `/quarantine`: letters that are kept apart, and their release.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::App;
use super::authentication::SignedIn;
use super::extract::{Params, Part};
use super::position::AtPosition;
use super::problem::Problem;
use super::tickets::{Name, operator_name};
use super::time::Time;
use crate::desk::queries::Quarantined;
use crate::desk::{Directory, Finding, Quarantine, Reason};
use crate::mail::{Authentication, Correspondent};

/// Letters of one page, at most.
const MAX_LIMIT: usize = 200;

const DEFAULT_LIMIT: usize = 50;

/// How many, and from where on.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct QuarantineParams {
    /// Letters of the page: 1 to 200, usually 50.
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub cursor: Option<String>,
}

/// One page of the quarantine.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct QuarantinePage {
    /// The letters, newest first.
    pub items: Vec<QuarantineItem>,
    /// The cursor of the next page; null on the last one.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// A letter that is kept apart.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = QuarantinedLetter)]
pub(super) struct QuarantineItem {
    /// The message: what is released, and what `/messages/{id}` shows.
    pub id: u64,
    /// Its ticket's number.
    pub ticket: u64,
    /// The mailbox's prefix.
    pub mailbox: String,
    /// When it came.
    pub at: Time,
    /// From.
    #[schema(required = true)]
    pub from: Option<Correspondent>,
    /// The envelope sender; empty for the null sender.
    pub envelope_from: String,
    /// The subject.
    pub subject: String,
    /// The first 500 characters of its text.
    pub text: String,
    /// Octets of the source.
    pub size: u64,
    /// Who was proven to have sent it.
    #[schema(required = true)]
    pub authentication: Option<Authentication>,
    /// Why it is kept apart.
    pub quarantine: QuarantineFact,
}

/// Why a letter is kept apart, and who released it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Quarantine)]
pub(super) struct QuarantineFact {
    /// Why.
    pub reason: Reason,
    /// The sum of the findings' points.
    pub score: i32,
    /// What was found.
    pub findings: Vec<Finding>,
    /// When it was released; null while it is kept apart.
    #[schema(required = true)]
    pub released_at: Option<Time>,
    /// Who released it; null for the command line.
    #[schema(required = true)]
    pub released_by: Option<Name>,
}

/// A letter that was released.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Released {
    /// The ticket that it opened.
    pub ticket: u64,
}

/// Lists the letters that wait for an operator.
#[utoipa::path(
    get,
    path = "/quarantine",
    operation_id = "list_quarantine",
    tag = "quarantine",
    params(QuarantineParams),
    responses((status = 200, description = "One page of letters.", body = QuarantinePage))
)]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Params(params): Params<QuarantineParams>,
) -> Result<Json<QuarantinePage>, Problem> {
    let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid("limit", format!("must be 1 to {MAX_LIMIT}")));
    }
    let desk = &app.http.desk;
    let (items, next) = desk.quarantine(&actor, limit, params.cursor.as_deref()).await?;
    let directory = desk.directory();
    Ok(Json(QuarantinePage { items: items.into_iter().map(|one| QuarantineItem::of(one, &directory)).collect(), next }))
}

/// Releases a letter: its ticket opens, and the delivery rules are asked once.
#[utoipa::path(
    post,
    path = "/quarantine/{id}/release",
    operation_id = "release_quarantined",
    tag = "quarantine",
    params(("id" = u64, Path, description = "The message.")),
    responses((status = 200, description = "Its ticket.", body = Released, headers(
        ("Mxdesk-Position" = u64, description = "Reads with `min_pos` at or above it see the change.")
    )))
)]
pub(super) async fn release(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(id): Part<u64>,
) -> Result<Response, Problem> {
    let written = app.http.desk.release(&actor, id).await?;
    Ok((AtPosition(written.position), Json(Released { ticket: written.value })).into_response())
}

impl QuarantineItem {
    fn of(Quarantined { message, ticket }: Quarantined, directory: &Directory) -> Self {
        let fact = message.quarantine.map(|fact| QuarantineFact::of(fact, directory));
        Self {
            id: message.id,
            ticket: ticket.number,
            mailbox: directory.mailboxes.get(&ticket.mailbox).map_or_else(String::new, |one| one.prefix.clone()),
            at: Time(message.at),
            from: message.from,
            envelope_from: message.envelope_from,
            subject: message.subject,
            text: message.text.chars().take(500).collect(),
            size: message.size,
            authentication: message.authentication,
            quarantine: fact.unwrap_or_else(QuarantineFact::unknown),
        }
    }
}

impl QuarantineFact {
    /// With the name that the operator has now.
    pub(super) fn of(fact: Quarantine, directory: &Directory) -> Self {
        Self {
            reason: fact.reason,
            score: fact.score,
            findings: fact.findings,
            released_at: fact.released_at.map(Time),
            released_by: fact.released_by.map(|id| operator_name(directory, id)),
        }
    }

    /// Of a letter that was released between two reads.
    fn unknown() -> Self {
        let (score, findings) = (0, Vec::new());
        Self { reason: Reason::Quarantined, score, findings, released_at: None, released_by: None }
    }
}
