//! Takes a rule's actions: gathers what changes on the ticket, and says it in words for the trace.

use std::ops::ControlFlow;

use super::compile::CompiledRule;
use super::{Action, Changes, Outcome, Status, Turned};

/// Takes a rule's actions in order. Breaks where no later rule is to be evaluated: a letter that is turned away ends all at
/// once, `stop` ends it behind this rule's other actions.
pub(super) fn act(
    rule: &CompiledRule,
    references: Vec<String>,
    outcome: &mut Outcome,
    said: &mut Vec<String>,
) -> ControlFlow<()> {
    let mut next = ControlFlow::Continue(());
    for reference in references {
        said.push(format!("reference + {reference}"));
        add(&mut outcome.changes.references, reference);
    }
    for action in &rule.then {
        match action {
            Action::Reject { text } => {
                said.push(format!("rejected: {text}"));
                outcome.turned = Some(Turned::Rejected { rule: rule.id, text: text.clone() });
                return ControlFlow::Break(());
            }
            Action::Defer { text } => {
                said.push(format!("deferred: {text}"));
                outcome.turned = Some(Turned::Deferred { rule: rule.id, text: text.clone() });
                return ControlFlow::Break(());
            }
            Action::Stop => {
                said.push("stop".to_owned());
                next = ControlFlow::Break(());
            }
            change => apply(change, &mut outcome.changes, said),
        }
    }
    next
}

fn apply(action: &Action, changes: &mut Changes, said: &mut Vec<String>) {
    match action {
        Action::SetStatus { value } => set_status(*value, changes, said),
        Action::Close => set_status(Status::Closed, changes, said),
        Action::SetPriority { value } => {
            said.push(format!("priority = {}", value.word()));
            changes.priority = Some(*value);
        }
        Action::SetGroup { value } => {
            said.push(format!("group = {value}"));
            changes.group = Some(value.clone());
        }
        Action::SetAssignee { value } => {
            said.push(format!("assignee = {value}"));
            changes.assignee = Some(value.clone());
        }
        Action::SetCategory { value } => {
            said.push(format!("category = {value}"));
            changes.category = Some(value.clone());
        }
        Action::AddTags { value } => {
            for tag in value {
                said.push(format!("tag + {tag}"));
                add(&mut changes.tags, tag.clone());
            }
        }
        Action::AddNote { text } => {
            said.push("note added".to_owned());
            changes.notes.push(text.clone());
        }
        Action::AutoReply { text } => {
            said.push("automatic answer wished for".to_owned());
            changes.auto_reply = Some(text.clone());
        }
        // They change nothing on the ticket; `act` has taken them.
        Action::Reject { .. } | Action::Defer { .. } | Action::Stop => {}
    }
}

fn set_status(status: Status, changes: &mut Changes, said: &mut Vec<String>) {
    said.push(format!("status = {}", status.word()));
    changes.status = Some(status);
}

fn add(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}
