//! A file that an operator uploaded, to be attached to an answer.

use minicbor::{Decode, Encode};

/// Octets of one piece: whole lines of base64 (57 octets each, RFC 2045 §6.8), and less than a value may have.
pub(in crate::desk) const PIECE: usize = 57 * 1024;

/// What is known of an upload. Its content lies in pieces beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Upload {
    /// The id.
    #[n(0)]
    pub id: u64,
    /// The file's name, without a path and without what would mislead.
    #[n(1)]
    pub name: String,
    /// The media type: one that base64 may carry.
    #[n(2)]
    pub content_type: String,
    /// Octets that are there.
    #[n(3)]
    pub size: u64,
    /// When it is swept, Unix milliseconds.
    #[n(4)]
    pub until: u64,
    /// All of it is there: it can be attached.
    #[n(5)]
    pub is_whole: bool,
}

impl Upload {
    /// How many pieces there are.
    pub(in crate::desk) fn pieces(&self) -> u64 {
        self.size.div_ceil(PIECE as u64)
    }
}
