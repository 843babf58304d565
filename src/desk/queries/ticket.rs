//! Tickets' states alone: for followers and lists.

use crate::desk::codec::{Record, decode};
use crate::desk::{Desk, DeskError, Ticket, keys};
use crate::store::{Key, Range, Space};

/// Keys that are read from one snapshot.
const PAGE: usize = 1_000;

impl Desk {
    /// A ticket's state alone, with its version: for followers.
    pub async fn ticket(&self, number: u64) -> Result<Option<(Ticket, u64)>, DeskError> {
        let Some(stored) = self.inner.store.get(&keys::ticket(number)).await? else { return Ok(None) };
        let Record { value, version } = Record::read(&stored)?;
        Ok(Some((value, version)))
    }

    /// Many tickets' states, in the order asked, missing ones left out: for lists.
    pub async fn tickets(&self, numbers: &[u64]) -> Result<Vec<Ticket>, DeskError> {
        let mut tickets = Vec::with_capacity(numbers.len());
        for numbers in numbers.chunks(PAGE) {
            let keys: Vec<Key> = numbers.iter().map(|number| keys::ticket(*number)).collect();
            for stored in self.inner.store.get_many(&keys).await?.into_iter().flatten() {
                tickets.push(decode(&stored.value)?);
            }
        }
        Ok(tickets)
    }

    /// Tickets with a number above `after`, by number, at most `limit` (1 to 1,000): for rebuilding what follows the feed. An
    /// empty answer is the end.
    pub async fn scan_tickets(&self, after: u64, limit: usize) -> Result<Vec<Ticket>, DeskError> {
        let range = Range { after: Some(keys::ticket(after)), ..keys::all(Space::Ticket) };
        let page = self.inner.store.scan(&range, limit.clamp(1, PAGE)).await?;
        let tickets = page.rows.iter().map(|(_, stored)| decode(&stored.value));
        Ok(tickets.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use crate::desk::testing;

    #[tokio::test]
    async fn tickets_come_in_the_order_asked_and_in_the_order_of_their_numbers() {
        let test = testing::desk().await;
        let mut numbers = Vec::new();
        for _ in 0..3 {
            numbers.push(test.ticket().await.0);
        }
        let asked = [numbers[2], 999_999, numbers[0]];
        let found: Vec<u64> = test.desk.tickets(&asked).await.unwrap().iter().map(|ticket| ticket.number).collect();
        assert_eq!(found, [numbers[2], numbers[0]]);

        let mut scanned = Vec::new();
        let mut after = 0;
        loop {
            let page = test.desk.scan_tickets(after, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            after = last.number;
            scanned.extend(page.iter().map(|ticket| ticket.number));
        }
        assert_eq!(scanned, numbers);
        assert!(test.desk.ticket(999_999).await.unwrap().is_none());
    }
}
