//! The rows as a group sees them: those of the DB, under what earlier batches of the same group have changed.

use std::collections::HashMap;

use rocksdb::DBPinnableSlice;

use super::super::decide::Rows;
use super::super::{CommitError, Committed, Family, Key, StoreError, Token, Versioned, limits};
use super::engine::Engine;
use super::{token, value};

pub(super) struct Overlay<'a> {
    engine: &'a Engine,
    rows: HashMap<Key, Option<Versioned>>,
    tokens: HashMap<Token, Committed>,
}

impl<'a> Overlay<'a> {
    pub(super) fn new(engine: &'a Engine) -> Self {
        Self { engine, rows: HashMap::new(), tokens: HashMap::new() }
    }

    pub(super) fn set(&mut self, key: Key, row: Option<Versioned>) {
        self.rows.insert(key, row);
    }

    pub(super) fn set_token(&mut self, token: Token, committed: Committed) {
        self.tokens.insert(token, Committed { repeated: true, ..committed });
    }

    /// What the token's earlier commit answered.
    pub(super) fn token(&self, token: &Token) -> Result<Option<Committed>, CommitError> {
        if let Some(committed) = self.tokens.get(token) {
            return Ok(Some(*committed));
        }
        let row = self.stored(Family::Misc, &token::key(token))?;
        row.map(|row| token::decode(&row)).transpose().map_err(unread)
    }

    fn row(&self, key: &[u8]) -> Result<Option<DBPinnableSlice<'_>>, CommitError> {
        self.stored(limits::readable(key).map_err(unread)?.family(), key)
    }

    fn stored(&self, family: Family, key: &[u8]) -> Result<Option<DBPinnableSlice<'_>>, CommitError> {
        let family = self.engine.family(family).map_err(unread)?;
        self.engine.db.get_pinned_cf(family, key).map_err(|error| unread(StoreError::Engine(error.into_string())))
    }
}

impl Rows for Overlay<'_> {
    fn version(&self, key: &[u8]) -> Result<Option<u64>, CommitError> {
        match self.rows.get(key) {
            Some(row) => Ok(row.as_ref().map(|row| row.version)),
            None => self.row(key)?.map(|row| value::version(&row)).transpose().map_err(unread),
        }
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, CommitError> {
        match self.rows.get(key) {
            Some(row) => Ok(row.as_ref().map(|row| row.value.clone())),
            None => Ok(self.row(key)?.map(|row| value::decode(&row)).transpose().map_err(unread)?.map(|row| row.value)),
        }
    }
}

/// A batch that cannot be judged is not applied.
fn unread(error: StoreError) -> CommitError {
    CommitError::Rejected(error.to_string())
}
