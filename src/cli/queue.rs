//! `mxdesk queue`: what waits to leave, and what is to be done with it.

use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};

use super::control::{Reply, Request, perform};
use super::{ConfigFile, say};
use crate::desk::DeliveryState;
use crate::desk::commands::QueueOrder;

/// The outbound queue.
#[derive(Subcommand)]
pub(super) enum Queue {
    /// What waits to leave: id, state, next attempt, recipient, ticket, attempts, and the last server's words.
    List(List),
    /// Attempt deliveries now; those named, or all that wait.
    Retry(Which),
    /// Keep deliveries in the queue until they are released.
    Hold(Which),
    /// Let go on what is held.
    Release(Which),
    /// Take deliveries out of the queue: they never leave.
    Cancel(Which),
}

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    config: ConfigFile,
    /// In this state; without it, all that has not come to its end.
    #[arg(long)]
    state: Option<State>,
    /// To recipients of this domain.
    #[arg(long)]
    domain: Option<String>,
    /// How many lines at the most.
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

#[derive(Args)]
pub(super) struct Which {
    #[command(flatten)]
    config: ConfigFile,
    /// Ids, as `queue list` shows them.
    ids: Vec<u64>,
    /// Every one to recipients of this domain.
    #[arg(long, conflicts_with = "ids")]
    domain: Option<String>,
    /// Every one in the queue.
    #[arg(long, conflicts_with_all = ["ids", "domain"])]
    all: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    Queued,
    Deferred,
    Held,
    Delivered,
    Failed,
    Cancelled,
}

impl Queue {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let (order, which) = match self {
            Queue::List(list) => return list.run(),
            Queue::Retry(which) => (QueueOrder::Retry, which),
            Queue::Hold(which) => (QueueOrder::Hold, which),
            Queue::Release(which) => (QueueOrder::Release, which),
            Queue::Cancel(which) => (QueueOrder::Cancel, which),
        };
        if which.ids.is_empty() && which.domain.is_none() && !which.all {
            bail!("name deliveries by their ids, or say --domain DOMAIN or --all");
        }
        let request = Request::QueueOrder { order, ids: which.ids, domain: which.domain };
        if let Reply::Lines(lines) = perform(&which.config.load()?, request)? {
            say(&lines.join("\n"));
        }
        Ok(())
    }
}

impl List {
    fn run(self) -> anyhow::Result<()> {
        let state = self.state.map(|state| match state {
            State::Queued => DeliveryState::Queued,
            State::Deferred => DeliveryState::Deferred,
            State::Held => DeliveryState::Held,
            State::Delivered => DeliveryState::Delivered,
            State::Failed => DeliveryState::Failed,
            State::Cancelled => DeliveryState::Cancelled,
        });
        let request = Request::QueueList { state, domain: self.domain, limit: self.limit.max(1) };
        match perform(&self.config.load()?, request)? {
            Reply::Lines(lines) if lines.is_empty() => say("the queue is empty"),
            Reply::Lines(lines) => say(&lines.join("\n")),
            _ => {}
        }
        Ok(())
    }
}
