//! Why a rule acted, or why not: stored with the message, returned by the API.

use minicbor::{Decode, Encode};
use serde::Serialize;
use utoipa::ToSchema;

/// One rule's evaluation.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode, Serialize, ToSchema)]
pub struct Trace {
    /// The rule's id.
    #[n(0)]
    pub rule: u64,
    /// Its name at that time.
    #[n(1)]
    pub name: String,
    /// Its version at that time.
    #[n(2)]
    pub version: u64,
    /// The condition held and the actions were taken.
    #[n(3)]
    pub acted: bool,
    /// Each test that was evaluated, in order. Tests that a shorter road made needless are absent.
    #[n(4)]
    pub predicates: Vec<Predicate>,
    /// What was changed, in words (`status = closed`); empty where it did not act.
    #[n(5)]
    pub changes: Vec<String>,
    /// How long it took.
    #[n(6)]
    pub microseconds: u64,
}

/// One test with the value that it saw.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode, Serialize, ToSchema)]
pub struct Predicate {
    /// The field (`subject`, `header:List-Id`).
    #[n(0)]
    pub field: String,
    /// The operator.
    #[n(1)]
    pub op: String,
    /// What the rule wanted; at most 200 characters.
    #[n(2)]
    pub wanted: String,
    /// What the letter had; at most 200 characters.
    #[n(3)]
    pub saw: String,
    /// Whether it held.
    #[n(4)]
    pub held: bool,
}
