use std::sync::mpsc;

use tempfile::TempDir;
use tokio::sync::{Semaphore, oneshot};

use super::super::RocksStore;
use super::super::commit_queue::Answer;
use super::*;
use crate::store::{Announced, Batch, Space};

/// A thread's work without its thread: what is sent is served by calling it.
struct Bench {
    writer: Writer,
    jobs: mpsc::Sender<Job>,
    queue: Receiver<Job>,
    _store: Arc<RocksStore>,
    _folder: TempDir,
}

impl Bench {
    fn new(linger: Duration) -> Self {
        let folder = TempDir::new().unwrap();
        let store = RocksStore::open(folder.path(), 0).unwrap();
        let now = Instant::now();
        let writer = Writer { engine: store.engine.clone(), head: None, linger, looked: now, probed: now, errors: 0 };
        let (jobs, queue) = mpsc::channel();
        Self { writer, jobs, queue, _store: store, _folder: folder }
    }

    fn serve(&mut self) {
        let first = self.queue.recv().unwrap();
        self.writer.serve(first, &self.queue);
    }

    fn announce(&self) -> Announced {
        Announced::among(&self.writer.engine.near)
    }

    fn synced(&self) -> u64 {
        self.writer.engine.synced.load(Ordering::Relaxed)
    }
}

fn send(jobs: &mpsc::Sender<Job>, work: Work) -> oneshot::Receiver<Answer> {
    let (answer, answered) = oneshot::channel();
    let room = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
    jobs.send(Job { work, size: 100, answer, room }).unwrap();
    answered
}

fn blob(number: u8) -> Work {
    Work::Keep(vec![Space::Blob as u8, number], vec![0; 10])
}

fn batch(number: u8) -> Work {
    let mut batch = Batch::new();
    batch.put(vec![Space::Ticket as u8, number], vec![number]);
    Work::Commit(batch)
}

/// Longer than any test waits.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_group_waits_for_a_batch_that_is_announced() {
    let mut bench = Bench::new(LONG);
    let near = bench.announce();
    let second_blob = send(&bench.jobs, blob(2));
    let first = send(&bench.jobs, batch(1));
    let jobs = bench.jobs.clone();
    // The second letter's batch comes only when its blob is answered: before the first letter's sync.
    let other = std::thread::spawn(move || {
        second_blob.blocking_recv().unwrap().unwrap();
        let second = send(&jobs, batch(2));
        drop(near);
        second
    });
    bench.serve();
    assert_eq!(bench.synced(), 1);
    assert!(first.blocking_recv().unwrap().is_ok());
    assert!(other.join().unwrap().blocking_recv().unwrap().is_ok());
}

#[test]
fn a_letter_alone_does_not_wait() {
    let mut bench = Bench::new(LONG);
    send(&bench.jobs, blob(1));
    bench.serve();
    assert_eq!(bench.synced(), 0, "a blob needs no sync of its own");
    let began = Instant::now();
    let answered = send(&bench.jobs, batch(1));
    bench.serve();
    assert!(answered.blocking_recv().unwrap().is_ok() && bench.synced() == 1);
    assert!(began.elapsed() < LONG / 2, "it waited for nobody");
}

#[test]
fn enough_batches_wait_for_nobody() {
    let mut bench = Bench::new(LONG);
    let _near = bench.announce();
    let began = Instant::now();
    let answers: Vec<_> = (0..u8::try_from(ENOUGH).unwrap()).map(|number| send(&bench.jobs, batch(number))).collect();
    bench.serve();
    assert!(answers.into_iter().all(|answered| answered.blocking_recv().unwrap().is_ok()));
    assert!(bench.synced() == 1 && began.elapsed() < LONG / 2);
}

#[test]
fn what_is_announced_and_does_not_come_is_waited_for_a_moment_only() {
    let mut bench = Bench::new(Duration::from_millis(20));
    let near = bench.announce();
    let began = Instant::now();
    let answered = send(&bench.jobs, batch(1));
    bench.serve();
    assert!(answered.blocking_recv().unwrap().is_ok() && began.elapsed() >= bench.writer.linger);

    bench.writer.linger = LONG;
    let gone = std::thread::spawn(move || {
        #[expect(clippy::disallowed_methods, reason = "so that the group is waiting by then; it need not be")]
        std::thread::sleep(Duration::from_millis(5));
        drop(near);
    });
    let answered = send(&bench.jobs, batch(2));
    bench.serve();
    gone.join().unwrap();
    assert!(answered.blocking_recv().unwrap().is_ok() && began.elapsed() < LONG / 2, "it has gone");
}

#[test]
fn what_needs_no_sync_does_not_wait_with_the_group() {
    let mut bench = Bench::new(LONG);
    let near = bench.announce();
    let first = send(&bench.jobs, batch(1));
    let jobs = bench.jobs.clone();
    let other = std::thread::spawn(move || {
        let mut buffered = Batch::new();
        buffered.put(vec![Space::Counter as u8, 1], vec![1]).durability(crate::store::Durability::Buffered);
        let answered = send(&jobs, Work::Commit(buffered)).blocking_recv().unwrap();
        drop(near);
        answered
    });
    bench.serve();
    assert!(other.join().unwrap().is_ok(), "answered while the group was waiting");
    assert!(first.blocking_recv().unwrap().is_ok());
    assert_eq!(bench.synced(), 1);
}
