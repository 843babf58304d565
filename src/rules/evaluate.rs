//! Compiles rules once and evaluates them in order.

use std::collections::{HashMap, HashSet};

use super::{Facts, Priority, Rule, Status, Trace};

/// A look-up list: its keys in lower case. (Values come with the full rule vocabulary.)
pub type Table = HashSet<String>;

/// Rules, compiled.
#[derive(Debug, Default)]
pub struct RuleSet {}

/// Why a rule cannot be used: said to the person who writes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct RuleError {
    /// Where in the rule (`when.all[1].value`).
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}

/// What all rules together decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// What changes on the ticket.
    pub changes: Changes,
    /// The letter is turned away.
    pub turned: Option<Turned>,
    /// One per rule evaluated, in order.
    pub traces: Vec<Trace>,
}

/// What rules change on a ticket; later rules win over earlier ones, lists add up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// New status.
    pub status: Option<Status>,
    /// New priority.
    pub priority: Option<Priority>,
    /// Group by name.
    pub group: Option<String>,
    /// Operator by e-mail address.
    pub assignee: Option<String>,
    /// New category.
    pub category: Option<String>,
    /// Tags to add.
    pub tags: Vec<String>,
    /// Notes to add.
    pub notes: Vec<String>,
    /// References captured, as written.
    pub references: Vec<String>,
}

/// A letter that a rule does not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turned {
    /// `550`: for good.
    Rejected {
        /// The rule's id.
        rule: u64,
        /// What the sender is told.
        text: String,
    },
    /// `451`: for now.
    Deferred {
        /// The rule's id.
        rule: u64,
        /// What the sender is told.
        text: String,
    },
}

impl RuleSet {
    /// Compiles rules with their ids and versions. Rules that are switched off are left out; the order is by position, then id.
    pub fn compile(rules: &[(u64, u64, Rule)], tables: &HashMap<String, Table>) -> Result<Self, RuleError> {
        let _ = (rules, tables);
        todo!("rules")
    }

    /// Checks one rule, as before it is saved.
    pub fn check(rule: &Rule) -> Result<(), RuleError> {
        let _ = rule;
        todo!("rules")
    }

    /// Evaluates every rule in order until one stops. Takes well under a millisecond for 200 rules and a usual letter.
    pub fn evaluate(&self, facts: &Facts<'_>) -> Outcome {
        let _ = facts;
        todo!("rules")
    }
}
