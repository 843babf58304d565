//! `/session`: sign in, who is signed in, sign out.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::app::App;
use super::authentication::{self, COOKIE, SignedIn};
use super::extract::JsonBody;
use super::operators::OperatorItem;
use super::origin;
use super::problem::Problem;
use crate::desk::{Actor, DeskError};

/// What signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    /// The operator's e-mail address.
    pub email: String,
    /// The password.
    pub password: String,
}

/// Signs in; the cookie that comes with the answer is the session.
#[utoipa::path(
    post,
    path = "/session",
    operation_id = "sign_in",
    tag = "session",
    request_body = SignIn,
    responses((status = 200, description = "Who is signed in.", body = OperatorItem, headers(
        ("Set-Cookie" = String, description = "The session: `__Host-mxdesk`.")
    ))),
    security(())
)]
pub(super) async fn sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    JsonBody(sign_in): JsonBody<SignIn>,
) -> Result<Response, Problem> {
    if origin::is_own(&headers, &app.http.config.http.public_url) == Some(false) {
        return Err(Problem::forbidden("Sign in from the panel itself."));
    }
    let (secret, actor) =
        app.http.desk.sign_in(&sign_in.email, &sign_in.password).await.map_err(|error| match error {
            DeskError::NotSignedIn => {
                Problem::new(StatusCode::UNAUTHORIZED, "not_signed_in", "The e-mail address or the password is wrong.")
            }
            error => error.into(),
        })?;
    let operator = operator(&app, &actor)?;
    Ok(([(header::SET_COOKIE, set_cookie(&secret.0))], Json(operator)).into_response())
}

/// Says who is signed in.
#[utoipa::path(
    get,
    path = "/session",
    operation_id = "read_session",
    tag = "session",
    responses((status = 200, description = "Who is signed in.", body = OperatorItem))
)]
pub(super) async fn read(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<OperatorItem>, Problem> {
    operator(&app, &actor).map(Json)
}

/// Signs out: the session ends on the server, and the cookie in the browser.
#[utoipa::path(
    delete,
    path = "/session",
    operation_id = "sign_out",
    tag = "session",
    responses((status = 204, description = "Signed out."))
)]
pub(super) async fn sign_out(
    State(app): State<App>,
    _signed_in: SignedIn,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(session) = authentication::cookie(&headers) {
        app.http.desk.sign_out(session).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, forget_cookie())]).into_response())
}

fn operator(app: &App, actor: &Actor) -> Result<OperatorItem, Problem> {
    let directory = app.http.desk.directory();
    let operator = actor.operator().and_then(|id| directory.operators.get(&id));
    operator.map(OperatorItem::of).ok_or_else(Problem::not_signed_in)
}

fn set_cookie(secret: &str) -> String {
    format!("{COOKIE}={secret}; Path=/; Secure; HttpOnly; SameSite=Strict")
}

fn forget_cookie() -> String {
    format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}
