//! One stream: reads the feed, waits until lists show what it read, then sends.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::Event;
use futures_util::Stream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

use super::LiveEvent;
use crate::desk::{Change, DeskError};
use crate::http::app::{App, stopped};
use crate::store::{FeedPosition, FeedRecord, StoreError};

/// Feed records read at once.
const PAGE: usize = 256;

/// How long a stream lasts before the client must come again, so that a session that ended does not listen for ever.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// The state of one stream.
struct Follower {
    app: App,
    stop: watch::Receiver<bool>,
    hint: watch::Receiver<FeedPosition>,
    board: watch::Receiver<FeedPosition>,
    after: FeedPosition,
    ready: VecDeque<Event>,
    _permit: OwnedSemaphorePermit,
}

/// The events behind `after`, until the server stops, the stream has lived an hour, or the feed cannot be read.
pub(super) fn follow(
    app: App,
    permit: OwnedSemaphorePermit,
    after: FeedPosition,
) -> impl Stream<Item = Result<Event, Infallible>> + Send + 'static {
    let follower = Follower {
        stop: app.stop.clone(),
        hint: app.http.desk.store().feed_hint(),
        board: app.http.board.position(),
        after,
        ready: VecDeque::new(),
        _permit: permit,
        app,
    };
    let end = Instant::now() + LIFE;
    futures_util::stream::unfold(follower, move |mut follower| async move {
        let event = tokio::select! {
            biased;
            () = stopped(follower.stop.clone()) => None,
            () = tokio::time::sleep_until(end) => None,
            event = follower.next() => event,
        };
        event.map(|event| (Ok(event), follower))
    })
}

impl Follower {
    /// The next event. Losing this future loses no event: `after` moves together with `ready`.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if let Err(error) = self.read().await {
                tracing::warn!(%error, position = self.after.0, "a live event stream ended");
                return None;
            }
        }
    }

    /// Reads the next page of the feed, or waits until there is one.
    async fn read(&mut self) -> Result<(), DeskError> {
        let newest = *self.hint.borrow();
        if newest < self.after {
            return self.reset(newest);
        }
        let records = match self.app.http.desk.store().feed(self.after, PAGE).await {
            Ok(records) => records,
            Err(StoreError::FeedTrimmed { .. }) => return self.reset(newest),
            Err(error) => return Err(error.into()),
        };
        let Some(last) = records.last().map(|record| record.position) else {
            let after = self.after;
            // An error means that the store is gone: so is the server.
            let _ = self.hint.wait_for(|newest| *newest > after).await.map_err(|_| DeskError::Unavailable)?;
            return Ok(());
        };
        // A client that reads lists again on an event must see what the event told.
        let _ = self.board.wait_for(|position| *position >= last).await.map_err(|_| DeskError::Unavailable)?;
        self.ready = self.events(&records).await?;
        self.after = last;
        Ok(())
    }

    /// Events are gone, or the position is not of this store: tells the client to read everything again.
    fn reset(&mut self, newest: FeedPosition) -> Result<(), DeskError> {
        let data = LiveEvent { position: newest.0, ticket: None, display: None, message: None, delivery: None };
        self.ready.push_back(event("reset", &data));
        self.after = newest;
        Ok(())
    }

    async fn events(&self, records: &[FeedRecord]) -> Result<VecDeque<Event>, DeskError> {
        let mut changes = Vec::with_capacity(records.len());
        for record in records {
            changes.push((record.position, Change::from_entry(&record.entry)?));
        }
        let mut numbers: Vec<u64> = changes.iter().filter_map(|(_, change)| parts(change).1).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let tickets = self.app.http.desk.tickets(&numbers).await?;
        let directory = self.app.http.desk.directory();
        let displays: HashMap<u64, String> =
            tickets.iter().map(|ticket| (ticket.number, directory.display(ticket.mailbox, ticket.number))).collect();
        let to_event = |(position, change): (FeedPosition, Change)| {
            let (name, ticket, message, delivery) = parts(&change);
            let display = ticket.map(|ticket| displays.get(&ticket).cloned().unwrap_or_else(|| ticket.to_string()));
            event(name, &LiveEvent { position: position.0, ticket, display, message, delivery })
        };
        Ok(changes.into_iter().map(to_event).collect())
    }
}

/// A change's event name, ticket, message and delivery.
fn parts(change: &Change) -> (&'static str, Option<u64>, Option<u64>, Option<u64>) {
    match *change {
        Change::TicketCreated { ticket } | Change::TicketUpdated { ticket } => ("ticket", Some(ticket), None, None),
        Change::MessageAdded { ticket, message } => ("message", Some(ticket), Some(message), None),
        Change::DeliveryChanged { ticket, message, delivery } => {
            ("delivery", Some(ticket), Some(message), Some(delivery))
        }
        Change::DirectoryChanged => ("directory", None, None, None),
    }
}

fn event(name: &str, data: &LiveEvent) -> Event {
    // Numbers and one display number always have a JSON form on one line.
    let json = serde_json::to_string(data).unwrap_or_default();
    Event::default().id(data.position.to_string()).event(name).data(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_has_its_event() {
        assert_eq!(parts(&Change::TicketCreated { ticket: 1 }), ("ticket", Some(1), None, None));
        assert_eq!(parts(&Change::TicketUpdated { ticket: 1 }), ("ticket", Some(1), None, None));
        assert_eq!(parts(&Change::MessageAdded { ticket: 1, message: 2 }), ("message", Some(1), Some(2), None));
        let delivery = Change::DeliveryChanged { ticket: 1, message: 2, delivery: 3 };
        assert_eq!(parts(&delivery), ("delivery", Some(1), Some(2), Some(3)));
        assert_eq!(parts(&Change::DirectoryChanged), ("directory", None, None, None));
    }
}
