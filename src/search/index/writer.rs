//! The writer: one thread that analyses messages and owns tantivy's writer.
//!
//! Disposable: any error ends the thread, and the follower opens another from the last commit. What was added but not
//! committed is then gone, and read again from the feed. Each message replaces itself, so that reading it twice is harmless.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::{IndexWriter, Term};
use tokio::sync::{mpsc, oneshot};

use super::TextIndex;
use crate::search::SearchError;
use crate::search::document::{Documents, Source};
use crate::store::FeedPosition;

/// Memory for what is added before it is written as a segment, in octets.
const HEAP: usize = 64 << 20;

/// Batches that may wait for the thread.
const WAITING_MAX: usize = 4;

/// Segments with more messages than this are merged no more, unless many of them are deleted.
const SEGMENT_MAX: usize = 500_000;

/// The part of deleted documents above which a segment is rewritten. (By default deletes never cause a merge.)
const DELETED_MAX: f32 = 0.3;

enum Work {
    Add(Vec<Source>),
    Clear,
    Commit(FeedPosition, oneshot::Sender<Duration>),
}

/// A handle to the thread. Dropping it ends the thread after what was handed over.
pub(in crate::search) struct Writer {
    work: mpsc::Sender<Work>,
    thread: JoinHandle<()>,
}

/// The thread has ended; why is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the index writer has ended")]
pub(in crate::search) struct WriterGone;

impl Writer {
    /// Starts the thread. Errors of its own end it: the next call then answers [`WriterGone`].
    pub(in crate::search) fn start(index: TextIndex) -> std::io::Result<Self> {
        let (work, waiting) = mpsc::channel(WAITING_MAX);
        let thread = std::thread::Builder::new().name("search-writer".to_owned()).spawn(move || {
            if let Err(error) = write(&index, waiting) {
                tracing::error!(%error, "the search index could not be written");
            }
        })?;
        Ok(Self { work, thread })
    }

    /// Hands messages over; waits while enough of them are waiting.
    pub(in crate::search) async fn add(&self, sources: Vec<Source>) -> Result<(), WriterGone> {
        self.work.send(Work::Add(sources)).await.map_err(|_| WriterGone)
    }

    /// Forgets every message.
    pub(in crate::search) async fn clear(&self) -> Result<(), WriterGone> {
        self.work.send(Work::Clear).await.map_err(|_| WriterGone)
    }

    /// Makes what was handed over visible to searches, as of a feed position. Answers how long it took.
    pub(in crate::search) async fn commit(&self, position: FeedPosition) -> Result<Duration, WriterGone> {
        let (answer, committed) = oneshot::channel();
        self.work.send(Work::Commit(position, answer)).await.map_err(|_| WriterGone)?;
        committed.await.map_err(|_| WriterGone)
    }

    /// Ends the thread and waits until the folder is free for another.
    pub(in crate::search) async fn stop(self) {
        let Self { work, thread } = self;
        drop(work);
        // A panic of the thread has been logged by the panic hook, and there is nothing to do about it here.
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }
}

fn write(index: &TextIndex, mut waiting: mpsc::Receiver<Work>) -> Result<(), SearchError> {
    let options =
        IndexWriterOptions::builder().num_worker_threads(1).num_merge_threads(1).memory_budget_per_thread(HEAP).build();
    let mut writer: IndexWriter = index.index.writer_with_options(options)?;
    let mut policy = LogMergePolicy::default();
    policy.set_max_docs_before_merge(SEGMENT_MAX);
    policy.set_del_docs_ratio_before_merge(DELETED_MAX);
    writer.set_merge_policy(Box::new(policy));

    let mut documents = Documents::new(index.fields);
    while let Some(work) = waiting.blocking_recv() {
        match work {
            Work::Add(sources) => {
                for source in &sources {
                    writer.delete_term(Term::from_field_u64(index.fields.message, source.message.id));
                    writer.add_document(documents.of(source))?;
                }
            }
            Work::Clear => {
                writer.delete_all_documents()?;
            }
            Work::Commit(position, answer) => {
                let begin = Instant::now();
                let mut commit = writer.prepare_commit()?;
                commit.set_payload(&position.0.to_string());
                commit.commit()?;
                index.reader.reload()?;
                // Nobody waits for the answer where the follower was stopped meanwhile.
                let _ = answer.send(begin.elapsed());
            }
        }
    }
    Ok(())
}
