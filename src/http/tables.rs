//! `/tables`: the look-up lists that rules ask.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::App;
use super::authentication::SignedIn;
use super::extract::{JsonBody, Part};
use super::position::AtPosition;
use super::problem::Problem;
use crate::rules::Table;

/// A look-up list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Table)]
pub(super) struct TableItem {
    /// Unique.
    pub name: String,
    /// Its keys in lower case, sorted.
    pub keys: Vec<String>,
}

/// Every table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct TableList {
    /// By name.
    pub items: Vec<TableItem>,
}

/// A table's keys anew.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TableKeys {
    /// At most 2,000.
    pub keys: Vec<String>,
}

/// Lists the tables.
#[utoipa::path(
    get,
    path = "/tables",
    operation_id = "list_tables",
    tag = "setup",
    responses((status = 200, description = "Every table.", body = TableList))
)]
pub(super) async fn list(State(app): State<App>, _signed_in: SignedIn) -> Json<TableList> {
    let directory = app.http.desk.directory();
    let mut items: Vec<_> = directory.tables.iter().map(|(name, table)| TableItem::of(name, table)).collect();
    items.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Json(TableList { items })
}

/// Sets a table's keys; makes it where there is none.
#[utoipa::path(
    put,
    path = "/tables/{name}",
    operation_id = "put_table",
    tag = "setup",
    params(("name" = String, Path, description = "The table.")),
    request_body = TableKeys,
    responses((status = 200, description = "The table.", body = TableItem, headers(
        ("Mxdesk-Position" = u64, description = "Reads with `min_pos` at or above it see the change.")
    )))
)]
pub(super) async fn put(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(name): Part<String>,
    JsonBody(table): JsonBody<TableKeys>,
) -> Result<Response, Problem> {
    let written = app.http.desk.put_table(&actor, &name, table.keys).await?;
    let directory = app.http.desk.directory();
    let table = directory.tables.get(&written.value).ok_or_else(|| Problem::not_found("table"))?;
    Ok((AtPosition(written.position), Json(TableItem::of(&written.value, table))).into_response())
}

impl TableItem {
    fn of(name: &str, table: &Table) -> Self {
        let mut keys: Vec<_> = table.iter().cloned().collect();
        keys.sort_unstable();
        Self { name: name.to_owned(), keys }
    }
}
