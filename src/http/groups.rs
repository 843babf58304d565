//! `/groups`: the departments.

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
use crate::desk::Group;

/// A department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Group)]
pub(super) struct GroupItem {
    /// The id.
    pub id: u64,
    /// Unique.
    pub name: String,
    /// Operators' ids.
    pub members: Vec<u64>,
}

/// Every group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct GroupList {
    /// By id.
    pub items: Vec<GroupItem>,
}

/// A new group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGroup {
    /// Unique.
    pub name: String,
    /// Operators' ids.
    #[serde(default)]
    pub members: Vec<u64>,
}

/// Lists the groups.
#[utoipa::path(
    get,
    path = "/groups",
    operation_id = "list_groups",
    tag = "setup",
    responses((status = 200, description = "Every group.", body = GroupList))
)]
pub(super) async fn list(State(app): State<App>, _signed_in: SignedIn) -> Json<GroupList> {
    let directory = app.http.desk.directory();
    let mut items: Vec<_> = directory.groups.values().map(GroupItem::of).collect();
    items.sort_unstable_by_key(|group| group.id);
    Json(GroupList { items })
}

/// Adds a group.
#[utoipa::path(
    post,
    path = "/groups",
    operation_id = "create_group",
    tag = "setup",
    request_body = NewGroup,
    responses((status = 201, description = "The group.", body = GroupItem, headers(
        ("Mxdesk-Position" = u64, description = "Reads with `min_pos` at or above it see the change.")
    )))
)]
pub(super) async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(group): JsonBody<NewGroup>,
) -> Result<Response, Problem> {
    let written = app.http.desk.add_group(&actor, &group.name, group.members).await?;
    let directory = app.http.desk.directory();
    let group = directory.groups.get(&written.value).ok_or_else(|| Problem::not_found("group"))?;
    Ok((StatusCode::CREATED, AtPosition(written.position), Json(GroupItem::of(group))).into_response())
}

impl GroupItem {
    fn of(group: &Group) -> Self {
        Self { id: group.id, name: group.name.clone(), members: group.members.clone() }
    }
}
