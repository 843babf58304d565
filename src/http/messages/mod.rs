//! `/messages`: a message, its source, its text, its sanitised HTML, its attachments; and writing one.

pub(super) mod attachment;
pub(super) mod cid;
pub(super) mod create;
mod disposition;
pub(super) mod html;
mod item;
pub(super) mod raw;
pub(super) mod read;
pub(super) mod recall;
pub(super) mod text;

pub(super) use create::idempotency_key;
pub(super) use item::{DeliveryItem, MessageItem};
use read::item;

use super::problem::Problem;

/// Runs what parses a letter off the async workers: a large letter takes longer than a millisecond.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "reading a letter failed");
        Problem::unavailable("The letter could not be read now.")
    })
}
