//! `POST /domains/{domain}/dkim`: makes a domain's next DKIM keys, or takes them into use.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::desk::PublicKey;
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::{JsonBody, Part};
use crate::http::problem::Problem;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum DkimAction {
    /// Make the next keys; they are pending until their records are seen in DNS.
    Rotate,
    /// Use the pending keys at once.
    Activate,
}

/// A change of a domain's keys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct DkimChange {
    /// What is to be done.
    pub action: DkimAction,
}

/// A domain's keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::http) struct DkimKeyList {
    /// Those that sign first.
    pub items: Vec<PublicKey>,
}

/// Makes a domain's next DKIM keys, or takes them into use. For administrators.
#[utoipa::path(
    post,
    path = "/domains/{domain}/dkim",
    operation_id = "change_dkim_keys",
    tag = "setup",
    params(("domain" = String, Path, description = "A domain of a mailbox.")),
    request_body = DkimChange,
    responses((status = 200, description = "The domain's keys.", body = DkimKeyList))
)]
pub(in crate::http) async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(domain): Part<String>,
    JsonBody(change): JsonBody<DkimChange>,
) -> Result<Json<DkimKeyList>, Problem> {
    let desk = &app.http.desk;
    let items = match change.action {
        DkimAction::Rotate => desk.rotate_dkim(&actor, &domain).await?,
        DkimAction::Activate => desk.activate_dkim(&actor, &domain).await?,
    };
    Ok(Json(DkimKeyList { items }))
}
