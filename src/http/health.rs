//! `/healthz` and `/readyz`: for supervisors and load balancers.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::app::App;
use super::problem::{FieldProblem, Problem};
use crate::store::{FeedPosition, Health};

/// How many feed entries board and search may be behind and still be called ready.
const MAX_LAG: u64 = 1_000;

#[derive(Serialize)]
struct Ready {
    ready: bool,
}

/// `200` while the process lives.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// `200` when letters and requests are taken as they should be, else `503` with the reasons.
pub(super) async fn readyz(State(app): State<App>) -> Response {
    let store = app.http.desk.store();
    let newest = *store.feed_hint().borrow();
    let mut reasons = Vec::new();
    match store.health() {
        Health::Ready => {}
        Health::LowDisk => reasons.push(reason("store", "the disk is almost full".to_owned())),
        Health::Failed => reasons.push(reason("store", "does not take writes".to_owned())),
    }
    reasons.extend(behind("board", *app.http.board.position().borrow(), newest));
    reasons.extend(behind("search", *app.http.search.position().borrow(), newest));
    if reasons.is_empty() {
        return Json(Ready { ready: true }).into_response();
    }
    let mut problem = Problem::unavailable("Not ready.");
    problem.errors = reasons;
    problem.into_response()
}

fn behind(follower: &str, position: FeedPosition, newest: FeedPosition) -> Option<FieldProblem> {
    let lag = newest.0.saturating_sub(position.0);
    (lag > MAX_LAG).then(|| reason(follower, format!("is {lag} changes behind")))
}

fn reason(field: &str, problem: String) -> FieldProblem {
    FieldProblem { field: field.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follower_that_is_far_behind_is_a_reason() {
        assert_eq!(behind("board", FeedPosition(0), FeedPosition(MAX_LAG)), None);
        assert_eq!(behind("board", FeedPosition(9), FeedPosition(3)), None);
        assert_eq!(behind("board", FeedPosition(0), FeedPosition(1_001)).unwrap().problem, "is 1001 changes behind");
    }
}
