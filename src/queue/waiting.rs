//! What is due and in memory, by destination: who is next, and how many may be sent to one destination at the same time. Pure.
//!
//! Promises: a destination that is slow holds nobody else up; destinations take turns; a delivery is here at most once; what is
//! told of a delivery while it is in hand is not forgotten.
//! Leaves to others: where it comes from (`intake`), what happens to it (`worker`).

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::pace::{Pace, Signal};
use super::way::Way;

/// Recipients of one transaction (RFC 5321 §4.5.3.1.8).
const RECIPIENTS: usize = 100;

/// A destination that is to wait longer than this gives its connection back.
const WORTH_WAITING: Duration = Duration::from_secs(2);

/// A due delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its id.
    pub(super) id: u64,
    /// The time under which it stands in the queue.
    pub(super) due_at: u64,
    /// Its message.
    pub(super) message: u64,
    /// Its envelope sender: what goes out in one transaction has the same one.
    pub(super) sender: Arc<str>,
}

/// What a worker gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// One letter's recipients; where the destination is known not to answer, why.
    Letter(Vec<Entry>, Option<String>),
    /// Not yet.
    Wait(Duration),
    /// Nothing is waiting, or the destination has too many workers.
    Nothing,
}

/// Everything that is due and in memory.
pub(super) struct Waiting {
    destinations: HashMap<Arc<str>, Destination>,
    /// Whose turn it is next.
    turns: VecDeque<Arc<str>>,
    /// Every delivery here or in a worker's hands.
    known: HashSet<u64>,
    /// Deliveries in hand of which something was told meanwhile.
    told: HashSet<u64>,
    /// Deliveries to be looked at again.
    again: Vec<u64>,
    /// Connections to one destination, and letters in a minute, at the most.
    limits: (usize, u32),
}

struct Destination {
    way: Arc<Way>,
    entries: VecDeque<Entry>,
    workers: usize,
    /// Those of the workers that wait for a letter.
    idle: usize,
    pace: Pace,
}

impl Waiting {
    /// `most` connections to one destination and `per_minute` letters.
    pub(super) fn new(most: usize, per_minute: u32) -> Self {
        Self {
            destinations: HashMap::new(),
            turns: VecDeque::new(),
            known: HashSet::new(),
            told: HashSet::new(),
            again: Vec::new(),
            limits: (most, per_minute),
        }
    }

    /// Deliveries here and in hand.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Adds a due delivery. One that is here already is looked at again when it has left the hand that it is in.
    pub(super) fn add(&mut self, way: &Arc<Way>, entry: Entry) {
        if !self.known.insert(entry.id) {
            self.told.insert(entry.id);
            return;
        }
        self.destination(way).entries.push_back(entry);
    }

    /// Something was told of a delivery; answers whether it is here, and is then looked at again later.
    pub(super) fn tell(&mut self, id: u64) -> bool {
        let is_known = self.known.contains(&id);
        if is_known {
            self.told.insert(id);
        }
        is_known
    }

    /// Puts recipients back that had no place in a transaction: they are the next.
    pub(super) fn put_back(&mut self, way: &Arc<Way>, entries: Vec<Entry>) {
        let destination = self.destination(way);
        for entry in entries.into_iter().rev() {
            destination.entries.push_front(entry);
        }
    }

    /// Deliveries that have left a worker's hands.
    pub(super) fn done(&mut self, ids: &[u64]) {
        for id in ids {
            self.known.remove(id);
            if self.told.remove(id) {
                self.again.push(*id);
            }
        }
    }

