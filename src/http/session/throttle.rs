//! Slows down whoever guesses passwords, and keeps password hashing from using up the machine.
//!
//! Counts failures per peer address and sign-in name: somebody else's failures do not lock an operator out, unless all come
//! through one proxy. The counts live in memory only.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::problem::Problem;

/// Failures after which the pair must wait.
const MAX_FAILURES: u32 = 10;

/// How long failures count.
const MEMORY: Duration = Duration::from_secs(15 * 60);

/// Pairs remembered at the same time.
const MAX_PAIRS: u64 = 10_000;

/// Passwords hashed at the same time: each takes about 20 MiB and 50 ms of CPU.
const MAX_CONCURRENT: usize = 4;

/// Counts failures to sign in. Cheap to clone.
#[derive(Clone)]
pub(in crate::http) struct Throttle {
    failures: moka::sync::Cache<(IpAddr, String), Arc<AtomicU32>>,
    hashing: Arc<Semaphore>,
}

/// One attempt to sign in; holds its place while the password is hashed.
pub(in crate::http) struct SignInAttempt {
    throttle: Throttle,
    pair: (IpAddr, String),
    failures: Arc<AtomicU32>,
    _permit: OwnedSemaphorePermit,
}

impl Throttle {
    /// With nothing counted yet.
    pub(in crate::http) fn new() -> Self {
        Self {
            failures: moka::sync::Cache::builder().max_capacity(MAX_PAIRS).time_to_live(MEMORY).build(),
            hashing: Arc::new(Semaphore::new(MAX_CONCURRENT)),
        }
    }

    /// Lets an attempt begin, or answers `429`.
    pub(in crate::http) async fn begin(&self, peer: IpAddr, email: &str) -> Result<SignInAttempt, Problem> {
        // An address is at most 320 octets long; the key holds no more, whatever was sent.
        let name: String = email.chars().take(320).flat_map(char::to_lowercase).collect();
        let pair = (peer, name);
        let failures = self.failures.get_with(pair.clone(), Arc::default);
        if failures.load(Ordering::Relaxed) >= MAX_FAILURES {
            return Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_attempts",
                "Too many failures to sign in: wait 15 minutes.",
            ));
        }
        let permit = Arc::clone(&self.hashing).acquire_owned().await;
        let permit = permit.map_err(|_| Problem::unavailable("The server is stopping."))?;
        Ok(SignInAttempt { throttle: self.clone(), pair, failures, _permit: permit })
    }
}

impl SignInAttempt {
    /// The password was wrong.
    pub(in crate::http) fn failed(self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("mxdesk_http_sign_in_failures_total").increment(1);
    }

    /// The password was right: earlier failures no longer count.
    pub(in crate::http) fn succeeded(self) {
        self.throttle.failures.invalidate(&self.pair);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    async fn fail(throttle: &Throttle, email: &str, times: u32) {
        for _ in 0..times {
            throttle.begin(PEER, email).await.ok().unwrap().failed();
        }
    }

    #[tokio::test]
    async fn after_ten_failures_the_pair_must_wait_and_no_other() {
        let throttle = Throttle::new();
        fail(&throttle, "ann@demo.test", MAX_FAILURES).await;
        assert_eq!(throttle.begin(PEER, "Ann@demo.test").await.err().map(|problem| problem.status), Some(429));
        assert!(throttle.begin(PEER, "bob@demo.test").await.is_ok());
        assert!(throttle.begin(IpAddr::from([10, 0, 0, 1]), "ann@demo.test").await.is_ok());
    }

    #[tokio::test]
    async fn a_success_forgets_the_failures() {
        let throttle = Throttle::new();
        fail(&throttle, "ann@demo.test", MAX_FAILURES - 1).await;
        throttle.begin(PEER, "ann@demo.test").await.ok().unwrap().succeeded();
        fail(&throttle, "ann@demo.test", MAX_FAILURES - 1).await;
        assert!(throttle.begin(PEER, "ann@demo.test").await.is_ok());
    }
}
