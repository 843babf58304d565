//! Records to stored values and back: `[schema u8][minicbor]`. (The store puts its version in front.)

use minicbor::{Decode, Encode};

use crate::store::{StoreError, Versioned};

/// The schema of everything the desk stores. Raised with an upgrade module when a record changes its meaning.
pub(in crate::desk) const SCHEMA: u8 = 1;

/// A record as a stored value.
pub(in crate::desk) fn encode<T: Encode<()>>(record: &T) -> Vec<u8> {
    let mut value = vec![SCHEMA];
    // Cannot fail: a Vec takes everything.
    let _ = minicbor::encode(record, &mut value);
    value
}

/// A stored value as a record.
pub(in crate::desk) fn decode<T: for<'b> Decode<'b, ()>>(value: &[u8]) -> Result<T, StoreError> {
    match value.split_first() {
        Some((&SCHEMA, payload)) => {
            minicbor::decode(payload).map_err(|error| StoreError::Corrupt(format!("record: {error}")))
        }
        Some((schema, _)) => Err(StoreError::Corrupt(format!(
            "a record has schema {schema}, this program knows {SCHEMA}: run the version that wrote it, or a newer one"
        ))),
        None => Err(StoreError::Corrupt("an empty record".to_owned())),
    }
}

/// A record with the version under which it was read.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::desk) struct Record<T> {
    pub value: T,
    pub version: u64,
}

impl<T: for<'b> Decode<'b, ()>> Record<T> {
    /// Decodes what the store gave.
    pub(in crate::desk) fn read(stored: &Versioned) -> Result<Self, StoreError> {
        Ok(Self { value: decode(&stored.value)?, version: stored.version })
    }
}
