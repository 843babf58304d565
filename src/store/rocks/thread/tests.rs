use std::sync::mpsc;

use tempfile::TempDir;
use tokio::sync::{Semaphore, oneshot};

use super::super::RocksStore;
use super::super::commit_queue::Answer;
use super::*;
use crate::store::{Batch, Space};

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
        let writer =
            Writer { engine: store.engine.clone(), head: None, linger, near: 0, looked: now, probed: now, errors: 0 };
        let (jobs, queue) = mpsc::channel();
        Self { writer, jobs, queue, _store: store, _folder: folder }
    }

    fn serve(&mut self) {
        let first = self.queue.recv().unwrap();
        self.writer.serve(first, &self.queue);
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
fn letters_that_arrive_together_share_a_sync() {
    let mut bench = Bench::new(LONG);
    send(&bench.jobs, blob(1));
    let second_blob = send(&bench.jobs, blob(2));
    let first = send(&bench.jobs, batch(1));
    let jobs = bench.jobs.clone();
    // The second letter's batch comes only when its blob is answered: before the first letter's sync.
    let other = std::thread::spawn(move || {
        second_blob.blocking_recv().unwrap().unwrap();
        send(&jobs, batch(2))
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
fn a_letter_that_never_comes_is_soon_forgotten() {
    let mut bench = Bench::new(Duration::from_millis(1));
    for number in 1..=4 {
        send(&bench.jobs, blob(number));
    }
    for expected in [1, 0, 0] {
        let answered = send(&bench.jobs, batch(9));
        bench.serve();
        assert!(answered.blocking_recv().unwrap().is_ok());
        assert_eq!(bench.writer.near, expected);
    }
}
