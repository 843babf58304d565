//! `PATCH /tickets/{number}`: changes a ticket's state. A field that is absent stays; `null` takes a value away.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::TicketRow;
use super::read::etag;
use crate::desk::commands;
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::{JsonBody, Part};
use crate::http::position::AtPosition;
use crate::http::problem::Problem;
use crate::rules::{Priority, Status};

/// What changes; absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct TicketPatch {
    /// New status.
    #[serde(default)]
    #[schema(nullable = false)]
    pub status: Option<Status>,
    /// New priority.
    #[serde(default)]
    #[schema(nullable = false)]
    pub priority: Option<Priority>,
    /// New assignee's id; null takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u64>)]
    pub assignee: Option<Option<u64>>,
    /// New group's id; null takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u64>)]
    pub group: Option<Option<u64>>,
    /// New category; null takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub category: Option<Option<String>>,
    /// All tags anew.
    #[serde(default)]
    #[schema(nullable = false)]
    pub tags: Option<Vec<String>>,
}

/// A ticket's state with its version.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(in crate::http) struct TicketState {
    /// The state.
    #[serde(flatten)]
    pub row: TicketRow,
    /// Rises with every change: what `If-Match` takes. Also the `ETag`.
    pub version: u64,
}

/// Changes a ticket.
#[utoipa::path(
    patch,
    path = "/tickets/{number}",
    operation_id = "update_ticket",
    tag = "tickets",
    params(
        ("number" = String, Path, description = "`1042` or `DEMO-1042`."),
        ("If-Match" = Option<String>, Header, description = "The version that was seen; `412` when another one stands.")
    ),
    request_body = TicketPatch,
    responses((status = 200, description = "The ticket as it stands now.", body = TicketState, headers(
        ("ETag" = String, description = "The version."),
        ("Mxdesk-Position" = u64, description = "Reads with `min_pos` at or above it see the change.")
    )))
)]
pub(in crate::http) async fn patch(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(number): Part<String>,
    headers: HeaderMap,
    JsonBody(patch): JsonBody<TicketPatch>,
) -> Result<Response, Problem> {
    let number = super::number(&number)?;
    let expected = if_match(&headers)?;
    let desk = &app.http.desk;
    let written = desk.update_ticket(&actor, number, patch.into_command(), expected).await?;
    let (ticket, version) = desk.ticket(number).await?.ok_or_else(|| Problem::not_found("ticket"))?;
    let state = TicketState { row: TicketRow::of(ticket, &desk.directory()), version };
    Ok((AtPosition(written.position), [(header::ETAG, etag(version))], Json(state)).into_response())
}

impl TicketPatch {
    fn into_command(self) -> commands::TicketPatch {
        commands::TicketPatch {
            status: self.status,
            priority: self.priority,
            assignee: self.assignee,
            group: self.group,
            category: self.category,
            tags: self.tags,
        }
    }
}

/// The version in `If-Match` (RFC 9110 §13.1.1); `*` fits any.
pub(in crate::http) fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.trim_matches('"').parse().ok();
    version.map(Some).ok_or_else(|| Problem::invalid("If-Match", "must be one version as an ETag gave it"))
}

/// Tells `null` (`Some(None)`) from absent (`None`).
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_takes_away_and_absent_leaves() {
        let patch: TicketPatch = serde_json::from_str(r#"{"assignee":null,"category":"gift"}"#).unwrap();
        assert_eq!(patch.assignee, Some(None));
        assert_eq!(patch.category, Some(Some("gift".to_owned())));
        assert_eq!((patch.group, patch.status, patch.tags), (None, None, None));
        assert!(serde_json::from_str::<TicketPatch>(r#"{"state":"open"}"#).is_err());
    }

    #[test]
    fn if_match_takes_a_version() {
        let read = |value: &str| if_match(&HeaderMap::from_iter([(header::IF_MATCH, value.parse().unwrap())]));
        assert_eq!(read("\"17\""), Ok(Some(17)));
        assert_eq!(read("17"), Ok(Some(17)));
        assert_eq!(read("*"), Ok(None));
        assert_eq!(read("\"a\", \"b\"").unwrap_err().status, 422);
        assert_eq!(if_match(&HeaderMap::new()), Ok(None));
    }
}
