//! Puts those who lost a race for the same ticket into a row, so that each wins at its next try.
//!
//! Correctness does not need it: every commit checks the versions that it read. But when two hundred letters of one thread come
//! at once, one of them wins each round, and bounded retries would run out. So: decide freely first; after a conflict, hold the
//! ticket, read anew, decide, commit. Only those who lost a race ever wait here, and only for one another.

use std::collections::BTreeSet;

use tokio::sync::{Mutex, MutexGuard};

/// How many rows there are. Tickets that share one wait for each other needlessly, which is rare and harmless.
const ROWS: usize = 64;

/// The rows. One for the whole process.
pub(in crate::desk) struct Contention {
    rows: [Mutex<()>; ROWS],
}

/// The front places of some rows; left when dropped.
pub(in crate::desk) struct Held<'a> {
    rows: BTreeSet<usize>,
    _guards: Vec<MutexGuard<'a, ()>>,
}

impl Contention {
    /// Rows with nobody in them.
    pub(in crate::desk) fn new() -> Self {
        Self { rows: std::array::from_fn(|_| Mutex::new(())) }
    }

    /// Waits for the front place of these tickets' rows. The caller must hold no other: places are taken in the order of the rows,
    /// so that two who want the same ones cannot wait for each other forever.
    pub(in crate::desk) async fn hold(&self, tickets: &[u64]) -> Held<'_> {
        let rows: BTreeSet<usize> = tickets.iter().map(|ticket| row(*ticket)).collect();
        let mut guards = Vec::with_capacity(rows.len());
        for row in &rows {
            guards.push(self.rows[*row].lock().await);
        }
        Held { rows, _guards: guards }
    }
}

impl Held<'_> {
    /// Whether the rows of all these tickets are held.
    pub(in crate::desk) fn covers(&self, tickets: &[u64]) -> bool {
        tickets.iter().all(|ticket| self.rows.contains(&row(*ticket)))
    }
}

fn row(ticket: u64) -> usize {
    usize::try_from(ticket % ROWS as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_held_ticket_is_waited_for_and_another_is_not() {
        let contention = Contention::new();
        let held = contention.hold(&[1001]).await;
        assert!(held.covers(&[1001]) && !held.covers(&[1001, 1002]));
        assert!(contention.rows[row(1001)].try_lock().is_err());
        assert!(contention.rows[row(1002)].try_lock().is_ok());
        drop(held);
        assert!(contention.rows[row(1001)].try_lock().is_ok());
    }

    #[tokio::test]
    async fn two_tickets_of_one_row_are_held_once() {
        let contention = Contention::new();
        let held = contention.hold(&[5, 5 + ROWS as u64]).await;
        assert!(held.covers(&[5, 5 + ROWS as u64]));
    }
}
