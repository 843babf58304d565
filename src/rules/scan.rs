//! One pass over the body finds every text that any rule looks for in it (aho-corasick): the time depends on the letter,
//! not on the number of rules.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::RuleError;

/// The texts that rules look for in the body, each once, in lower case.
#[derive(Debug, Default)]
pub(super) struct Needles(HashMap<String, usize>);

/// The needles, compiled.
#[derive(Debug, Default)]
pub(super) struct Scan {
    automaton: Option<AhoCorasick>,
    count: usize,
}

impl Needles {
    /// The number under which the needle is found later.
    pub(super) fn add(&mut self, needle: String) -> usize {
        let next = self.0.len();
        *self.0.entry(needle).or_insert(next)
    }

    pub(super) fn into_scan(self) -> Result<Scan, RuleError> {
        let count = self.0.len();
        if count == 0 {
            return Ok(Scan::default());
        }
        let mut needles: Vec<_> = self.0.into_iter().collect();
        needles.sort_by_key(|(_, number)| *number);
        let automaton = AhoCorasick::new(needles.iter().map(|(needle, _)| needle))
            .map_err(|error| RuleError::new("when", format!("the texts looked for in the body: {error}")))?;
        Ok(Scan { automaton: Some(automaton), count })
    }
}

impl Scan {
    /// Where each needle stands first in a text, by its number.
    pub(super) fn find(&self, lower: &str) -> Vec<Option<Range<usize>>> {
        let mut found = vec![None; self.count];
        let Some(automaton) = &self.automaton else { return found };
        let mut missing = self.count;
        // Overlapping: `order` must be found inside `orders`, and a needle inside another one.
        for hit in automaton.find_overlapping_iter(lower) {
            let place = &mut found[hit.pattern().as_usize()];
            if place.is_none() {
                *place = Some(hit.range());
                missing -= 1;
                if missing == 0 {
                    break;
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_needles_are_all_found() {
        let mut needles = Needles::default();
        let numbers: Vec<_> = ["order", "orders", "rs paid", "refund", "order"].map(|n| needles.add(n.into())).into();
        assert_eq!(numbers, [0, 1, 2, 3, 0]);
        let found = needles.into_scan().unwrap().find("your orders paid");
        assert_eq!(found, [Some(5..10), Some(5..11), Some(9..16), None]);
    }
}
