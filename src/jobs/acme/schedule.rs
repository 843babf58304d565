//! When a certificate is ordered. Pure, but for the spread of retries.

use std::time::Duration;

use crate::tls::Certificate;

/// The pause after the first failure, and the longest one. The directories' limits count failed orders per hour.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 3600);

/// How long to wait at `now` (Unix seconds) until a certificate is to be ordered; zero: now.
pub(super) fn due_in(kept: Option<&Certificate>, names: &[String], now: i64) -> Duration {
    match kept {
        Some(kept) if kept.covers(names) => {
            Duration::from_secs(u64::try_from(kept.renew_at().saturating_sub(now)).unwrap_or(0))
        }
        _ => Duration::ZERO,
    }
}

/// The pause after so many failures before this one: doubled each time, and up to a quarter longer, so that many desks do
/// not come at once.
pub(super) fn pause(failures: u32) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures.min(16))).min(LONGEST_PAUSE);
    let mut noise = [0];
    // Without randomness there is no spread, which does no harm.
    let _ = getrandom::fill(&mut noise);
    pause + pause / 1024 * u32::from(noise[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_ordered_when_it_is_missing_or_old_or_for_other_names() {
        let names = ["desk.test".to_owned()];
        let (chain, key) = Certificate::self_signed("desk.test").unwrap();
        let mut kept = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        (kept.not_before, kept.not_after) = (1_000, 1_000 + 90);
        assert_eq!(due_in(None, &names, 1_000), Duration::ZERO);
        assert_eq!(due_in(Some(&kept), &names, 1_000), Duration::from_secs(60));
        assert_eq!(due_in(Some(&kept), &names, 1_060), Duration::ZERO);
        assert_eq!(due_in(Some(&kept), &names, 9_999), Duration::ZERO);
        assert_eq!(due_in(Some(&kept), &["other.test".to_owned()], 1_000), Duration::ZERO);
    }

    #[test]
    fn pauses_grow_up_to_a_bound() {
        assert!(pause(0) >= FIRST_PAUSE && pause(0) < FIRST_PAUSE * 2);
        assert!(pause(3) >= FIRST_PAUSE * 8);
        assert!(pause(u32::MAX) >= LONGEST_PAUSE && pause(u32::MAX) <= LONGEST_PAUSE * 5 / 4);
    }
}
