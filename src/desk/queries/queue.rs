//! Reads the outbound queue, as people look at it.

use super::due_deliveries::PAGE;
use crate::desk::{Actor, Delivery, DeliveryState, Desk, DeskError, keys};
use crate::mail::Address;
use crate::store::{Key, Range, Space};

/// Most deliveries of one page.
const LIMIT: usize = 500;
/// Rows that one query reads at most where few of them fit. Behind them the answer is given with a cursor, though it holds less
/// than was asked for.
const ROWS: usize = 10_000;

/// Which deliveries are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueQuery {
    /// In this state. Without one: everything that has not come to its end, by due time, then what is held.
    pub state: Option<DeliveryState>,
    /// To recipients of this domain.
    pub domain: Option<String>,
    /// 1 to 500.
    pub limit: usize,
    /// The `next` of the page before.
    pub cursor: Option<String>,
}

/// A delivery in the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueItem {
    /// The delivery.
    pub delivery: Delivery,
    /// An attempt or a command has it at this moment.
    pub in_hand: bool,
}

/// Which rows are gone through, one after the other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// By due time.
    Due,
    /// Those held.
    Held,
    /// Everything there ever was, newest first.
    Every,
}

impl Desk {
    /// Deliveries with the cursor of the next page.
    pub async fn queue(
        &self,
        actor: &Actor,
        query: &QueueQuery,
    ) -> Result<(Vec<QueueItem>, Option<String>), DeskError> {
        actor.may_work_on_tickets()?;
        let limit = query.limit.clamp(1, LIMIT);
        let domain = query.domain.as_deref().map(domain).transpose()?;
        let (mut lane, mut after) = match &query.cursor {
            Some(cursor) => parse(cursor).ok_or_else(|| DeskError::invalid("cursor", "is none of ours"))?,
            None => (first_lane(query.state), None),
        };
        let mut items = Vec::new();
        let mut read = 0;
        loop {
            let mut range = lane.range();
            range.after.clone_from(&after);
            let page = self.inner.store.scan(&range, limit.min(PAGE)).await?;
            read += page.rows.len();
            let found = self.deliveries_by_id(page.rows.iter().filter_map(|(key, _)| keys::last_id(key))).await?;
            let mut found = found.into_iter().peekable();
            while let Some(delivery) = found.next() {
                let place = lane.key(&delivery);
                if fits(query, domain.as_deref(), &delivery, lane) {
                    items.push(QueueItem { in_hand: self.inner.in_hand.holds(delivery.id), delivery });
                }
                if items.len() == limit
                    && (found.peek().is_some() || page.next.is_some() || lane.next(query.state).is_some())
                {
                    return Ok((items, Some(cursor(lane, &place))));
                }
            }
            match (page.next, lane.next(query.state)) {
                (Some(last), _) if read >= ROWS => return Ok((items, Some(cursor(lane, &last)))),
                (Some(last), _) => after = Some(last),
                (None, Some(next)) => (lane, after) = (next, None),
                (None, None) => return Ok((items, None)),
            }
        }
    }
}

impl Lane {
    fn range(self) -> Range {
        match self {
            Self::Due => keys::all(Space::QueueDue),
            Self::Held => keys::all(Space::HeldDelivery),
            Self::Every => Range { descending: true, ..keys::all(Space::Delivery) },
        }
    }

    fn key(self, delivery: &Delivery) -> Key {
        match self {
            Self::Due => keys::queue_due(delivery.due_at, delivery.id),
            Self::Held => keys::held_delivery(delivery.id),
            Self::Every => keys::delivery(delivery.id),
        }
    }

    /// The lane behind this one.
    fn next(self, state: Option<DeliveryState>) -> Option<Self> {
        (self == Self::Due && state.is_none()).then_some(Self::Held)
    }

    fn letter(self) -> char {
        match self {
            Self::Due => 'q',
            Self::Held => 'h',
            Self::Every => 'd',
        }
    }
}

fn first_lane(state: Option<DeliveryState>) -> Lane {
    match state {
        None | Some(DeliveryState::Queued | DeliveryState::Deferred) => Lane::Due,
        Some(DeliveryState::Held) => Lane::Held,
        Some(DeliveryState::Delivered | DeliveryState::Failed | DeliveryState::Cancelled) => Lane::Every,
    }
}

