//! The rows of the store for the fuzz targets: versions, tokens, blobs.

use rocksdb::CompactionDecision;

use super::super::Space;
use super::{blobs, token, value};

/// Any bytes, taken for a row of each kind.
pub(crate) fn row(row: &[u8]) {
    if let Ok(versioned) = value::decode(row) {
        assert_eq!(
            value::encode(&mut Vec::new(), versioned.version, &versioned.value),
            row,
            "a row changes as it is written"
        );
    }
    if token::decode(row).is_err() {
        let decision = token::drop_expired(0, &[Space::Token as u8], row);
        assert!(matches!(decision, CompactionDecision::Keep), "a row that is not understood is thrown away");
    }
    if let Some((form, length, body)) = blobs::parse(row)
        && let Ok(content) = blobs::decode(form, length, body)
    {
        assert!(content.len() <= length.max(body.len()), "a blob larger than it says");
    }
}
