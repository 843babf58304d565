//! Letters that are kept apart, newest first.

use crate::desk::codec::decode;
use crate::desk::{Actor, Desk, DeskError, Message, Ticket, keys};
use crate::store::{Key, Range, Space};

/// Letters of one page, at most.
const LIMIT: usize = 200;

/// One letter with its ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Quarantined {
    /// The letter; its `quarantine` says why.
    pub message: Message,
    /// Its ticket.
    pub ticket: Ticket,
}

impl Desk {
    /// Letters that wait for an operator, newest first, with the cursor of the next page. `limit` is 1 to 200.
    pub async fn quarantine(
        &self,
        actor: &Actor,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<(Vec<Quarantined>, Option<String>), DeskError> {
        actor.may_work_on_tickets()?;
        let bad_cursor = || DeskError::invalid("cursor", "is none of ours");
        let after = cursor.map(|text| parse_cursor(text).ok_or_else(bad_cursor)).transpose()?;
        let all = Range::prefix(&[Space::Quarantine as u8]);
        let range = Range { after: after.map(|(at, message)| keys::quarantine(at, message)), descending: true, ..all };
        let page = self.inner.store.scan(&range, limit.clamp(1, LIMIT)).await?;
        let ids: Vec<u64> = page.rows.iter().filter_map(|(key, _)| keys::last_id(key)).collect();
        let tickets = self.records::<u64>(ids.iter().map(|id| keys::message_ticket(*id)).collect()).await?;
        let found: Vec<(u64, u64)> =
            tickets.into_iter().zip(ids).filter_map(|(ticket, id)| Some((ticket?, id))).collect();
        let messages = self.records(found.iter().map(|(ticket, id)| keys::message(*ticket, *id)).collect()).await?;
        let tickets = self.records(found.iter().map(|(ticket, _)| keys::ticket(*ticket)).collect()).await?;
        let both = |(message, ticket): (Option<Message>, Option<Ticket>)| {
            Some(Quarantined { message: message?, ticket: ticket? })
        };
        let items = messages.into_iter().zip(tickets).filter_map(both).collect();
        Ok((items, page.next.as_deref().and_then(place).map(|(at, message)| format!("{at:x}.{message:x}"))))
    }

    async fn records<T: for<'b> minicbor::Decode<'b, ()>>(&self, keys: Vec<Key>) -> Result<Vec<Option<T>>, DeskError> {
        let stored = self.inner.store.get_many(&keys).await?;
        Ok(stored
            .iter()
            .map(|stored| stored.as_ref().map(|row| decode(&row.value)).transpose())
            .collect::<Result<_, _>>()?)
    }
}

fn place(key: &[u8]) -> Option<(u64, u64)> {
    let (at, message) = key.last_chunk::<16>()?.split_at(8);
    Some((u64::from_be_bytes(at.try_into().ok()?), u64::from_be_bytes(message.try_into().ok()?)))
}

fn parse_cursor(text: &str) -> Option<(u64, u64)> {
    let (at, message) = text.split_once('.')?;
    Some((u64::from_str_radix(at, 16).ok()?, u64::from_str_radix(message, 16).ok()?))
}
