//! `POST /tokens`: a secret with which a program acts as an operator. Shown once.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::App;
use super::authentication::SignedIn;
use super::extract::JsonBody;
use super::position::AtPosition;
use super::problem::Problem;
use crate::desk::Actor;

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// What it is for.
    pub name: String,
    /// Whose, by e-mail address; your own where absent. Only administrators make tokens of others.
    #[serde(default)]
    #[schema(nullable = false)]
    pub operator: Option<String>,
}

/// A token's secret.
#[derive(Serialize, ToSchema)]
pub(super) struct TokenSecret {
    /// For `Authorization: Bearer …`. It is not shown again.
    pub token: String,
}

/// Makes a token.
#[utoipa::path(
    post,
    path = "/tokens",
    operation_id = "create_token",
    tag = "setup",
    request_body = NewToken,
    responses((status = 201, description = "The secret, once.", body = TokenSecret, headers(
        ("Mxdesk-Position" = u64, description = "The feed position of the change.")
    )))
)]
pub(super) async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(token): JsonBody<NewToken>,
) -> Result<Response, Problem> {
    let operator = match token.operator {
        Some(operator) => operator,
        None => own_email(&app, &actor)?,
    };
    let written = app.http.desk.create_token(&actor, &operator, &token.name).await?;
    let secret = TokenSecret { token: written.value.0 };
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, AtPosition(written.position), no_store, Json(secret)).into_response())
}

fn own_email(app: &App, actor: &Actor) -> Result<String, Problem> {
    let directory = app.http.desk.directory();
    let operator = actor.operator().and_then(|id| directory.operators.get(&id));
    operator.map(|operator| operator.email.clone()).ok_or_else(Problem::not_signed_in)
}
