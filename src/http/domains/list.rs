//! `GET /domains`: the desk's domains with their DKIM keys.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::PublicKey;
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::problem::Problem;

/// A domain of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::http) struct Domain {
    /// Its name.
    pub name: String,
    /// Its DKIM keys, without the private parts; those that sign first.
    pub dkim: Vec<PublicKey>,
}

/// Every domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::http) struct DomainList {
    /// By name.
    pub items: Vec<Domain>,
}

/// Lists the domains of all mailboxes. For administrators.
#[utoipa::path(
    get,
    path = "/domains",
    operation_id = "list_domains",
    tag = "setup",
    responses((status = 200, description = "Every domain.", body = DomainList))
)]
pub(in crate::http) async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
) -> Result<Json<DomainList>, Problem> {
    actor.may_set_up()?;
    let desk = &app.http.desk;
    let directory = desk.directory();
    let domain = |name: &str| Domain { name: name.to_owned(), dkim: desk.dkim_keys(name) };
    Ok(Json(DomainList { items: directory.domains().into_iter().map(domain).collect() }))
}
