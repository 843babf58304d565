//! The one place where a command that lost a race is decided anew.
//!
//! Promises: at most [`ATTEMPTS`] decisions, with a random pause between them, so that two who collide do not collide
//! again in step. Leaves to the command: to read everything anew in each attempt.

use std::time::Duration;

use super::DeskError;
use crate::store::CommitError;

/// How often a command is decided before its caller is told of the conflict.
const ATTEMPTS: u32 = 20;
/// The longest pause between two attempts, in milliseconds.
const LONGEST_PAUSE_MS: u32 = 64;

/// Runs `attempt` until it ends in anything but a conflict.
pub(in crate::desk) async fn on_conflict<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, DeskError>
where
    F: Future<Output = Result<T, DeskError>>,
{
    let mut tries = 1;
    loop {
        match attempt().await {
            Err(DeskError::Commit(CommitError::Conflict)) if tries < ATTEMPTS => {
                metrics::counter!("mxdesk_commit_conflicts_total").increment(1);
                tokio::time::sleep(pause(tries)).await;
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}

/// Between nothing and `2^tries` milliseconds, at random.
pub(in crate::desk) fn pause(tries: u32) -> Duration {
    let longest = 1_u32.checked_shl(tries).unwrap_or(LONGEST_PAUSE_MS).min(LONGEST_PAUSE_MS);
    // Without randomness the pause is the longest: slower, still right.
    let random = getrandom::u32().unwrap_or(longest);
    Duration::from_millis(u64::from(random % (longest + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_conflict_is_decided_anew_until_it_holds() {
        let mut attempts = 0;
        let value = on_conflict(|| {
            attempts += 1;
            let outcome = if attempts < 5 { Err(CommitError::Conflict.into()) } else { Ok(attempts) };
            std::future::ready(outcome)
        });
        assert_eq!(value.await.unwrap(), 5);
    }

    #[tokio::test]
    async fn a_lasting_conflict_ends_after_the_last_attempt() {
        let mut attempts = 0;
        let outcome: Result<(), DeskError> = on_conflict(|| {
            attempts += 1;
            std::future::ready(Err(CommitError::Conflict.into()))
        })
        .await;
        assert!(matches!(outcome, Err(DeskError::Commit(CommitError::Conflict))));
        assert_eq!(attempts, ATTEMPTS);
    }

    #[tokio::test]
    async fn another_failure_is_not_repeated() {
        let mut attempts = 0;
        let outcome: Result<(), DeskError> = on_conflict(|| {
            attempts += 1;
            std::future::ready(Err(DeskError::Forbidden))
        })
        .await;
        assert!(matches!(outcome, Err(DeskError::Forbidden)));
        assert_eq!(attempts, 1);
    }
}
