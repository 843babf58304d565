//! One look at the store: what of the letter was taken before, and which tickets the rest belongs to.

use std::collections::HashSet;

use super::arrival::Arrival;
use super::seen::{Question, Seen};
use super::thread::{self, Thread};
use crate::desk::{Desk, DeskError, Directory, Taken};

/// What a decision rests on.
pub(super) struct Look {
    /// What was read.
    pub seen: Seen,
    /// Per share: its earlier reception.
    pub taken: Vec<Option<Taken>>,
    /// Per share: where it goes; `None` where it was taken before.
    pub threads: Vec<Option<Thread>>,
}

impl Look {
    /// Looks.
    pub(super) async fn take(
        desk: &Desk,
        arrival: &Arrival,
        questions: &[Question<'_>],
        directory: &Directory,
    ) -> Result<Self, DeskError> {
        let fingerprint = &arrival.reading.fingerprint;
        let seen = Seen::read(&*desk.inner.store, questions, fingerprint, arrival.from.as_deref()).await?;
        let asker = arrival.asker(&desk.inner.settings);
        let mut joined = HashSet::new();
        let (mut taken, mut threads) = (Vec::new(), Vec::new());
        for question in questions {
            let before = seen.taken(question.mailbox, fingerprint)?;
            let thread = match before {
                Some(_) => None,
                None => {
                    let thread = thread::choose(&question.clues, question.mailbox, &asker, &seen, &joined, directory)?;
                    Some(if arrival.is_apart() { thread.apart() } else { thread })
                }
            };
            joined.extend(before.iter().map(|taken| taken.ticket));
            joined.extend(thread.iter().filter_map(|thread| Some(thread.joins.as_ref()?.value.number)));
            taken.push(before);
            threads.push(thread);
        }
        Ok(Self { seen, taken, threads })
    }

    /// The whole letter was taken before.
    pub(super) fn is_duplicate(&self) -> bool {
        self.taken.iter().all(Option::is_some)
    }

    /// The tickets that the letter joins.
    pub(super) fn joined(&self) -> Vec<u64> {
        let threads = self.threads.iter().flatten();
        threads.filter_map(|thread| Some(thread.joins.as_ref()?.value.number)).collect()
    }
}
