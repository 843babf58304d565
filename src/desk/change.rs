//! What the desk writes to the feed: small, so that followers read the present state from the store.

use minicbor::{Decode, Encode};

use crate::store::{FeedEntry, StoreError};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Change {
    /// A ticket was made.
    #[n(0)]
    TicketCreated {
        /// Its number.
        #[n(0)]
        ticket: u64,
    },
    /// A ticket's state changed.
    #[n(1)]
    TicketUpdated {
        /// Its number.
        #[n(0)]
        ticket: u64,
    },
    /// A ticket got a message. Comes with `TicketCreated` or `TicketUpdated` of the same commit, behind it.
    #[n(2)]
    MessageAdded {
        /// The ticket.
        #[n(0)]
        ticket: u64,
        /// The message.
        #[n(1)]
        message: u64,
    },
    /// An outbound message's delivery state changed.
    #[n(3)]
    DeliveryChanged {
        /// The ticket.
        #[n(0)]
        ticket: u64,
        /// The message.
        #[n(1)]
        message: u64,
        /// The delivery.
        #[n(2)]
        delivery: u64,
    },
    /// Mailboxes, operators, groups, rules or tables changed: load the directory again.
    #[n(4)]
    DirectoryChanged,
}

impl Change {
    /// As a feed entry.
    pub fn to_entry(&self) -> FeedEntry {
        // Encoding into a Vec cannot fail: minicbor's Vec writer has the error type Infallible.
        FeedEntry(minicbor::to_vec(self).unwrap_or_default())
    }

    /// From a feed entry.
    pub fn from_entry(entry: &FeedEntry) -> Result<Self, StoreError> {
        minicbor::decode(&entry.0).map_err(|error| StoreError::Corrupt(format!("feed entry: {error}")))
    }
}
