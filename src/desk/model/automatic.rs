//! What is stored of automatic letters.

use minicbor::{Decode, Encode};
use serde::Serialize;
use utoipa::ToSchema;

/// Which kind of automatic letter a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum AutomaticKind {
    /// A rule's answer to a letter.
    #[default]
    #[n(0)]
    AutoReply,
    /// The report that a letter was delivered, which its sender asked for (RFC 3461 §4.1).
    #[n(1)]
    DeliveryReport,
}

/// An automatic letter that is to be written, or not, behind the letter that it answers. Its row goes with the decision.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub(in crate::desk) struct AutomaticDue {
    /// The ticket of the letter.
    #[n(0)]
    pub ticket: u64,
    /// What is to be written first.
    #[n(1)]
    pub kind: AutomaticKind,
    /// The text of a rule's answer; empty where none is wished for.
    #[n(2)]
    pub text: String,
}

/// When automatic letters went to an address, or in a ticket: the newest, at most 100.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub(in crate::desk) struct Answers {
    /// Unix milliseconds, oldest first.
    #[n(0)]
    pub times: Vec<u64>,
}

impl Answers {
    /// With one more; what is older than any budget's window goes first.
    pub(in crate::desk) fn with(mut self, at: u64) -> Self {
        const MOST: usize = 100;
        self.times.push(at);
        let surplus = self.times.len().saturating_sub(MOST);
        self.times.drain(..surplus);
        self
    }
}
