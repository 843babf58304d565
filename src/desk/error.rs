//! Why a command or a query did not do what was asked.

use super::Suppression;
use crate::rules::RuleError;
use crate::store::{CommitError, StoreError};

/// A command's or query's failure.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// There is no such thing (or the actor may not know of it).
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The actor may not do this.
    #[error("not allowed")]
    Forbidden,
    /// Name, password or token is wrong, or the session has ended.
    #[error("not signed in")]
    NotSignedIn,
    /// The input is wrong: which field, and why.
    #[error("{field}: {problem}")]
    Invalid {
        /// The field's name in the API.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A rule is wrong.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Something changed since the caller last looked: the version that stands now.
    #[error("changed meanwhile: now at version {current}")]
    Stale {
        /// The version that stands now.
        current: u64,
    },
    /// What is asked cannot be done (any more) with what stands there now.
    #[error("not possible: {0}")]
    NotPossible(String),
    /// What is sent is too large: what may be how large.
    #[error("too large: {0}")]
    TooLarge(String),
    /// Letters to these addresses failed, or their owners want none: to write all the same, say so.
    #[error("suppressed: {}", .0.iter().map(|found| found.address.as_str()).collect::<Vec<_>>().join(", "))]
    Suppressed(Vec<Suppression>),
    /// Something of that name or address exists already.
    #[error("{0} exists already")]
    Exists(String),
    /// The store could not read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store could not write.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// Free space is below the floor: nothing is written.
    #[error("not enough free space to write")]
    LowDisk,
    /// The store is not healthy: nothing is written.
    #[error("the store does not take writes now")]
    Unavailable,
    /// Too many failed sign-ins for this e-mail address.
    #[error("too many failed attempts: try again in {retry_after_seconds} seconds")]
    TooManyAttempts {
        /// When to come again.
        retry_after_seconds: u64,
    },
    /// The machine failed: no randomness, a key file that cannot be written, a task that died.
    #[error("internal failure: {0}")]
    Internal(String),
}

impl DeskError {
    /// An input error.
    pub fn invalid(field: &str, problem: impl Into<String>) -> Self {
        Self::Invalid { field: field.to_owned(), problem: problem.into() }
    }
}
