//! The index on disk: opening, the position it stands at, reading. Blocking: call it in `spawn_blocking` or a thread.

mod boot;
mod directory;
mod folder;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;

use tantivy::{Index, IndexReader, ReloadPolicy};

use super::collect::{Limits, Predicate, collect};
use super::query::{Parsed, compile};
use super::schema::Fields;
use super::{Hit, SearchError};
use crate::store::FeedPosition;

pub(in crate::search) use writer::{Writer, WriterGone};

/// An open index.
#[derive(Clone)]
pub(in crate::search) struct TextIndex {
    index: Index,
    reader: IndexReader,
    fields: Fields,
}

impl TextIndex {
    /// Opens or makes the index in a folder. One of another schema version is removed, a broken one moved aside: both are
    /// built anew from the feed.
    pub(in crate::search) fn open(folder: &Path) -> Result<Self, SearchError> {
        let (index, fields) = folder::open(folder)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { index, reader, fields })
    }

    /// The feed position of the last commit: everything up to it is in the index.
    pub(in crate::search) fn position(&self) -> Result<FeedPosition, SearchError> {
        let payload = self.index.load_metas()?.payload;
        Ok(FeedPosition(payload.and_then(|payload| payload.parse().ok()).unwrap_or_default()))
    }

    /// The tickets that fit, best first, then newest first.
    pub(in crate::search) fn search(
        &self,
        parsed: &Parsed,
        predicate: Option<Predicate>,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Hit>, SearchError> {
        let searcher = self.reader.searcher();
        let Some(query) = compile(parsed, &self.fields, &searcher)? else { return Ok(Vec::new()) };
        let limits = Limits { predicate, after: parsed.after, before: parsed.before };
        Ok(collect(&searcher, query.as_ref(), &limits, offset, limit)?)
    }

    /// How many messages are in it.
    #[cfg(test)]
    pub(in crate::search) fn messages(&self) -> u64 {
        self.reader.searcher().num_docs()
    }
}
