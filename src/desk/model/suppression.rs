//! Addresses that get no automatic mail, and of which operators are warned before they write; and those that get no mailings.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why an address is suppressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum SuppressionReason {
    /// A letter to it failed for good, because of the address.
    #[default]
    #[n(0)]
    Bounced,
    /// Its owner complained about a letter of ours.
    #[n(1)]
    Complained,
    /// An operator or the administrator put it here.
    #[n(2)]
    ByHand,
    /// Its owner wants no mailings. Answers and automatic letters go out all the same.
    #[n(3)]
    Unsubscribed,
}

/// A suppressed address.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Suppression {
    /// The address as key.
    #[n(0)]
    pub address: String,
    /// Why.
    #[n(1)]
    pub reason: SuppressionReason,
    /// Since when, Unix milliseconds.
    #[n(2)]
    pub at: u64,
    /// Until when, Unix milliseconds; `None` until it is taken away.
    #[n(3)]
    pub expires_at: Option<u64>,
    /// The remote server's words, or ours; at most 500 characters.
    #[n(4)]
    pub detail: String,
    /// The ticket in which it came about.
    #[n(5)]
    pub ticket: Option<u64>,
    /// Who put it here by hand.
    #[n(6)]
    pub by: Option<u64>,
}

impl Suppression {
    /// It counts at this time (Unix milliseconds).
    pub fn holds(&self, now: u64) -> bool {
        self.expires_at.is_none_or(|until| until > now)
    }
}
