//! What the rules decided, put on the ticket. Pure.

use super::bounds::{CATEGORY, REFERENCE, cut_chars};
use crate::desk::ticket_state::set_status;
use crate::desk::{Directory, Ticket, validate};
use crate::rules::Changes;

/// Tags of one ticket.
const TAGS: usize = 100;
/// All tags of one ticket together, in octets.
const TAGS_OCTETS: usize = 16 * 1024;
/// References of one ticket.
const REFERENCES: usize = 100;

/// Puts the rules' changes on a ticket. Names that the directory does not know change nothing: a rule is checked when it is
/// saved, and what was removed since is no reason to turn a letter away.
pub(super) fn apply(changes: &Changes, ticket: &mut Ticket, directory: &Directory, at: u64) {
    if let Some(priority) = changes.priority {
        ticket.priority = priority;
    }
    if let Some(category) = &changes.category {
        ticket.category = Some(cut_chars(category, CATEGORY).to_owned());
    }
    if let Some(name) = &changes.group
        && let Some(group) = directory.groups.values().find(|group| group.name == *name)
    {
        ticket.group = Some(group.id);
    }
    if let Some(email) = &changes.assignee {
        let email = email.to_lowercase();
        let enabled = directory.operators.values().find(|operator| operator.email == email && !operator.disabled);
        if let Some(operator) = enabled {
            ticket.assignee = Some(operator.id);
        }
    }
    add_tags(ticket, &changes.tags);
    if let Some(status) = changes.status {
        set_status(ticket, status, at);
    }
}

/// Adds references, each once, as long as there is room. Answers those that were new.
pub(super) fn add_references<'a>(ticket: &mut Ticket, references: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut added = Vec::new();
    for reference in references {
        let reference = reference.trim();
        if ticket.references.len() >= REFERENCES {
            break;
        }
        let fits = !reference.is_empty() && reference.len() <= REFERENCE;
        if fits && !ticket.references.iter().any(|known| known == reference) {
            ticket.references.push(reference.to_owned());
            added.push(reference.to_owned());
        }
    }
    added
}

/// Adds tags, keeps them sorted and each once, as long as there is room.
pub(super) fn add_tags(ticket: &mut Ticket, tags: &[String]) {
    let mut octets: usize = ticket.tags.iter().map(String::len).sum();
    for tag in tags.iter().filter_map(|tag| validate::tag("tags", tag).ok()) {
        if ticket.tags.len() >= TAGS || octets + tag.len() > TAGS_OCTETS {
            break;
        }
        if let Err(place) = ticket.tags.binary_search(&tag) {
            octets += tag.len();
            ticket.tags.insert(place, tag);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{Group, Operator};
    use crate::rules::Status;

    fn directory() -> Directory {
        let group = Group { id: 5, name: "Warranty".to_owned(), members: Vec::new() };
        let operator =
            |id, email: &str, disabled| (id, Operator { id, email: email.to_owned(), disabled, ..Operator::default() });
        Directory {
            groups: [(5, group)].into(),
            operators: [operator(7, "olga@demo.test", false), operator(8, "gone@demo.test", true)].into(),
            ..Directory::default()
        }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn names_become_ids_and_unknown_names_change_nothing() {
        let mut ticket = Ticket::default();
        let changes = Changes {
            group: Some("Warranty".to_owned()),
            assignee: Some("Olga@demo.test".to_owned()),
            ..Changes::default()
        };
        apply(&changes, &mut ticket, &directory(), 1);
        assert_eq!((ticket.group, ticket.assignee), (Some(5), Some(7)));
        let unknown = Changes {
            group: Some("Nobody".to_owned()),
            assignee: Some("gone@demo.test".to_owned()),
            ..Changes::default()
        };
        apply(&unknown, &mut ticket, &directory(), 1);
        assert_eq!((ticket.group, ticket.assignee), (Some(5), Some(7)));
    }

    #[test]
    fn tags_are_sorted_and_kept_once() {
        let mut ticket = Ticket { tags: texts(&["b"]), ..Ticket::default() };
        let changes = Changes { tags: texts(&["c/d", "a", "b", " a ", "//"]), ..Changes::default() };
        apply(&changes, &mut ticket, &directory(), 1);
        assert_eq!(ticket.tags, ["a", "b", "c/d"]);
    }

    #[test]
    fn a_ticket_never_has_more_tags_or_references_than_it_may() {
        let mut ticket = Ticket::default();
        let many: Vec<String> = (0..500).map(|number| format!("{number}{}", "ж".repeat(150))).collect();
        apply(&Changes { tags: many, ..Changes::default() }, &mut ticket, &directory(), 1);
        assert!(ticket.tags.iter().map(String::len).sum::<usize>() <= TAGS_OCTETS);
        let many: Vec<String> = (0..500).map(|number| format!("SO-{number}")).collect();
        assert_eq!(add_references(&mut ticket, many.iter()).len(), REFERENCES);
        assert!(add_references(&mut ticket, many.iter()).is_empty());
    }

    #[test]
    fn closing_stops_the_waiting() {
        let mut ticket = Ticket { waiting_since: Some(5), ..Ticket::default() };
        apply(&Changes { status: Some(Status::Closed), ..Changes::default() }, &mut ticket, &directory(), 9);
        assert_eq!((ticket.status, ticket.closed_at, ticket.waiting_since), (Status::Closed, Some(9), None));
    }
}
