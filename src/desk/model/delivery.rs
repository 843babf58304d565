//! What became of an outbound message, per recipient.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum DeliveryState {
    /// Waits for its due time.
    #[default]
    #[n(0)]
    Queued,
    /// Failed for now; waits for the next attempt.
    #[n(1)]
    Deferred,
    /// The remote server took it.
    #[n(2)]
    Delivered,
    /// Refused for good, or given up.
    #[n(3)]
    Failed,
    /// Kept in the queue by an operator; nothing is attempted before it is released.
    #[n(4)]
    Held,
    /// Taken out of the queue by an operator: it never leaves.
    #[n(5)]
    Cancelled,
}

/// One outbound message to one recipient.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Delivery {
    /// The id.
    #[n(0)]
    pub id: u64,
    /// The message.
    #[n(1)]
    pub message: u64,
    /// Its ticket.
    #[n(2)]
    pub ticket: u64,
    /// The envelope sender: VERP, names message and recipient with a MAC.
    #[n(3)]
    pub envelope_from: String,
    /// The recipient.
    #[n(4)]
    pub recipient: String,
    /// Where it stands.
    #[n(5)]
    pub state: DeliveryState,
    /// When the next attempt is due, Unix milliseconds; the key in the queue. Meaningless once delivered or failed.
    #[n(6)]
    pub due_at: u64,
    /// When it was queued, Unix milliseconds.
    #[n(7)]
    pub created_at: u64,
    /// The attempts, oldest first; the last 20.
    #[n(8)]
    pub attempts: Vec<Attempt>,
    /// How many attempts there were in all.
    #[n(9)]
    pub attempt_count: u32,
}

impl Delivery {
    /// It is attempted when its time comes.
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, DeliveryState::Queued | DeliveryState::Deferred)
    }
}

/// One attempt to deliver.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode, Serialize, ToSchema)]
pub struct Attempt {
    /// Unix milliseconds.
    #[n(0)]
    pub at: u64,
    /// The server's name, where one was reached or tried.
    #[n(1)]
    pub server: String,
    /// `ip:port`.
    #[n(2)]
    pub address: Option<String>,
    /// `TLSv1.3`, or `None` for clear text.
    #[n(3)]
    pub tls: Option<String>,
    /// The reply code; `None` when there was no reply.
    #[n(4)]
    pub code: Option<u16>,
    /// The remote server's words, or ours when there was no reply; at most 1,000 characters.
    #[n(5)]
    pub text: String,
    /// Milliseconds from connect to the last reply.
    #[n(6)]
    pub took_ms: u64,
}
