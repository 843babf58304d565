//! What a reply takes from the letters before it: whom it answers, which Message-IDs it names, what its subject is.

use crate::desk::codec::Record;
use crate::desk::{Desk, DeskError, Directory, Message, MessageKind, Resolution, Ticket, blocking, keys};
use crate::mail::{Address, Correspondent, Letter};
use crate::store::BlobHash;

/// Messages that are looked through for the customer's last letter.
const LOOKED_THROUGH: usize = 500;
/// Messages of one page.
const PAGE: usize = 20;
/// Message-IDs in `References` (RFC 5322 §3.6.4), and their octets.
const REFERENCES: usize = 50;
const REFERENCES_OCTETS: usize = 4 * 1024;
/// Longest base of a subject, in characters: with mark and number it stays a line (RFC 5322 §2.1.1).
const SUBJECT: usize = 900;

impl Desk {
    /// The customer's last letter; reports of failed delivery are passed over.
    pub(super) async fn last_inbound(&self, ticket: u64) -> Result<Option<Message>, DeskError> {
        let mut range = keys::messages_of(ticket);
        range.descending = true;
        for _ in 0..LOOKED_THROUGH / PAGE {
            let page = self.inner.store.scan(&range, PAGE).await?;
            for (_, stored) in &page.rows {
                let message = Record::<Message>::read(stored)?.value;
                if message.kind == MessageKind::Inbound && !message.bounce {
                    return Ok(Some(message));
                }
            }
            match page.next {
                Some(last) => range.after = Some(last),
                None => break,
            }
        }
        Ok(None)
    }

    /// Whom a reply goes to: the customer. Where his own last letter asks for answers elsewhere (Reply-To, RFC 5322 §3.6.2),
    /// there; nobody else who writes into the ticket can turn the answers to himself.
    pub(super) async fn answer_to(&self, ticket: &Ticket, last: Option<&Message>) -> Result<Correspondent, DeskError> {
        let directory = self.directory();
        if let Some(last) = last.filter(|last| is_from_requester(ticket, last))
            && let Some(reply_to) = self.reply_to(last).await?
            && usable(&directory, &reply_to.address).is_ok()
        {
            return Ok(reply_to);
        }
        usable(&directory, &ticket.requester_address)?;
        let name = Some(ticket.requester.clone()).filter(|name| !name.is_empty() && *name != ticket.requester_address);
        Ok(Correspondent { name, address: ticket.requester_address.clone() })
    }

    /// The Reply-To of a stored letter.
    async fn reply_to(&self, message: &Message) -> Result<Option<Correspondent>, DeskError> {
        let Some(raw) = message.raw else { return Ok(None) };
        match self.inner.blobs.fetch(BlobHash(raw)).await? {
            Some(raw) => blocking::run(move || Letter::parse(&raw).reply_to).await,
            None => Ok(None),
        }
    }
}

/// An address that a reply can be sent to.
fn usable(directory: &Directory, text: &str) -> Result<Address, DeskError> {
    let address = Address::parse(text).map_err(|error| {
        DeskError::invalid("to", format!("the customer's address {text:?} cannot be used: {error}"))
    })?;
    match directory.resolve(&address) {
        Resolution::Mailbox(_) => Err(DeskError::invalid("to", format!("{address} is an address of this desk"))),
        Resolution::Unknown | Resolution::NotOurs => Ok(address),
    }
}

fn is_from_requester(ticket: &Ticket, message: &Message) -> bool {
    let from = message.from.as_ref().map(|from| from.address.to_lowercase());
    from.is_some_and(|from| from == ticket.requester_address.to_lowercase())
}

/// `References` of an answer: those of the answered letter and its own id; the newest where there is too much.
pub(super) fn references(answered: Option<&Message>) -> Vec<String> {
    let Some(answered) = answered else { return Vec::new() };
    let mut ids: Vec<&String> = answered.references.iter().chain(&answered.message_id).collect();
    let mut seen = std::collections::HashSet::new();
    ids.reverse();
    ids.retain(|id| seen.insert(*id));
    let mut octets = 0;
    let fits = |id: &&&String| {
        octets += id.len() + 8;
        octets <= REFERENCES_OCTETS
    };
    let mut kept: Vec<String> = ids.iter().take(REFERENCES).take_while(fits).map(|id| (*id).clone()).collect();
    kept.reverse();
    kept
}

/// `Re: … [DEMO-1042]`: one mark, one number, however often the subject went to and fro.
pub(super) fn subject(ticket_subject: &str, display: &str) -> String {
    let mark = format!("[{display}]");
    let without_number = ticket_subject.replace(&mark, " ");
    let mut base = without_number.trim();
    while let Some(rest) = base.get(..3).filter(|start| start.eq_ignore_ascii_case("re:")).and_then(|_| base.get(3..)) {
        base = rest.trim_start();
    }
    let base: String = base.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SUBJECT).collect();
    match base.as_str() {
        "" => format!("Re: {mark}"),
        base => format!("Re: {base} {mark}"),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Where is my order?", "Re: Where is my order? [DEMO-1042]")]
    #[case("Re: Where is my order? [DEMO-1042]", "Re: Where is my order? [DEMO-1042]")]
    #[case("RE: re:  [DEMO-1042] Where", "Re: Where [DEMO-1042]")]
    #[case("Regards", "Re: Regards [DEMO-1042]")]
    #[case("Где заказ", "Re: Где заказ [DEMO-1042]")]
    #[case("line\r\nBcc: x@y.test", "Re: line Bcc: x@y.test [DEMO-1042]")]
    #[case("", "Re: [DEMO-1042]")]
    fn a_subject_has_one_mark_and_one_number(#[case] before: &str, #[case] expected: &str) {
        assert_eq!(subject(before, "DEMO-1042"), expected);
    }

    #[test]
    fn references_end_with_the_answered_letter_and_stay_bounded() {
        let many = (0..100).map(|n| format!("{n}@shop.test")).collect();
        let answered =
            Message { references: many, message_id: Some("last@shop.test".to_owned()), ..Message::default() };
        let kept = references(Some(&answered));
        assert_eq!(kept.len(), 50);
        assert_eq!(kept.last().unwrap(), "last@shop.test");
        assert_eq!(kept[0], "51@shop.test");
        let wide = vec!["x".repeat(900); 1].into_iter().chain((0..20).map(|n| format!("{n}{}", "y".repeat(900))));
        let wide = Message { references: wide.collect(), ..Message::default() };
        assert_eq!(references(Some(&wide)).len(), 4);
        assert!(references(None).is_empty());
    }
}
