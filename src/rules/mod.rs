//! Rules: typed conditions and actions, evaluated in order over the facts of a letter, each leaving a trace.
//!
//! Promises: pure; no rule can loop, recurse or run longer than its budget (regex and aho-corasick only, linear time);
//! every evaluation explains itself. A rule is data: `schema/rule.schema.json` is generated from these types.
//! Leaves to others: where facts come from and what changes mean (`desk`).
//!
//! The road of a rule: `model` (types) ← `read` (JSON) → `check` and `compile` (one walk says what is wrong and builds what
//! runs: `comparison` over `matcher`) → `evaluate` (over `values`) → `act` (what it changes) and `trace` (why).

mod act;
mod check;
mod comparison;
mod compile;
mod evaluate;
mod excerpt;
mod facts;
mod matcher;
mod model;
mod outcome;
mod read;
mod scan;
mod trace;
mod values;
mod words;

#[cfg(test)]
mod tests;

pub use check::check_tag;
pub use compile::{RuleError, RuleSet, Table};
pub use facts::Facts;
pub use model::{Action, Condition, Field, Op, Priority, Rule, Stage, Status, Test};
pub use outcome::{Changes, Outcome, Turned};
pub use trace::{Predicate, Trace};
pub use values::BODY_OCTETS;
