//! Mailboxes, groups, rules and tables: the desk's set-up.

use minicbor::{Decode, Encode};

use crate::mail::Address;

/// A set of support addresses with a sender name, signature and number prefix.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Mailbox {
    /// Its id.
    #[n(0)]
    pub id: u64,
    /// The sender name of answers.
    #[n(1)]
    pub name: String,
    /// Shown before ticket numbers: 1 to 10 of `A-Z0-9`; unique.
    #[n(2)]
    pub prefix: String,
    /// Its addresses as [`crate::mail::Address::key`]s; the first that is no catch-all is the sender of answers. `*@domain` is
    /// that domain's catch-all.
    #[n(3)]
    pub addresses: Vec<String>,
    /// Below every answer; may be empty.
    #[n(4)]
    pub signature: String,
}

impl Mailbox {
    /// The address that answers are sent from.
    pub fn sender_address(&self) -> Option<Address> {
        let exact = self.addresses.iter().find(|address| !address.starts_with("*@"))?;
        Address::parse(exact).ok()
    }
}

/// A department.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Group {
    /// Its id.
    #[n(0)]
    pub id: u64,
    /// Unique.
    #[n(1)]
    pub name: String,
    /// Operators' ids.
    #[n(2)]
    pub members: Vec<u64>,
}

/// A rule as stored: its JSON, so that the vocabulary can grow without a second schema.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct StoredRule {
    /// Its id.
    #[n(0)]
    pub id: u64,
    /// Rises with every change; what a trace names.
    #[n(1)]
    pub version: u64,
    /// A [`crate::rules::Rule`] as JSON.
    #[n(2)]
    pub json: String,
}

/// A look-up list as stored.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct StoredTable {
    /// Unique.
    #[n(0)]
    pub name: String,
    /// Its keys, as written; at most 2,000.
    #[n(1)]
    pub keys: Vec<String>,
}
