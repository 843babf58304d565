//! The loop: takes in what is due, and sends a worker to each destination that has something waiting, within the limits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::Queue;
use super::intake::Intake;
use super::net::Net;
use super::patience::Patience;
use super::room::Room;
use super::sts::Failures;
use super::taken::Taken;
use super::tls::Trust;
use super::waiting::Waiting;
use super::way::Way;
use super::worker::serve;
use crate::config::Config;
use crate::desk::Desk;
use crate::mail::dns::Dns;
use crate::store::Health;

/// A look at the queue at least so often: deliveries become due by time, too.
const BEAT: Duration = Duration::from_secs(1);

/// A look at most so often: under load, the feed moves a thousand times a second.
const CALM: Duration = Duration::from_millis(50);

/// Time for attempts in hand when the server stops.
const FINISH: Duration = Duration::from_secs(30);

/// What the loop and its workers share.
pub(super) struct Shared<N> {
    pub(super) desk: Desk,
    pub(super) dns: Dns,
    pub(super) config: Arc<Config>,
    pub(super) trust: Trust,
    pub(super) patience: Patience,
    pub(super) net: N,
    /// The port of policy hosts.
    pub(super) sts_port: u16,
    pub(super) sts_failures: Failures,
    /// What servers took and is not recorded yet. `None` in a simulation, whose crashes leave no files.
    pub(super) taken: Option<Taken>,
    /// Wakes idle workers: something was taken in.
    pub(super) news: Notify,
    /// For the large letters that are under way.
    pub(super) room: Room,
    waiting: Mutex<Waiting>,
    places: Arc<Semaphore>,
    /// Wakes the loop: a worker has left.
    left: Notify,
    stopping: AtomicBool,
}

impl<N: Net> Shared<N> {
    pub(super) fn new(queue: &Queue, net: N, trust: Trust, patience: Patience) -> Self {
        let outbound = &queue.config.outbound;
        Self {
            desk: queue.desk.clone(),
            dns: queue.dns.clone(),
            config: Arc::clone(&queue.config),
            trust,
            patience,
            net,
            sts_port: 443,
            sts_failures: Failures::default(),
            taken: None,
            news: Notify::new(),
            room: Room::new(outbound.memory),
            waiting: Mutex::new(Waiting::new(outbound.destination_concurrency, outbound.destination_rate_per_minute)),
            places: Arc::new(Semaphore::new(outbound.concurrency)),
            left: Notify::new(),
            stopping: AtomicBool::new(false),
        }
    }

    /// What is due. Held only between awaits; a panic while it is held leaves nothing half done that matters.
    pub(super) fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether another connection may be opened.
    pub(super) fn has_places(&self) -> bool {
        self.places.available_permits() > 0
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(super) fn wake(&self) {
        self.left.notify_one();
    }
}

/// Delivers until `stop` becomes true; attempts in hand are finished.
pub(super) async fn run<N: Net>(shared: Arc<Shared<N>>, mut stop: watch::Receiver<bool>) {
    if let Some(taken) = &shared.taken {
        tokio::select! {
            () = taken.record_left(&shared.desk) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
    let mut hint = shared.desk.store().feed_hint();
    let mut intake = Intake::new(&shared);
    let mut workers = JoinSet::new();
    while !*stop.borrow() {
        hint.mark_unchanged();
        // What cannot be recorded must not be sent.
        let mut pause = BEAT;
        if shared.desk.store().health() != Health::Failed {
            if let Err(error) = intake.fill(&shared).await {
                tracing::warn!(%error, "the queue cannot be read");
            }
            pause = dispatch(&shared, &mut workers).unwrap_or(BEAT).min(BEAT);
        }
        while workers.try_join_next().is_some() {}
        // Whatever happens meanwhile is seen behind the pause.
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            () = tokio::time::sleep(CALM) => {}
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            _ = hint.changed() => {}
            () = shared.left.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    shared.stopping.store(true, Ordering::Relaxed);
    shared.news.notify_waiters();
    let finish = async { while workers.join_next().await.is_some() {} };
    if tokio::time::timeout(FINISH, finish).await.is_err() {
        tracing::warn!(
            workers = workers.len(),
            "attempts to deliver were cut off; they are tried again after the next start"
        );
    }
}

/// Sends workers to destinations while there are places. Answers when a destination that must wait may be looked at again.
fn dispatch<N: Net>(shared: &Arc<Shared<N>>, workers: &mut JoinSet<()>) -> Option<Duration> {
    loop {
        let Ok(place) = Arc::clone(&shared.places).try_acquire_owned() else {
            // Idle workers look at this and go.
            shared.news.notify_waiters();
            return None;
        };
        let next = shared.waiting().next_worker(shared.net.now_ms());
        match next {
            Ok(way) => _ = workers.spawn(work(Arc::clone(shared), way, place)),
            Err(wait) => return wait,
        }
    }
}

async fn work<N: Net>(shared: Arc<Shared<N>>, way: Arc<Way>, place: OwnedSemaphorePermit) {
    serve(shared, way).await;
    drop(place);
}
