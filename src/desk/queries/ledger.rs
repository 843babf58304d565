//! Reads the ledger: what became of the letters of a sender, to a recipient, or of all, newest first.

use crate::desk::codec::decode;
use crate::desk::{Actor, Desk, DeskError, LedgerLine, keys};
use crate::store::{Key, Range};

/// Which ledger lines are asked for. With neither sender nor recipient: all, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerQuery {
    /// Envelope sender as key.
    pub sender: Option<String>,
    /// Recipient as key.
    pub recipient: Option<String>,
    /// Not older than this, Unix milliseconds.
    pub since: Option<u64>,
    /// 1 to 500.
    pub limit: usize,
    /// The `next` of the page before.
    pub cursor: Option<String>,
}

/// Most lines of one page.
const LIMIT: usize = 500;
/// Pages of rows that one query reads, where sender and recipient are both given and few lines have both. Behind them the
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
    for (field, address) in [("sender", &query.sender), ("recipient", &query.recipient)] {
        if address.as_ref().is_some_and(String::is_empty) {
            return Err(DeskError::invalid(field, "must not be empty"));
        }
    }
    let key = |(at, sequence): Place| match (&query.recipient, &query.sender) {
        (Some(recipient), _) => keys::ledger_recipient(&recipient.to_lowercase(), at, sequence),
        (None, Some(sender)) => keys::ledger_sender(&sender.to_lowercase(), at, sequence),
        (None, None) => keys::ledger(at, sequence),
    };
    let after = match &query.cursor {
        Some(text) => Some(parse_cursor(text).ok_or_else(|| DeskError::invalid("cursor", "is none of ours"))?),
        None => None,
    };
    Ok(Range {
        start: key((query.since.unwrap_or(0), 0)),
        end: key((u64::MAX, u64::MAX)),
        after: after.map(key),
        descending: true,
    })
}

/// Whether a line has everything that is asked for: an index answers for one address only.
fn fits(query: &LedgerQuery, line: &LedgerLine) -> bool {
    let is = |wanted: &Option<String>, has: &str| wanted.as_ref().is_none_or(|wanted| wanted.to_lowercase() == has);
    is(&query.sender, &line.sender) && is(&query.recipient, &line.recipient)
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
