//! Which message of ours a report or a complaint is about. Only our own marks are believed: a return path or a Message-ID with its
//! MAC, which nobody knows who did not have the letter.

use super::clues::tokens_of;
use super::mailboxes::Share;
use super::reading::Reading;
use crate::desk::tokens::{self, SubAddress};
use crate::mail::Address;

/// The message that is reported of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reported {
    /// The message.
    pub message: u64,
    /// The return path that it had, as key, where that is known.
    pub return_path: Option<String>,
}

/// What a letter that came to one mailbox reports of; `None` for other letters, and for forged ones.
pub(super) fn of(reading: &Reading, share: &Share, secret: &[u8; 32]) -> Option<Reported> {
    if reading.report.is_some() {
        let bounce = |(sub_address, mark)| match mark {
            SubAddress::Bounce { message, .. } => {
                let is_its = |to: &&crate::desk::Recipient| to.sub_address.as_deref() == Some(sub_address);
                let return_path = share.recipients.iter().find(is_its).map(|to| to.address.key());
                Some(Reported { message, return_path })
            }
            SubAddress::Ticket(_) | SubAddress::Unsubscribe { .. } => None,
        };
        return tokens_of(share, secret).find_map(bounce);
    }
    let complaint = reading.complaint.as_ref()?;
    let by_sender = complaint.senders.iter().find_map(|sender| {
        let sender = Address::parse(sender).ok()?;
        let (_, sub_address) = sender.local().split_once('+')?;
        match tokens::parse_sub_address(secret, sub_address)? {
            SubAddress::Bounce { message, .. } => Some(Reported { message, return_path: Some(sender.key()) }),
            SubAddress::Ticket(_) | SubAddress::Unsubscribe { .. } => None,
        }
    });
    by_sender.or_else(|| {
        let (_, message) = tokens::parse_message_id(secret, complaint.message_id.as_deref()?)?;
        Some(Reported { message, return_path: None })
    })
}
