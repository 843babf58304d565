//! What in a letter may name its ticket, in the order of the steps of threading. Pure: nothing is looked up here.

use super::mailboxes::Share;
use super::reading::Reading;
use super::reported::Reported;
use crate::desk::tokens::{self, SubAddress};
use crate::desk::{Directory, KnownId, ThreadStep, keys};
use crate::mail::Letter;
use crate::store::Key;

/// Numbers in one subject that are looked at.
const SUBJECT_NUMBERS: usize = 5;
/// The longest `[PREFIX-NUMBER]`, brackets included, in octets.
const LONGEST_NUMBER: usize = 40;

/// A Message-ID as the index knows it: [`KnownId::hash`].
pub(super) type IdHash = [u8; 16];

/// One thing that may name the ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clue<'a> {
    /// The step that it belongs to.
    pub step: ThreadStep,
    /// What it names.
    pub names: Named,
    /// As it stands in the letter.
    pub written: &'a str,
}

/// What a clue names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A ticket by its number.
    Ticket(u64),
    /// The ticket of one of our messages.
    Message(u64),
    /// The ticket in whose letters this Message-ID was seen or referred to.
    MessageId(IdHash),
    /// The ticket of a mailing's letter, by mailing and place.
    Mailing(u64, u16),
    /// The letter's own Message-ID, where other letters have already referred to it.
    OwnId(IdHash),
}

impl Named {
    /// The row that answers what is named.
    pub(super) fn key(self, mailbox: u64) -> Key {
        match self {
            Named::Ticket(ticket) => keys::ticket(ticket),
            Named::Message(message) => keys::message_ticket(message),
            Named::Mailing(mailing, place) => keys::mailing_recipient(mailing, place.into()),
            Named::MessageId(hash) | Named::OwnId(hash) => keys::message_id(mailbox, &hash),
        }
    }
}

/// The Message-IDs that a letter answers, nearest first, each once: In-Reply-To, then References from the right (RFC 5322 §3.6.4).
pub(super) fn answered(letter: &Letter) -> Vec<(ThreadStep, &str)> {
    let in_reply_to = letter.in_reply_to.iter().map(|id| (ThreadStep::InReplyTo, id.as_str()));
    let references = letter.references.iter().rev().map(|id| (ThreadStep::References, id.as_str()));
    let mut answered: Vec<(ThreadStep, &str)> = Vec::new();
    for (step, id) in in_reply_to.chain(references) {
        if !answered.iter().any(|(_, known)| *known == id) {
            answered.push((step, id));
        }
    }
    answered
}

/// Every clue for one mailbox, the strongest first.
pub(super) fn clues<'a>(
    reading: &'a Reading,
    share: &'a Share,
    reported: Option<&Reported>,
    directory: &Directory,
    secret: &'a [u8; 32],
) -> Vec<Clue<'a>> {
    let mut clues = Vec::new();
    // A complaint names no ticket, but a letter of ours, with a MAC.
    if let (Some(complaint), Some(reported)) = (&reading.complaint, reported) {
        let written = complaint.message_id.as_deref().unwrap_or_default();
        clues.push(Clue { step: ThreadStep::OwnMessageId, names: Named::Message(reported.message), written });
    }
    for (sub_address, token) in tokens_of(share, secret) {
        let names = match token {
            SubAddress::Ticket(ticket) => Named::Ticket(ticket),
            SubAddress::Bounce { message, .. } => Named::Message(message),
            SubAddress::Unsubscribe { mailing, place } => Named::Mailing(mailing, place),
        };
        clues.push(Clue { step: ThreadStep::SubAddress, names, written: sub_address });
    }
    let answered = answered(&reading.letter);
    for (_, id) in &answered {
        if let Some((ticket, _)) = tokens::parse_message_id(secret, id) {
            clues.push(Clue { step: ThreadStep::OwnMessageId, names: Named::Ticket(ticket), written: id });
        }
    }
    for (step, id) in &answered {
        clues.push(Clue { step: *step, names: Named::MessageId(KnownId::hash(id)), written: id });
    }
    if let Some(id) = &reading.letter.message_id {
        clues.push(Clue { step: ThreadStep::References, names: Named::OwnId(KnownId::hash(id)), written: id });
    }
    for (number, written) in numbers(&reading.letter.subject, directory) {
        clues.push(Clue { step: ThreadStep::Subject, names: Named::Ticket(number), written });
    }
    clues
}

/// Our marks in the recipients' sub-addresses.
pub(super) fn tokens_of<'a>(
    share: &'a Share,
    secret: &'a [u8; 32],
) -> impl Iterator<Item = (&'a str, SubAddress)> + use<'a> {
    share.recipients.iter().filter_map(|recipient| {
        let sub_address = recipient.sub_address.as_deref()?;
        Some((sub_address, tokens::parse_sub_address(secret, sub_address)?))
    })
}

/// `[DEMO-1042]` in a subject, with the prefix of any mailbox: the number, and how it is written.
fn numbers<'a>(subject: &'a str, directory: &Directory) -> Vec<(u64, &'a str)> {
    let mut numbers = Vec::new();
    for (open, _) in subject.match_indices('[') {
        let rest = super::bounds::cut(&subject[open..], LONGEST_NUMBER);
        let Some(close) = rest.find(']') else { continue };
        let Some((prefix, digits)) = rest[1..close].rsplit_once('-') else { continue };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || directory.mailbox_by_prefix(prefix).is_none() {
            continue;
        }
        if let Ok(number) = digits.parse() {
            numbers.push((number, &rest[..=close]));
        }
        if numbers.len() == SUBJECT_NUMBERS {
            break;
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Mailbox;

    fn directory() -> Directory {
        let mailbox = Mailbox { id: 1, prefix: "DEMO".to_owned(), ..Mailbox::default() };
        Directory { mailboxes: [(1, mailbox)].into(), ..Directory::default() }
    }

    #[test]
    fn numbers_in_a_subject_need_brackets_and_a_prefix_of_ours() {
        let directory = directory();
        let found = |subject: &str| numbers(subject, &directory).iter().map(|(number, _)| *number).collect::<Vec<_>>();
        assert_eq!(found("Re: [DEMO-1042] Where is it?"), [1042]);
        assert_eq!(found("AW: [demo-1042] [DEMO-7]"), [1042, 7]);
        assert!(found("DEMO-1042").is_empty());
        assert!(found("[OTHER-1042] [DEMO-] [DEMO-+1] [DEMO-1042 [] [DEMO-99999999999999999999999]").is_empty());
        assert!(found(&"[".repeat(100_000)).is_empty());
        assert!(found(&format!("[DEMO-{}1]", "ж".repeat(50))).is_empty());
    }

    #[test]
    fn the_answered_letter_comes_before_the_thread_from_its_newest() {
        let letter = Letter {
            in_reply_to: vec!["c@a.test".to_owned()],
            references: ["a@a.test", "b@a.test", "c@a.test"].map(str::to_owned).to_vec(),
            ..Letter::default()
        };
        let order: Vec<_> = answered(&letter).into_iter().map(|(_, id)| id).collect();
        assert_eq!(order, ["c@a.test", "b@a.test", "a@a.test"]);
    }
}
