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
    /// The envelope sender: names the message with a MAC, so that a bounce finds it; empty for the null sender.
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
    /// When its ticket was told that it takes long, Unix milliseconds: once.
    #[n(10)]
    pub delay_noticed_at: Option<u64>,
    /// What servers further on reported of it (RFC 3464), oldest first; the last 10.
    #[n(14)]
    #[cbor(default)]
    pub reports: Vec<DeliveryReport>,
    /// It goes only to servers that verify and offer REQUIRETLS (RFC 8689 §4.2.1).
    #[n(16)]
    #[cbor(default)]
    pub require_tls: bool,
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
    /// Milliseconds from the beginning until the server had greeted us; 0 on a connection that was open already.
    #[n(7)]
    pub connected_ms: Option<u64>,
    /// Milliseconds from the beginning to the reply to MAIL.
    #[n(8)]
    pub mail_ms: Option<u64>,
    /// Milliseconds from the beginning to the reply to DATA, or to the first of several chunks.
    #[n(9)]
    pub data_ms: Option<u64>,
    /// Milliseconds from the beginning to the reply to the end of the letter.
    #[n(10)]
    pub end_ms: Option<u64>,
    /// What was demanded of TLS: `opportunistic`, `required`, `implicit`, `never`, `dane`, `mta-sts`; with `requiretls` where
    /// the letter demanded it too.
    #[n(11)]
    pub tls_policy: Option<String>,
    /// The verdict on the server's certificate: `verified`, or why it is not.
    #[n(12)]
    pub certificate: Option<String>,
    /// Recipients of the same transaction, this one included.
    #[n(13)]
    pub recipients: Option<u32>,
    /// In how many chunks the letter went (BDAT, RFC 3030); `None` where it went by DATA, or did not go.
    #[n(14)]
    pub chunks: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A delivery as it was written before these fields were there.
    #[derive(Encode)]
    struct Old {
        #[n(0)]
        id: u64,
        #[n(1)]
        message: u64,
        #[n(2)]
        ticket: u64,
        #[n(3)]
        envelope_from: String,
        #[n(4)]
        recipient: String,
        #[n(5)]
        state: DeliveryState,
        #[n(6)]
        due_at: u64,
        #[n(7)]
        created_at: u64,
        #[n(8)]
        attempts: Vec<OldAttempt>,
        #[n(9)]
        attempt_count: u32,
    }

    #[derive(Encode)]
    struct OldAttempt {
        #[n(0)]
        at: u64,
        #[n(1)]
        server: String,
        #[n(2)]
        address: Option<String>,
        #[n(3)]
        tls: Option<String>,
        #[n(4)]
        code: Option<u16>,
        #[n(5)]
        text: String,
        #[n(6)]
        took_ms: u64,
    }

    #[test]
    fn a_delivery_written_before_its_newer_fields_can_be_read() {
        let attempt = OldAttempt {
            at: 1,
            server: "mx".to_owned(),
            address: None,
            tls: None,
            code: Some(451),
            text: "later".to_owned(),
            took_ms: 7,
        };
        let old = Old {
            id: 3,
            message: 2,
            ticket: 1,
            envelope_from: "a@b".to_owned(),
            recipient: "c@d".to_owned(),
            state: DeliveryState::Deferred,
            due_at: 9,
            created_at: 8,
            attempts: vec![attempt],
            attempt_count: 1,
        };
        let read: Delivery = minicbor::decode(&minicbor::to_vec(old).unwrap()).unwrap();
        assert_eq!((read.id, read.attempt_count, read.delay_noticed_at), (3, 1, None));
        assert_eq!((read.attempts[0].code, read.attempts[0].end_ms), (Some(451), None));
    }

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
        assert!(!after.require_tls);
        let demanding = Delivery { require_tls: true, ..after };
        assert_eq!(minicbor::decode::<Delivery>(&minicbor::to_vec(&demanding).unwrap()).unwrap(), demanding);
    }
}
