//! The numbers of a letter: leased once, and kept however often the letter is decided anew.

use super::arrival::Arrival;
use super::contact::{self, Sender};
use super::decide;
use super::look::Look;
use crate::desk::{Desk, DeskError};
use crate::rules::Outcome;

/// Ledger lines of one share that are written together with its ticket; those of further recipients come behind it.
pub(super) const LINES: usize = 200;

/// The numbers of one letter.
#[derive(Debug, Default)]
pub(super) struct Leased {
    /// A new contact's id.
    contact: Option<u64>,
    /// One per share.
    shares: Vec<Numbers>,
}

/// The numbers of one share.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// The ticket's, for a new one.
    pub ticket: Option<u64>,
    /// The message's.
    pub message: u64,
    /// The notes', rising above the message's.
    pub notes: Vec<u64>,
    /// The line's that sums up a report.
    pub report: Option<u64>,
    /// That of the system message about a complaint.
    pub complaint: u64,
    /// The ledger lines'.
    pub lines: Vec<u64>,
}

impl Leased {
    /// Leases what is needed now and was not leased before. Answers who the sender is.
    pub(super) async fn fill(
        &mut self,
        desk: &Desk,
        arrival: &Arrival,
        look: &Look,
        outcomes: &[Option<Outcome>],
    ) -> Result<Sender, DeskError> {
        let store = &*desk.inner.store;
        let ids = &desk.inner.ids;
        self.shares.resize_with(arrival.shares.len(), Numbers::default);
        for (share, numbers) in self.shares.iter_mut().enumerate() {
            let (Some(thread), Some(Some(outcome))) = (&look.threads[share], outcomes.get(share)) else { continue };
            if thread.joins.is_none() && numbers.ticket.is_none() {
                numbers.ticket = Some(desk.inner.tickets.next(store).await?);
            }
            if numbers.message == 0 {
                numbers.message = ids.next(store).await?;
                for _ in decide::notes(outcome) {
                    numbers.notes.push(ids.next(store).await?);
                }
                if arrival.report.is_some() {
                    numbers.report = Some(ids.next(store).await?);
                }
                if arrival.reading.complaint.is_some() {
                    numbers.complaint = ids.next(store).await?;
                }
                for _ in arrival.shares[share].recipients.iter().take(LINES) {
                    numbers.lines.push(ids.next(store).await?);
                }
            }
        }
        let Some(address) = contact::address(arrival) else { return Ok(Sender::Nobody) };
        if let Some(known) = look.seen.contact(address)? {
            return Ok(Sender::Known(known));
        }
        let id = match self.contact {
            Some(id) => id,
            None => *self.contact.insert(ids.next(store).await?),
        };
        Ok(Sender::New(id))
    }

    /// The numbers of one share.
    pub(super) fn of(&self, share: usize) -> &Numbers {
        &self.shares[share]
    }
}
