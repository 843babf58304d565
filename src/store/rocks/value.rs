//! A stored row: `[version u64 big-endian][payload]`.

use super::super::{StoreError, Versioned};

const VERSION: usize = size_of::<u64>();

/// Writes a row into a buffer that is used again and again.
pub(super) fn encode<'a>(buffer: &'a mut Vec<u8>, version: u64, payload: &[u8]) -> &'a [u8] {
    buffer.clear();
    buffer.extend_from_slice(&version.to_be_bytes());
    buffer.extend_from_slice(payload);
    buffer
}

pub(super) fn version(row: &[u8]) -> Result<u64, StoreError> {
    split(row).map(|(version, _)| version)
}

pub(super) fn decode(row: &[u8]) -> Result<Versioned, StoreError> {
    split(row).map(|(version, payload)| Versioned { version, value: payload.to_vec() })
}

fn split(row: &[u8]) -> Result<(u64, &[u8]), StoreError> {
    let (version, payload) = row
        .split_first_chunk::<VERSION>()
        .ok_or_else(|| StoreError::Corrupt(format!("a row of {} octets has no version", row.len())))?;
    Ok((u64::from_be_bytes(*version), payload))
}
