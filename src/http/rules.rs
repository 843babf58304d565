//! `/rules`: what is decided about every letter before its `250`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::app::App;
use super::authentication::SignedIn;
use super::extract::{JsonBody, Part};
use super::position::AtPosition;
use super::problem::Problem;
use crate::desk::{Directory, StoredRule};
use crate::rules::Rule;

/// A rule that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct KeptRule {
    /// The id.
    pub id: u64,
    /// Rises with every change; what a trace names.
    pub version: u64,
    /// The rule: what `PUT` takes.
    pub rule: Rule,
}

/// Every rule.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct RuleList {
    /// In order of evaluation.
    pub items: Vec<KeptRule>,
}

/// Lists the rules.
#[utoipa::path(
    get,
    path = "/rules",
    operation_id = "list_rules",
    tag = "setup",
    responses((status = 200, description = "Every rule, in order of evaluation.", body = RuleList))
)]
pub(super) async fn list(State(app): State<App>, _signed_in: SignedIn) -> Json<RuleList> {
    let directory = app.http.desk.directory();
    Json(RuleList { items: directory.rules.iter().map(KeptRule::of).collect() })
}

/// Adds a rule.
#[utoipa::path(
    post,
    path = "/rules",
    operation_id = "create_rule",
    tag = "setup",
    request_body = Rule,
    responses((status = 201, description = "The rule.", body = KeptRule, headers(
        ("Mxdesk-Position" = u64, description = "Reads with `min_pos` at or above it see the change.")
    )))
)]
pub(super) async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(rule): JsonBody<Rule>,
) -> Result<Response, Problem> {
    let written = app.http.desk.add_rule(&actor, rule).await?;
    let rule = kept(&app.http.desk.directory(), written.value)?;
    Ok((StatusCode::CREATED, AtPosition(written.position), Json(rule)).into_response())
}

/// Replaces a rule.
#[utoipa::path(
    put,
    path = "/rules/{id}",
    operation_id = "replace_rule",
    tag = "setup",
    params(("id" = u64, Path, description = "The rule.")),
    request_body = Rule,
    responses((status = 200, description = "The rule.", body = KeptRule, headers(
        ("Mxdesk-Position" = u64, description = "Reads with `min_pos` at or above it see the change.")
    )))
)]
pub(super) async fn replace(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(id): Part<u64>,
    JsonBody(rule): JsonBody<Rule>,
) -> Result<Response, Problem> {
    let written = app.http.desk.replace_rule(&actor, id, rule).await?;
    let rule = kept(&app.http.desk.directory(), id)?;
    Ok((AtPosition(written.position), Json(rule)).into_response())
}

/// Removes a rule.
#[utoipa::path(
    delete,
    path = "/rules/{id}",
    operation_id = "remove_rule",
    tag = "setup",
    params(("id" = u64, Path, description = "The rule.")),
    responses((status = 204, description = "Removed.", headers(
        ("Mxdesk-Position" = u64, description = "Reads with `min_pos` at or above it see the change.")
    )))
)]
pub(super) async fn remove(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(id): Part<u64>,
) -> Result<Response, Problem> {
    let written = app.http.desk.remove_rule(&actor, id).await?;
    Ok((StatusCode::NO_CONTENT, AtPosition(written.position)).into_response())
}

fn kept(directory: &Directory, id: u64) -> Result<KeptRule, Problem> {
    let rule = directory.rules.iter().find(|(stored, _)| stored.id == id);
    rule.map(KeptRule::of).ok_or_else(|| Problem::not_found("rule"))
}

impl KeptRule {
    fn of((stored, rule): &(StoredRule, Rule)) -> Self {
        Self { id: stored.id, version: stored.version, rule: rule.clone() }
    }
}
