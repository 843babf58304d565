//! What the store knows of a DKIM key: everything but the private part, which stands in a file.

use minicbor::{Decode, Encode};

use crate::mail::dkim::{Algorithm, KeyStage};

/// A DKIM key of a domain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct StoredDkimKey {
    /// `d=`.
    #[n(0)]
    pub domain: String,
    /// `s=`.
    #[n(1)]
    pub selector: String,
    /// What it signs with.
    #[n(2)]
    pub algorithm: Algorithm,
    /// Whether letters are signed with it.
    #[n(3)]
    pub stage: KeyStage,
    /// Since when it is in this stage, in Unix milliseconds.
    #[n(4)]
    pub since: u64,
    /// The TXT record's value.
    #[n(5)]
    pub record: String,
}
