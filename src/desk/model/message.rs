//! A message of a ticket: a letter in, a letter out, a note.

use minicbor::{Decode, Encode};
use serde::Serialize;
use utoipa::ToSchema;

use super::DsnRequest;
use super::Finding;
use crate::desk::{AutomaticKind, HeldBack, Reason};
use crate::mail::{Attachment, Authentication, Correspondent, NeedsEyes};
use crate::rules::Status;

/// What kind of message it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum MessageKind {
    /// A letter that came in.
    #[default]
    #[n(0)]
    Inbound,
    /// A letter that leaves.
    #[n(1)]
    Outbound,
    /// For the team only.
    #[n(2)]
    Note,
    /// mxdesk's own record of a change.
    #[n(3)]
    System,
}

/// Which step of threading found the ticket (stored and shown).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum ThreadStep {
    /// (a) Our token in the recipient's sub-address.
    #[n(0)]
    SubAddress,
    /// (b) Our own Message-ID with its MAC.
    #[n(1)]
    OwnMessageId,
    /// (c) In-Reply-To.
    #[n(2)]
    InReplyTo,
    /// (c) References.
    #[n(3)]
    References,
    /// (d) The number in the subject, from one who takes part.
    #[n(4)]
    Subject,
    /// (e) A new ticket.
    #[n(5)]
    New,
    /// (e) A new ticket, because the one it belongs to is closed for too long.
    #[n(6)]
    Follows,
}

/// How the letter came over the wire.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode, Serialize, ToSchema)]
pub struct SessionFacts {
    /// The session's id: what log lines and the ledger carry.
    #[n(0)]
    pub id: u64,
    /// `ip:port` of the peer.
    #[n(1)]
    pub peer: String,
    /// The EHLO or HELO argument.
    #[n(2)]
    pub helo: String,
    /// What TLS was in use, if any.
    #[n(3)]
    pub tls: Option<TlsFacts>,
    /// `ip:port` of the trusted host that named the peer (by the PROXY protocol or XCLIENT), where there was one.
    #[n(4)]
    pub proxy: Option<String>,
}

/// A TLS session's facts.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode, Serialize, ToSchema)]
pub struct TlsFacts {
    /// `TLSv1.3`.
    #[n(0)]
    pub version: String,
    /// The cipher suite's name.
    #[n(1)]
    pub cipher: String,
}

/// Why a letter is kept apart, and who released it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Quarantine {
    /// Why.
    #[n(0)]
    pub reason: Reason,
    /// The sum of the findings' points.
    #[n(1)]
    pub score: i32,
    /// What was found.
    #[n(2)]
    pub findings: Vec<Finding>,
    /// When it was released, Unix milliseconds; `None` while it is kept apart.
    #[n(3)]
    pub released_at: Option<u64>,
    /// By which operator.
    #[n(4)]
    pub released_by: Option<u64>,
}

