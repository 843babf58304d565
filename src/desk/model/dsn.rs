//! What a sender asked about reports on its letter (RFC 3461), as stored with the message.

use minicbor::{Decode, Encode};
use serde::Serialize;
use utoipa::ToSchema;

/// The DSN parameters of a transaction. `None` on a message means that the sender asked for nothing: then a report is due where
/// delivery fails, and no other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
pub struct DsnRequest {
    /// `RET`: how much of the letter a report on failure returns; `None` leaves it to the reporter (RFC 3461 §4.3).
    #[n(0)]
    pub ret: Option<DsnReturn>,
    /// `ENVID`, decoded: printable ASCII, at most 100 octets; for the report's `Original-Envelope-Id` (RFC 3461 §4.4).
    #[n(1)]
    pub envid: Option<String>,
    /// The recipients for which anything was asked, in the order of `RCPT`.
    #[n(2)]
    pub recipients: Vec<DsnRecipient>,
}

/// How much of the letter is returned (RFC 3461 §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum DsnReturn {
    /// All of it.
    #[n(0)]
    Full,
    /// Its header.
    #[n(1)]
    Headers,
}

/// What was asked for one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
pub struct DsnRecipient {
    /// The recipient as key, as in the message's `envelope_to`.
    #[n(0)]
    pub address: String,
    /// `NOTIFY`; `None` where it was not given.
    #[n(1)]
    pub notify: Option<DsnNotify>,
    /// `ORCPT`: whom the sender addressed at first; for the report's `Original-Recipient`.
    #[n(2)]
    pub original: Option<OriginalRecipient>,
}

/// `NOTIFY` (RFC 3461 §4.1). None of the three is `NEVER`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
pub struct DsnNotify {
    /// A report is due when the letter has been delivered.
    #[n(0)]
    pub success: bool,
    /// A report is due when it cannot be delivered.
    #[n(1)]
    pub failure: bool,
    /// A report is due when delivery takes long.
    #[n(2)]
    pub delay: bool,
}

/// `ORCPT` (RFC 3461 §4.2, RFC 6533 §3), decoded. No control character is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
pub struct OriginalRecipient {
    /// The type of the address in lower case: `rfc822`, `utf-8` or another that is registered.
    #[n(0)]
    pub kind: String,
    /// The address, at most 500 octets.
    #[n(1)]
    pub address: String,
}

impl DsnRequest {
    /// Whether anything was asked.
    pub fn is_empty(&self) -> bool {
        self.ret.is_none() && self.envid.is_none() && self.recipients.is_empty()
    }
}
