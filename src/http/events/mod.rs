//! `GET /events`: what changes, as it changes (server-sent events). An event's `id` is its feed position, so that a
//! reconnect with `Last-Event-ID` goes on exactly behind the last one: nothing twice, nothing left out.

mod follow;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::App;
use super::authentication::SignedIn;
use super::extract::Params;
use super::problem::Problem;
use crate::store::FeedPosition;

/// How often a silent stream says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Where the stream begins.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct EventParams {
    /// Only what comes behind this feed position; what is new from now on where absent. `Last-Event-ID` wins.
    pub after: Option<u64>,
}

/// The data of an event. Its name is `ticket`, `message`, `delivery` or `directory`; or `reset` where events were lost: read
/// everything again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct LiveEvent {
    /// The feed position: also the event's `id`.
    pub position: u64,
    /// The ticket's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ticket: Option<u64>,
    /// The number with its mailbox's prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub display: Option<String>,
    /// The message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub message: Option<u64>,
    /// The delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub delivery: Option<u64>,
}

/// Follows the changes of the desk.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "follow_events",
    tag = "events",
    params(
        EventParams,
        ("Last-Event-ID" = Option<u64>, Header, description = "The last event that was seen; browsers send it by themselves.")
    ),
    responses((status = 200, description = "Server-sent events; the data of each is this.", body = LiveEvent, content_type = "text/event-stream"))
)]
pub(super) async fn events(
    State(app): State<App>,
    _signed_in: SignedIn,
    headers: HeaderMap,
    Params(params): Params<EventParams>,
) -> Result<Response, Problem> {
    let newest = *app.http.desk.store().feed_hint().borrow();
    let after = begin(&headers, params, newest)?;
    let permit = Arc::clone(&app.streams).try_acquire_owned();
    let permit = permit.map_err(|_| Problem::unavailable("Too many live event streams."))?;
    let stream = follow::follow(app, permit, after);
    let mut response = sse(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that buffer responses would hold events back.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

fn sse<S: Stream<Item = Result<Event, Infallible>> + Send + 'static>(stream: S) -> impl IntoResponse {
    Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT))
}

/// Behind which position the stream begins. One that is ahead of the feed is another store's: the stream begins with a reset.
fn begin(headers: &HeaderMap, params: EventParams, newest: FeedPosition) -> Result<FeedPosition, Problem> {
    let Some(last) = headers.get(LAST_EVENT_ID) else {
        return Ok(params.after.map_or(newest, FeedPosition));
    };
    let position = last.to_str().ok().and_then(|last| last.trim().parse().ok());
    position.map(FeedPosition).ok_or_else(|| Problem::invalid("Last-Event-ID", "must be an id that this stream gave"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_event_wins_over_the_parameter_and_both_over_now() {
        let newest = FeedPosition(9);
        let with = HeaderMap::from_iter([(LAST_EVENT_ID, "5".parse().unwrap())]);
        let wrong = HeaderMap::from_iter([(LAST_EVENT_ID, "five".parse().unwrap())]);
        assert_eq!(begin(&with, EventParams { after: Some(3) }, newest), Ok(FeedPosition(5)));
        assert_eq!(begin(&HeaderMap::new(), EventParams { after: Some(3) }, newest), Ok(FeedPosition(3)));
        assert_eq!(begin(&HeaderMap::new(), EventParams::default(), newest), Ok(newest));
        assert_eq!(begin(&wrong, EventParams::default(), newest).unwrap_err().status, 422);
    }
}
