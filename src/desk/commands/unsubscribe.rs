//! Takes an address out of all mailings, by the token that stood in a letter of one (RFC 8058 §3.1): whoever has the letter may.

use crate::desk::clock::now_ms;
use crate::desk::codec::{Record, encode};
use crate::desk::commands::suppression;
use crate::desk::{Desk, DeskError, Mailing, MailingRecipient, Suppression, SuppressionReason, keys, retry, tokens};
use crate::store::Batch;

/// Whom a token unsubscribes, and from whose mailings: what the page of the link shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribing {
    /// The address.
    pub address: String,
    /// The name of the mailbox that wrote.
    pub mailbox: String,
}

impl Desk {
    /// Whom a token would unsubscribe. Changes nothing: scanners follow links (RFC 8058 §1).
    /// [`DeskError::NotFound`] for a token that we did not make.
    pub async fn unsubscribing(&self, token: &str) -> Result<Unsubscribing, DeskError> {
        let (mailing, place) = self.unsubscribe_token(token)?;
        let address = self.mailing_recipient(mailing, place).await?.value.address;
        let stored = self.inner.store.get(&keys::mailing(mailing)).await?.ok_or(DeskError::NotFound("mailing"))?;
        let mailing: Record<Mailing> = Record::read(&stored)?;
        let directory = self.directory();
        let mailbox = directory.mailboxes.get(&mailing.value.mailbox).map(|mailbox| mailbox.name.clone());
        Ok(Unsubscribing { address, mailbox: mailbox.unwrap_or_default() })
    }

    /// Unsubscribes the recipient that a token names from all mailings of the desk. Twice is once. A full disk is no reason not to:
    /// the row is small, and what its owner wants is the law.
    pub async fn unsubscribe(&self, token: &str) -> Result<(), DeskError> {
        let (mailing, place) = self.unsubscribe_token(token)?;
        retry::on_conflict(|| self.try_unsubscribe(mailing, place)).await
    }

    async fn try_unsubscribe(&self, mailing: u64, place: u16) -> Result<(), DeskError> {
        let Record { value, version } = self.mailing_recipient(mailing, place).await?;
        let key = keys::unsubscribed(&value.address.to_lowercase());
        if value.unsubscribed_at.is_some() && self.inner.store.get(&key).await?.is_some() {
            return Ok(());
        }
        let (after, row) = unsubscribed(&value, now_ms());
        let mut batch = Batch::new();
        batch
            .put(key, encode(&row))
            .expect_version(keys::mailing_recipient(mailing, place.into()), version)
            .put(keys::mailing_recipient(mailing, place.into()), encode(&after));
        self.inner.store.commit(batch).await?;
        metrics::counter!("mxdesk_unsubscribed_total").increment(1);
        Ok(())
    }

    fn unsubscribe_token(&self, token: &str) -> Result<(u64, u16), DeskError> {
        tokens::parse_unsubscribe_token(&self.inner.secret, token).ok_or(DeskError::NotFound("mailing"))
    }

    async fn mailing_recipient(&self, mailing: u64, place: u16) -> Result<Record<MailingRecipient>, DeskError> {
        let stored = self.inner.store.get(&keys::mailing_recipient(mailing, place.into())).await?;
        Ok(Record::read(&stored.ok_or(DeskError::NotFound("mailing"))?)?)
    }
}

/// The recipient, unsubscribed, and the row that keeps the address out of mailings: without an end.
pub(in crate::desk) fn unsubscribed(recipient: &MailingRecipient, at: u64) -> (MailingRecipient, Suppression) {
    let row =
        suppression(&recipient.address.to_lowercase(), SuppressionReason::Unsubscribed, "", at, 0, recipient.ticket);
    (MailingRecipient { unsubscribed_at: recipient.unsubscribed_at.or(Some(at)), ..recipient.clone() }, row)
}
