//! Writes an automatic letter that a letter brought about, or writes down why it is held back.
//!
//! The wish for it is stored in the letter's own commit (`AutomaticDue`); the answer, its place in the queue, what it costs of the
//! budgets and the end of the wish are one commit too. So a crash neither loses nor doubles it.

use bytes::Bytes;

use crate::desk::automatic::{Asked, Permission, may_answer};
use crate::desk::clock::now_ms;
use crate::desk::codec::{Record, encode};
use crate::desk::commands::mail_thread::{references, subject};
use crate::desk::{
    Answers, Authenticity, AutomaticDue, AutomaticKind, Change, Delivery, Desk, DeskError, KnownId, Message,
    MessageKind, Resolution, Ticket, keys, retry, tokens,
};
use crate::mail::compose::{Outgoing, SuccessReport, compose_success};
use crate::mail::{Address, Correspondent};
use crate::store::{Batch, BlobHash, Key, Space, StoreError};

/// Wishes that one sweep looks at.
const SWEPT: usize = 1_000;

/// What a decision rests on.
struct Case {
    due: Record<AutomaticDue>,
    message: Record<Message>,
    ticket: Record<Ticket>,
    to_address: Option<Record<Answers>>,
    in_ticket: Option<Record<Answers>>,
}

impl Desk {
    /// Carries out every wish that was left behind: by a crash, or a full disk. Answers how many.
    pub async fn answer_what_is_due(&self) -> Result<u64, DeskError> {
        let page = self.inner.store.scan(&keys::all(Space::AutomaticDue), SWEPT).await?;
        let mut answered = 0_u64;
        for message in page.rows.iter().filter_map(|(key, _)| keys::last_id(key)) {
            match self.answer_automatically(message).await {
                Ok(()) => answered = answered.saturating_add(1),
                // One that cannot be written is no reason to leave the others.
                Err(error) => tracing::warn!(message, %error, "an automatic letter is not decided yet"),
            }
        }
        Ok(answered)
    }

    /// Carries out the wish for an automatic letter that stands behind a message; nothing where there is none (any more).
    pub async fn answer_automatically(&self, message: u64) -> Result<(), DeskError> {
        self.may_grow()?;
        loop {
            let id = self.inner.ids.next(&*self.inner.store).await?;
            let delivery = self.inner.ids.next(&*self.inner.store).await?;
            if !retry::on_conflict(|| self.try_answer(message, id, delivery)).await? {
                return Ok(());
            }
        }
    }

    /// Carries out the first wish; whether there is another one behind the same message.
    async fn try_answer(&self, message: u64, id: u64, delivery: u64) -> Result<bool, DeskError> {
        let Some(case) = self.case(message).await? else { return Ok(false) };
        let now = now_ms();
        let mut batch = Batch::new();
        let key = keys::automatic_due(message);
        batch.expect_version(key.clone(), case.due.version);
        // Behind a report stands the text of a rule's answer, where there is one.
        let is_more = case.due.value.kind == AutomaticKind::DeliveryReport && !case.due.value.text.is_empty();
        match is_more {
            true => batch.put(key, encode(&AutomaticDue { kind: AutomaticKind::AutoReply, ..case.due.value.clone() })),
            false => batch.delete(key),
        };
        let permission = self.permission(&case, now).await?;
        let word = match permission {
            Permission::Allowed => "sent",
            Permission::HeldBack(_) => "held_back",
        };
        match permission {
            Permission::Allowed => self.write_answer(&case, (id, delivery), now, &mut batch).await?,
            Permission::HeldBack(why) => {
                let Record { value, version } = &case.message;
                let told = Message { held_back: Some(why), ..value.clone() };
                let key = keys::message(value.ticket, value.id);
                batch.expect_version(key.clone(), *version).put(key, encode(&told));
                batch.feed(Change::TicketUpdated { ticket: value.ticket }.to_entry());
            }
        }
        self.inner.store.commit(batch).await?;
        metrics::counter!("mxdesk_automatic_letters_total", "outcome" => word).increment(1);
        Ok(is_more)
    }