fn fits(query: &QueueQuery, domain: Option<&str>, delivery: &Delivery, lane: Lane) -> bool {
    let state = match (query.state, lane) {
        (Some(state), _) => delivery.state == state,
        // Between two reads it may have come to its end.
        (None, Lane::Due) => delivery.is_waiting(),
        (None, _) => delivery.state == DeliveryState::Held,
    };
    state && domain.is_none_or(|domain| domain_of(&delivery.recipient).is_some_and(|found| found == domain))
}

fn domain_of(recipient: &str) -> Option<String> {
    Address::parse(recipient).ok().map(|address| address.domain().to_lowercase())
}

/// A domain as addresses have it.
fn domain(text: &str) -> Result<String, DeskError> {
    domain_of(&format!("x@{}", text.trim())).ok_or_else(|| DeskError::invalid("domain", "is no domain"))
}

fn cursor(lane: Lane, key: &[u8]) -> String {
    format!("{}{}", lane.letter(), data_encoding::HEXLOWER.encode(key))
}

fn parse(text: &str) -> Option<(Lane, Option<Key>)> {
    let lane = [Lane::Due, Lane::Held, Lane::Every].into_iter().find(|lane| text.starts_with(lane.letter()))?;
    let key = data_encoding::HEXLOWER.decode(text.get(1..)?.as_bytes()).ok()?;
    let range = lane.range();
    (range.start <= key && key < range.end).then_some((lane, Some(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::codec::encode;
    use crate::desk::testing::{self, TestDesk};
    use crate::store::{Batch, Store};

    async fn desk() -> TestDesk {
        use DeliveryState::{Cancelled, Deferred, Delivered, Failed, Held, Queued};
        let test = testing::desk().await;
        let mut batch = Batch::new();
        for (id, state) in (1..).zip([Deferred, Held, Queued, Delivered, Failed, Cancelled, Queued, Held, Failed]) {
            let domain = if id % 2 == 0 { "even.test" } else { "odd.test" };
            let recipient = format!("x@{domain}");
            let delivery = Delivery { id, state, recipient, due_at: 1000 - id, ..Delivery::default() };
            batch.put(keys::delivery(id), encode(&delivery));
            match state {
                Queued | Deferred => _ = batch.put(keys::queue_due(delivery.due_at, id), Vec::new()),
                Held => _ = batch.put(keys::held_delivery(id), Vec::new()),
                _ => {}
            }
        }
        test.store.commit(batch).await.unwrap();
        test
    }

    async fn ids(test: &TestDesk, state: Option<DeliveryState>, domain: Option<&str>, limit: usize) -> Vec<u64> {
        let mut query = QueueQuery { state, domain: domain.map(str::to_owned), limit, cursor: None };
        let mut ids = Vec::new();
        loop {
            let (items, next) = test.desk.queue(&test.actor, &query).await.unwrap();
            assert!(items.len() <= limit);
            ids.extend(items.iter().map(|item| item.delivery.id));
            match next {
                Some(next) => query.cursor = Some(next),
                None => return ids,
            }
        }
    }

    #[tokio::test]
    async fn the_queue_is_listed_by_due_time_and_what_is_held_behind_it() {
        let test = desk().await;
        for limit in [1, 2, 3, 100] {
            assert_eq!(ids(&test, None, None, limit).await, [7, 3, 1, 2, 8], "{limit}");
            assert_eq!(ids(&test, Some(DeliveryState::Queued), None, limit).await, [7, 3]);
            assert_eq!(ids(&test, Some(DeliveryState::Held), None, limit).await, [2, 8]);
            assert_eq!(ids(&test, Some(DeliveryState::Failed), None, limit).await, [9, 5]);
            assert_eq!(ids(&test, None, Some("EVEN.test"), limit).await, [2, 8]);
            assert_eq!(ids(&test, Some(DeliveryState::Failed), Some("even.test"), limit).await, [0_u64; 0]);
        }
    }

    #[tokio::test]
    async fn a_wrong_question_is_told() {
        let test = desk().await;
        for cursor in ["", "q", "x00", "qzz", "h40", "é"] {
            let query = QueueQuery { limit: 1, cursor: Some(cursor.to_owned()), ..QueueQuery::default() };
            let outcome = test.desk.queue(&test.actor, &query).await;
            assert!(
                matches!(&outcome, Err(DeskError::Invalid { field, .. }) if field == "cursor"),
                "{cursor} {outcome:?}"
            );
        }
        let query = QueueQuery { limit: 1, domain: Some("a b".to_owned()), ..QueueQuery::default() };
        assert!(test.desk.queue(&test.actor, &query).await.is_err());
    }
}
