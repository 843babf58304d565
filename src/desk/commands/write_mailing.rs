//! Writes the letters of a mailing whose hold time is over: some per commit, until all are written.
//!
//! Promises: each recipient is written to once. The mailing's record names the first place that is not dealt with; it moves in the
//! commit that holds the letters before it, so that a crash between two commits, or two who write at once, double and lose nothing.
//! Each letter is a ticket of its own, closed until it is answered, so that each answer is a conversation.
//! Leaves to others: when it is asked for (`jobs`), the letters' way out (`queue`).

use super::reply::{Prepared, message, put_message, with_signature};
use crate::desk::clock::now_ms;
use crate::desk::codec::{Record, decode, encode};
use crate::desk::ticket_state::{add_message, add_participants, set_status};
use crate::desk::{
    Change, Desk, DeskError, Mailbox, Mailing, MailingPart, MailingRecipient, Ticket, keys, retry, tokens,
};
use crate::mail::compose::{Outgoing, Unsubscribe};
use crate::mail::{Address, Correspondent};
use crate::rules::Status;
use crate::store::{Batch, Key};

/// Octets of one commit, below the store's 1 MiB.
const BATCH: usize = 600 * 1024;
/// Octets that a letter's rows take besides its text and subject, at most.
const ROWS: usize = 8 * 1024;
/// Letters of one commit: while they are made nobody waits for it, and a crash makes few anew.
const LETTERS: usize = 50;

impl Desk {
    /// The mailings whose letters are still to be written, oldest first.
    pub async fn mailings_to_write(&self) -> Result<Vec<u64>, DeskError> {
        Ok(self.open_mailings().await?.0)
    }

    /// Writes the next letters of a mailing, in one commit. Whether there are more to be written now.
    pub async fn write_mailing(&self, id: u64) -> Result<bool, DeskError> {
        self.may_grow()?;
        retry::on_conflict(|| self.try_write_mailing(id)).await
    }

    async fn try_write_mailing(&self, id: u64) -> Result<bool, DeskError> {
        let store = &*self.inner.store;
        let stored = store.get(&keys::mailing(id)).await?.ok_or(DeskError::NotFound("mailing"))?;
        let Record { value: mut mailing, version }: Record<Mailing> = Record::read(&stored)?;
        let now = now_ms();
        if mailing.due_at > now && mailing.recalled.is_none() {
            return Ok(false);
        }
        let mut batch = Batch::new();
        if mailing.recalled.is_none() {
            let letter =
                mailing.text.len().saturating_add(mailing.subject.len().saturating_mul(3)).saturating_add(ROWS);
            let most = (BATCH / letter).clamp(1, LETTERS);
            self.write_letters(&mut mailing, most, now, &mut batch).await?;
        }
        let is_done = mailing.recalled.is_some() || mailing.next >= mailing.recipients;
        batch.expect_version(keys::mailing(id), version).put(keys::mailing(id), encode(&mailing));
        if is_done {
            let (mut open, version) = self.open_mailings().await?;
            open.retain(|open| *open != id);
            Self::put_open_mailings(open, version, &mut batch);
        }
        store.commit(batch).await?;
        Ok(!is_done)
    }

    /// Puts the next letters into a batch, and moves the mailing's place behind them.
    async fn write_letters(
        &self,
        mailing: &mut Mailing,
        most: usize,
        now: u64,
        batch: &mut Batch,
    ) -> Result<(), DeskError> {
        let places: Vec<u16> = (mailing.next..mailing.recipients).take(most).collect();
        let keys: Vec<Key> = places.iter().map(|place| keys::mailing_recipient(mailing.id, (*place).into())).collect();
        let stored = self.inner.store.get_many(&keys).await?;
        let mut recipients: Vec<Record<MailingRecipient>> = Vec::with_capacity(keys.len());
        for stored in &stored {
            recipients.push(Record::read(stored.as_ref().ok_or(DeskError::NotFound("mailing's recipient"))?)?);
        }
        let addresses: Vec<String> = recipients.iter().map(|to| to.value.address.to_lowercase()).collect();
        let held_back = self.held_back(&addresses, now).await?;
        let contacts: Vec<Key> = addresses.iter().map(|address| keys::contact_address(address)).collect();
        let contacts = self.inner.store.get_many(&contacts).await?;
        for (((place, key), record), (held_back, contact)) in
            places.into_iter().zip(keys).zip(recipients).zip(held_back.into_iter().zip(contacts))
        {
            let Record { value: mut to, version } = record;
            to.held_back = held_back;
            if held_back.is_none() {
                let contact = contact.map(|stored| decode::<u64>(&stored.value)).transpose()?;
                self.write_letter(mailing, place, &mut to, contact, now, batch).await?;
            }
            batch.expect_version(key.clone(), version).put(key, encode(&to));
            mailing.next = place.saturating_add(1);
        }
        Ok(())
    }

