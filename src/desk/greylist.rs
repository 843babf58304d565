//! Greylisting: who may deliver at once, and who must come again first.
//!
//! Promises: a known contact whose letter passes DMARC, and a pair that has proven itself, never wait; nothing is read or written
//! where it is not asked; rows are bounded in number ([`ROWS`]: beyond it nobody waits) and in time ([`Desk::expire_greylist`]).
//! A row that the power takes costs a sender one more retry, so rows are not synced.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use minicbor::{Decode, Encode};

use super::codec::{Record, encode};
use super::{Desk, DeskError, keys};
use crate::store::{Batch, Durability, Key, Space, StoreError, Versioned};

/// Pairs that are kept at most.
const ROWS: u64 = 500_000;
/// How old the time of a pair's last letter may be before it is written anew, in milliseconds: a day.
const STALE_MS: u64 = 86_400_000;
/// Rows of one page of expiry.
const PAGE: usize = 500;

/// How long is waited and remembered, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct GreylistTimes {
    /// A letter that comes again after so long is taken.
    pub delay: u64,
    /// It must have come by then.
    pub retry: u64,
    /// A proven pair is remembered so long.
    pub keep: u64,
}

impl GreylistTimes {
    /// As they are set.
    pub fn of(settings: &crate::config::Greylist) -> Self {
        const HOUR: u64 = 3_600_000;
        Self {
            delay: settings.delay_seconds.saturating_mul(1000),
            retry: settings.retry_hours.saturating_mul(HOUR),
            keep: settings.keep_days.saturating_mul(24 * HOUR),
        }
    }
}

/// A letter that may have to wait.
#[derive(Clone, Debug)]
pub struct GreylistQuestion<'a> {
    /// The peer's network.
    pub network: IpAddr,
    /// The envelope sender as key; empty for the null sender.
    pub sender: &'a str,
    /// The recipients as keys.
    pub recipients: &'a [String],
    /// The From address as key, where DMARC has proven it.
    pub proven_from: Option<&'a str>,
}

/// What is known of a network, sender and recipient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
struct Pair {
    /// When it came first, Unix milliseconds.
    #[n(0)]
    first_at: u64,
    /// When it came last, Unix milliseconds.
    #[n(1)]
    last_at: u64,
    /// It has come again in time.
    #[n(2)]
    proven: bool,
}

/// About how many rows there are.
#[derive(Debug, Default)]
pub(in crate::desk) struct GreylistRows(AtomicU64);

impl Desk {
    /// Whether a letter must come again: any of its recipients was never written to from there.
    pub async fn must_wait(
        &self,
        question: &GreylistQuestion<'_>,
        times: GreylistTimes,
        now: u64,
    ) -> Result<bool, DeskError> {
        let pairs: Vec<Key> = question.recipients.iter().map(|recipient| pair_key(question, recipient)).collect();
        let mut wanted = pairs.clone();
        wanted.extend(question.proven_from.map(keys::contact_address));
        let stored = self.inner.store.get_many(&wanted).await?;
        let (known_pairs, contact) = stored.split_at(pairs.len());
        if contact.iter().any(Option::is_some) {
            return Ok(false);
        }
        let is_full = self.inner.greylist.0.load(Ordering::Relaxed) >= ROWS;
        let mut batch = Batch::new();
        batch.durability(Durability::Buffered);
        let (mut waits, mut new) = (false, 0);
        for (key, known) in pairs.into_iter().zip(known_pairs) {
            let before = read(known)?;
            if before.is_none() && is_full {
                continue;
            }
            let (after, must_wait) = seen(before, times, now);
            waits |= must_wait;
            new += u64::from(before.is_none());
            if before != Some(after) {
                batch.put(key, encode(&after));
            }
        }
        if !batch.is_empty() {
            self.inner.store.commit(batch).await?;
            self.inner.greylist.0.fetch_add(new, Ordering::Relaxed);
        }
        Ok(waits)
    }

    /// Forgets pairs that did not come again in time, and proven ones without a letter for so long. Answers how many.
    pub async fn expire_greylist(&self, times: GreylistTimes, now: u64) -> Result<u64, DeskError> {
        let (mut left, mut expired) = (0_u64, 0_u64);
        let mut range = keys::all(Space::Greylist);
        loop {
            let page = self.inner.store.scan(&range, PAGE).await?;
            let mut batch = Batch::new();
            batch.durability(Durability::Buffered);
            for (key, stored) in page.rows {
                let pair = Record::<Pair>::read(&stored)?.value;
                let ends = if pair.proven {
                    pair.last_at.saturating_add(times.keep)
                } else {
                    pair.first_at.saturating_add(times.retry)
                };
                if ends <= now {
                    batch.delete(key);
                    expired = expired.saturating_add(1);
                } else {
                    left = left.saturating_add(1);
                }
            }
            if !batch.is_empty() {
                self.inner.store.commit(batch).await?;
            }
            match page.next {
                Some(last) => range.after = Some(last),
                None => break,
            }
        }
        self.inner.greylist.0.store(left, Ordering::Relaxed);
        Ok(expired)
    }
}

