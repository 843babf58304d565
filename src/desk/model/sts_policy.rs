//! A domain's MTA-STS policy, as it was fetched (RFC 8461 §3.2).

use minicbor::{Decode, Encode};

/// How a policy is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum StsMode {
    /// There is none any more.
    #[default]
    #[n(0)]
    None,
    /// What does not fit is told in reports, and delivered.
    #[n(1)]
    Testing,
    /// What does not fit is not delivered.
    #[n(2)]
    Enforce,
}

/// A policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct StsPolicy {
    /// The id of the record under which it was fetched.
    #[n(0)]
    pub id: String,
    /// How it is meant.
    #[n(1)]
    pub mode: StsMode,
    /// Its mail hosts, in lower case; `*.` for one label. At most 100.
    #[n(2)]
    pub mx: Vec<String>,
    /// It holds until then, Unix milliseconds.
    #[n(3)]
    pub until: u64,
}

impl StsPolicy {
    /// Whether its time is not over.
    pub fn holds_at(&self, now: u64) -> bool {
        now < self.until
    }
}
