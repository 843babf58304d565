//! The commit thread: takes what is queued as one group, writes it, answers.
//!
//! While one group is being synced the next one gathers, so that the slower the disk, the larger the groups. On a fast
//! disk they would be small, and most of the time go into syncs: so blobs, which need none, are written and answered
//! first, and the group waits a moment for the batches that name them, since those are near. Who is alone never waits.
//! Between groups the thread looks after the gate.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::super::{CommitError, StoreError};
use super::commit_queue::{Job, Work};
use super::engine::Engine;
use super::group::Group;
use super::meta::Head;

/// The most batches of one group.
const GROUP_BATCHES: usize = 256;
/// A group takes no more once it has this many octets.
const GROUP_SIZE: usize = 1 << 20;
/// How long a group waits for batches that are near. A blob's batch comes well within it, even where every processor is
/// busy; and no sender feels it.
const LINGER: Duration = Duration::from_millis(5);
/// How often disk and background errors are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often a closed gate is tried.
const PROBE: Duration = Duration::from_secs(5);

/// Starts the thread. It ends when the queue does and is empty.
pub(super) fn start(engine: Arc<Engine>, head: Head, queue: Receiver<Job>) -> io::Result<JoinHandle<()>> {
    let now = Instant::now();
    let writer = Writer { engine, head: Some(head), linger: LINGER, near: 0, looked: now, probed: now, errors: 0 };
    std::thread::Builder::new().name("mxdesk-commit".to_owned()).spawn(move || writer.run(&queue))
}

struct Writer {
    engine: Arc<Engine>,
    /// How far the store has come; `None` when that must be read again, after a failed write.
    head: Option<Head>,
    /// [`LINGER`].
    linger: Duration,
    /// How many blobs are written whose batches have not come: a guess, since not every batch has a blob, nor every blob a
    /// batch.
    near: usize,
    looked: Instant,
    probed: Instant,
    /// Background errors that RocksDB had counted at the last look.
    errors: u64,
}

impl Writer {
    fn run(mut self, queue: &Receiver<Job>) {
        let ending = Ending(self.engine.clone());
        loop {
            match queue.recv_timeout(LOOK) {
                Ok(first) => self.serve(first, queue),
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

    /// Writes what is queued: the blobs at once and unsynced, then everything else as one group, with what comes while it
    /// lingers.
    fn serve(&mut self, first: Job, queue: &Receiver<Job>) {
        let (blobs, mut jobs): (Vec<_>, Vec<_>) = gather(first, queue).into_iter().partition(Job::is_blob);
        self.near = self.near.saturating_add(blobs.len()).saturating_sub(jobs.len());
        if !blobs.is_empty() {
            self.write(blobs);
        }
        if jobs.is_empty() {
            return;
        }
        let until = Instant::now() + self.linger;
        let mut size = jobs.iter().fold(0_usize, |size, job| size.saturating_add(job.size));
        while self.near > 0 && jobs.len() < GROUP_BATCHES && size < GROUP_SIZE {
            let left = until.saturating_duration_since(Instant::now());
            match queue.recv_timeout(left) {
                Ok(job) if !left.is_zero() && job.is_blob() => {
                    self.near = self.near.saturating_add(1);
                    self.write(vec![job]);
                }
                Ok(job) => {
                    self.near = self.near.saturating_sub(1);
                    size = size.saturating_add(job.size);
                    jobs.push(job);
                }
                // They are not as near as it seemed, or do not come at all.
                Err(_) => {
                    self.near /= 2;
                    break;
                }
            }
        }
        self.write(jobs);
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
        metrics::histogram!("mxdesk_store_group_batches").record(u32::try_from(count).unwrap_or(u32::MAX));
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
fn gather(first: Job, queue: &Receiver<Job>) -> Vec<Job> {
    let mut size = first.size;
    let mut jobs = vec![first];
    while jobs.len() < GROUP_BATCHES && size < GROUP_SIZE {
        let Ok(job) = queue.try_recv() else { break };
        size = size.saturating_add(job.size);
        jobs.push(job);
    }
    jobs
}

impl Job {
    fn is_blob(&self) -> bool {
        matches!(self.work, Work::Keep(..))
    }
}

/// Closes the gate when the thread panics.
struct Ending(Arc<Engine>);

impl Drop for Ending {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.gate.close("the commit thread panicked");
        }
    }
}

#[cfg(test)]
mod tests;
