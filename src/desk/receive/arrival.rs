//! A letter that has arrived: the transaction, read and shared out. Nothing in it changes any more.

use std::collections::HashSet;

use super::Transaction;
use super::bounds::{ADDRESS, cut};
use super::clues::{self, Clue};
use super::mailboxes::{Share, share_out};
use super::reading::Reading;
use super::report;
use super::reported;
use super::seen::Question;
use super::thread::Asker;
use crate::desk::tokens::SubAddress;
use crate::desk::{DeskSettings, Directory, DsnRequest, Judged, SessionFacts};
use crate::mail::report::Report;
use crate::mail::{Address, Authentication};

/// What is known of a letter before the store is asked.
pub(super) struct Arrival {
    /// When, Unix milliseconds.
    pub at: u64,
    /// How it came.
    pub session: SessionFacts,
    /// The envelope sender as key; empty for the null sender.
    pub envelope_from: String,
    /// The From address as key; `None` where there is no valid one.
    pub from: Option<String>,
    /// Who was proven to have sent it.
    pub authentication: Authentication,
    /// What the policy found.
    pub judged: Judged,
    /// Each mailbox's share.
    pub shares: Vec<Share>,
    /// What was asked about reports, for all recipients.
    pub dsn: DsnRequest,
    /// It must not go further without verified TLS.
    pub require_tls: bool,
    /// The letter.
    pub reading: Reading,
    /// The report about our mail that it brings.
    pub report: Option<Report>,
}

impl Arrival {
    /// Reads a transaction's letter.
    pub(super) async fn of(transaction: Transaction, at: u64) -> Self {
        let Transaction { session, mail_from, recipients, dsn, require_tls, raw, trace_header, authentication, judged } =
            transaction;
        let envelope_from = mail_from.as_ref().map(Address::key).unwrap_or_default();
        let reading = Reading::of(trace_header, raw, envelope_from.clone()).await;
        let report = report::read(&reading).await;
        let from = reading.letter.from.as_ref().and_then(|from| Address::parse(&from.address).ok());
        Self {
            at,
            session,
            envelope_from,
            from: from.map(|from| cut(&from.key(), ADDRESS).to_owned()),
            authentication,
            judged,
            shares: share_out(recipients),
            dsn,
            require_tls,
            reading,
            report,
        }
    }

    /// It is kept apart: no ticket of others is touched, no rule asked, nobody becomes a contact.
    pub(super) fn is_apart(&self) -> bool {
        self.judged.quarantine.is_some()
    }

    /// What the store is asked for each share.
    pub(super) fn questions<'a>(&'a self, directory: &Directory, secret: &'a [u8; 32]) -> Vec<Question<'a>> {
        let question = |share| {
            let reported = reported::of(&self.reading, share, secret).filter(|_| !self.is_apart());
            let clues: Vec<Clue<'_>> = clues::clues(&self.reading, share, reported.as_ref(), directory, secret);
            let unsubscribes = clues::tokens_of(share, secret).find_map(|(_, mark)| match mark {
                SubAddress::Unsubscribe { mailing, place } => Some((mailing, place)),
                SubAddress::Ticket(_) | SubAddress::Bounce { .. } => None,
            });
            Question { mailbox: share.mailbox, clues, reported, unsubscribes }
        };
        self.shares.iter().map(question).collect()
    }

    /// What threading must know besides the clues.
    pub(super) fn asker(&self, settings: &DeskSettings) -> Asker<'_> {
        Asker {
            from: self.from.as_deref(),
            dmarc: self.authentication.dmarc.result,
            is_from_person: self.reading.is_from_person,
            at: self.at,
            reopen_days: settings.reopen_days,
            mailboxes: self.shares.iter().map(|share| share.mailbox).collect::<HashSet<_>>(),
        }
    }
}
