//! Read your own writes: the feed position that a write answers, and reads that wait for one.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use tokio::sync::watch;

use super::problem::Problem;
use crate::store::FeedPosition;

/// The header that carries a write's feed position.
pub(super) const MXDESK_POSITION: HeaderName = HeaderName::from_static("mxdesk-position");

/// How long a read waits for the position that it asks for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Puts the feed position of a write into its response: reads with `min_pos` at or above it see the write.
pub(super) struct AtPosition(pub FeedPosition);

impl IntoResponseParts for AtPosition {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Self::Error> {
        response.headers_mut().insert(MXDESK_POSITION, HeaderValue::from(self.0.0));
        Ok(response)
    }
}

impl IntoResponse for AtPosition {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}

/// Waits until a follower of the feed has come to `min_pos`, at most two seconds; then `503`, so that a caller never takes an
/// older state for its own write's.
pub(super) async fn reach(follower: watch::Receiver<FeedPosition>, min_pos: Option<u64>) -> Result<(), Problem> {
    let Some(min_pos) = min_pos else { return Ok(()) };
    reach_within(follower, FeedPosition(min_pos), PATIENCE).await
}

async fn reach_within(
    mut follower: watch::Receiver<FeedPosition>,
    min_pos: FeedPosition,
    patience: Duration,
) -> Result<(), Problem> {
    match tokio::time::timeout(patience, follower.wait_for(|position| *position >= min_pos)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(_)) | Err(_) => {
            let detail = format!("Position {} is not reached yet: try again in a moment.", min_pos.0);
            Err(Problem::unavailable(&detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_read_waits_for_the_position_and_no_longer() {
        let (sender, receiver) = watch::channel(FeedPosition(4));
        let waiting = tokio::spawn(reach(receiver.clone(), Some(5)));
        sender.send(FeedPosition(5)).unwrap();
        assert_eq!(waiting.await.unwrap(), Ok(()));

        let late = reach_within(receiver.clone(), FeedPosition(6), Duration::from_millis(10)).await;
        assert_eq!(late.unwrap_err().status, 503);
        assert_eq!(reach(receiver, None).await, Ok(()));
    }
}
