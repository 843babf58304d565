//! What must hold at the end of a seed, and the figures of all.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use mxdesk::desk::{Delivery, DeliveryState};

use crate::server::World;

/// How long behind a letter that was taken something may hide that from us, in milliseconds: a reply on its way, a commit.
const WINDOW_MS: u128 = 1_500;

/// How long behind a restart what was sent before it may still arrive, in milliseconds: the network's longest latency, and two ticks.
const IN_FLIGHT_MS: u128 = 300;

/// A time in which replies got lost.
pub struct Event {
    from_ms: u128,
    until_ms: u128,
    is_restart: bool,
}

impl Event {
    pub fn restart(at: Duration) -> Self {
        Self { from_ms: at.as_millis(), until_ms: at.as_millis(), is_restart: true }
    }

    pub fn parted(from: Duration, until: Duration) -> Self {
        Self { from_ms: from.as_millis(), until_ms: until.as_millis(), is_restart: false }
    }

    fn hides(&self, taken_ms: u128) -> bool {
        let until_ms = self.until_ms + if self.is_restart { IN_FLIGHT_MS } else { 0 };
        taken_ms <= until_ms && self.from_ms <= taken_ms + WINDOW_MS
    }
}

/// The figures of some seeds.
#[derive(Default)]
pub struct Summary {
    pub failures: Vec<String>,
    seeds: u64,
    recipients: u64,
    delivered: u64,
    refused: u64,
    queued: u64,
    doubled: u64,
    restarts: u64,
    partitions: u64,
    moods: BTreeMap<&'static str, u64>,
}

impl Summary {
    pub fn add(&mut self, other: Summary) {
        self.failures.extend(other.failures);
        self.seeds += other.seeds;
        self.recipients += other.recipients;
        self.delivered += other.delivered;
        self.refused += other.refused;
        self.queued += other.queued;
        self.doubled += other.doubled;
        self.restarts += other.restarts;
        self.partitions += other.partitions;
        for (mood, count) in other.moods {
            *self.moods.entry(mood).or_default() += count;
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} recipients: {} delivered, {} refused, {} still queued; {} letters taken twice behind a lost 250; \
             {} restarts, {} partitions; moods and cuts by phase {:?}; {} failures",
            self.recipients,
            self.delivered,
            self.refused,
            self.queued,
            self.doubled,
            self.restarts,
            self.partitions,
            self.moods,
            self.failures.len()
        )
    }
}

/// Judges a seed.
pub fn judge(
    seed: u64,
    deliveries: &[(String, Delivery)],
    queued: &[u64],
    world: &World,
    events: &[Event],
    failed: Option<String>,
) -> Summary {
    let mut sum = Summary { seeds: 1, moods: world.moods.clone(), ..Summary::default() };
    sum.restarts = events.iter().filter(|event| event.is_restart).count() as u64;
    sum.partitions = events.len() as u64 - sum.restarts;
    sum.failures.extend(failed.map(|error| format!("seed {seed}: the simulation ended: {error}")));
    let mut takes: HashMap<(&str, &str), (u64, u64)> = HashMap::new();
    for take in &world.takes {
        let is_hidden = take.is_hidden || events.iter().any(|event| event.hides(take.at_ms));
        let (seen, hidden) = takes.entry((&take.message_id, &take.recipient)).or_default();
        *(if is_hidden { hidden } else { seen }) += 1;
    }
    for (message_id, delivery) in deliveries {
        sum.recipients += 1;
        let (seen, hidden) = takes.remove(&(message_id.as_str(), delivery.recipient.as_str())).unwrap_or_default();
        let is_queued = queued.contains(&delivery.id);
        let mut wrong = Vec::new();
        match delivery.state {
            DeliveryState::Delivered => {
                sum.delivered += 1;
                if seen + hidden == 0 {
                    wrong.push("is called delivered, and no server took it");
                }
            }
            DeliveryState::Failed => {
                sum.refused += 1;
                if !delivery.recipient.starts_with("gone") {
                    wrong.push("is called refused, and no server refused it for good");
                }
                if seen > 0 {
                    wrong.push("is called refused, and a server took it");
                }
            }
            _ => {
                sum.queued += 1;
                if !is_queued {
                    wrong.push("waits, and is not in the queue: it is lost");
                }
                if seen > 0 {
                    wrong.push("waits, and a server has taken it before our eyes");
                }
                wrong.push("still waits after minutes of calm");
            }
        }
        if is_queued && matches!(delivery.state, DeliveryState::Delivered | DeliveryState::Failed) {
            wrong.push("has come to its end, and is in the queue");
        }
        if seen > 1 {
            wrong.push("was taken twice before our eyes");
        }
        sum.doubled += (seen + hidden).saturating_sub(1);
        let words = wrong.into_iter().map(|wrong| format!("seed {seed}: {} {wrong}: {delivery:?}", delivery.recipient));
        sum.failures.extend(words);
    }
    for (message_id, recipient) in takes.into_keys() {
        sum.failures.push(format!("seed {seed}: a server took {message_id} for {recipient}, which nobody sent"));
    }
    sum
}
