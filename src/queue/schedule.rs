//! When to try again.

use crate::config::Outbound;
use crate::desk::Delivery;
use crate::desk::commands::AttemptOutcome;

/// What follows a failure that is not for good: the next attempt with up to 10 % of jitter (`noise` from 0 to 255), or giving up.
pub(super) fn after_failure(outbound: &Outbound, delivery: &Delivery, now_ms: u64, noise: u8) -> AttemptOutcome {
    let pauses = &outbound.retry_seconds;
    let index = usize::try_from(delivery.attempt_count).unwrap_or(usize::MAX).min(pauses.len().saturating_sub(1));
    let pause_ms = pauses.get(index).copied().unwrap_or(3600).saturating_mul(1000);
    let due_at = now_ms.saturating_add(pause_ms).saturating_add(pause_ms / 2560 * u64::from(noise));
    let last_ms = delivery.created_at.saturating_add(outbound.give_up_after_hours.saturating_mul(3_600_000));
    if due_at > last_ms { AttemptOutcome::Failed } else { AttemptOutcome::Retry { due_at } }
}

/// It is time to tell the ticket that a delivery takes long, which is told once.
pub(super) fn takes_long(outbound: &Outbound, delivery: &Delivery, now_ms: u64) -> bool {
    let since = delivery.created_at.saturating_add(outbound.delay_notice_hours.saturating_mul(3_600_000));
    delivery.delay_noticed_at.is_none() && now_ms >= since
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    fn outbound() -> Outbound {
        Outbound { retry_seconds: vec![60, 300], give_up_after_hours: 2, ..Outbound::default() }
    }

    #[test]
    fn pauses_grow_and_the_last_is_repeated() {
        let pause = |attempt_count| {
            let delivery = Delivery { attempt_count, ..Delivery::default() };
            after_failure(&outbound(), &delivery, 0, 0)
        };
        assert_eq!(pause(0), AttemptOutcome::Retry { due_at: 60_000 });
        assert_eq!(pause(1), AttemptOutcome::Retry { due_at: 300_000 });
        assert_eq!(pause(9), AttemptOutcome::Retry { due_at: 300_000 });
    }

    #[test]
    fn jitter_adds_at_most_a_tenth() {
        let AttemptOutcome::Retry { due_at } = after_failure(&outbound(), &Delivery::default(), 0, 255) else {
            panic!("not given up");
        };
        assert!((60_000..=66_000).contains(&due_at), "{due_at}");
    }

    #[test]
    fn a_delivery_is_given_up_after_its_time() {
        let old = Delivery { created_at: HOUR_MS, attempt_count: 5, ..Delivery::default() };
        assert_eq!(after_failure(&outbound(), &old, 3 * HOUR_MS - 60_000, 0), AttemptOutcome::Failed);
    }

    #[test]
    fn a_delay_is_told_after_its_time_and_once() {
        let delivery = Delivery { created_at: HOUR_MS, ..Delivery::default() };
        let outbound = Outbound { delay_notice_hours: 4, ..Outbound::default() };
        assert!(!takes_long(&outbound, &delivery, 5 * HOUR_MS - 1));
        assert!(takes_long(&outbound, &delivery, 5 * HOUR_MS));
        let told = Delivery { delay_noticed_at: Some(1), ..delivery };
        assert!(!takes_long(&outbound, &told, 9 * HOUR_MS));
    }
}
