//! `/operators`: who can sign in. Passwords go in and never come out.

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
use crate::desk::{Operator, Role, commands};

/// Someone who signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Operator)]
pub(super) struct OperatorItem {
    /// The id.
    pub id: u64,
    /// The sign-in name.
    pub email: String,
    /// The name that people see.
    pub name: String,
    /// The rights.
    pub role: Role,
    /// Cannot sign in.
    pub disabled: bool,
}

/// Every operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct OperatorList {
    /// By id.
    pub items: Vec<OperatorItem>,
}

/// A new operator.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOperator {
    /// The sign-in name.
    pub email: String,
    /// The name that people see.
    pub name: String,
    /// The rights.
    pub role: Role,
    /// 10 to 1,000 characters.
    pub password: String,
}

/// Lists the operators.
#[utoipa::path(
    get,
    path = "/operators",
    operation_id = "list_operators",
    tag = "setup",
    responses((status = 200, description = "Every operator.", body = OperatorList))
)]
pub(super) async fn list(State(app): State<App>, _signed_in: SignedIn) -> Json<OperatorList> {
    let directory = app.http.desk.directory();
    let mut items: Vec<_> = directory.operators.values().map(OperatorItem::of).collect();
    items.sort_unstable_by_key(|operator| operator.id);
    Json(OperatorList { items })
}

/// Adds an operator.
#[utoipa::path(
    post,
    path = "/operators",
    operation_id = "create_operator",
    tag = "setup",
    request_body = NewOperator,
    responses((status = 201, description = "The operator.", body = OperatorItem, headers(
        ("Mxdesk-Position" = u64, description = "Reads with `min_pos` at or above it see the change.")
    )))
)]
pub(super) async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(operator): JsonBody<NewOperator>,
) -> Result<Response, Problem> {
    let NewOperator { email, name, role, password } = operator;
    let command = commands::NewOperator { email, name, role, password };
    let written = app.http.desk.add_operator(&actor, command).await?;
    let directory = app.http.desk.directory();
    let operator = directory.operators.get(&written.value).ok_or_else(|| Problem::not_found("operator"))?;
    Ok((StatusCode::CREATED, AtPosition(written.position), Json(OperatorItem::of(operator))).into_response())
}

impl OperatorItem {
    /// What of an operator is shown.
    pub(super) fn of(operator: &Operator) -> Self {
        Self {
            id: operator.id,
            email: operator.email.clone(),
            name: operator.name.clone(),
            role: operator.role,
            disabled: operator.disabled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let operator = Operator { password: "$argon2id$v=19$x".to_owned(), ..Operator::default() };
        assert!(!serde_json::to_string(&OperatorItem::of(&operator)).unwrap().contains("argon2"));
    }
}