/// A pair comes at `now`: what is known of it then, and whether its letter must wait.
fn seen(before: Option<Pair>, times: GreylistTimes, now: u64) -> (Pair, bool) {
    let new = Pair { first_at: now, last_at: now, proven: false };
    let Some(pair) = before else { return (new, times.delay > 0) };
    if pair.proven {
        if now.saturating_sub(pair.last_at) > times.keep {
            return (new, true);
        }
        let is_stale = now.saturating_sub(pair.last_at) > STALE_MS;
        return (Pair { last_at: if is_stale { now } else { pair.last_at }, ..pair }, false);
    }
    match now.saturating_sub(pair.first_at) {
        age if age < times.delay => (pair, true),
        age if age <= times.retry => (Pair { last_at: now, proven: true, ..pair }, false),
        _ => (new, true),
    }
}

fn read(stored: &Option<Versioned>) -> Result<Option<Pair>, StoreError> {
    Ok(stored.as_ref().map(Record::<Pair>::read).transpose()?.map(|record| record.value))
}

fn pair_key(question: &GreylistQuestion<'_>, recipient: &str) -> Key {
    let mut hasher = blake3::Hasher::new();
    for part in [question.network.to_string().as_str(), question.sender, recipient] {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    keys::greylist(hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::testing;
    use crate::store::Store;

    const TIMES: GreylistTimes = GreylistTimes { delay: 100, retry: 1_000, keep: 10_000_000_000 };

    fn question<'a>(network: &str, recipients: &'a [String]) -> GreylistQuestion<'a> {
        GreylistQuestion { network: network.parse().unwrap(), sender: "ivan@shop.test", recipients, proven_from: None }
    }

    #[tokio::test]
    async fn the_first_letter_waits_the_second_proves_the_pair_and_the_third_is_taken_at_once() {
        let test = testing::desk().await;
        let to = ["help@demo.test".to_owned()];
        let asked = question("192.0.2.0", &to);
        let ask = |at| test.desk.must_wait(&asked, TIMES, at);
        assert!(ask(1_000).await.unwrap());
        assert!(ask(1_050).await.unwrap(), "too early");
        assert!(!ask(1_100).await.unwrap());
        assert!(!ask(1_101).await.unwrap());
        assert!(
            test.desk.must_wait(&question("198.51.100.0", &to), TIMES, 1_101).await.unwrap(),
            "another network is another pair"
        );
    }

    #[tokio::test]
    async fn one_new_recipient_makes_the_letter_wait() {
        let test = testing::desk().await;
        let one = ["help@demo.test".to_owned()];
        let both = ["help@demo.test".to_owned(), "sam@demo.test".to_owned()];
        assert!(test.desk.must_wait(&question("192.0.2.0", &one), TIMES, 1).await.unwrap());
        assert!(!test.desk.must_wait(&question("192.0.2.0", &one), TIMES, 200).await.unwrap());
        assert!(test.desk.must_wait(&question("192.0.2.0", &both), TIMES, 200).await.unwrap());
        assert!(!test.desk.must_wait(&question("192.0.2.0", &both), TIMES, 400).await.unwrap());
    }

    #[tokio::test]
    async fn a_known_contact_that_dmarc_has_proven_never_waits() {
        let test = testing::desk().await;
        let mut batch = Batch::new();
        batch.put(keys::contact_address("ivan@shop.test"), encode(&7_u64));
        test.store.commit(batch).await.unwrap();
        let to = ["help@demo.test".to_owned()];
        let known = GreylistQuestion { proven_from: Some("ivan@shop.test"), ..question("192.0.2.0", &to) };
        assert!(!test.desk.must_wait(&known, TIMES, 1).await.unwrap());
        let stranger = GreylistQuestion { proven_from: Some("eva@shop.test"), ..question("192.0.2.0", &to) };
        assert!(test.desk.must_wait(&stranger, TIMES, 1).await.unwrap());
    }

    #[tokio::test]
    async fn what_did_not_come_again_in_time_begins_anew_and_is_forgotten() {
        let test = testing::desk().await;
        let to = ["help@demo.test".to_owned()];
        let asked = question("192.0.2.0", &to);
        let ask = |at| test.desk.must_wait(&asked, TIMES, at);
        assert!(ask(1).await.unwrap());
        assert!(ask(2_000).await.unwrap(), "later than it had to");
        assert!(!ask(2_200).await.unwrap());
        assert_eq!(test.desk.expire_greylist(TIMES, 100_000).await.unwrap(), 0, "a proven pair stays");
        assert_eq!(test.desk.expire_greylist(TIMES, 20_000_000_000).await.unwrap(), 1);
        assert!(ask(20_000_000_000).await.unwrap());
        assert_eq!(test.desk.expire_greylist(TIMES, 20_000_002_000).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn beyond_the_bound_nobody_waits_and_nothing_is_written() {
        let test = testing::desk().await;
        test.desk.inner.greylist.0.store(ROWS, Ordering::Relaxed);
        let to = ["help@demo.test".to_owned()];
        assert!(!test.desk.must_wait(&question("192.0.2.0", &to), TIMES, 1).await.unwrap());
        test.desk.expire_greylist(TIMES, 1).await.unwrap();
        assert!(test.desk.must_wait(&question("192.0.2.0", &to), TIMES, 1).await.unwrap(), "there is room again");
    }
}
