//! Following the feed: read changes, load their messages, hand them to the writer, commit at a bounded pace.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::index::{Writer, WriterGone};
use super::pace::Pace;
use super::sources;
use super::{Search, SearchError};
use crate::desk::{Desk, DeskError, Message};
use crate::store::{FeedPosition, StoreError};

/// Feed records that are read at once.
const BATCH: usize = 512;

/// Text that is handed to the writer at once, in octets (and at most one letter's whole text more).
const BATCH_OCTETS: usize = 2 << 20;

/// Tickets that are read at once, and messages between two commits, when all is built anew.
const REBUILD_PAGE: usize = 200;
const REBUILD_COMMIT: usize = 50_000;

/// How long to wait after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Why one writer's following ended.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Writer(#[from] WriterGone),
    #[error(transparent)]
    Search(#[from] SearchError),
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the writer's thread did not start: {0}")]
    Thread(#[from] std::io::Error),
}

/// Follows until `stop`, with a new writer after each failure.
pub(super) async fn follow(search: &Search, desk: &Desk, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let Err(error) = follow_once(search, desk, &mut stop).await else { return };
        tracing::error!(%error, "search stopped following the feed and begins again at its last commit");
        metrics::counter!("mxdesk_search_failures_total").increment(1);
        tokio::select! {
            () = tokio::time::sleep(AFTER_FAILURE) => {}
            // Told to stop, or nobody is left who could tell.
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn follow_once(search: &Search, desk: &Desk, stop: &mut watch::Receiver<bool>) -> Result<(), Broken> {
    let writer = Writer::start(search.index().clone())?;
    let outcome = Follower { search, desk, writer: &writer }.run(stop).await;
    writer.stop().await;
    outcome
}

struct Follower<'a> {
    search: &'a Search,
    desk: &'a Desk,
    writer: &'a Writer,
}

impl Follower<'_> {
    async fn run(&self, stop: &mut watch::Receiver<bool>) -> Result<(), Broken> {
        let mut hint = self.desk.store().feed_hint();
        let mut read = self.search.committed().await?;
        let mut pace = Pace::default();
        let mut uncommitted = false;
        loop {
            let end = *hint.borrow_and_update();
            let records = match self.desk.store().feed(read, BATCH).await {
                Ok(records) => records,
                Err(StoreError::FeedTrimmed { .. }) => {
                    read = self.rebuild(stop).await?;
                    uncommitted = false;
                    if *stop.borrow() {
                        return Ok(());
                    }
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if let Some(last) = records.last() {
                let messages = self.desk.messages_by_id(&sources::added(&records)).await?;
                uncommitted |= !messages.is_empty();
                self.add(messages).await?;
                read = last.position;
            }
            if uncommitted && pace.is_due(Instant::now()) {
                pace.committed(self.commit(read).await?, Instant::now());
                uncommitted = false;
            }
            if !uncommitted {
                self.search.publish(read);
            }
            let seen = *self.search.position().borrow();
            metrics::gauge!("mxdesk_search_lag_entries").set(end.0.saturating_sub(seen.0) as f64);
            if records.len() == BATCH && !*stop.borrow() {
                continue;
            }
            tokio::select! {
                changed = hint.changed() => {
                    // The store has closed: nothing more will come.
                    if changed.is_err() {
                        return Ok(());
                    }
                }
                () = tokio::time::sleep_until(pace.next()), if uncommitted => {}
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
            }
        }
    }

    /// Reads every ticket and its messages. Until it is through, the commits keep position 0, so that a crash begins anew.
    async fn rebuild(&self, stop: &watch::Receiver<bool>) -> Result<FeedPosition, Broken> {
        let position = *self.desk.store().feed_hint().borrow();
        tracing::info!("the feed begins behind the search index: it is built anew from the tickets");
        self.writer.clear().await?;
        let mut after = 0;
        let mut messages: usize = 0;
        let mut committed_at: usize = 0;
        while !*stop.borrow() {
            let tickets = self.desk.scan_tickets(after, REBUILD_PAGE).await?;
            let Some(last) = tickets.last() else {
                self.commit(position).await?;
                self.search.publish(position);
                tracing::info!(messages, "the search index is built");
                break;
            };
            after = last.number;
            for ticket in &tickets {
                let of_ticket = self.desk.messages(ticket.number).await?;
                messages = messages.saturating_add(of_ticket.len());
                self.add(of_ticket).await?;
            }
            if messages - committed_at >= REBUILD_COMMIT {
                self.commit(FeedPosition(0)).await?;
                committed_at = messages;
            }
        }
        Ok(position)
    }

    /// Hands messages to the writer, with their whole texts, in batches of bounded size.
    async fn add(&self, messages: Vec<Message>) -> Result<(), Broken> {
        let mut batch = Vec::new();
        let mut octets: usize = 0;
        for message in messages {
            let source = sources::source(self.desk, message).await;
            octets = octets.saturating_add(source.octets());
            batch.push(source);
            if octets >= BATCH_OCTETS {
                self.writer.add(std::mem::take(&mut batch)).await?;
                octets = 0;
            }
        }
        if !batch.is_empty() {
            self.writer.add(batch).await?;
        }
        Ok(())
    }

    async fn commit(&self, position: FeedPosition) -> Result<Duration, Broken> {
        let took = self.writer.commit(position).await?;
        metrics::histogram!("mxdesk_search_commit_seconds").record(took.as_secs_f64());
        Ok(took)
    }
}
