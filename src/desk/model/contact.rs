//! A person who writes.

use minicbor::{Decode, Encode};

/// A contact.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Contact {
    /// The id.
    #[n(0)]
    pub id: u64,
    /// The name, as first seen or as edited.
    #[n(1)]
    pub name: Option<String>,
    /// Addresses as keys; at most 20.
    #[n(2)]
    pub addresses: Vec<String>,
    /// A colleague.
    #[n(3)]
    pub internal: bool,
    /// Unix milliseconds.
    #[n(4)]
    pub created_at: u64,
}
