//! Evaluates rules in order over one letter.

use std::time::Instant;

use super::act::act;
use super::compile::Node;
use super::values::Values;
use super::{Facts, Outcome, Predicate, RuleSet, Trace};

/// What the tests of one rule leave behind.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) predicates: Vec<Predicate>,
    pub(super) references: Vec<String>,
}

impl RuleSet {
    /// Evaluates every rule for the letter's mailbox in order until one stops. Takes well under a millisecond for 200 rules
    /// and a usual letter. Of the plain text, the first [`super::BODY_OCTETS`] are looked at.
    pub fn evaluate(&self, facts: &Facts<'_>) -> Outcome {
        let values = Values::new(facts, &self.scan);
        let mut outcome = Outcome::default();
        for rule in &self.rules {
            let is_for = |prefix: &String| prefix.eq_ignore_ascii_case(facts.mailbox_prefix);
            if !rule.mailboxes.is_empty() && !rule.mailboxes.iter().any(is_for) {
                continue;
            }
            let started = Instant::now();
            let mut seen = Seen::default();
            let mut changes = Vec::new();
            let acted = rule.when.holds(&values, &mut seen);
            let ends = acted && act(rule, seen.references, &mut outcome, &mut changes).is_break();
            outcome.traces.push(Trace {
                rule: rule.id,
                name: rule.name.clone(),
                version: rule.version,
                acted,
                predicates: seen.predicates,
                changes,
                microseconds: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            });
            if ends {
                break;
            }
        }
        outcome
    }
}

impl Node {
    /// Takes the shortest road: what cannot change the result is not evaluated. As deep as the compiler allows, no deeper.
    fn holds(&self, values: &Values<'_>, seen: &mut Seen) -> bool {
        match self {
            Node::All(nodes) => nodes.iter().all(|node| node.holds(values, seen)),
            Node::Any(nodes) => nodes.iter().any(|node| node.holds(values, seen)),
            Node::Not(node) => !node.holds(values, seen),
            Node::Test(comparison) => comparison.holds(values, seen),
        }
    }
}
