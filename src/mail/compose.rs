//! Composes an outgoing letter (mail-builder): multipart/alternative, threading headers, no header injection.

use super::{Address, Correspondent};

/// What goes into a letter.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The mailbox's name and address.
    pub from: Correspondent,
    /// Where answers go: the mailbox's sub-address that names the ticket.
    pub reply_to: Option<Address>,
    /// The recipients.
    pub to: Vec<Correspondent>,
    /// Copies.
    pub cc: Vec<Correspondent>,
    /// The subject, with the ticket's display number in it.
    pub subject: String,
    /// Our own Message-ID without brackets.
    pub message_id: String,
    /// The Message-ID that is answered.
    pub in_reply_to: Option<String>,
    /// The thread's Message-IDs, oldest first.
    pub references: Vec<String>,
    /// The time in Unix seconds.
    pub date: i64,
    /// The plain text; the HTML alternative is made from it.
    pub text: String,
    /// An automatic letter: `Auto-Submitted: auto-replied` and `X-Auto-Response-Suppress: All` (RFC 3834 §5).
    pub automatic: bool,
}

/// The letter as bytes: CRLF line ends only, no line over 998 octets, 7-bit clean.
pub fn compose(letter: &Outgoing) -> Vec<u8> {
    let _ = letter;
    todo!("mail")
}