    /// Everything that was read; `None` where there is no wish, or nothing left of its letter.
    async fn case(&self, message: u64) -> Result<Option<Case>, DeskError> {
        let store = &*self.inner.store;
        let Some(due) = store.get(&keys::automatic_due(message)).await? else { return Ok(None) };
        let due: Record<AutomaticDue> = Record::read(&due)?;
        let number = due.value.ticket;
        let letter = store.get(&keys::message(number, message)).await?;
        let letter: Record<Message> = Record::read(&letter.ok_or(DeskError::NotFound("message"))?)?;
        let wanted = [
            keys::ticket(number),
            keys::answers_to(&letter.value.envelope_from.to_lowercase()),
            keys::answers_in(number),
        ];
        let mut found = store.get_many(&wanted).await?.into_iter();
        let ticket = found.next().flatten().ok_or(DeskError::NotFound("ticket"))?;
        let mut answers = || found.next().flatten().as_ref().map(Record::<Answers>::read).transpose();
        let (to_address, in_ticket) = (answers()?, answers()?);
        Ok(Some(Case { due, message: letter, ticket: Record::read(&ticket)?, to_address, in_ticket }))
    }

    async fn permission(&self, case: &Case, now: u64) -> Result<Permission, StoreError> {
        let message = &case.message.value;
        let key = message.envelope_from.to_lowercase();
        let address = Address::parse(&key).ok();
        let suppression = self.inner.store.get(&keys::suppression(&key)).await?;
        let suppression = suppression.as_ref().map(Record::<crate::desk::Suppression>::read).transpose()?;
        let times = |answers: &Option<Record<Answers>>| answers.as_ref().map(|record| record.value.times.clone());
        let (to_address, in_ticket) =
            (times(&case.to_address).unwrap_or_default(), times(&case.in_ticket).unwrap_or_default());
        let directory = self.directory();
        let mailbox = directory.mailboxes.get(&case.ticket.value.mailbox);
        // The report's form has no place for others (RFC 3464 §2.3).
        let is_fit = |address: &Address| case.due.value.kind == AutomaticKind::AutoReply || address.as_str().is_ascii();
        let asked = Asked {
            kind: case.due.value.kind,
            has_sender: mailbox.is_some_and(|mailbox| mailbox.sender_address().is_some()),
            envelope_from: &key,
            is_address: address.as_ref().is_some_and(is_fit),
            is_ours: address.is_some_and(|address| directory.resolve(&address) != Resolution::NotOurs),
            robot: message.robot.as_deref(),
            is_report: message.bounce,
            is_suppressed: suppression.is_some_and(|found| found.value.holds(now)),
            authenticity: Authenticity::of(message.authentication.as_ref(), &key),
            to_address: &to_address,
            in_ticket: &in_ticket,
            now,
        };
        Ok(may_answer(&self.inner.settings.automatic, &asked))
    }

    /// The answer with everything that goes with it. It is no answer of a person: the ticket's status stays, and so does the waiting.
    async fn write_answer(&self, case: &Case, ids: (u64, u64), now: u64, batch: &mut Batch) -> Result<(), DeskError> {
        let (id, delivery_id) = ids;
        let letter = &case.message.value;
        let mut ticket = case.ticket.value.clone();
        let number = ticket.number;
        let (outgoing, sender) = self.outgoing(case, id, now)?;
        let mut message = Message {
            id,
            ticket: number,
            kind: MessageKind::Outbound,
            at: now,
            from: Some(outgoing.from.clone()),
            to: outgoing.to.clone(),
            subject: outgoing.subject.clone(),
            message_id: Some(outgoing.message_id.clone()),
            references: outgoing.references.clone(),
            text: outgoing.text.clone(),
            automatic: Some(case.due.value.kind),
            // Both answers and reports are protected as the letter was (RFC 8689 §5, §6).
            require_tls: letter.require_tls,
            ..Message::default()
        };
        let recipient = letter.envelope_from.clone();
        let raw = match case.due.value.kind {
            AutomaticKind::AutoReply => self.compose_and_sign(outgoing, &sender).await?,
            AutomaticKind::DeliveryReport => self.compose_report(letter, outgoing, &sender).await?,
        };
        message.size = u64::try_from(raw.len()).unwrap_or(u64::MAX);
        message.raw = Some(self.inner.blobs.keep(raw).await?.0);

        ticket.message_count = ticket.message_count.saturating_add(1);
        ticket.updated_at = ticket.updated_at.max(now);
        // The null sender (RFC 3834 §3.3): nobody can bounce an automatic letter, or answer it by machine.
        let delivery = Delivery {
            id: delivery_id,
            message: id,
            ticket: number,
            envelope_from: String::new(),
            recipient,
            due_at: now,
            created_at: now,
            require_tls: letter.require_tls,
            ..Delivery::default()
        };
        batch
            .expect_version(keys::ticket(number), case.ticket.version)
            .put(keys::ticket(number), encode(&ticket))
            .feed(Change::TicketUpdated { ticket: number }.to_entry())
            .put(keys::message(number, id), encode(&message))
            .put(keys::message_ticket(id), encode(&number))
            .feed(Change::MessageAdded { ticket: number, message: id }.to_entry())
            .put(keys::delivery(delivery_id), encode(&delivery))
            .put(keys::queue_due(now, delivery_id), Vec::new())
            .put(keys::message_delivery(id, delivery_id), Vec::new())
            .feed(Change::DeliveryChanged { ticket: number, message: id, delivery: delivery_id }.to_entry());
        if let Some(message_id) = &message.message_id {
            let known = KnownId { ticket: number, seen: true };
            batch.put(keys::message_id(ticket.mailbox, &KnownId::hash(message_id)), encode(&known));
        }
        let spend = |key: Key, before: &Option<Record<Answers>>, batch: &mut Batch| {
            match before {
                Some(record) => batch.expect_version(key.clone(), record.version),
                None => batch.expect_absent(key.clone()),
            };
            let answers = before.as_ref().map(|record| record.value.clone()).unwrap_or_default();
            batch.put(key, encode(&answers.with(now)));
        };
        if case.due.value.kind == AutomaticKind::AutoReply {
            spend(keys::answers_to(&letter.envelope_from.to_lowercase()), &case.to_address, batch);
            spend(keys::answers_in(number), &case.in_ticket, batch);
        }
        Ok(())
    }