    /// One letter: its ticket, message and delivery.
    async fn write_letter(
        &self,
        mailing: &Mailing,
        place: u16,
        to: &mut MailingRecipient,
        contact: Option<u64>,
        now: u64,
        batch: &mut Batch,
    ) -> Result<(), DeskError> {
        let store = &*self.inner.store;
        let (number, id) = (self.inner.tickets.next(store).await?, self.inner.ids.next(store).await?);
        let mut ticket = ticket(mailing, number, to, contact, now);
        let prepared = self.mailing_letter(mailing, place, to, &ticket, id, now).await?;
        add_message(&mut ticket, &prepared.message);
        set_status(&mut ticket, Status::Closed, now);
        batch
            .expect_absent(keys::ticket(number))
            .put(keys::ticket(number), encode(&ticket))
            .feed(Change::TicketCreated { ticket: number }.to_entry());
        if let Some(contact) = contact {
            batch.put(keys::contact_ticket(contact, number), Vec::new());
        }
        put_message(batch, &ticket, &prepared);
        to.ticket = Some(number);
        to.delivery = self.put_deliveries(batch, &prepared, now, now).await?.pop();
        metrics::counter!("mxdesk_mailing_letters_total").increment(1);
        Ok(())
    }

    async fn mailing_letter(
        &self,
        mailing: &Mailing,
        place: u16,
        to: &MailingRecipient,
        ticket: &Ticket,
        id: u64,
        now: u64,
    ) -> Result<Prepared, DeskError> {
        let directory = self.directory();
        let mailbox: &Mailbox = directory.mailboxes.get(&mailing.mailbox).ok_or(DeskError::NotFound("mailbox"))?;
        let sender =
            mailbox.sender_address().ok_or_else(|| DeskError::invalid("mailbox", "it has no address to send from"))?;
        let recipient = Address::parse(&to.address)
            .map_err(|error| DeskError::invalid("to", format!("{}: {error}", to.address)))?;
        let secret = &self.inner.secret;
        let token = tokens::unsubscribe_token(secret, mailing.id, place);
        let unsubscribe = Unsubscribe {
            url: format!("{}/unsubscribe/{token}", self.public_url()?),
            mail: tokens::unsubscribe_address(secret, &sender, mailing.id, place),
        };
        let name = Some(to.name.clone()).filter(|name| !name.is_empty());
        let outgoing = Outgoing {
            from: Correspondent { name: Some(mailbox.name.clone()), address: sender.as_str().to_owned() },
            reply_to: tokens::reply_address(secret, &sender, ticket.number),
            to: vec![Correspondent { name, address: to.address.clone() }],
            cc: Vec::new(),
            subject: mailing.subject.clone(),
            message_id: tokens::message_id(secret, ticket.number, id, &self.inner.settings.hostname),
            in_reply_to: None,
            references: Vec::new(),
            date: i64::try_from(now / 1000).unwrap_or(i64::MAX),
            text: with_signature(&mailing.text, mailbox),
            files: Vec::new(),
            automatic: false,
            unsubscribe: Some(unsubscribe),
        };
        let return_path = tokens::return_path(secret, &sender, id, 0).unwrap_or_else(|| sender.clone());
        let mut message = message(ticket, id, now, &outgoing, &mailing.text);
        message.author = mailing.by;
        let raw = self.compose_and_sign(outgoing, &sender).await?;
        message.size = u64::try_from(raw.len()).unwrap_or(u64::MAX);
        message.raw = Some(self.inner.blobs.keep(raw.clone()).await?.0);
        Ok(Prepared { message, raw, recipients: vec![(recipient, return_path)] })
    }
}

/// The ticket of one letter, still without it.
fn ticket(mailing: &Mailing, number: u64, to: &MailingRecipient, contact: Option<u64>, now: u64) -> Ticket {
    let mut ticket = Ticket {
        number,
        mailbox: mailing.mailbox,
        subject: mailing.subject.clone(),
        tags: vec![mailing.tag.clone()],
        contact,
        created_at: now,
        requester: if to.name.is_empty() { to.address.clone() } else { to.name.clone() },
        requester_address: to.address.clone(),
        mailing: Some(MailingPart { mailing: mailing.id, tag: mailing.tag.clone(), answered_at: None }),
        ..Ticket::default()
    };
    add_participants(&mut ticket, [to.address.to_lowercase()]);
    ticket
}

#[cfg(test)]
#[path = "mailing_tests.rs"]
mod tests;
