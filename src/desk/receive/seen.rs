//! What the store knows that bears on a letter: read in two rounds, each of one `get_many`.

use std::collections::{BTreeSet, HashMap};

use minicbor::Decode;

use super::clues::{Clue, IdHash, Named};
use super::reported::Reported;
use crate::desk::codec::Record;
use crate::desk::{Delivery, KnownId, MailingRecipient, Taken, Ticket, keys};
use crate::store::{Key, Store, StoreError, Versioned};

/// Different tickets that the Message-IDs of one letter may lead to; further ones are not looked at.
const TICKETS: usize = 8;
/// Deliveries of one message that are looked through for the one that bounced.
const DELIVERIES: usize = 200;

/// What one share of a letter asks.
pub(super) struct Question<'a> {
    /// The mailbox.
    pub mailbox: u64,
    /// What may name its ticket.
    pub clues: Vec<Clue<'a>>,
    /// The message of ours that it reports of.
    pub reported: Option<Reported>,
    /// Mailing and place of the recipient whom it unsubscribes.
    pub unsubscribes: Option<(u64, u16)>,
}

/// What was read. Every row that a decision rests on is checked again by the commit.
#[derive(Default)]
pub(super) struct Seen {
    rows: HashMap<Key, Versioned>,
}

impl Seen {
    /// Reads what the store knows about a letter with this fingerprint, from this address (as key).
    pub(super) async fn read(
        store: &dyn Store,
        questions: &[Question<'_>],
        fingerprint: &[u8; 32],
        from: Option<&str>,
    ) -> Result<Self, StoreError> {
        let mut seen = Self::default();
        let mut wanted: BTreeSet<Key> = from.map(keys::contact_address).into_iter().collect();
        for question in questions {
            wanted.insert(keys::duplicate(question.mailbox, fingerprint));
            wanted.extend(question.clues.iter().map(|clue| clue.names.key(question.mailbox)));
        }
        seen.fetch(store, wanted).await?;

        let mut found = BTreeSet::new();
        for question in questions {
            for clue in &question.clues {
                if let Some(ticket) = seen.named(clue.names, question.mailbox)? {
                    let key = keys::ticket(ticket);
                    if found.len() < TICKETS && !seen.rows.contains_key(&key) {
                        found.insert(key);
                    }
                }
            }
        }
        if !found.is_empty() {
            seen.fetch(store, found).await?;
        }
        for reported in questions.iter().filter_map(|question| question.reported.as_ref()) {
            let rows = store.scan(&keys::deliveries_of(reported.message), DELIVERIES).await?.rows;
            let deliveries = rows.iter().filter_map(|(key, _)| keys::last_id(key)).map(keys::delivery);
            seen.fetch(store, deliveries.collect()).await?;
        }
        Ok(seen)
    }

    /// The ticket's number that a clue leads to, whether or not the ticket exists.
    pub(super) fn named(&self, names: Named, mailbox: u64) -> Result<Option<u64>, StoreError> {
        Ok(match names {
            Named::Ticket(ticket) => Some(ticket),
            Named::Message(_) => self.record::<u64>(&names.key(mailbox))?.map(|record| record.value),
            Named::Mailing(mailing, place) => {
                self.mailing_recipient(mailing, place)?.and_then(|recipient| recipient.value.ticket)
            }
            Named::MessageId(hash) => self.known(mailbox, &hash)?.map(|record| record.value.ticket),
            // A letter with the same Message-ID that was really seen is a broken sender's, or another copy of this one:
            // joining it would mix up the letters of whoever writes one Message-ID twice.
            Named::OwnId(hash) => {
                self.known(mailbox, &hash)?.filter(|record| !record.value.seen).map(|record| record.value.ticket)
            }
        })
    }

    /// A ticket that a clue leads to.
    pub(super) fn ticket(&self, number: u64) -> Result<Option<Record<Ticket>>, StoreError> {
        self.record(&keys::ticket(number))
    }

    /// The earlier reception of this very letter.
    pub(super) fn taken(&self, mailbox: u64, fingerprint: &[u8; 32]) -> Result<Option<Taken>, StoreError> {
        Ok(self.record(&keys::duplicate(mailbox, fingerprint))?.map(|record| record.value))
    }

    /// What is known of a Message-ID.
    pub(super) fn known(&self, mailbox: u64, hash: &IdHash) -> Result<Option<Record<KnownId>>, StoreError> {
        self.record(&keys::message_id(mailbox, hash))
    }

    /// A mailing's recipient whom the letter names.
    pub(super) fn mailing_recipient(
        &self,
        mailing: u64,
        place: u16,
    ) -> Result<Option<Record<MailingRecipient>>, StoreError> {
        self.record(&keys::mailing_recipient(mailing, place.into()))
    }

    /// The contact with this address.
    pub(super) fn contact(&self, address: &str) -> Result<Option<u64>, StoreError> {
        Ok(self.record::<u64>(&keys::contact_address(address))?.map(|record| record.value))
    }

    /// The deliveries of a message that were read, by id.
    pub(super) fn deliveries(&self, message: u64) -> Result<Vec<Record<Delivery>>, StoreError> {
        let [first, ..] = keys::delivery(0)[..] else { return Ok(Vec::new()) };
        let mut deliveries = Vec::new();
        for (_, stored) in self.rows.iter().filter(|(key, _)| key.first() == Some(&first)) {
            let delivery: Record<Delivery> = Record::read(stored)?;
            if delivery.value.message == message {
                deliveries.push(delivery);
            }
        }
        deliveries.sort_unstable_by_key(|delivery| delivery.value.id);
        Ok(deliveries)
    }

    fn record<T: for<'b> Decode<'b, ()>>(&self, key: &[u8]) -> Result<Option<Record<T>>, StoreError> {
        self.rows.get(key).map(Record::read).transpose()
    }

    async fn fetch(&mut self, store: &dyn Store, wanted: BTreeSet<Key>) -> Result<(), StoreError> {
        let wanted: Vec<Key> = wanted.into_iter().collect();
        let values = store.get_many(&wanted).await?;
        self.rows.extend(wanted.into_iter().zip(values).filter_map(|(key, value)| Some((key, value?))));
        Ok(())
    }
}
