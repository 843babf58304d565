//! Which tickets are asked for: query parameters become the board's filter.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::board::Filter;
use crate::desk::{Actor, Directory};
use crate::http::problem::Problem;
use crate::rules::{Priority, Status};

/// The filter parameters. Every given one must hold; within a comma-separated one, any value.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(in crate::http) struct TicketFilter {
    /// One or several statuses, comma-separated.
    pub status: Option<String>,
    /// One or several mailboxes by id or prefix, comma-separated.
    pub mailbox: Option<String>,
    /// `me`, `none`, an operator's id, or an operator's e-mail address.
    pub assignee: Option<String>,
    /// `none`, a group's id, or a group's name.
    pub group: Option<String>,
    /// This tag or one below it.
    pub tag: Option<String>,
    /// At least this urgent.
    pub priority: Option<String>,
    /// Of this contact.
    pub contact: Option<u64>,
}

impl TicketFilter {
    /// As the board understands it.
    pub(in crate::http) fn resolve(&self, actor: &Actor, directory: &Directory) -> Result<Filter, Problem> {
        Ok(Filter {
            status: many(self.status.as_deref(), status)?,
            mailbox: many(self.mailbox.as_deref(), |word| mailbox(word, directory))?,
            assignee: self.assignee.as_deref().map(|word| assignee(word, actor, directory)).transpose()?,
            group: self.group.as_deref().map(|word| group(word, directory)).transpose()?,
            tag: self.tag.clone().filter(|tag| !tag.is_empty()),
            min_priority: self.priority.as_deref().map(priority).transpose()?,
            contact: self.contact,
            created_after: None,
            created_before: None,
        })
    }
}

/// A status by its word.
pub(in crate::http) fn status(word: &str) -> Result<Status, Problem> {
    named(word).ok_or_else(|| {
        Problem::invalid("status", format!("{word:?} is none of new, open, pending, on_hold, solved, closed, spam"))
    })
}

fn priority(word: &str) -> Result<Priority, Problem> {
    named(word).ok_or_else(|| Problem::invalid("priority", format!("{word:?} is none of low, normal, high, urgent")))
}

fn mailbox(word: &str, directory: &Directory) -> Result<u64, Problem> {
    let by_id = word.parse().ok().filter(|id| directory.mailboxes.contains_key(id));
    by_id
        .or_else(|| directory.mailbox_by_prefix(word).map(|mailbox| mailbox.id))
        .ok_or_else(|| Problem::invalid("mailbox", format!("there is no mailbox {word:?}")))
}

fn assignee(word: &str, actor: &Actor, directory: &Directory) -> Result<Option<u64>, Problem> {
    let unknown = || Problem::invalid("assignee", format!("there is no operator {word:?}"));
    match word {
        "none" => Ok(None),
        "me" => actor.operator().map(Some).ok_or_else(unknown),
        _ => {
            let mut operators = directory.operators.values();
            let found = match word.parse::<u64>() {
                Ok(id) => operators.find(|operator| operator.id == id),
                Err(_) => operators.find(|operator| operator.email.eq_ignore_ascii_case(word)),
            };
            found.map(|operator| Some(operator.id)).ok_or_else(unknown)
        }
    }
}

fn group(word: &str, directory: &Directory) -> Result<Option<u64>, Problem> {
    if word == "none" {
        return Ok(None);
    }
    let by_id = word.parse::<u64>().ok();
    let lower = word.to_lowercase();
    let found = directory.groups.values().find(|group| Some(group.id) == by_id || group.name.to_lowercase() == lower);
    found.map(|group| Some(group.id)).ok_or_else(|| Problem::invalid("group", format!("there is no group {word:?}")))
}

/// Every value of a comma-separated parameter.
fn many<T>(words: Option<&str>, read: impl Fn(&str) -> Result<T, Problem>) -> Result<Vec<T>, Problem> {
    words.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty()).map(read).collect()
}

/// A value of an enum by its word in the API.
fn named<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::from(word.to_lowercase())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{Group, Mailbox, Operator, Role};

    fn directory() -> Directory {
        let mut directory = Directory::default();
        directory.mailboxes.insert(1, Mailbox { id: 1, prefix: "DEMO".to_owned(), ..Mailbox::default() });
        directory.operators.insert(7, Operator { id: 7, email: "ann@demo.test".to_owned(), ..Operator::default() });
        directory.groups.insert(3, Group { id: 3, name: "Warranty".to_owned(), members: vec![7] });
        directory
    }

    fn resolve(filter: TicketFilter) -> Result<Filter, Problem> {
        filter.resolve(&Actor::Operator { id: 7, role: Role::Operator }, &directory())
    }

    #[test]
    fn each_parameter_becomes_its_part_of_the_filter() {
        let filter = resolve(TicketFilter {
            status: Some("new, on_hold".to_owned()),
            mailbox: Some("demo".to_owned()),
            assignee: Some("me".to_owned()),
            group: Some("warranty".to_owned()),
            tag: Some("delivery".to_owned()),
            priority: Some("high".to_owned()),
            contact: Some(5),
        });
        let expected = Filter {
            status: vec![Status::New, Status::OnHold],
            mailbox: vec![1],
            assignee: Some(Some(7)),
            group: Some(Some(3)),
            tag: Some("delivery".to_owned()),
            min_priority: Some(Priority::High),
            contact: Some(5),
            ..Filter::default()
        };
        assert_eq!(filter, Ok(expected));
        assert_eq!(resolve(TicketFilter::default()), Ok(Filter::default()));
    }

    #[test]
    fn nobody_and_an_address_name_an_assignee() {
        let by = |word: &str| {
            resolve(TicketFilter { assignee: Some(word.to_owned()), ..TicketFilter::default() }).map(|f| f.assignee)
        };
        assert_eq!(by("none"), Ok(Some(None)));
        assert_eq!(by("Ann@demo.test"), Ok(Some(Some(7))));
        assert_eq!(by("7"), Ok(Some(Some(7))));
        assert_eq!(by("8").unwrap_err().errors[0].field, "assignee");
    }

    #[test]
    fn what_does_not_exist_is_said() {
        let wrong = [
            TicketFilter { status: Some("open,lost".to_owned()), ..TicketFilter::default() },
            TicketFilter { mailbox: Some("2".to_owned()), ..TicketFilter::default() },
            TicketFilter { group: Some("nine".to_owned()), ..TicketFilter::default() },
            TicketFilter { priority: Some("asap".to_owned()), ..TicketFilter::default() },
        ];
        for filter in wrong {
            assert_eq!(resolve(filter.clone()).unwrap_err().status, 422, "{filter:?}");
        }
    }
}
