//! Reads the ledger: what became of the letters of a sender, a domain, a peer, to a recipient, of a ticket, or of all.

use std::net::IpAddr;

use crate::desk::codec::decode;
use crate::desk::{Actor, Desk, DeskError, KnownId, LedgerLine, keys};
use crate::store::{Key, Range};

/// Which ledger lines are asked for: those that have everything which is given; all where nothing is. Newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerQuery {
    /// Envelope sender as key.
    pub sender: Option<String>,
    /// Recipient as key.
    pub recipient: Option<String>,
    /// The envelope sender's domain, in lower case.
    pub domain: Option<String>,
    /// Message-ID without brackets.
    pub message_id: Option<String>,
    /// The ticket's number.
    pub ticket: Option<u64>,
    /// The peer's address.
    pub peer: Option<IpAddr>,
    /// Not older than this, Unix milliseconds.
    pub since: Option<u64>,
    /// Older than this, Unix milliseconds.
    pub until: Option<u64>,
    /// 1 to 500.
    pub limit: usize,
    /// The `next` of the page before.
    pub cursor: Option<String>,
}

/// Most lines of one page.
const LIMIT: usize = 500;
/// Pages of rows that one query reads, where several things are given and few lines have all of them. Behind them the
/// answer is given with a cursor, though it holds less than was asked for.
const PAGES: usize = 20;

impl Desk {
    /// Ledger lines, newest first, with the cursor of the next page. Who works on tickets may ask whether a letter came.
    pub async fn ledger(
        &self,
        actor: &Actor,
        query: &LedgerQuery,
    ) -> Result<(Vec<LedgerLine>, Option<String>), DeskError> {
        actor.may_work_on_tickets()?;
        let limit = query.limit.clamp(1, LIMIT);
        let mut range = range(query)?;
        let mut lines = Vec::new();
        for _ in 0..PAGES {
            let page = self.inner.store.scan(&range, limit).await?;
            let keys: Vec<Key> = page.rows.iter().filter_map(|(key, _)| place(key)).map(line_key).collect();
            let stored = self.inner.store.get_many(&keys).await?;
            for (key, stored) in keys.iter().zip(stored) {
                let Some(stored) = stored else { continue };
                let line: LedgerLine = decode(&stored.value)?;
                if fits(query, &line) {
                    lines.push(line);
                }
                if lines.len() == limit {
                    let next = place(key).filter(|_| page.next.is_some() || keys.last() != Some(key)).map(cursor);
                    return Ok((lines, next));
                }
            }
            match page.next {
                Some(last) => range.after = Some(last),
                None => return Ok((lines, None)),
            }
        }
        let next = range.after.as_deref().and_then(place).map(cursor);
        Ok((lines, next))
    }
}

/// Time and sequence of a line: what all its keys end with, and what a cursor says.
type Place = (u64, u64);

/// The rows that a query goes through, newest first.
fn range(query: &LedgerQuery) -> Result<Range, DeskError> {
    let texts = [
        ("sender", &query.sender),
        ("recipient", &query.recipient),
        ("domain", &query.domain),
        ("message_id", &query.message_id),
    ];
    for (field, address) in texts {
        if address.as_ref().is_some_and(String::is_empty) {
            return Err(DeskError::invalid(field, "must not be empty"));
        }
    }
    let index = Index::of(query);
    let key = |place| index.key(place);
    let after = match &query.cursor {
        Some(text) => Some(parse_cursor(text).ok_or_else(|| DeskError::invalid("cursor", "is none of ours"))?),
        None => None,
    };
    Ok(Range {
        start: key((query.since.unwrap_or(0), 0)),
        end: match query.until {
            Some(until) => key((until, 0)),
            None => key((u64::MAX, u64::MAX)),
        },
        after: after.map(key),
        descending: true,
    })
}

/// The index that is read: of those that a query names, the one with the fewest lines as a rule.
enum Index {
    MessageId([u8; 16]),
    Ticket(u64),
    Recipient(String),
    Sender(String),
    Peer(String),
    Domain(String),
    All,
}

impl Index {
    fn of(query: &LedgerQuery) -> Self {
        let lower = |text: &String| text.to_lowercase();
        None.or_else(|| Some(Self::MessageId(KnownId::hash(query.message_id.as_ref()?))))
            .or_else(|| query.ticket.map(Self::Ticket))
            .or_else(|| query.sender.as_ref().map(lower).map(Self::Sender))
            .or_else(|| query.peer.map(|peer| Self::Peer(peer.to_string())))
            .or_else(|| query.domain.as_ref().map(lower).map(Self::Domain))
            .or_else(|| query.recipient.as_ref().map(lower).map(Self::Recipient))
            .unwrap_or(Self::All)
    }

    fn key(&self, (at, sequence): Place) -> Key {
        match self {
            Self::MessageId(hash) => keys::ledger_message_id(hash, at, sequence),
            Self::Ticket(ticket) => keys::ledger_ticket(*ticket, at, sequence),
            Self::Recipient(recipient) => keys::ledger_recipient(recipient, at, sequence),
            Self::Sender(sender) => keys::ledger_sender(sender, at, sequence),
            Self::Peer(peer) => keys::ledger_peer(peer, at, sequence),
            Self::Domain(domain) => keys::ledger_domain(domain, at, sequence),
            Self::All => keys::ledger(at, sequence),
        }
    }
}

/// Whether a line has everything that is asked for: an index answers for one thing only.
fn fits(query: &LedgerQuery, line: &LedgerLine) -> bool {
    let is = |wanted: &Option<String>, has: &str| wanted.as_ref().is_none_or(|wanted| wanted.to_lowercase() == has);
    let domain = line.sender.rsplit_once('@').map_or("", |(_, domain)| domain);
    is(&query.sender, &line.sender)
        && is(&query.recipient, &line.recipient)
        && is(&query.domain, domain)
        && query.message_id.as_ref().is_none_or(|id| line.message_id.as_ref() == Some(id))
        && query.ticket.is_none_or(|ticket| line.ticket == Some(ticket))
        && query.peer.is_none_or(|peer| line.peer_address() == Some(peer))
}

fn line_key((at, sequence): Place) -> Key {
    keys::ledger(at, sequence)
}

/// What a key of the ledger or of its indexes ends with.
fn place(key: &[u8]) -> Option<Place> {
    let (at, sequence) = key.last_chunk::<16>()?.split_at(8);
    Some((u64::from_be_bytes(at.try_into().ok()?), u64::from_be_bytes(sequence.try_into().ok()?)))
}

fn cursor((at, sequence): Place) -> String {
    format!("{at:x}.{sequence:x}")
}

fn parse_cursor(text: &str) -> Option<Place> {
    let (at, sequence) = text.split_once('.')?;
    let number = |hex: &str| {
        let is_hex = !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex.then(|| u64::from_str_radix(hex, 16).ok()).flatten()
    };
    Some((number(at)?, number(sequence)?))
}
