//! Notes of what remote servers took, for the moment until the store has recorded it: so short that a crash finds nearly nothing
//! in between.
//!
//! Promises: a note is written behind the server's `250` before anything is waited for; at start what a crash left is recorded as
//! delivered before anything is sent. A note speaks of one attempt: one that is found later, when the delivery has had another,
//! changes nothing.
//! Leaves to others: power cuts, which may take notes along; then a letter goes out twice, with the same Message-ID.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use minicbor::{Decode, Encode};

use super::attempt::Told;
use super::book;
use crate::desk::commands::{AttemptOutcome, Attempted};
use crate::desk::{Attempt, Desk, DeskError};
use crate::store::notes::{Note, Notes};

/// Octets of the server's words that a note keeps: a hundred recipients and this fit into one.
const TEXT: usize = 1_000;
/// Octets of each other word.
const WORD: usize = 255;

/// The notes, and what the process before has left.
#[derive(Debug)]
pub(super) struct Taken {
    notes: Arc<Notes>,
    left: Vec<Vec<u8>>,
}

/// One transaction's recipients that were taken.
#[derive(Debug, Encode, Decode)]
struct Transaction {
    #[n(0)]
    deliveries: Vec<Noted>,
    #[n(1)]
    attempt: Attempt,
}

/// A delivery, and how many attempts it had before this one.
#[derive(Debug, Encode, Decode)]
struct Noted {
    #[n(0)]
    id: u64,
    #[n(1)]
    attempts: u32,
}

impl Taken {
    /// Opens the file, for at most `most` transactions at the same time. Blocks.
    pub(super) fn open(path: &Path, most: usize) -> std::io::Result<Self> {
        let (notes, left) = Notes::open(path, most)?;
        Ok(Self { notes, left })
    }

    /// Over notes of which nothing was left.
    #[cfg(test)]
    pub(super) fn over(notes: Arc<Notes>) -> Self {
        Self { notes, left: Vec::new() }
    }

    /// How many notes were left.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.left.len()
    }

    /// Notes what was taken of a transaction, whose last word was read at `ended`; `None` where nothing was. The note counts until it
    /// is dropped.
    pub(super) fn note(&self, told: &[Told], ended: Option<Instant>) -> Option<Note> {
        let taken = |told: &&Told| told.attempt.is_some() && told.outcome == AttemptOutcome::Delivered;
        let attempt = told.iter().find(taken)?.attempt.as_ref()?;
        let noted = |told: &Told| Noted { id: told.delivery.id, attempts: told.delivery.attempt_count };
        let deliveries = told.iter().filter(taken).map(noted).collect();
        let written =
            encode(&Transaction { deliveries, attempt: short(attempt) }).and_then(|note| self.notes.write(&note));
        match written {
            Ok(note) => {
                if let Some(ended) = ended {
                    // The window in which a crash would send a letter again.
                    metrics::histogram!("mxdesk_delivery_note_seconds").record(ended.elapsed().as_secs_f64());
                }
                Some(note)
            }
            Err(error) => {
                tracing::warn!(%error, "what a server took is not noted; a crash before it is recorded would send it again");
                None
            }
        }
    }

    /// Records what the process before has left, then forgets it.
    pub(super) async fn record_left(&self, desk: &Desk) {
        for note in &self.left {
            match minicbor::decode(note) {
                Ok(transaction) => book::until_taken(|| record(desk, &transaction)).await,
                Err(error) => tracing::warn!(%error, "a note of what a server took cannot be read"),
            }
        }
        let notes = Arc::clone(&self.notes);
        let cleared = tokio::task::spawn_blocking(move || notes.clear()).await;
        if let Err(error) = cleared.map_err(std::io::Error::other).flatten() {
            tracing::error!(%error, "what servers take cannot be noted: a crash may send letters again");
        }
    }
}

