//! What a rule must be before it is saved: well made, and every name in it known.

use crate::desk::{DeskError, Directory, validate};
use crate::rules::{Action, Condition, Op, Rule, RuleSet};

/// The rule as JSON, when it may be saved.
pub(super) fn check(directory: &Directory, rule: &Rule) -> Result<String, DeskError> {
    // First: it bounds the depth that `tables` walks below.
    RuleSet::check(rule)?;
    for prefix in &rule.mailboxes {
        known(directory.mailbox_by_prefix(prefix).is_some(), "mailboxes", "mailbox", prefix)?;
    }
    tables(&rule.when, &mut |name| known(directory.tables.contains_key(name), "when", "table", name))?;
    for action in &rule.then {
        match action {
            // As the name will be looked up when a letter comes: what is saved must act.
            Action::SetGroup { value } => {
                known(directory.groups.values().any(|group| group.name == *value), "then", "group", value)?;
            }
            Action::SetAssignee { value } => {
                let email = value.to_lowercase();
                let is_there = directory.operators.values().any(|operator| operator.email == email);
                known(is_there, "then", "operator", value)?;
            }
            Action::SetCategory { value } => drop(validate::category("then", value)?),
            Action::AddTags { value } => drop(validate::tags("then", value)?),
            Action::SetStatus { .. }
            | Action::SetPriority { .. }
            | Action::Close
            | Action::Reject { .. }
            | Action::Defer { .. }
            | Action::AddNote { .. }
            | Action::AutoReply { .. }
            | Action::Stop => {}
        }
    }
    serde_json::to_string(rule).map_err(|error| DeskError::invalid("rule", error.to_string()))
}

/// Visits the tables that a condition names.
fn tables(condition: &Condition, visit: &mut impl FnMut(&str) -> Result<(), DeskError>) -> Result<(), DeskError> {
    match condition {
        Condition::All { all } => all.iter().try_for_each(|condition| tables(condition, visit)),
        Condition::Any { any } => any.iter().try_for_each(|condition| tables(condition, visit)),
        Condition::Not { not } => tables(not, visit),
        Condition::Test(test) if test.op == Op::InTable => visit(test.value.as_str().unwrap_or_default()),
        Condition::Test(_) => Ok(()),
    }
}

fn known(is_known: bool, field: &str, kind: &str, name: &str) -> Result<(), DeskError> {
    if is_known { Ok(()) } else { Err(DeskError::invalid(field, format!("there is no {kind} {name:?}"))) }
}
