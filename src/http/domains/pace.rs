//! How often domains are checked: each check asks some dozens of questions of DNS, and opens connections.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::http::problem::Problem;

/// Checks at the same time.
const AT_ONCE: usize = 2;
/// Checks within [`WINDOW`].
const MOST: usize = 12;
/// What they are counted over.
const WINDOW: Duration = Duration::from_secs(60);

/// Counts the checks of the last minute.
pub(in crate::http) struct CheckPace {
    places: Semaphore,
    begun: Mutex<VecDeque<Instant>>,
}

impl Default for CheckPace {
    fn default() -> Self {
        Self { places: Semaphore::new(AT_ONCE), begun: Mutex::new(VecDeque::new()) }
    }
}

impl CheckPace {
    /// A place for one check, or `429` with the time to wait.
    pub(super) fn enter(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let place = self.places.try_acquire().map_err(|_| too_many(Duration::from_secs(5)))?;
        // Times cannot be left half written.
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|at| at.elapsed() < WINDOW);
        if let Some(oldest) = begun.front().filter(|_| begun.len() >= MOST) {
            return Err(too_many(WINDOW.saturating_sub(oldest.elapsed())));
        }
        begun.push_back(Instant::now());
        Ok(place)
    }
}

fn too_many(wait: Duration) -> Problem {
    let seconds = wait.as_secs().saturating_add(1);
    let detail = format!("Too many checks of domains: wait {seconds} seconds.");
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_checks", detail);
    Problem { retry_after: Some(seconds), ..problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_at_once_and_within_a_minute() {
        let pace = CheckPace::default();
        let places: Vec<_> = (0..AT_ONCE).map(|_| pace.enter().unwrap()).collect();
        assert_eq!(pace.enter().unwrap_err().status, 429);
        drop(places);
        for _ in AT_ONCE..MOST {
            drop(pace.enter().unwrap());
        }
        let refused = pace.enter().unwrap_err();
        assert!(refused.status == 429 && refused.retry_after.is_some_and(|seconds| (1..=61).contains(&seconds)));
    }
}
