//! What all rules together decided about one letter.

use super::{Priority, Status, Trace};

/// What all rules together decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// What changes on the ticket.
    pub changes: Changes,
    /// The letter is turned away.
    pub turned: Option<Turned>,
    /// One per rule evaluated, in order.
    pub traces: Vec<Trace>,
}

/// What rules change on a ticket; later rules win over earlier ones, lists add up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// New status.
    pub status: Option<Status>,
    /// New priority.
    pub priority: Option<Priority>,
    /// Group by name.
    pub group: Option<String>,
    /// Operator by e-mail address.
    pub assignee: Option<String>,
    /// New category.
    pub category: Option<String>,
    /// Tags to add, each once.
    pub tags: Vec<String>,
    /// Notes to add.
    pub notes: Vec<String>,
    /// The text of an automatic answer.
    pub auto_reply: Option<String>,
    /// References captured, as written, each once.
    pub references: Vec<String>,
}

/// A letter that a rule does not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turned {
    /// `550`: for good.
    Rejected {
        /// The rule's id.
        rule: u64,
        /// What the sender is told.
        text: String,
    },
    /// `451`: for now.
    Deferred {
        /// The rule's id.
        rule: u64,
        /// What the sender is told.
        text: String,
    },
}