/// A message, as stored: its text is a copy for lists and views; the truth of a letter is its raw source.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Message {
    /// Unique in the whole desk; rises with time.
    #[n(0)]
    pub id: u64,
    /// The ticket.
    #[n(1)]
    pub ticket: u64,
    /// What it is.
    #[n(2)]
    pub kind: MessageKind,
    /// When it was received or written, Unix milliseconds.
    #[n(3)]
    pub at: u64,
    /// From.
    #[n(4)]
    pub from: Option<Correspondent>,
    /// To; at most 100.
    #[n(5)]
    pub to: Vec<Correspondent>,
    /// Cc; at most 100.
    #[n(6)]
    pub cc: Vec<Correspondent>,
    /// Its own subject.
    #[n(7)]
    pub subject: String,
    /// Message-ID without brackets.
    #[n(8)]
    pub message_id: Option<String>,
    /// References and In-Reply-To as used for threading, oldest first; at most 50.
    #[n(9)]
    pub references: Vec<String>,
    /// What is new in it (quoted history folded away); at most 16 KiB.
    #[n(10)]
    pub text: String,
    /// The quoted history; at most 8 KiB.
    #[n(11)]
    pub quoted: String,
    /// `text` or `quoted` was cut: the whole is read from the source.
    #[n(12)]
    pub truncated: bool,
    /// There is an HTML body in the source.
    #[n(13)]
    pub has_html: bool,
    /// Downloads; at most 200.
    #[n(14)]
    pub attachments: Vec<Attachment>,
    /// The source's name in the blob store; `None` for notes.
    #[n(15)]
    #[cbor(with = "minicbor::bytes")]
    pub raw: Option<[u8; 32]>,
    /// Octets of the source.
    #[n(16)]
    pub size: u64,
    /// Inbound: who was proven to have sent it.
    #[n(17)]
    pub authentication: Option<Authentication>,
    /// Inbound: how it came.
    #[n(18)]
    pub session: Option<SessionFacts>,
    /// Inbound: why this ticket.
    #[n(19)]
    pub thread_step: Option<ThreadStep>,
    /// What threading saw, in words (`In-Reply-To <…> is known as DEMO-1042`).
    #[n(20)]
    pub thread_why: String,
    /// Inbound: the sign by which a machine wrote it; no auto-answer ever goes there.
    #[n(21)]
    pub robot: Option<String>,
    /// Inbound: it reports a failed delivery.
    #[n(22)]
    pub bounce: bool,
    /// Inbound: what a person must look at.
    #[n(23)]
    pub needs_eyes: Option<NeedsEyes>,
    /// Who wrote it, for replies and notes; `None` for rules and mxdesk itself.
    #[n(24)]
    pub author: Option<u64>,
    /// Inbound: envelope sender; empty for the null sender.
    #[n(25)]
    pub envelope_from: String,
    /// Inbound: the recipients that reached this mailbox.
    #[n(26)]
    pub envelope_to: Vec<String>,
    /// Inbound: what the sender asked about reports (RFC 3461) for the recipients of this mailbox; `None` where nothing.
    #[n(27)]
    pub dsn: Option<DsnRequest>,
    /// Inbound: it came with REQUIRETLS, and so do its answers leave (RFC 8689 §4). Outbound: it leaves only to servers that
    /// keep it within verified TLS.
    #[n(28)]
    #[cbor(default)]
    pub require_tls: bool,
    /// Inbound: it is kept apart, or was until an operator released it. No rule was asked and nothing answers it before.
    #[n(29)]
    pub quarantine: Option<Quarantine>,
    /// Inbound: nobody has written from its From address before.
    #[n(30)]
    #[cbor(default)]
    pub first_time: bool,
    /// Outbound: it was taken back before it left.
    #[n(31)]
    pub recalled: Option<Recalled>,
    /// Outbound: how the ticket stood before this reply, for taking it back.
    #[n(32)]
    pub undo: Option<Undo>,
    /// Inbound: why no automatic letter answers it, where a rule wanted one.
    #[n(33)]
    pub held_back: Option<HeldBack>,
    /// Outbound: no person wrote it.
    #[n(34)]
    pub automatic: Option<AutomaticKind>,
    /// Outbound: the uploads that its first attachments are made of, in order; who takes the message back has them again.
    #[n(35)]
    #[cbor(default)]
    pub uploads: Vec<u64>,
}

/// Who took a reply back, and when.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Recalled {
    /// Unix milliseconds.
    #[n(0)]
    pub at: u64,
    /// The operator; `None` for the command line.
    #[n(1)]
    pub by: Option<u64>,
}

/// How a ticket stood before a reply.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Undo {
    /// The status before.
    #[n(0)]
    pub status: Status,
    /// Since when the customer waited.
    #[n(1)]
    pub waiting_since: Option<u64>,
    /// When it had been closed.
    #[n(2)]
    pub closed_at: Option<u64>,
    /// What lists showed of it.
    #[n(3)]
    pub snippet: String,
    /// When its last message came.
    #[n(4)]
    pub last_message_at: u64,
    /// The status that the reply set: where another one stands, somebody has changed it since.
    #[n(5)]
    pub set: Status,
    /// Addresses (as keys) that the reply brought into the ticket.
    #[n(6)]
    pub participants: Vec<String>,
}

#[cfg(test)]
mod tests {
    use minicbor::Decoder;

    use super::*;

    /// The value as one wrote it who knew only the first `fields` fields.
    fn before(value: &[u8], fields: u8) -> Vec<u8> {
        let mut decoder = Decoder::new(value);
        assert!(decoder.array().unwrap().unwrap() > u64::from(fields));
        let start = decoder.position();
        for _ in 0..fields {
            decoder.skip().unwrap();
        }
        let header = if fields < 24 { vec![0x80 | fields] } else { vec![0x98, fields] };
        [&header, &value[start..decoder.position()]].concat()
    }

    #[test]
    fn messages_that_were_stored_before_are_read() {
        let message = Message { id: 7, envelope_to: vec!["help@demo.test".to_owned()], ..Message::default() };
        let with_request = Message { dsn: Some(DsnRequest::default()), require_tls: true, ..message.clone() };
        let old = before(&minicbor::to_vec(&with_request).unwrap(), 27);
        assert_eq!(minicbor::decode::<Message>(&old).unwrap(), message);
        let with_files = Message { uploads: vec![3], ..message.clone() };
        let old = before(&minicbor::to_vec(&with_files).unwrap(), 35);
        assert_eq!(minicbor::decode::<Message>(&old).unwrap(), message);
        let session = SessionFacts { id: 7, helo: "a.test".to_owned(), ..SessionFacts::default() };
        let named = SessionFacts { proxy: Some("192.0.2.1:25".to_owned()), ..session.clone() };
        let old = before(&minicbor::to_vec(&named).unwrap(), 4);
        assert_eq!(minicbor::decode::<SessionFacts>(&old).unwrap(), session);
    }
}