    /// The report of delivery that a sender asked for (RFC 3461 §4.1), signed.
    async fn compose_report(&self, letter: &Message, outgoing: Outgoing, sender: &Address) -> Result<Bytes, DeskError> {
        let asked = letter.dsn.clone().unwrap_or_default();
        let wanted = asked.recipients.into_iter().filter(|one| one.notify.is_some_and(|notify| notify.success));
        let recipients = wanted.filter(|one| one.address.is_ascii()).map(|one| {
            let original = one.original.filter(|original| original.address.is_ascii());
            (one.address, original.map(|original| (original.kind, original.address)))
        });
        let raw = match letter.raw {
            Some(raw) => self.inner.blobs.fetch(BlobHash(raw)).await?.unwrap_or_default(),
            None => Bytes::new(),
        };
        let report = SuccessReport {
            from: outgoing.from,
            to: outgoing.to.into_iter().next().unwrap_or_default(),
            message_id: outgoing.message_id,
            in_reply_to: outgoing.in_reply_to,
            date: outgoing.date,
            arrived: i64::try_from(letter.at / 1000).unwrap_or(i64::MAX),
            reporting_mta: self.inner.settings.hostname.clone(),
            envelope_id: asked.envid,
            recipients: recipients.collect(),
            letter: raw.to_vec(),
        };
        self.sign(sender, move || compose_success(&report)).await
    }

    /// The letter (RFC 3834 §3.1), to the envelope sender of the one that it answers (§4), and the address that sends it.
    fn outgoing(&self, case: &Case, id: u64, now: u64) -> Result<(Outgoing, Address), DeskError> {
        let (ticket, letter) = (&case.ticket.value, &case.message.value);
        let directory = self.directory();
        let mailbox = directory.mailboxes.get(&ticket.mailbox).ok_or(DeskError::NotFound("mailbox"))?;
        let sender =
            mailbox.sender_address().ok_or_else(|| DeskError::invalid("mailbox", "it has no address to send from"))?;
        let subject = subject(&ticket.subject, &directory.display(ticket.mailbox, ticket.number));
        let text = match case.due.value.kind {
            AutomaticKind::AutoReply => case.due.value.text.clone(),
            AutomaticKind::DeliveryReport => "Report of delivery, as the sender asked (NOTIFY=SUCCESS)".to_owned(),
        };
        let outgoing = Outgoing {
            from: Correspondent { name: Some(mailbox.name.clone()), address: sender.as_str().to_owned() },
            reply_to: tokens::reply_address(&self.inner.secret, &sender, ticket.number),
            to: vec![Correspondent { name: None, address: letter.envelope_from.clone() }],
            cc: Vec::new(),
            subject: subject.replacen("Re: ", "Auto: ", 1),
            message_id: tokens::message_id(&self.inner.secret, ticket.number, id, &self.inner.settings.hostname),
            in_reply_to: letter.message_id.clone(),
            references: references(Some(letter)),
            date: i64::try_from(now / 1000).unwrap_or(i64::MAX),
            text,
            files: Vec::new(),
            automatic: true,
            unsubscribe: None,
        };
        Ok((outgoing, sender))
    }
}

#[cfg(test)]
mod tests;
