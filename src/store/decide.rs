//! What a batch does to the rows as they are now: the one place where checks are judged and counters are added.
//!
//! Every backend asks here, under whatever makes its commits follow one another, and applies the answer whole. So the
//! difference between `Conflict` and `Rejected` and the meaning of `Add` cannot differ between backends.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{Batch, Check, CommitError, Key, Op};

/// The rows at the moment of a commit.
pub(super) trait Rows {
    /// The version of a key's value.
    fn version(&self, key: &[u8]) -> Result<Option<u64>, CommitError>;
    /// A key's value without its version.
    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, CommitError>;
}

/// What becomes of each key that the batch touches: a new value, or none.
pub(super) type Changes = HashMap<Key, Option<Vec<u8>>>;

/// Judges the checks, then works out the changes. Takes the operations out of the batch.
pub(super) fn decide(batch: &mut Batch, rows: &impl Rows) -> Result<Changes, CommitError> {
    for check in &batch.checks {
        let holds = match check {
            Check::Absent(key) => rows.version(key)?.is_none(),
            Check::Version(key, version) => rows.version(key)? == Some(*version),
        };
        if !holds {
            return Err(CommitError::Conflict);
        }
    }
    let mut changes = Changes::with_capacity(batch.ops.len());
    for op in std::mem::take(&mut batch.ops) {
        match op {
            Op::Put(key, value) => drop(changes.insert(key, Some(value))),
            Op::Delete(key) => drop(changes.insert(key, None)),
            Op::Add(key, delta) => match changes.entry(key) {
                Entry::Occupied(mut entry) => {
                    let sum = add(entry.get().as_deref(), delta)?;
                    entry.insert(Some(sum));
                }
                Entry::Vacant(entry) => {
                    let sum = add(rows.value(entry.key())?.as_deref(), delta)?;
                    entry.insert(Some(sum));
                }
            },
        }
    }
    Ok(changes)
}

/// A counter after an addition: 8 bytes, big-endian; an absent one counts as 0.
fn add(counter: Option<&[u8]>, delta: i64) -> Result<Vec<u8>, CommitError> {
    let before = match counter {
        None => 0,
        Some(bytes) => i64::from_be_bytes(
            bytes.try_into().map_err(|_| CommitError::Rejected("an addition to a value that is no counter".into()))?,
        ),
    };
    let after = before.checked_add(delta).ok_or_else(|| CommitError::Rejected("a counter would overflow".into()))?;
    Ok(after.to_be_bytes().to_vec())
}
