//! What became of an outbound message, per recipient.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::mail::bounce::Action;

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
    /// What servers further on reported of it (RFC 3464), oldest first; the last 10.
    #[n(14)]
    #[cbor(default)]
    pub reports: Vec<DeliveryReport>,
}

impl Delivery {
    /// It is attempted when its time comes.
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, DeliveryState::Queued | DeliveryState::Deferred)
    }
}

/// A report of a server further on.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct DeliveryReport {
    /// When it came, Unix milliseconds.
    #[n(0)]
    pub at: u64,
    /// What it says.
    #[n(1)]
    pub action: Action,
    /// The enhanced status code (RFC 3463).
    #[n(2)]
    pub status: Option<String>,
    /// The server whose words they are, or the domain of who reports.
    #[n(3)]
    pub server: String,
    /// The words; at most 1,000 octets.
    #[n(4)]
    pub text: String,
    /// The message that is the report.
    #[n(5)]
    pub message: u64,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A delivery as it was written before it had reports.
    #[derive(Encode)]
    struct Before(
        #[n(0)] u64,
        #[n(1)] u64,
        #[n(2)] u64,
        #[n(3)] &'static str,
        #[n(4)] &'static str,
        #[n(5)] DeliveryState,
        #[n(6)] u64,
        #[n(7)] u64,
        #[n(8)] Vec<Attempt>,
        #[n(9)] u32,
    );

    #[test]
    fn a_delivery_written_before_it_had_reports_is_read() {
        let before = Before(7, 8, 9, "", "x@y.test", DeliveryState::Deferred, 1, 2, vec![Attempt::default()], 1);
        let read: Delivery = minicbor::decode(&minicbor::to_vec(&before).unwrap()).unwrap();
        assert_eq!((read.id, read.recipient.as_str(), read.state), (7, "x@y.test", DeliveryState::Deferred));
        assert!(read.reports.is_empty());
        let report = DeliveryReport { action: Action::Relayed, ..DeliveryReport::default() };
        let after = Delivery { reports: vec![report], state: DeliveryState::Held, ..read };
        assert_eq!(minicbor::decode::<Delivery>(&minicbor::to_vec(&after).unwrap()).unwrap(), after);
    }
}
