//! A mailing: one text to many addresses, what became of each of them, and the sign on their tickets.

use minicbor::{Decode, Encode};

use super::{Recalled, SuppressionReason};

/// A mailing, as ordered. Its recipients are rows of their own.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Mailing {
    /// Its id.
    #[n(0)]
    pub id: u64,
    /// The mailbox that writes.
    #[n(1)]
    pub mailbox: u64,
    /// The letters' subject; at most 900 characters.
    #[n(2)]
    pub subject: String,
    /// The letters' text; at most 16 KiB.
    #[n(3)]
    pub text: String,
    /// The tag of its tickets. Those that were answered also have the one below it: see [`Mailing::answered_tag`].
    #[n(4)]
    pub tag: String,
    /// When it was ordered, Unix milliseconds.
    #[n(5)]
    pub at: u64,
    /// Who ordered it; `None` for the command line.
    #[n(6)]
    pub by: Option<u64>,
    /// When its letters begin to be written, Unix milliseconds: until then it can be recalled as a whole.
    #[n(7)]
    pub due_at: u64,
    /// How many recipients it has; their places are 0 up to this.
    #[n(8)]
    pub recipients: u16,
    /// The first place that is not dealt with yet. It moves in the commit that holds the letters before it.
    #[n(9)]
    pub next: u16,
    /// It was recalled: nothing of it was or will be written.
    #[n(10)]
    pub recalled: Option<Recalled>,
}

impl Mailing {
    /// The tag that a ticket has besides the mailing's own once its recipient has answered: `TAG/answered`.
    pub fn answered_tag(tag: &str) -> String {
        format!("{tag}/answered")
    }
}

/// One recipient of a mailing.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct MailingRecipient {
    /// The address.
    #[n(0)]
    pub address: String,
    /// The display name; may be empty.
    #[n(1)]
    pub name: String,
    /// Why nothing is written to it.
    #[n(2)]
    pub held_back: Option<SuppressionReason>,
    /// Its letter's ticket, once that is written.
    #[n(3)]
    pub ticket: Option<u64>,
    /// Its letter's delivery, once that is written.
    #[n(4)]
    pub delivery: Option<u64>,
    /// When it was unsubscribed by this mailing's letter, Unix milliseconds.
    #[n(5)]
    pub unsubscribed_at: Option<u64>,
}

/// On a ticket: the mailing that opened it.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct MailingPart {
    /// The mailing.
    #[n(0)]
    pub mailing: u64,
    /// The mailing's tag.
    #[n(1)]
    pub tag: String,
    /// When a person first answered, Unix milliseconds.
    #[n(2)]
    pub answered_at: Option<u64>,
}
