//! Orders a mailing: one text to many addresses, from one mailbox.
//!
//! One commit keeps the order and all its recipients; nothing of it is a letter yet. Its letters are written behind the hold time
//! (`write_mailing`), so that recalling it is one commit too.

use super::idempotency::Idempotency;
use crate::desk::clock::now_ms;
use crate::desk::codec::{Record, encode};
use crate::desk::{
    Actor, Desk, DeskError, Directory, Mailing, MailingRecipient, Resolution, SuppressionReason, Written, keys, retry,
    validate,
};
use crate::mail::Address;
use crate::store::Batch;

/// Addresses of one mailing.
const RECIPIENTS: usize = 1_000;
/// Addresses and names of one mailing together, in octets: one commit holds them.
const OCTETS: usize = 300 * 1024;
/// Mailings that wait or are being written.
const OPEN: usize = 100;
/// Longest idempotency key, in octets.
const KEY: usize = 200;
/// The record that names the mailings whose letters are still to be written.
const OPEN_MAILINGS: &str = "open_mailings";

/// A mailing to be ordered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMailing {
    /// The prefix of the mailbox that writes.
    pub mailbox: String,
    /// The subject; 1 to 900 characters.
    pub subject: String,
    /// The text; 1 octet to 16 KiB.
    pub text: String,
    /// The tag of its tickets; those that are answered also get `TAG/answered`.
    pub tag: String,
    /// `ivan@shop.example` or `Ivan <ivan@shop.example>`; 1 to 1,000. One that is given twice is written to once.
    pub to: Vec<String>,
    /// The caller's `Idempotency-Key`, 1 to 200 octets: the same key again gives the same mailing.
    pub idempotency_key: Option<String>,
}

/// A [`NewMailing`] whose fields are right.
struct Checked {
    mailing: Mailing,
    to: Vec<MailingRecipient>,
    idempotency: Idempotency,
}

impl Desk {
    /// Orders a mailing; answers its id. Its letters are written when the hold time is over. Recipients that bounced, complained, are
    /// suppressed by hand or have unsubscribed are held back.
    ///
    /// [`DeskError::NotPossible`] where the desk has no public URL (RFC 8058 §3.1 demands an https address in each letter), or too many
    /// mailings wait.
    pub async fn order_mailing(&self, actor: &Actor, new: NewMailing) -> Result<Written<u64>, DeskError> {
        actor.may_set_up()?;
        let checked = self.check_mailing(actor, &new)?;
        self.public_url()?;
        self.may_grow()?;
        let id = self.inner.ids.next(&*self.inner.store).await?;
        retry::on_conflict(|| self.try_order_mailing(id, &checked)).await
    }

    /// Where the desk is reached from outside, by https.
    pub(super) fn public_url(&self) -> Result<&str, DeskError> {
        let url = self.inner.settings.public_url.trim_end_matches('/');
        let missing = || {
            let why = "http.public_url is not set to an https:// address, which every letter of a mailing names for \
                       unsubscribing";
            DeskError::NotPossible(why.to_owned())
        };
        url.strip_prefix("https://").filter(|host| !host.is_empty()).map(|_| url).ok_or_else(missing)
    }

    /// The mailings whose letters are still to be written, with the version of their record; `None` where it was never written.
    pub(super) async fn open_mailings(&self) -> Result<(Vec<u64>, Option<u64>), DeskError> {
        let stored = self.inner.store.get(&keys::desk(OPEN_MAILINGS)).await?;
        let record: Option<Record<Vec<u64>>> = stored.as_ref().map(Record::read).transpose()?;
        Ok(record.map_or((Vec::new(), None), |record| (record.value, Some(record.version))))
    }

    /// Puts another list of open mailings into a batch, in place of the one that was read.
    pub(super) fn put_open_mailings(open: Vec<u64>, version: Option<u64>, batch: &mut Batch) {
        let key = keys::desk(OPEN_MAILINGS);
        match version {
            Some(version) => batch.expect_version(key.clone(), version),
            None => batch.expect_absent(key.clone()),
        };
        batch.put(key, encode(&open));
    }

    /// Why nothing is to be written to each of these addresses (as keys), in their order.
    pub(super) async fn held_back(
        &self,
        addresses: &[String],
        now: u64,
    ) -> Result<Vec<Option<SuppressionReason>>, DeskError> {
        let mut found = self.suppressed(addresses, now).await?;
        found.extend(self.unsubscribed(addresses).await?);
        let reasons: std::collections::HashMap<&str, SuppressionReason> =
            found.iter().rev().map(|found| (found.address.as_str(), found.reason)).collect();
        Ok(addresses.iter().map(|address| reasons.get(address.as_str()).copied()).collect())
    }

    fn check_mailing(&self, actor: &Actor, new: &NewMailing) -> Result<Checked, DeskError> {
        let directory = self.directory();
        let mailbox = directory
            .mailbox_by_prefix(&new.mailbox)
            .ok_or_else(|| DeskError::invalid("mailbox", format!("there is no mailbox {:?}", new.mailbox)))?;
        if mailbox.sender_address().is_none() {
            return Err(DeskError::invalid("mailbox", "it has no address to send from"));
        }
        if new.idempotency_key.as_ref().is_some_and(|key| key.is_empty() || key.len() > KEY) {
            return Err(DeskError::invalid("idempotency_key", format!("must have 1 to {KEY} octets")));
        }
        let tag = validate::tag("tag", &new.tag)?;
        validate::tag("tag", &Mailing::answered_tag(&tag))?;
        let content = [&new.subject, &new.text, &new.tag, &new.to.join("\0")].map(String::as_str).join("\0");
        let idempotency = Idempotency::of("mailing", actor, mailbox.id, new.idempotency_key.as_deref(), &content);
        let mailing = Mailing {
            mailbox: mailbox.id,
            subject: validate::subject("subject", &new.subject)?,
            text: validate::text("text", &new.text)?,
            tag,
            by: actor.operator(),
            ..Mailing::default()
        };
        Ok(Checked { mailing, to: recipients(&new.to, &directory)?, idempotency })
    }

