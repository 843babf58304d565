//! What the rows of the indexes hold. `MessageTicket` and `ContactAddress` hold one number (the ticket's, the contact's) as a record;
//! `Reference`, `ContactTicket`, `MessageDelivery`, `QueueDue`, `HeldDelivery`, `LedgerSender` and `LedgerRecipient` hold nothing: their key says all.

use minicbor::{Decode, Encode};

/// A letter already accepted: what a retry of the same letter is answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(in crate::desk) struct Taken {
    /// The ticket.
    #[n(0)]
    pub ticket: u64,
    /// The ticket's mailbox then, whose prefix was shown.
    #[n(1)]
    pub mailbox: u64,
    /// The message.
    #[n(2)]
    pub message: u64,
}

/// A Message-ID known in a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(in crate::desk) struct KnownId {
    /// The ticket.
    #[n(0)]
    pub ticket: u64,
    /// A letter with it was seen. Otherwise letters merely referred to it.
    #[n(1)]
    pub seen: bool,
}

impl KnownId {
    /// A Message-ID's (without brackets) place in the index: the first 16 octets of its blake3 hash.
    pub(in crate::desk) fn hash(message_id: &str) -> [u8; 16] {
        let mut hash = [0; 16];
        hash.copy_from_slice(&blake3::hash(message_id.as_bytes()).as_bytes()[..16]);
        hash
    }
}
