//! The queue in front of the commit thread: whoever has something to write comes here and waits for the answer.
//!
//! Bounded in octets: who finds no room waits. Nobody waits longer than [`DEADLINE`], for room and answer together.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout_at;

use super::super::{Batch, CommitError, Committed, FeedPosition, Health, Key, StoreError, limits};
use super::engine::Engine;
use super::meta::Head;
use super::thread;

/// What may be queued, in KiB.
const QUEUE_KIB: usize = 64 << 10;
/// How long a commit may wait, in the queue and for its write.
const DEADLINE: Duration = Duration::from_secs(30);

/// The way to the commit thread, and its end: dropping it waits until everything queued is written.
pub(super) struct CommitQueue {
    engine: Arc<Engine>,
    jobs: Option<mpsc::Sender<Job>>,
    room: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
}

/// What a job is told when it is done.
pub(super) type Answer = Result<Committed, CommitError>;

/// Something to write, and who waits for it.
pub(super) struct Job {
    pub work: Work,
    /// In octets.
    pub size: usize,
    pub answer: oneshot::Sender<Answer>,
    /// Given back when the job is done.
    pub room: OwnedSemaphorePermit,
}

/// What there is to write.
pub(super) enum Work {
    /// A batch.
    Commit(Batch),
    /// A blob's row, unsynced.
    Keep(Key, Vec<u8>),
    /// Feed records up to and including the position are to be forgotten.
    Trim(FeedPosition),
}

impl CommitQueue {
    pub(super) fn start(engine: Arc<Engine>, head: Head) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel();
        let thread = thread::start(engine.clone(), head, queue);
        let thread = thread.map_err(|error| StoreError::Engine(format!("no thread for commits: {error}")))?;
        Ok(Self { engine, jobs: Some(jobs), room: Arc::new(Semaphore::new(QUEUE_KIB)), thread: Some(thread) })
    }

    /// Commits a batch, if it is within the limits.
    pub(super) async fn commit(&self, batch: Batch) -> Answer {
        let size = limits::check(&batch)?;
        self.submit(Work::Commit(batch), size).await
    }

    /// Writes a blob's row, unsynced.
    pub(super) async fn keep(&self, key: Key, row: Vec<u8>) -> Result<(), CommitError> {
        let size = row.len();
        self.submit(Work::Keep(key, row), size).await.map(drop)
    }

    /// Forgets feed records.
    pub(super) async fn trim(&self, up_to: FeedPosition) -> Result<(), CommitError> {
        self.submit(Work::Trim(up_to), 0).await.map(drop)
    }

    async fn submit(&self, work: Work, size: usize) -> Answer {
        if self.engine.gate.health() == Health::Failed {
            return Err(CommitError::Rejected("the store takes no writes at present".to_owned()));
        }
        let deadline = tokio::time::Instant::now() + DEADLINE;
        let room = u32::try_from((size / 1024 + 1).min(QUEUE_KIB)).unwrap_or(u32::MAX);
        let room = match timeout_at(deadline, self.room.clone().acquire_many_owned(room)).await {
            Ok(Ok(room)) => room,
            Ok(Err(_)) | Err(_) => return Err(CommitError::Rejected("no room in the commit queue in time".to_owned())),
        };
        let (answer, answered) = oneshot::channel();
        let job = Job { work, size, answer, room };
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        if !sent {
            return Err(CommitError::Rejected("the commit thread has ended".to_owned()));
        }
        match timeout_at(deadline, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(CommitError::Unknown("the commit thread has ended".to_owned())),
            Err(_) => Err(CommitError::Unknown(format!("no answer within {} s", DEADLINE.as_secs()))),
        }
    }
}

impl Drop for CommitQueue {
    /// Ends the queue and waits until it is written.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the commit thread panicked");
        }
    }
}
