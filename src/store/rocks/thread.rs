//! The commit thread: takes what is queued as one group, writes it, answers.
//!
//! While one group is being synced the next one gathers, so that the slower the disk, the larger the groups. On a fast
//! disk they would be small, and most of the time go into syncs: so a group waits a moment for batches that are announced.
//! What needs no sync (blobs, numbers, greylisting) is written at once, before and while a group waits; those whom it waits
//! for need it. Who is alone never waits. Between groups the thread looks after the gate.

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
/// How long a group waits for batches that are near. No sender feels it.
const LINGER: Duration = Duration::from_millis(5);
/// A group with so many batches waits for no more: a sync that twelve share costs little, and others can be at work meanwhile.
const ENOUGH: usize = 12;
/// How often a waiting group looks whether anything is near yet: what was announced may not come.
const GLANCE: Duration = Duration::from_micros(500);
/// How often disk and background errors are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often a closed gate is tried.
const PROBE: Duration = Duration::from_secs(5);

/// Starts the thread. It ends when the queue does and is empty.
pub(super) fn start(engine: Arc<Engine>, head: Head, queue: Receiver<Job>) -> io::Result<JoinHandle<()>> {
    let now = Instant::now();
    let writer = Writer { engine, head: Some(head), linger: LINGER, looked: now, probed: now, errors: 0 };
    std::thread::Builder::new().name("mxdesk-commit".to_owned()).spawn(move || writer.run(&queue))
}

struct Writer {
    engine: Arc<Engine>,
    /// How far the store has come; `None` when that must be read again, after a failed write.
    head: Option<Head>,
    /// [`LINGER`].
    linger: Duration,
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

    /// Writes what is queued as one group, with what comes while it lingers.
    fn serve(&mut self, first: Job, queue: &Receiver<Job>) {
        let mut jobs = self.write_unsynced(gather(first, queue));
        if jobs.is_empty() {
            return;
        }
        let until = Instant::now() + self.linger;
        while jobs.len() < ENOUGH && self.engine.near.load(Ordering::Relaxed) > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match queue.recv_timeout(left.min(GLANCE)) {
                Ok(job) => jobs.extend(self.write_unsynced(gather(job, queue))),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.write(jobs);
    }

    /// Writes at once what needs no sync; answers the rest.
    fn write_unsynced(&mut self, jobs: Vec<Job>) -> Vec<Job> {
        let (synced, unsynced): (Vec<_>, Vec<_>) = jobs.into_iter().partition(Job::must_sync);
        if !unsynced.is_empty() {
            self.write(unsynced);
        }
        synced
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
    fn must_sync(&self) -> bool {
        matches!(&self.work, Work::Commit(batch) if batch.must_sync())
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
