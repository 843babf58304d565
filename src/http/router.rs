//! Every route, and the layers around them.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, extract::DefaultBodyLimit};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;
use super::problem::Problem;
use super::{
    attachments, authentication, counts, domains, events, extract, figures, groups, health, layers, ledger, mailboxes,
    mailings, messages, mta_sts, operators, panel, quarantine, queue, reports, rules, search, session, suppressions,
    tables, tickets, tokens, unsubscribe,
};

/// Where the API lives.
pub(super) const API: &str = "/api/v1";

/// The whole server: the API behind authentication; health, figures and the panel beside it.
pub(super) fn router(app: App) -> Router {
    let (api, _) = api().split_for_parts();
    let api = api
        .route("/openapi.json", get(openapi))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app.clone(), authentication::authenticate));
    Router::new()
        .nest(API, api)
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(figures::metrics))
        .route("/.well-known/mta-sts.txt", get(mta_sts::policy))
        .route("/unsubscribe/{token}", get(unsubscribe::ask).post(unsubscribe::one_click))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(panel::serve)
        .layer(DefaultBodyLimit::max(extract::MAX_BODY))
        .layer(from_fn(layers::bound_time))
        .layer(from_fn(layers::bound_target))
        .layer(from_fn(layers::secure))
        .layer(from_fn(layers::log))
        .with_state(app)
}

/// The routes of the API with their description.
pub(super) fn api() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(session::sign_in, session::read, session::sign_out))
        .routes(routes!(tickets::list::list))
        .routes(routes!(tickets::read::read, tickets::patch::patch))
        .routes(routes!(messages::create::create))
        .routes(routes!(attachments::create))
        .routes(routes!(messages::read::read))
        .routes(routes!(messages::raw::raw))
        .routes(routes!(messages::text::text))
        .routes(routes!(messages::html::html))
        .routes(routes!(messages::cid::cid))
        .routes(routes!(messages::attachment::attachment))
        .routes(routes!(messages::recall::recall))
        .routes(routes!(search::search))
        .routes(routes!(counts::counts))
        .routes(routes!(events::events))
        .routes(routes!(ledger::list))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::release))
        .routes(routes!(reports::list))
        .routes(routes!(reports::summary::summary))
        .routes(routes!(reports::read))
        .routes(routes!(domains::list::list))
        .routes(routes!(domains::check::check))
        .routes(routes!(domains::dkim::change))
        .routes(routes!(queue::list))
        .routes(routes!(queue::order))
        .routes(routes!(suppressions::list, suppressions::create))
        .routes(routes!(suppressions::remove))
        .routes(routes!(mailings::list, mailings::create::create))
        .routes(routes!(mailings::read))
        .routes(routes!(mailings::recall))
        .routes(routes!(mailboxes::list, mailboxes::create))
        .routes(routes!(operators::list, operators::create))
        .routes(routes!(groups::list, groups::create))
        .routes(routes!(rules::list, rules::create))
        .routes(routes!(rules::replace, rules::remove))
        .routes(routes!(tables::list))
        .routes(routes!(tables::put))
        .routes(routes!(tokens::create))
}

async fn openapi(State(app): State<App>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.openapi).into_response()
}

async fn not_found() -> Problem {
    Problem::not_found("resource")
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This resource does not know this method.")
}