    async fn try_order_mailing(&self, id: u64, checked: &Checked) -> Result<Written<u64>, DeskError> {
        if let Some(mailing) = self.done_before(&checked.idempotency).await? {
            return Ok(Written { value: mailing, position: *self.inner.store.feed_hint().borrow() });
        }
        let (mut open, version) = self.open_mailings().await?;
        if open.len() >= OPEN {
            return Err(DeskError::NotPossible(format!("{OPEN} mailings wait already")));
        }
        open.push(id);
        let now = now_ms();
        let hold = u64::from(self.inner.settings.hold_seconds).saturating_mul(1000);
        let mailing = Mailing {
            id,
            at: now,
            due_at: now.saturating_add(hold),
            recipients: u16::try_from(checked.to.len()).unwrap_or(u16::MAX),
            ..checked.mailing.clone()
        };
        let addresses: Vec<String> = checked.to.iter().map(|to| to.address.to_lowercase()).collect();
        let held_back = self.held_back(&addresses, now).await?;
        let mut batch = Batch::new();
        Self::put_open_mailings(open, version, &mut batch);
        batch.expect_absent(keys::mailing(id)).put(keys::mailing(id), encode(&mailing));
        for ((place, to), held_back) in (0_u64..).zip(&checked.to).zip(held_back) {
            batch.put(keys::mailing_recipient(id, place), encode(&MailingRecipient { held_back, ..to.clone() }));
        }
        checked.idempotency.write(&mut batch, id, now);
        let committed = self.inner.store.commit(batch).await?;
        metrics::counter!("mxdesk_mailings_total").increment(1);
        Ok(Written { value: id, position: committed.position })
    }
}

/// The recipients, each once, in their order.
fn recipients(texts: &[String], directory: &Directory) -> Result<Vec<MailingRecipient>, DeskError> {
    if texts.is_empty() || texts.len() > RECIPIENTS {
        return Err(DeskError::invalid("to", format!("1 to {RECIPIENTS} addresses")));
    }
    let mut seen = std::collections::HashSet::new();
    let mut octets = 0_usize;
    let mut recipients = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let field = format!("to[{index}]");
        let (name, address) = recipient(&field, text)?;
        if directory.resolve(&address) != Resolution::NotOurs {
            return Err(DeskError::invalid(&field, format!("{address} is of this desk's own domains")));
        }
        if seen.insert(address.key()) {
            octets = octets.saturating_add(address.as_str().len()).saturating_add(name.len());
            let address = address.as_str().to_owned();
            recipients.push(MailingRecipient { address, name, ..MailingRecipient::default() });
        }
    }
    if octets > OCTETS {
        return Err(DeskError::invalid("to", format!("at most {OCTETS} octets of names and addresses")));
    }
    Ok(recipients)
}

/// `ivan@shop.example`, `Ivan <ivan@shop.example>` or `"Ivan" <ivan@shop.example>`: name and address.
fn recipient(field: &str, text: &str) -> Result<(String, Address), DeskError> {
    let text = text.trim();
    let Some((name, address)) = text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) else {
        return Ok((String::new(), validate::address(field, text)?));
    };
    let name = name.trim();
    let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
    let name = if name.trim().is_empty() { String::new() } else { validate::name(field, name)? };
    Ok((name, validate::address(field, address)?))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(" ivan@shop.test ", Some(("", "ivan@shop.test")))]
    #[case("Ivan <ivan@shop.test>", Some(("Ivan", "ivan@shop.test")))]
    #[case("\"Ivan, P.\" <ivan@shop.test>", Some(("Ivan, P.", "ivan@shop.test")))]
    #[case("<ivan@shop.test>", Some(("", "ivan@shop.test")))]
    #[case("Ivan", None)]
    #[case("Ivan <ivan>", None)]
    #[case("Iv\r\nBcc: a@b.test <ivan@shop.test>", None)]
    #[case("", None)]
    fn a_recipient_is_an_address_with_or_without_a_name(#[case] text: &str, #[case] expected: Option<(&str, &str)>) {
        let found = recipient("to[0]", text).ok();
        assert_eq!(found.as_ref().map(|(name, address)| (name.as_str(), address.as_str())), expected);
    }

    #[test]
    fn nobody_is_written_to_twice_and_there_is_a_limit() {
        let directory = Directory::default();
        let to = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let found = recipients(&to(&["a@x.test", "B@x.test", "A@X.test", "b <b@x.test>"]), &directory).unwrap();
        assert_eq!(found.iter().map(|to| to.address.as_str()).collect::<Vec<_>>(), ["a@x.test", "B@x.test"]);
        assert!(recipients(&[], &directory).is_err());
        let many: Vec<String> = (0..=RECIPIENTS).map(|n| format!("{n}@x.test")).collect();
        assert!(recipients(&many, &directory).is_err());
        assert!(recipients(&many[1..], &directory).is_ok());
        let wide: Vec<String> = (0..RECIPIENTS).map(|n| format!("{} <{n}@x.test>", "ж".repeat(200))).collect();
        assert!(recipients(&wide, &directory).is_err(), "one commit must hold them");
    }
}
