//! Makes the letter of a reply: recipients, headers, signature, DKIM.

use std::sync::Arc;

use bytes::Bytes;

use super::attached::Attached;
use crate::desk::commands::mail_thread::{references, subject};
use crate::desk::commands::new_message::Checked;
use crate::desk::{Desk, DeskError, Mailbox, Message, MessageKind, Ticket, blocking, tokens};
use crate::mail::compose::{Outgoing, compose};
use crate::mail::{Address, Correspondent, dkim};

/// A reply, ready to be kept.
pub(in crate::desk::commands) struct Prepared {
    /// The message; `raw` and `author` are still to be set.
    pub message: Message,
    /// The letter's bytes.
    pub raw: Bytes,
    /// Each recipient with its envelope sender, none twice.
    pub recipients: Vec<(Address, Address)>,
}

impl Desk {
    /// Composes and signs the reply to a ticket's last letter.
    pub(super) async fn prepare(
        &self,
        ticket: &Ticket,
        last: Option<&Message>,
        id: u64,
        now: u64,
        reply: &Checked,
        attached: &Attached,
    ) -> Result<Prepared, DeskError> {
        let directory = self.directory();
        let mailbox = directory.mailboxes.get(&ticket.mailbox).ok_or(DeskError::NotFound("mailbox"))?;
        let sender =
            mailbox.sender_address().ok_or_else(|| DeskError::invalid("mailbox", "it has no address to send from"))?;
        let to = self.answer_to(ticket, last).await?;
        let outgoing = Outgoing {
            from: Correspondent { name: Some(mailbox.name.clone()), address: sender.as_str().to_owned() },
            reply_to: tokens::reply_address(&self.inner.secret, &sender, ticket.number),
            cc: copies(&to, &reply.cc),
            to: vec![to],
            subject: subject(&ticket.subject, &directory.display(ticket.mailbox, ticket.number)),
            message_id: tokens::message_id(&self.inner.secret, ticket.number, id, &self.inner.settings.hostname),
            in_reply_to: last.and_then(|last| last.message_id.clone()),
            references: references(last),
            date: i64::try_from(now / 1000).unwrap_or(i64::MAX),
            text: with_signature(&reply.text, mailbox),
            files: self.outgoing_files(attached).await?,
            automatic: false,
            unsubscribe: None,
        };
        let recipients = self.envelopes(&outgoing, &sender, id)?;
        let mut message = message(ticket, id, now, &outgoing, &reply.text);
        // What was told in confidence is answered in confidence, unless the operator says otherwise.
        message.require_tls = reply.require_tls.unwrap_or_else(|| last.is_some_and(|last| last.require_tls));
        message.uploads = attached.ids();
        let raw = self.compose_and_sign(outgoing, &sender).await?;
        self.may_leave(raw.len())?;
        message.size = u64::try_from(raw.len()).unwrap_or(u64::MAX);
        Ok(Prepared { message, raw, recipients })
    }

    /// Each recipient with the envelope sender that a bounce will name: one for all, so that they can share a transaction. Which of
    /// them bounced is in the bounce.
    fn envelopes(&self, outgoing: &Outgoing, sender: &Address, id: u64) -> Result<Vec<(Address, Address)>, DeskError> {
        // A mailbox whose local part leaves no room for a mark gets its bounces as letters.
        let return_path = tokens::return_path(&self.inner.secret, sender, id, 0).unwrap_or_else(|| sender.clone());
        let recipients = outgoing.to.iter().chain(&outgoing.cc).map(|recipient| {
            Address::parse(&recipient.address).map_err(|error| DeskError::invalid("to", error.to_string()))
        });
        recipients.map(|recipient| Ok((recipient?, return_path.clone()))).collect()
    }

    pub(in crate::desk::commands) async fn compose_and_sign(
        &self,
        outgoing: Outgoing,
        sender: &Address,
    ) -> Result<Bytes, DeskError> {
        // What went into the letter goes before it is signed: each step of a large one is another copy of it.
        self.sign(sender, move || {
            let raw = compose(&outgoing);
            drop(outgoing);
            raw
        })
        .await
    }

    /// Makes a letter and signs it with the keys of its sender's domain. It leaves unsigned where there are none.
    pub(in crate::desk::commands) async fn sign(
        &self,
        sender: &Address,
        make: impl FnOnce() -> Vec<u8> + Send + 'static,
    ) -> Result<Bytes, DeskError> {
        let keys = self.signing_keys(sender.domain());
        let domain = sender.domain().to_owned();
        let raw = blocking::run(move || {
            let raw = make();
            if keys.is_empty() {
                tracing::warn!(domain, "no DKIM key: a letter leaves unsigned");
            }
            dkim::sign(keys.iter().map(Arc::as_ref), &raw).unwrap_or_else(|error| {
                tracing::error!(domain, %error, "a letter leaves unsigned");
                raw
            })
        })
        .await?;
        Ok(Bytes::from(raw))
    }
}

/// The copies without the recipient, none twice.
fn copies(to: &Correspondent, cc: &[Address]) -> Vec<Correspondent> {
    let mut keys = vec![to.address.to_lowercase()];
    let mut copies = Vec::new();
    for address in cc {
        if !keys.contains(&address.key()) {
            keys.push(address.key());
            copies.push(Correspondent { name: None, address: address.as_str().to_owned() });
        }
    }
    copies
}

/// The text, and below it the mailbox's signature behind the usual mark (RFC 3676 §4.3).
pub(in crate::desk::commands) fn with_signature(text: &str, mailbox: &Mailbox) -> String {
    if mailbox.signature.is_empty() { text.to_owned() } else { format!("{text}\n\n-- \n{}", mailbox.signature) }
}

/// An outgoing letter as a message; its source and author are still to be set.
pub(in crate::desk::commands) fn message(
    ticket: &Ticket,
    id: u64,
    now: u64,
    outgoing: &Outgoing,
    text: &str,
) -> Message {
    Message {
        id,
        ticket: ticket.number,
        kind: MessageKind::Outbound,
        at: now,
        from: Some(outgoing.from.clone()),
        to: outgoing.to.clone(),
        cc: outgoing.cc.clone(),
        subject: outgoing.subject.clone(),
        message_id: Some(outgoing.message_id.clone()),
        references: outgoing.references.clone(),
        text: text.to_owned(),
        attachments: outgoing.attachments(),
        ..Message::default()
    }
}
