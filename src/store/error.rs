//! Errors, split by what the caller must do.

use super::FeedPosition;

/// A read that failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The feed no longer reaches back that far: rebuild from a scan.
    #[error("the feed begins behind position {oldest}")]
    FeedTrimmed {
        /// The oldest position that can still be asked to continue from.
        oldest: FeedPosition,
    },
    /// The engine refused or failed.
    #[error("the store failed: {0}")]
    Engine(String),
    /// What is stored cannot be read (a damaged value, or one written by a newer version).
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
}

/// A commit that was not (or perhaps not) applied.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A check did not hold; nothing was applied. Re-read and decide again.
    #[error("a value changed meanwhile")]
    Conflict,
    /// Nothing was applied, and repeating will not help (a limit, an unhealthy store).
    #[error("the store rejected the commit: {0}")]
    Rejected(String),
    /// It may have been applied: look the token up before repeating.
    #[error("the outcome of the commit is unknown: {0}")]
    Unknown(String),
}
