//! How fast one destination is sent to: connections at the same time, letters in a time, and what refusals do to both. Pure.
//!
//! Promises: a destination that says 4xx gets fewer connections and longer pauses, each round of refusals counted once; one that
//! takes letters gets its speed back step by step; one that cannot be reached is asked again after a while by one letter.

use std::time::Duration;

/// Connections to a destination of which nothing is known yet.
const FIRST: f64 = 5.0;

/// The pause behind the first refusal, and the longest: a destination is asked at least so often.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long a destination that cannot be reached is left alone.
const DOWN: Duration = Duration::from_secs(60);

/// What a transaction said about its destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// It takes letters (or refuses them for good, which has nothing to do with speed).
    Fine,
    /// It said "not now".
    NotNow,
    /// No server of it can be connected to: why.
    Down(String),
}

/// The speed of one destination. Times are Unix milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    most: f64,
    allowed: f64,
    /// Between two letters, from the configured rate.
    gap_us: u64,
    /// The pause after the last refusal.
    pause: Duration,
    /// The next letter may leave at this time.
    next_at_us: u64,
    /// Nothing leaves before this time.
    closed_until: u64,
    down: Option<(u64, String)>,
}

impl Pace {
    /// `most` connections, `per_minute` letters; both at least 1.
    pub(super) fn new(most: usize, per_minute: u32) -> Self {
        let most = f64::from(u32::try_from(most).unwrap_or(u32::MAX)).max(1.0);
        Self {
            most,
            allowed: most.min(FIRST),
            gap_us: 60_000_000 / u64::from(per_minute.max(1)),
            pause: Duration::ZERO,
            next_at_us: 0,
            closed_until: 0,
            down: None,
        }
    }

    /// Connections that are allowed now; at least 1.
    pub(super) fn connections(&self) -> usize {
        // Between 1 and u32::MAX: nothing is lost but the fraction.
        self.allowed as usize
    }

    /// Why nothing can reach the destination now, where that is known.
    pub(super) fn down(&self, now: u64) -> Option<&str> {
        self.down.as_ref().filter(|(until, _)| now < *until).map(|(_, why)| why.as_str())
    }

    /// Asks to send a letter now; answers how long to wait where that is too early.
    pub(super) fn go(&mut self, now: u64) -> Result<(), Duration> {
        if now < self.closed_until {
            return Err(Duration::from_millis(self.closed_until - now));
        }
        let now_us = now.saturating_mul(1_000);
        // Up to a second's worth of letters may leave at once: clocks and commits are coarser than the gap.
        if self.next_at_us > now_us.saturating_add(1_000_000) {
            return Err(Duration::from_micros(self.next_at_us - now_us - 1_000_000));
        }
        self.next_at_us = self.next_at_us.max(now_us).saturating_add(self.gap_us);
        Ok(())
    }

    /// Takes a transaction's word.
    pub(super) fn hear(&mut self, signal: &Signal, now: u64) {
        match signal {
            Signal::Fine => {
                self.down = None;
                self.allowed = (self.allowed + 1.0 / self.allowed).min(self.most);
                self.pause /= 2;
                if self.pause < SHORTEST_PAUSE {
                    self.pause = Duration::ZERO;
                }
            }
            // Others were under way when the first one was refused: they say the same thing.
            Signal::NotNow if now < self.closed_until => {}
            Signal::NotNow => {
                self.down = None;
                self.allowed = (self.allowed / 2.0).max(1.0);
                self.pause = (self.pause * 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
                self.closed_until = now.saturating_add(millis(self.pause));
            }
            Signal::Down(why) => {
                self.allowed = 1.0;
                self.down = Some((now.saturating_add(millis(DOWN)), why.clone()));
            }
        }
    }

    /// Nothing of it is worth keeping: it is as a new one.
    pub(super) fn is_calm(&self, now: u64) -> bool {
        self.pause.is_zero() && self.down(now).is_none() && self.next_at_us <= now.saturating_mul(1_000)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_slow_a_destination_down_and_letters_taken_bring_it_back() {
        let mut pace = Pace::new(10, 6_000);
        assert_eq!(pace.connections(), 5);
        for _ in 0..100 {
            pace.hear(&Signal::Fine, 0);
        }
        assert_eq!(pace.connections(), 10);
        // Ten refusals of one round are one.
        for _ in 0..10 {
            pace.hear(&Signal::NotNow, 1_000);
        }
        assert_eq!(pace.connections(), 5);
        assert_eq!(pace.go(1_500), Err(Duration::from_millis(500)));
        assert_eq!(pace.go(2_000), Ok(()));
        let mut now = 2_000;
        let mut pauses = Vec::new();
        for _ in 0..8 {
            pace.hear(&Signal::NotNow, now);
            let pause = pace.go(now).unwrap_err();
            pauses.push(pause.as_secs());
            now += u64::try_from(pause.as_millis()).unwrap();
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(pace.connections(), 1);
        for _ in 0..100 {
            pace.hear(&Signal::Fine, now);
        }
        assert!(pace.connections() == 10 && pace.go(now).is_ok());
    }

    #[test]
    fn letters_leave_no_faster_than_the_rate() {
        let mut pace = Pace::new(10, 600);
        let sent = (0..10_000).filter(|ms| pace.go(*ms).is_ok()).count();
        assert!((100..=112).contains(&sent), "{sent} letters in ten seconds at ten a second");
    }

    #[test]
    fn an_unreachable_destination_is_known_to_be_down_for_a_minute() {
        let mut pace = Pace::new(10, 600);
        pace.hear(&Signal::Down("no route".to_owned()), 1_000);
        assert_eq!((pace.down(60_999), pace.down(61_000)), (Some("no route"), None));
        assert_eq!(pace.connections(), 1);
        pace.hear(&Signal::Fine, 2_000);
        assert_eq!(pace.down(3_000), None);
    }
}
