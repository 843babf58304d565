//! What is known of a letter when rules are asked.

use crate::mail::{Attachment, AuthResult};

/// The facts of one letter for one mailbox. Borrowed: evaluation copies only what the trace keeps.
#[derive(Clone, Debug, Default)]
pub struct Facts<'a> {
    /// The prefix of the mailbox that the letter is for.
    pub mailbox_prefix: &'a str,
    /// `MAIL FROM`; empty for the null sender.
    pub envelope_from: &'a str,
    /// The recipient that reached this mailbox.
    pub envelope_to: &'a str,
    /// The From header's address.
    pub from: &'a str,
    /// All header fields, name and decoded value.
    pub headers: &'a [(String, String)],
    /// The subject.
    pub subject: &'a str,
    /// The plain text.
    pub body: &'a str,
    /// The attachments.
    pub attachments: &'a [Attachment],
    /// Octets of the raw letter.
    pub size: u64,
    /// SPF.
    pub spf: AuthResult,
    /// The best of the DKIM signatures.
    pub dkim: AuthResult,
    /// DMARC.
    pub dmarc: AuthResult,
    /// The ARC chain (RFC 8617): `pass` or `fail`, `none` without one.
    pub arc: AuthResult,
    /// The domains that sealed it, oldest first; empty unless the chain passes.
    pub arc_sealers: &'a [String],
    /// A machine wrote it.
    pub is_robot: bool,
    /// It reports a failed delivery.
    pub is_bounce: bool,
    /// The sender's address is a contact's.
    pub known_contact: bool,
    /// The points that the policy gave; 0 where they speak for the sender.
    pub score: u64,
    /// Identifiers as written.
    pub references: &'a [String],
}
