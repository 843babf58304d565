//! Rules: typed conditions and actions, evaluated in order over the facts of a letter, each leaving a trace.
//!
//! Promises: pure; no rule can loop, recurse or run longer than its budget (regex and aho-corasick only, linear time);
//! every evaluation explains itself. A rule is data: `schema/rule.schema.json` is generated from these types.
//! Leaves to others: where facts come from and what changes mean (`desk`).

mod evaluate;
mod facts;
mod model;
mod trace;

pub use evaluate::{Changes, Outcome, RuleError, RuleSet, Table, Turned};
pub use facts::Facts;
pub use model::{Action, Condition, Field, Op, Priority, Rule, Stage, Status, Test};
pub use trace::{Predicate, Trace};
