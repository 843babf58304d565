//! The store's own rows: how far versions and feed have come, what was trimmed, the schema of the whole.

use rocksdb::DB;

use super::super::{Family, FeedPosition, Key, Space, StoreError};
use super::families;

/// The layout of the store's own rows. Raised when it changes, together with an upgrade in `open`.
pub(super) const SCHEMA: u64 = 1;

/// How far the store has come. Written with every group, so that it is never behind what it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The version of the last batch.
    pub version: u64,
    /// The newest feed position.
    pub position: FeedPosition,
}

/// The name of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Row {
    /// [`SCHEMA`] when the store was written last.
    Schema,
    /// [`Head`].
    Head,
    /// Feed records up to and including this position are forgotten.
    Trimmed,
}

impl Row {
    pub(super) fn key(self) -> Key {
        let name: &[u8] = match self {
            Self::Schema => b"schema",
            Self::Head => b"head",
            Self::Trimmed => b"trimmed",
        };
        [&[Space::Meta as u8], name].concat()
    }
}

impl Head {
    pub(super) fn encode(self) -> [u8; 16] {
        let mut row = [0; 16];
        row[..8].copy_from_slice(&self.version.to_be_bytes());
        row[8..].copy_from_slice(&self.position.0.to_be_bytes());
        row
    }

    pub(super) fn read(db: &DB) -> Result<Self, StoreError> {
        let [version, position] = read(db, Row::Head)?.unwrap_or_default();
        Ok(Self { version, position: FeedPosition(position) })
    }
}

/// A row that is one number.
pub(super) fn read_number(db: &DB, row: Row) -> Result<Option<u64>, StoreError> {
    Ok(read(db, row)?.map(|[number]| number))
}

/// A row that is `N` big-endian numbers.
fn read<const N: usize>(db: &DB, row: Row) -> Result<Option<[u64; N]>, StoreError> {
    let name = families::name(Family::Misc);
    let family = db.cf_handle(name).ok_or_else(|| StoreError::Engine(format!("no column family {name}")))?;
    let stored = db.get_cf(family, row.key()).map_err(|error| StoreError::Engine(error.into_string()))?;
    let Some(stored) = stored else { return Ok(None) };
    let (numbers, rest) = stored.as_chunks::<8>();
    match <&[[u8; 8]; N]>::try_from(numbers) {
        Ok(numbers) if rest.is_empty() => Ok(Some(numbers.map(u64::from_be_bytes))),
        _ => Err(StoreError::Corrupt(format!("the store's own row {row:?} has {} octets", stored.len()))),
    }
}
