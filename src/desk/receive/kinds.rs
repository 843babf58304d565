//! How many kinds of letters are told apart in the counts of a day: who sends letters that differ in what is counted of them must not fill
//! the store. A letter of a kind that is known already is always counted.
//!
//! What is known is forgotten with the process: the day then has room for as many again.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use crate::desk::queries::DMARC_KINDS;

/// Kinds of one day: some MB of memory, some 50 MB of rows.
const KINDS: usize = 100_000;

/// The kinds of the day.
#[derive(Default)]
pub(in crate::desk) struct Kinds {
    /// Hashes with a key of this process: nobody can choose what collides.
    hash: RandomState,
    day: Mutex<Day>,
}

#[derive(Default)]
struct Day {
    day: u64,
    kinds: HashSet<u64>,
    of_domain: HashMap<u64, usize>,
}

impl Kinds {
    /// Whether a letter of this kind is counted on this day.
    pub(super) fn admits(&self, day: u64, domain: &str, kind: &[u8]) -> bool {
        let (domain, kind) = (self.hash.hash_one(domain), self.hash.hash_one((domain, kind)));
        let mut today = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        if day > today.day {
            *today = Day { day, ..Day::default() };
        }
        // A letter from before midnight that is settled behind it: there are few.
        if day < today.day || today.kinds.contains(&kind) {
            return true;
        }
        let of_domain = today.of_domain.get(&domain).copied().unwrap_or(0);
        if today.kinds.len() >= KINDS || of_domain >= DMARC_KINDS {
            return false;
        }
        today.kinds.insert(kind);
        today.of_domain.insert(domain, of_domain.saturating_add(1));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_kinds_is_bounded_and_what_is_known_goes_on() {
        let kinds = Kinds::default();
        let admitted = (0..5_000_u32).filter(|kind| kinds.admits(1, "shop.test", &kind.to_be_bytes())).count();
        assert_eq!(admitted, DMARC_KINDS);
        assert!(kinds.admits(1, "shop.test", &0_u32.to_be_bytes()) && kinds.admits(1, "other.test", b"x"));
        assert!(!kinds.admits(1, "shop.test", b"x") && kinds.admits(2, "shop.test", b"x"));
        let admitted = (0..KINDS * 2).filter(|domain| kinds.admits(3, &domain.to_string(), b"x")).count();
        assert_eq!(admitted, KINDS);
    }
}
