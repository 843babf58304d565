//! A mailing as the API shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::queries::{MailingCounts, MailingView};
use crate::desk::{Directory, SuppressionReason};
use crate::http::tickets::{Name, operator_name};
use crate::http::time::Time;

/// A mailing with what became of its letters.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Mailing)]
pub(in crate::http) struct MailingItem {
    /// Its id.
    pub id: u64,
    /// The prefix of the mailbox that writes.
    pub mailbox: String,
    /// The letters' subject.
    pub subject: String,
    /// The letters' text.
    pub text: String,
    /// The tag of its tickets; those that were answered have `TAG/answered` too.
    pub tag: String,
    /// When it was ordered.
    pub at: Time,
    /// Who ordered it; null for the command line.
    #[schema(required = true)]
    pub by: Option<Name>,
    /// When its letters begin to leave.
    pub due_at: Time,
    /// How many recipients it has.
    pub recipients: u32,
    /// What became of its letters.
    pub counts: MailingCounts,
    /// To whom nothing is written, and why.
    pub held_back: Vec<HeldBackRecipient>,
    /// For how many milliseconds more it can be recalled; null when it cannot.
    #[schema(required = true)]
    pub recallable_ms: Option<u64>,
    /// When it was recalled; null when it was not.
    #[schema(required = true)]
    pub recalled_at: Option<Time>,
    /// Who recalled it; null for the command line.
    #[schema(required = true)]
    pub recalled_by: Option<Name>,
}

/// A recipient to whom nothing is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::http) struct HeldBackRecipient {
    /// The address.
    pub address: String,
    /// Why.
    pub reason: SuppressionReason,
}

impl MailingItem {
    /// The mailing, with names instead of ids.
    pub(in crate::http) fn of(view: MailingView, directory: &Directory) -> Self {
        let MailingView { mailing, counts, held_back, recallable_ms } = view;
        let name = |id: Option<u64>| id.map(|id| operator_name(directory, id));
        let recalled = mailing.recalled.as_ref();
        Self {
            id: mailing.id,
            mailbox: directory.mailboxes.get(&mailing.mailbox).map(|found| found.prefix.clone()).unwrap_or_default(),
            subject: mailing.subject,
            text: mailing.text,
            tag: mailing.tag,
            at: Time(mailing.at),
            by: name(mailing.by),
            due_at: Time(mailing.due_at),
            recipients: mailing.recipients.into(),
            counts,
            held_back: held_back.into_iter().map(|(address, reason)| HeldBackRecipient { address, reason }).collect(),
            recallable_ms,
            recalled_at: recalled.map(|recalled| Time(recalled.at)),
            recalled_by: name(recalled.and_then(|recalled| recalled.by)),
        }
    }
}
