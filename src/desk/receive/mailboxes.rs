//! Which mailboxes a letter is for: one share each, however many of its addresses are recipients.

use crate::desk::Recipient;

/// One mailbox's share of a letter: it becomes one message of one ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// The mailbox.
    pub mailbox: u64,
    /// The recipients that reached it, in the order of `RCPT`; at least one.
    pub recipients: Vec<Recipient>,
}

/// The shares of a letter, in the order in which its recipients name the mailboxes.
pub(super) fn share_out(recipients: Vec<Recipient>) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    for recipient in recipients {
        match shares.iter_mut().find(|share| share.mailbox == recipient.mailbox) {
            Some(share) => share.recipients.push(recipient),
            None => shares.push(Share { mailbox: recipient.mailbox, recipients: vec![recipient] }),
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    #[test]
    fn two_addresses_of_one_mailbox_make_one_share() {
        let recipient = |address: &str, mailbox| Recipient {
            address: Address::parse(address).unwrap(),
            mailbox,
            sub_address: None,
        };
        let shares = share_out(vec![
            recipient("help@demo.test", 1),
            recipient("sales@demo.test", 2),
            recipient("info@demo.test", 1),
        ]);
        let summary: Vec<_> = shares.iter().map(|share| (share.mailbox, share.recipients.len())).collect();
        assert_eq!(summary, [(1, 2), (2, 1)]);
    }
}