/// Records those of a transaction's deliveries whose attempt is not recorded.
async fn record(desk: &Desk, transaction: &Transaction) -> Result<(), DeskError> {
    let found = desk.deliveries_by_id(transaction.deliveries.iter().map(|noted| noted.id)).await?;
    let is_meant = |id: u64, attempts: u32| {
        transaction.deliveries.iter().any(|noted| (noted.id, noted.attempts) == (id, attempts))
    };
    let open = found.into_iter().filter(|found| found.is_waiting() && is_meant(found.id, found.attempt_count));
    let outcome = AttemptOutcome::Delivered;
    let attempted = |id| Attempted { delivery: id, attempt: transaction.attempt.clone(), outcome, notice: false };
    let attempted: Vec<Attempted> = open.map(|found| attempted(found.id)).collect();
    if attempted.is_empty() {
        return Ok(());
    }
    desk.record_attempts(&attempted, &[]).await?;
    metrics::counter!("mxdesk_deliveries_recovered_total").increment(attempted.len() as u64);
    tracing::info!(deliveries = attempted.len(), "recorded what had left before a crash");
    Ok(())
}

fn encode(transaction: &Transaction) -> std::io::Result<Vec<u8>> {
    minicbor::to_vec(transaction).map_err(std::io::Error::other)
}

/// The attempt with words of bounded length.
fn short(attempt: &Attempt) -> Attempt {
    let mut short = attempt.clone();
    short.text.truncate(short.text.floor_char_boundary(TEXT));
    let Attempt { server, address, tls, tls_policy, certificate, .. } = &mut short;
    for word in [address, tls, tls_policy, certificate].into_iter().filter_map(Option::as_mut).chain([server]) {
        word.truncate(word.floor_char_boundary(WORD));
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Delivery;
    use crate::store::notes::MAX_NOTE;

    #[test]
    fn the_longest_transaction_fits_into_a_note() {
        let long = || Some("é".repeat(3_000));
        let attempt = Attempt {
            at: u64::MAX,
            server: "é".repeat(3_000),
            address: long(),
            tls: long(),
            code: Some(u16::MAX),
            text: "é".repeat(3_000),
            took_ms: u64::MAX,
            connected_ms: Some(u64::MAX),
            mail_ms: Some(u64::MAX),
            data_ms: Some(u64::MAX),
            end_ms: Some(u64::MAX),
            tls_policy: long(),
            certificate: long(),
            recipients: Some(u32::MAX),
            chunks: Some(u32::MAX),
        };
        let noted = || Noted { id: u64::MAX, attempts: u32::MAX };
        let deliveries = std::iter::repeat_with(noted).take(100).collect();
        let note = encode(&Transaction { deliveries, attempt: short(&attempt) }).unwrap();
        assert!(note.len() <= MAX_NOTE, "{}", note.len());
    }

    #[test]
    fn only_those_who_were_taken_are_noted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        let taken = Taken::open(&path, 1).unwrap();
        taken.notes.clear().unwrap();
        let told = |id, attempt: bool, outcome| Told {
            delivery: Delivery { id, attempt_count: 3, ..Delivery::default() },
            attempt: attempt.then(|| Attempt { code: Some(250), ..Attempt::default() }),
            outcome,
            notice: false,
        };
        assert!(taken.note(&[told(1, true, AttemptOutcome::Failed)], None).is_none());
        let all = [
            told(1, true, AttemptOutcome::Failed),
            told(2, true, AttemptOutcome::Delivered),
            told(3, false, AttemptOutcome::Delivered),
        ];
        let _note = taken.note(&all, Some(Instant::now())).unwrap();
        let left = Taken::open(&path, 1).unwrap().left;
        let transaction: Transaction = minicbor::decode(&left[0]).unwrap();
        let noted: Vec<_> = transaction.deliveries.iter().map(|noted| (noted.id, noted.attempts)).collect();
        assert_eq!((noted, transaction.attempt.code), (vec![(2, 3)], Some(250)));
    }
}
