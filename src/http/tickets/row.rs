//! A ticket as a row of a list.

use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::{Desk, DeskError, Directory, Ticket};
use crate::http::time::Time;
use crate::mail::Correspondent;
use crate::rules::{Priority, Status};

/// A ticket's state, as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(in crate::http) struct TicketRow {
    /// Unique in the whole desk.
    pub number: u64,
    /// The number with its mailbox's prefix: `DEMO-1042`.
    pub display: String,
    /// The first letter's subject.
    pub subject: String,
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// The mailbox that it came to.
    pub mailbox: MailboxName,
    /// Who works on it.
    #[schema(required = true)]
    pub assignee: Option<Name>,
    /// Which department.
    #[schema(required = true)]
    pub group: Option<Name>,
    /// What it is about.
    #[schema(required = true)]
    pub category: Option<String>,
    /// Tag paths.
    pub tags: Vec<String>,
    /// The customer.
    pub requester: Correspondent,
    /// Order, parcel and certificate numbers found in its letters.
    pub references: Vec<String>,
    /// When it was made.
    pub created_at: Time,
    /// When anything last changed.
    pub updated_at: Time,
    /// When the last message came or was written.
    pub last_message_at: Time,
    /// Since when the customer waits for us; null when we answered last.
    #[schema(required = true)]
    pub waiting_since: Option<Time>,
    /// The first new line of the last message.
    pub snippet: String,
    /// Any message has an attachment.
    pub has_attachments: bool,
    /// How many messages.
    pub message_count: u32,
    /// A letter in it could not be read as it should: someone must look at it.
    pub needs_eyes: bool,
}

/// A mailbox, as rows name it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(in crate::http) struct MailboxName {
    /// The id.
    pub id: u64,
    /// The sender name of answers.
    pub name: String,
    /// Shown before ticket numbers.
    pub prefix: String,
}

/// An operator or a group, as rows name it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(in crate::http) struct Name {
    /// The id.
    pub id: u64,
    /// As people see it.
    pub name: String,
}

impl TicketRow {
    /// The row of a ticket, with the names that its ids have now.
    pub(in crate::http) fn of(ticket: Ticket, directory: &Directory) -> Self {
        let requester_name =
            (ticket.requester != ticket.requester_address && !ticket.requester.is_empty()).then_some(ticket.requester);
        Self {
            display: directory.display(ticket.mailbox, ticket.number),
            mailbox: mailbox_name(directory, ticket.mailbox),
            assignee: ticket.assignee.map(|id| operator_name(directory, id)),
            group: ticket.group.map(|id| group_name(directory, id)),
            requester: Correspondent { name: requester_name, address: ticket.requester_address },
            number: ticket.number,
            subject: ticket.subject,
            status: ticket.status,
            priority: ticket.priority,
            category: ticket.category,
            tags: ticket.tags,
            references: ticket.references,
            created_at: Time(ticket.created_at),
            updated_at: Time(ticket.updated_at),
            last_message_at: Time(ticket.last_message_at),
            waiting_since: ticket.waiting_since.map(Time),
            snippet: ticket.snippet,
            has_attachments: ticket.has_attachments,
            message_count: ticket.message_count,
            needs_eyes: ticket.needs_eyes,
        }
    }
}

/// The rows of these tickets, in the order asked; those that no longer exist are left out.
pub(in crate::http) async fn rows(desk: &Desk, numbers: &[u64]) -> Result<Vec<TicketRow>, DeskError> {
    let tickets = desk.tickets(numbers).await?;
    let directory = desk.directory();
    Ok(tickets.into_iter().map(|ticket| TicketRow::of(ticket, &directory)).collect())
}

/// An operator by id; an id that is no longer known keeps the place.
pub(in crate::http) fn operator_name(directory: &Directory, id: u64) -> Name {
    Name { id, name: directory.operators.get(&id).map(|operator| operator.name.clone()).unwrap_or_default() }
}

fn group_name(directory: &Directory, id: u64) -> Name {
    Name { id, name: directory.groups.get(&id).map(|group| group.name.clone()).unwrap_or_default() }
}

fn mailbox_name(directory: &Directory, id: u64) -> MailboxName {
    match directory.mailboxes.get(&id) {
        Some(mailbox) => MailboxName { id, name: mailbox.name.clone(), prefix: mailbox.prefix.clone() },
        None => MailboxName { id, name: String::new(), prefix: String::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Mailbox;

    #[test]
    fn a_row_shows_names_and_keeps_ids_that_are_no_longer_known() {
        let mut directory = Directory::default();
        let mailbox = Mailbox { id: 1, name: "Demo".to_owned(), prefix: "DEMO".to_owned(), ..Mailbox::default() };
        directory.mailboxes.insert(1, mailbox);
        let ticket = Ticket {
            number: 1042,
            mailbox: 1,
            assignee: Some(9),
            requester: "ivan@customer.test".to_owned(),
            requester_address: "ivan@customer.test".to_owned(),
            ..Ticket::default()
        };
        let row = TicketRow::of(ticket, &directory);
        assert_eq!(row.display, "DEMO-1042");
        assert_eq!(row.assignee, Some(Name { id: 9, name: String::new() }));
        assert_eq!(row.requester.name, None);
    }

    #[test]
    fn an_absent_value_is_null_and_not_left_out() {
        let json = serde_json::to_value(TicketRow::of(Ticket::default(), &Directory::default())).unwrap();
        for field in ["assignee", "group", "category", "waiting_since"] {
            assert_eq!(json[field], serde_json::Value::Null, "{field}");
            assert!(json.as_object().unwrap().contains_key(field), "{field}");
        }
    }
}
