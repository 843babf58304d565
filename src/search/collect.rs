//! The best tickets of a query: the best messages are collected, then grouped by ticket.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashSet};
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::ColumnValues;
use tantivy::query::Query;
use tantivy::{DocId, Score, Searcher, SegmentOrdinal, SegmentReader};

use super::Hit;
use super::schema::{AT, MESSAGE, TICKET};

/// Which tickets pass.
pub(in crate::search) type Predicate = Arc<dyn Fn(u64) -> bool + Send + Sync>;

/// How many messages are collected for each ticket that is asked for, at first; and the most in all.
const MESSAGES_PER_TICKET: usize = 4;
const MESSAGES_MAX: usize = 100_000;

/// What restricts the messages beside the query's text.
#[derive(Clone, Default)]
pub(in crate::search) struct Limits {
    pub(in crate::search) predicate: Option<Predicate>,
    /// Unix milliseconds, inclusive.
    pub(in crate::search) after: Option<u64>,
    /// Unix milliseconds, exclusive.
    pub(in crate::search) before: Option<u64>,
}

/// The tickets from `offset` on, at most `limit`: best first, then newest first.
pub(in crate::search) fn collect(
    searcher: &Searcher,
    query: &dyn Query,
    limits: &Limits,
    offset: usize,
    limit: usize,
) -> tantivy::Result<Vec<Hit>> {
    let wanted = offset.saturating_add(limit);
    let mut most = wanted.saturating_mul(MESSAGES_PER_TICKET).min(MESSAGES_MAX);
    loop {
        let best = searcher.search(query, &Best { most, limits: limits.clone() })?;
        let exhausted = best.len() < most || most >= MESSAGES_MAX;
        let mut seen = HashSet::new();
        let hits: Vec<Hit> = best
            .into_iter()
            .filter(|found| seen.insert(found.ticket))
            .map(|found| Hit { ticket: found.ticket, message: found.message, score: found.score })
            .collect();
        // Long tickets may fill the heap with their messages: then more are collected.
        if hits.len() >= wanted || exhausted {
            return Ok(hits.into_iter().skip(offset).take(limit).collect());
        }
        most = most.saturating_mul(8).min(MESSAGES_MAX);
    }
}

/// The best `most` messages that pass.
struct Best {
    most: usize,
    limits: Limits,
}

/// A message that fits. Greater is better.
#[derive(Clone, Copy, Debug)]
struct Found {
    score: Score,
    at: u64,
    message: u64,
    ticket: u64,
}

struct BestOfSegment {
    most: usize,
    limits: Limits,
    tickets: Arc<dyn ColumnValues<u64>>,
    messages: Arc<dyn ColumnValues<u64>>,
    times: Arc<dyn ColumnValues<u64>>,
    /// The worst of the best is on top.
    best: BinaryHeap<Reverse<Found>>,
}

impl Collector for Best {
    type Fruit = Vec<Found>;
    type Child = BestOfSegment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<BestOfSegment> {
        let column = |name| segment.fast_fields().column_first_or_default::<u64>(name);
        Ok(BestOfSegment {
            most: self.most,
            limits: self.limits.clone(),
            tickets: column(TICKET)?,
            messages: column(MESSAGE)?,
            times: column(AT)?,
            best: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, fruits: Vec<Vec<Found>>) -> tantivy::Result<Vec<Found>> {
        let mut all: Vec<Found> = fruits.into_iter().flatten().collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.truncate(self.most);
        Ok(all)
    }
}

impl SegmentCollector for BestOfSegment {
    type Fruit = Vec<Found>;

    fn collect(&mut self, document: DocId, score: Score) {
        let is_full = self.best.len() >= self.most;
        // The cheapest test first: most documents of a frequent word end here.
        if is_full && self.best.peek().is_none_or(|Reverse(worst)| score < worst.score) {
            return;
        }
        let at = self.times.get_val(document);
        if self.limits.after.is_some_and(|after| at < after) || self.limits.before.is_some_and(|before| at >= before) {
            return;
        }
        let message = self.messages.get_val(document);
        let found = Found { score, at, message, ticket: self.tickets.get_val(document) };
        if is_full && self.best.peek().is_some_and(|Reverse(worst)| found <= *worst) {
            return;
        }
        if self.limits.predicate.as_ref().is_some_and(|passes| !passes(found.ticket)) {
            return;
        }
        if is_full {
            self.best.pop();
        }
        self.best.push(Reverse(found));
    }

    fn harvest(self) -> Vec<Found> {
        self.best.into_iter().map(|Reverse(found)| found).collect()
    }
}

impl Ord for Found {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = self.score.total_cmp(&other.score);
        by_score.then(self.at.cmp(&other.at)).then(self.message.cmp(&other.message))
    }
}

impl PartialOrd for Found {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Found {}
