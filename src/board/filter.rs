//! What can be asked of the board.

use std::collections::BTreeMap;

use crate::rules::{Priority, Status};

/// Which tickets: every given part must hold; within a list, any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Any of these statuses; all where empty.
    pub status: Vec<Status>,
    /// Any of these mailboxes; all where empty.
    pub mailbox: Vec<u64>,
    /// `Some(None)`: nobody's.
    pub assignee: Option<Option<u64>>,
    /// `Some(None)`: no group's.
    pub group: Option<Option<u64>>,
    /// This tag or one below it (`delivery` holds `delivery/lost`).
    pub tag: Option<String>,
    /// At least this urgent.
    pub min_priority: Option<Priority>,
    /// Of this contact.
    pub contact: Option<u64>,
    /// Created at or after, Unix milliseconds.
    pub created_after: Option<u64>,
    /// Created before, Unix milliseconds.
    pub created_before: Option<u64>,
}

/// In which order. Ties go by number, newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Last message, newest first.
    #[default]
    LastMessage,
    /// Newest ticket first.
    Created,
    /// Longest waiting first; those that do not wait come last.
    Waiting,
}

/// One page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketPage {
    /// Ticket numbers in order.
    pub numbers: Vec<u64>,
    /// The next page's cursor.
    pub next: Option<String>,
    /// How many tickets pass the filter in all.
    pub total: u64,
}

/// Counts by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub total: u64,
    /// By status.
    pub status: BTreeMap<Status, u64>,
    /// By mailbox.
    pub mailbox: BTreeMap<u64, u64>,
    /// By assignee; `None` for nobody.
    pub assignee: BTreeMap<Option<u64>, u64>,
}
