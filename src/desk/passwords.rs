//! Passwords: argon2id, and the brake on guessing.
//!
//! Promises: at most two hashes at a time (19 MiB and one core each); a name that does not exist takes as long as a wrong
//! password; after ten failures in ten minutes an e-mail address is not tried until the ten minutes are over.
//! (So a stranger can keep one person from signing in anew; sessions and tokens in use are not touched.)

use std::time::{Duration, Instant};

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use moka::sync::Cache;
use tokio::sync::Semaphore;

use super::{DeskError, blocking};

/// Hashes at the same time.
const AT_ONCE: usize = 2;
/// How long a caller waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Failures after which an address must wait.
const FAILURES: u32 = 10;
/// The time in which they are counted, and for which an address must wait.
const WINDOW: Duration = Duration::from_secs(600);
/// Addresses whose failures are remembered.
const ADDRESSES: u64 = 100_000;
/// What an unknown name's password is compared with: the parameters of a real hash, and nobody's password.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and checks passwords.
pub(in crate::desk) struct Passwords {
    turns: Semaphore,
    failures: Cache<String, Failures>,
}

#[derive(Clone, Copy)]
struct Failures {
    since: Instant,
    count: u32,
}

impl Passwords {
    pub(in crate::desk) fn new() -> Self {
        let failures = Cache::builder().max_capacity(ADDRESSES).time_to_live(WINDOW).build();
        Self { turns: Semaphore::new(AT_ONCE), failures }
    }

    /// The password's hash as a PHC string.
    pub(in crate::desk) async fn hash(&self, password: &str) -> Result<String, DeskError> {
        let password = password.to_owned();
        let hash =
            self.in_turn(move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()));
        hash.await?.map_err(|error| DeskError::Internal(format!("argon2: {error}")))
    }

    /// Whether the password is the one of `hash`; with `None`, no, after the same time.
    pub(in crate::desk) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, DeskError> {
        let password = password.to_owned();
        self.in_turn(move || {
            let fits = |hash: &str| Argon2::default().verify_password(password.as_bytes(), hash).is_ok();
            match &hash {
                Some(hash) => fits(hash),
                None => {
                    fits(NOBODY);
                    false
                }
            }
        })
        .await
    }

    /// Counts an attempt before it is made, so that attempts at the same time cannot pass together.
    pub(in crate::desk) fn count_attempt(&self, email: &str) -> Result<(), DeskError> {
        let now = Instant::now();
        let entry = self.failures.entry_by_ref(email).and_upsert_with(|entry| match entry {
            Some(entry) if now.duration_since(entry.value().since) < WINDOW => {
                let failures = *entry.value();
                Failures { count: failures.count.saturating_add(1), ..failures }
            }
            _ => Failures { since: now, count: 1 },
        });
        let failures = entry.value();
        if failures.count <= FAILURES {
            return Ok(());
        }
        let left = WINDOW.saturating_sub(now.duration_since(failures.since));
        Err(DeskError::TooManyAttempts { retry_after_seconds: left.as_secs().max(1) })
    }

    /// Forgets the failures of an address whose password was right.
    pub(in crate::desk) fn forget_failures(&self, email: &str) {
        self.failures.invalidate(email);
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, DeskError> {
        let crowded = DeskError::TooManyAttempts { retry_after_seconds: LONGEST_WAIT.as_secs() };
        // The semaphore is never closed: an error here is only the time-out.
        let Ok(Ok(_turn)) = tokio::time::timeout(LONGEST_WAIT, self.turns.acquire()).await else { return Err(crowded) };
        blocking::run(work).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_hash_only() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse").await.unwrap();
        assert!(passwords.verify("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("wrong horse", Some(hash)).await.unwrap());
        assert!(!passwords.verify("correct horse", None).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_costs_as_much_as_a_real_password() {
        let real = Passwords::new().hash("correct horse").await.unwrap();
        let cost = |hash: &str| hash.rsplitn(3, '$').last().unwrap().to_owned();
        assert_eq!(cost(&real), cost(NOBODY));
        assert_eq!(real.len(), NOBODY.len());
        let salt_and_hash = argon2::PasswordHash::new(NOBODY).unwrap();
        assert!(salt_and_hash.salt.is_some() && salt_and_hash.hash.is_some());
    }

    #[test]
    fn the_eleventh_attempt_must_wait_and_other_addresses_need_not() {
        let passwords = Passwords::new();
        for _ in 0..FAILURES {
            passwords.count_attempt("anna@demo.test").unwrap();
        }
        let outcome = passwords.count_attempt("anna@demo.test");
        let Err(DeskError::TooManyAttempts { retry_after_seconds }) = outcome else { panic!("{outcome:?}") };
        assert!((1..=600).contains(&retry_after_seconds));
        passwords.count_attempt("boris@demo.test").unwrap();
        passwords.forget_failures("anna@demo.test");
        passwords.count_attempt("anna@demo.test").unwrap();
    }
}
