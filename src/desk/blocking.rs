//! Work that would hold up a tokio worker, done on the blocking pool.

use super::DeskError;

/// Runs `work` on the blocking pool. A panic in it is an error here, not a crash.
pub(in crate::desk) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, DeskError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| DeskError::Internal(format!("a task died: {error}")))
}
