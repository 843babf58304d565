//! The commit thread: takes what is queued as one group, writes it, answers.
//!
//! While one group is being synced the next one gathers, so that the slower the disk, the larger the groups. The queue is
//! bounded in octets; who finds no room waits, at most [`DEADLINE`].

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout_at;

use super::super::{Batch, CommitError, Committed, FeedPosition, Health, Key, StoreError};
use super::engine::Engine;
use super::group::Group;
use super::meta::Head;

/// The most batches of one group.
const GROUP_BATCHES: usize = 256;
/// A group takes no more once it has this many octets.
const GROUP_SIZE: usize = 1 << 20;
/// What may be queued, in KiB.
const QUEUE_KIB: usize = 64 << 10;
/// How long a commit may wait, in the queue and for its write.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often disk and background errors are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often a closed gate is tried.
const PROBE: Duration = Duration::from_secs(5);

/// The handle: whoever has something to write comes here.
pub(super) struct CommitThread {
    engine: Arc<Engine>,
    jobs: Option<mpsc::Sender<Job>>,
    room: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
}

type Answer = Result<Committed, CommitError>;

struct Job {
    work: Work,
    size: usize,
    answer: oneshot::Sender<Answer>,
    /// Given back when the job is done.
    room: OwnedSemaphorePermit,
}

enum Work {
    Commit(Batch),
    Keep(Key, Vec<u8>),
    Trim(FeedPosition),
}

impl CommitThread {
    pub(super) fn start(engine: Arc<Engine>, head: Head) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel();
        let writer = Writer {
            engine: engine.clone(),
            head: Some(head),
            looked: Instant::now(),
            probed: Instant::now(),
            errors: 0,
        };
        let thread = std::thread::Builder::new().name("mxdesk-commit".to_owned()).spawn(move || writer.run(&queue));
        let thread = thread.map_err(|error| StoreError::Engine(format!("no thread for commits: {error}")))?;
        Ok(Self { engine, jobs: Some(jobs), room: Arc::new(Semaphore::new(QUEUE_KIB)), thread: Some(thread) })
    }

    /// Commits a batch whose size was checked.
    pub(super) async fn commit(&self, batch: Batch, size: usize) -> Answer {
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
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(Job { work, size, answer, room }));
        let Some(Ok(())) = sent else { return Err(CommitError::Rejected("the commit thread has ended".to_owned())) };
        match timeout_at(deadline, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(CommitError::Unknown("the commit thread has ended".to_owned())),
            Err(_) => Err(CommitError::Unknown(format!("no answer within {} s", DEADLINE.as_secs()))),
        }
    }
}

impl Drop for CommitThread {
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

/// What runs on the thread.
struct Writer {
    engine: Arc<Engine>,
    /// How far the store has come; `None` when that must be read again, after a failed write.
    head: Option<Head>,
    looked: Instant,
    probed: Instant,
    /// Background errors that RocksDB had counted at the last look.
    errors: u64,
}

impl Writer {
    fn run(mut self, queue: &mpsc::Receiver<Job>) {
        // Closes the gate if this thread ever panics.
        let ending = Ending(self.engine.clone());
        loop {
            match queue.recv_timeout(LOOK) {
                Ok(first) => self.write(gather(first, queue)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.looked.elapsed() >= LOOK {
                self.look();
            }
        }
        if let Err(error) = self.engine.db.flush_wal(true) {
            tracing::error!(%error, "the log was not synced at the end");
        }
        drop(ending);
    }

    /// Writes one group and answers each of its jobs.
    fn write(&mut self, jobs: Vec<Job>) {
        let engine = self.engine.clone();
        let began = Instant::now();
        let mut group = match self.group(&engine) {
            Ok(group) => group,
            Err(error) => {
                for job in jobs {
                    let _ = job.answer.send(Err(CommitError::Rejected(error.to_string())));
                }
                return;
            }
        };
        let count = jobs.len();
        let trimmed = engine.trimmed.load(Ordering::Acquire);
        let mut answers = Vec::with_capacity(count);
        for job in jobs {
            let answer = match job.work {
                Work::Commit(batch) => group.commit(batch),
                Work::Keep(key, row) => group.keep(&key, &row),
                Work::Trim(up_to) => group.trim(trimmed, up_to),
            };
            answers.push((job.answer, answer, job.room));
        }
        let written = self.finish(group);
        metrics::histogram!("mxdesk_store_commit_seconds").record(began.elapsed().as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "a group has at most 256 batches")]
        metrics::histogram!("mxdesk_store_group_batches").record(count as f64);
        for (sender, answer, _room) in answers {
            let answer = match &written {
                Err(error) if answer.is_ok() => Err(CommitError::Unknown(error.to_string())),
                _ => answer,
            };
            // The caller may have gone: its token tells it later.
            let _ = sender.send(answer);
        }
    }

    /// An empty group at the store's head.
    fn group<'a>(&mut self, engine: &'a Engine) -> Result<Group<'a>, StoreError> {
        let head = match self.head {
            Some(head) => head,
            None => Head::read(&engine.db)?,
        };
        Ok(Group::new(engine, head))
    }

    /// Writes a group; moves the gate and the head by what came of it.
    fn finish(&mut self, group: Group<'_>) -> Result<(), StoreError> {
        match group.write() {
            Ok(head) => {
                self.head = Some(head);
                Ok(())
            }
            Err(error) => {
                self.head = None;
                metrics::counter!("mxdesk_store_failures_total").increment(1);
                self.engine.gate.close(&error.to_string());
                Err(error)
            }
        }
    }

    /// Looks at the disk and at RocksDB's own errors; tries a closed gate.
    fn look(&mut self) {
        self.looked = Instant::now();
        self.engine.gate.check_disk();
        let errors = self.engine.db.property_int_value(rocksdb::properties::BACKGROUND_ERRORS).ok().flatten();
        let errors = errors.unwrap_or(self.errors);
        if errors > self.errors {
            self.errors = errors;
            self.engine.gate.close("RocksDB reports a background error");
        }
        if self.engine.gate.failed() && self.probed.elapsed() >= PROBE {
            self.probed = Instant::now();
            self.probe();
        }
    }

    /// One synced write of nothing but the head: it succeeds when writes do again.
    fn probe(&mut self) {
        let engine = self.engine.clone();
        let Ok(mut group) = self.group(&engine) else { return };
        group.require_sync();
        if self.finish(group).is_ok() {
            engine.gate.open();
        }
    }
}

/// The first job and what else is queued, up to the size of a group.
fn gather(first: Job, queue: &mpsc::Receiver<Job>) -> Vec<Job> {
    let mut size = first.size;
    let mut jobs = vec![first];
    while jobs.len() < GROUP_BATCHES && size < GROUP_SIZE {
        let Ok(job) = queue.try_recv() else { break };
        size = size.saturating_add(job.size);
        jobs.push(job);
    }
    jobs
}

struct Ending(Arc<Engine>);

impl Drop for Ending {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.gate.close("the commit thread panicked");
        }
    }
}
