//! The desk: tickets, messages, contacts, operators, and every command that changes them.
//!
//! Promises: every change is one pure decision and one atomic, synced commit, with its ledger lines, queue entries and
//! feed entries in it. Access is checked here, so that HTTP, mail and the command line cannot differ.
//! Leaves to others: sockets, HTTP types, lists and counts (`board`), text search (`search`), transport (`queue`).

mod access;
mod authenticity;
mod automatic;
mod blocking;
mod change;
mod clock;
mod codec;
mod contention;
mod directory;
mod dkim_keys;
mod error;
mod gate;
mod greylist;
mod in_hand;
mod keys;
mod lease;
mod model;
mod open;
mod passwords;
mod random;
mod reason;
mod retry;
mod rows;
mod setup;
mod ticket_state;
mod tokens;
mod validate;

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
#[cfg(test)]
pub(crate) mod testing;

pub mod commands;
pub mod queries;
pub mod receive;

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::config::Automatic;
use crate::store::{Blobs, FeedPosition, Store};

pub use access::{Actor, Role};
pub(in crate::desk) use authenticity::Authenticity;
pub use automatic::HeldBack;
pub use change::Change;
pub use directory::{Directory, Recipient, Resolution};
pub use dkim_keys::{PublicKey, make_first_keys};
pub use error::DeskError;
pub use greylist::{GreylistQuestion, GreylistTimes};
pub use in_hand::Grip;
pub use model::*;
pub use reason::Reason;

/// What the desk must be told at its opening.
#[derive(Clone, Debug)]
pub struct DeskSettings {
    /// Our own host name: the right side of our Message-IDs.
    pub hostname: String,
    /// The folder of DKIM keys: `{domain}/{selector}.pem`.
    pub dkim_dir: PathBuf,
    /// A closed ticket is not opened again after this many days: a new one is linked to it.
    pub reopen_days: u32,
    /// How long a reply waits in the queue before it may leave (undo), in seconds.
    pub hold_seconds: u32,
    /// Octets of a letter with its attachments, at most.
    pub letter_size: usize,
    /// Octets of one file that is attached, at most.
    pub attachment_size: usize,
    /// Letters are counted for the DMARC reports that we send.
    pub count_dmarc: bool,
    /// The limits of automatic mail.
    pub automatic: Automatic,
    /// How the desk is reached from outside, such as `https://desk.example.com`; empty where that is not known.
    pub public_url: String,
}

/// The desk. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

pub(in crate::desk) struct Inner {
    store: Arc<dyn Store>,
    blobs: Arc<dyn Blobs>,
    settings: DeskSettings,
    directory: ArcSwap<Directory>,
    dkim: ArcSwap<dkim_keys::DkimKeys>,
    passwords: passwords::Passwords,
    tickets: lease::Lease,
    ids: lease::Lease,
    /// Where those who lost a race for a ticket wait for each other.
    contention: contention::Contention,
    greylist: greylist::GreylistRows,
    /// What is told apart in the counts of the day.
    dmarc_kinds: receive::kinds::Kinds,
    /// Deliveries that somebody has in hand.
    in_hand: Arc<in_hand::InHand>,
    /// A place each for the few letters with files that are made at the same time: each is in memory about three times.
    large_letters: Arc<tokio::sync::Semaphore>,
    /// Keys the MACs in our Message-IDs, return paths and sub-addresses (blake3 keyed hash). Made at first start.
    secret: [u8; 32],
}

/// A command's answer: what was made, and the feed position from which on it can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// What was made or changed.
    pub value: T,
    /// Reads with `min_pos` at or above this see it.
    pub position: FeedPosition,
}

impl Desk {
    /// The store under the desk: for followers of the feed.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// Mailboxes, operators, groups, rules and tables as of now.
    pub fn directory(&self) -> Arc<Directory> {
        self.inner.directory.load_full()
    }
}
