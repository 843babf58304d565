//! Keeps the board in step with the store: a scan at the beginning, then the feed.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;

use super::Board;
use super::columns::Columns;
use crate::desk::{Change, Desk, DeskError, Ticket};
use crate::store::{FeedPosition, FeedRecord, StoreError};

/// How many feed records are read at once.
const FEED_BATCH: usize = 1_000;

/// How many tickets are read at once in a scan.
const SCAN_BATCH: usize = 1_000;

/// How many tickets are taken under one lock, and before others may run.
const WRITE_BATCH: usize = 100;

/// How long a failed follower waits before it tries again, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl Board {
    /// Follows the feed until `stop` becomes true (or its sender is gone). Falls back to a rebuild when the feed was trimmed.
    /// A failure is logged once, and tried again until it works.
    pub async fn follow(&self, desk: Desk, mut stop: watch::Receiver<bool>) {
        let mut hint = desk.store().feed_hint();
        let mut pause = FIRST_PAUSE;
        loop {
            hint.borrow_and_update();
            let failed = match self.catch_up(&desk).await {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    false
                }
                Err(error) => {
                    if pause == FIRST_PAUSE {
                        tracing::error!(%error, position = self.inner.position.borrow().0, "the board cannot follow the feed");
                    }
                    true
                }
            };
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(pause), if failed => pause = (pause * 2).min(LONGEST_PAUSE),
                changed = hint.changed(), if !failed => if changed.is_err() { return },
            }
        }
    }

    /// Reads the feed to its end.
    async fn catch_up(&self, desk: &Desk) -> Result<(), DeskError> {
        loop {
            let after = *self.inner.position.borrow();
            let read = match desk.store().feed(after, FEED_BATCH).await {
                Ok(records) if records.is_empty() => return Ok(()),
                Ok(records) => changed_tickets(&records),
                Err(error) => Err(error),
            };
            match read {
                Ok((numbers, position)) => {
                    self.upsert(&desk.tickets(&numbers).await?).await;
                    self.inner.position.send_replace(position);
                }
                Err(error @ (StoreError::FeedTrimmed { .. } | StoreError::Corrupt(_))) => {
                    tracing::warn!(%error, position = after.0, "the board is rebuilt");
                    metrics::counter!("mxdesk_board_rebuilds_total").increment(1);
                    self.rebuild(desk).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Reads every ticket anew. The feed position is noted before the scan: what changes meanwhile is read again from the feed,
    /// and taking a ticket twice changes nothing.
    pub(super) async fn rebuild(&self, desk: &Desk) -> Result<(), DeskError> {
        let position = *desk.store().feed_hint().borrow();
        let mut columns = Columns::default();
        let mut after = 0;
        loop {
            let tickets = desk.scan_tickets(after, SCAN_BATCH).await?;
            let Some(last) = tickets.last() else { break };
            after = last.number;
            for batch in tickets.chunks(WRITE_BATCH) {
                batch.iter().for_each(|ticket| columns.upsert(ticket));
                tokio::task::yield_now().await;
            }
        }
        *self.write() = columns;
        self.inner.position.send_replace(position);
        Ok(())
    }

    async fn upsert(&self, tickets: &[Ticket]) {
        for batch in tickets.chunks(WRITE_BATCH) {
            {
                let mut columns = self.write();
                batch.iter().for_each(|ticket| columns.upsert(ticket));
            }
            tokio::task::yield_now().await;
        }
    }
}

/// The tickets that feed records speak of, each once, and the last record's position.
fn changed_tickets(records: &[FeedRecord]) -> Result<(Vec<u64>, FeedPosition), StoreError> {
    let mut numbers = BTreeSet::new();
    let mut position = FeedPosition::default();
    for record in records {
        match Change::from_entry(&record.entry)? {
            Change::TicketCreated { ticket } | Change::TicketUpdated { ticket } => drop(numbers.insert(ticket)),
            // A message changes its ticket, which says so itself; deliveries and the directory are not on the board.
            Change::MessageAdded { .. } | Change::DeliveryChanged { .. } | Change::DirectoryChanged => {}
        }
        position = record.position;
    }
    Ok((numbers.into_iter().collect(), position))
}