    /// Deliveries that are to be looked at again.
    pub(super) fn take_again(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.again)
    }

    /// A destination that a further worker may go to now; it counts as its worker until [`Self::leave`]. `Err` has the time
    /// until one may be opened, where any is waiting.
    pub(super) fn next_worker(&mut self, now: u64) -> Result<Arc<Way>, Option<Duration>> {
        let mut soonest = None;
        for _ in 0..self.turns.len() {
            let Some(name) = self.turns.pop_front() else { break };
            let Some(destination) = self.destinations.get_mut(&name) else { continue };
            if destination.entries.is_empty() && destination.workers == 0 && destination.pace.is_calm(now) {
                self.destinations.remove(&name);
                continue;
            }
            self.turns.push_back(name);
            // Open connections that wait for a letter come first.
            if destination.entries.len() <= destination.idle || destination.workers >= destination.pace.connections() {
                continue;
            }
            // Only a look: the worker asks again when it takes the letter.
            match destination.pace.clone().go(now) {
                Err(wait) if destination.pace.down(now).is_none() => {
                    soonest = Some(soonest.map_or(wait, |soonest: Duration| soonest.min(wait)));
                }
                _ => {
                    destination.workers += 1;
                    destination.idle += 1;
                    return Ok(Arc::clone(&destination.way));
                }
            }
        }
        Err(soonest)
    }

    /// The next letter for a worker of this destination.
    pub(super) fn take(&mut self, way: &Way, now: u64) -> Turn {
        let Some(destination) = self.destinations.get_mut(&way.destination) else { return Turn::Nothing };
        let Some(first) = destination.entries.front() else { return Turn::Nothing };
        let down = destination.pace.down(now).map(str::to_owned);
        if down.is_none() {
            if destination.workers > destination.pace.connections() {
                return Turn::Nothing;
            }
            if let Err(wait) = destination.pace.go(now) {
                return if wait > WORTH_WAITING { Turn::Nothing } else { Turn::Wait(wait) };
            }
        }
        let (message, sender) = (first.message, Arc::clone(&first.sender));
        let is_same = |entry: &Entry| entry.message == message && entry.sender == sender;
        let count = destination.entries.iter().take(RECIPIENTS).take_while(|entry| is_same(entry)).count();
        Turn::Letter(destination.entries.drain(..count).collect(), down)
    }

    /// A worker begins or ends to wait for a letter. A new one waits until it says that it does not.
    pub(super) fn rest(&mut self, way: &Way, begins: bool) {
        if let Some(destination) = self.destinations.get_mut(&way.destination) {
            destination.idle = if begins { destination.idle + 1 } else { destination.idle.saturating_sub(1) };
        }
    }

    /// A worker has left its destination.
    pub(super) fn leave(&mut self, way: &Way) {
        if let Some(destination) = self.destinations.get_mut(&way.destination) {
            destination.workers = destination.workers.saturating_sub(1);
            destination.idle = destination.idle.min(destination.workers);
        }
    }

    /// What a transaction said about its destination.
    pub(super) fn hear(&mut self, way: &Way, signal: &Signal, now: u64) {
        if let Some(destination) = self.destinations.get_mut(&way.destination) {
            destination.pace.hear(signal, now);
        }
    }

    fn destination(&mut self, way: &Arc<Way>) -> &mut Destination {
        let (turns, limits) = (&mut self.turns, self.limits);
        self.destinations.entry(Arc::clone(&way.destination)).or_insert_with(|| {
            turns.push_back(Arc::clone(&way.destination));
            let pace = Pace::new(limits.0, limits.1);
            Destination { way: Arc::clone(way), entries: VecDeque::new(), workers: 0, idle: 0, pace }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(destination: &str) -> Arc<Way> {
        Arc::new(Way::to_domain(destination))
    }

    fn entry(id: u64, message: u64) -> Entry {
        Entry { id, due_at: 1, message, sender: "a@b".into() }
    }

    fn ids(turn: Turn) -> Vec<u64> {
        let Turn::Letter(entries, _) = turn else { panic!("{turn:?}") };
        entries.iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn the_recipients_of_one_letter_go_together() {
        let mut waiting = Waiting::new(10, 6_000);
        let shop = way("shop.test");
        for (id, message) in [(1, 7), (2, 7), (3, 8), (4, 7)] {
            waiting.add(&shop, entry(id, message));
        }
        let other = Entry { sender: "c@b".into(), ..entry(5, 7) };
        waiting.add(&shop, other);
        assert_eq!(ids(waiting.take(&shop, 0)), [1, 2]);
        assert_eq!(ids(waiting.take(&shop, 0)), [3]);
        assert_eq!(ids(waiting.take(&shop, 0)), [4]);
        assert_eq!(ids(waiting.take(&shop, 0)), [5]);
        assert_eq!(waiting.take(&shop, 0), Turn::Nothing);
    }

    #[test]
    fn a_slow_destination_holds_nobody_else_up() {
        let mut waiting = Waiting::new(2, 6_000);
        let (slow, quick) = (way("slow.test"), way("quick.test"));
        for id in 0..1_000 {
            waiting.add(&slow, entry(id, id));
        }
        waiting.add(&quick, entry(2_000, 2_000));
        let mut workers = Vec::new();
        while let Ok(way) = waiting.next_worker(0) {
            workers.push(way.destination.to_string());
        }
        workers.sort();
        assert_eq!(workers, ["quick.test", "slow.test", "slow.test"]);
        assert_eq!(ids(waiting.take(&slow, 0)), [0]);
        waiting.hear(&slow, &Signal::NotNow, 0);
        waiting.leave(&slow);
        waiting.leave(&slow);
        assert_eq!(waiting.next_worker(10), Err(Some(Duration::from_millis(990))));
        assert_eq!(waiting.next_worker(1_000).unwrap().destination.as_ref(), "slow.test");
    }

    #[test]
    fn what_is_told_of_a_delivery_in_hand_is_looked_at_again() {
        let mut waiting = Waiting::new(2, 6_000);
        let shop = way("shop.test");
        waiting.add(&shop, entry(1, 1));
        assert_eq!(ids(waiting.take(&shop, 0)), [1]);
        waiting.add(&shop, entry(1, 1));
        assert!(waiting.tell(1) && !waiting.tell(2));
        assert_eq!(waiting.take(&shop, 0), Turn::Nothing);
        assert!(waiting.take_again().is_empty());
        waiting.done(&[1]);
        assert_eq!((waiting.take_again(), waiting.len()), (vec![1], 0));
    }

    #[test]
    fn a_destination_that_does_not_answer_is_said_to_its_letters() {
        let mut waiting = Waiting::new(2, 6_000);
        let shop = way("shop.test");
        waiting.add(&shop, entry(1, 1));
        waiting.hear(&shop, &Signal::Down("no route".to_owned()), 0);
        assert_eq!(waiting.take(&shop, 10), Turn::Letter(vec![entry(1, 1)], Some("no route".to_owned())));
    }

    #[test]
    fn a_connection_that_waits_for_a_letter_comes_before_a_new_one() {
        let mut waiting = Waiting::new(2, 6_000);
        let shop = way("shop.test");
        waiting.add(&shop, entry(1, 1));
        waiting.next_worker(0).unwrap();
        waiting.rest(&shop, false);
        waiting.take(&shop, 0);
        waiting.rest(&shop, true);
        waiting.add(&shop, entry(2, 2));
        assert_eq!(waiting.next_worker(0), Err(None));
        waiting.add(&shop, entry(3, 3));
        assert!(waiting.next_worker(0).is_ok());
    }

    #[test]
    fn a_destination_without_anything_is_forgotten() {
        let mut waiting = Waiting::new(2, 6_000);
        let shop = way("shop.test");
        waiting.add(&shop, entry(1, 1));
        waiting.next_worker(0).unwrap();
        waiting.take(&shop, 0);
        waiting.done(&[1]);
        waiting.leave(&shop);
        assert_eq!(waiting.next_worker(60_000), Err(None));
        assert!(waiting.destinations.is_empty() && waiting.turns.is_empty());
    }
}
