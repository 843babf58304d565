//! Changes a ticket's state: status, priority, assignee, group, category, tags.
//!
//! Promises: only what really changes is written; one system message says who changed what, line by line.

use crate::desk::clock::now_ms;
use crate::desk::codec::{Record, encode};
use crate::desk::ticket_state::{set_status, system_message};
use crate::desk::{Actor, Change, Desk, DeskError, Directory, Ticket, Written, keys, retry, validate};
use crate::rules::{Priority, Status};
use crate::store::Batch;

/// Longest text of a change's system message, in characters.
const LONGEST_TEXT: usize = 4_000;

/// What `PATCH` of a ticket may change; `None` leaves as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketPatch {
    /// New status.
    pub status: Option<Status>,
    /// New priority.
    pub priority: Option<Priority>,
    /// New assignee; `Some(None)` takes it away.
    pub assignee: Option<Option<u64>>,
    /// New group; `Some(None)` takes it away.
    pub group: Option<Option<u64>>,
    /// New category; `Some(None)` takes it away.
    pub category: Option<Option<String>>,
    /// All tags anew.
    pub tags: Option<Vec<String>>,
}

impl Desk {
    /// Changes a ticket. `expected` is the version that the caller saw (`If-Match`). Answers the version that it has now;
    /// the one that it had where nothing changed.
    pub async fn update_ticket(
        &self,
        actor: &Actor,
        number: u64,
        patch: TicketPatch,
        expected: Option<u64>,
    ) -> Result<Written<u64>, DeskError> {
        actor.may_work_on_tickets()?;
        let patch = patch.check(&self.directory())?;
        self.may_grow()?;
        retry::on_conflict(|| self.try_update_ticket(actor, number, &patch, expected)).await
    }

    async fn try_update_ticket(
        &self,
        actor: &Actor,
        number: u64,
        patch: &TicketPatch,
        expected: Option<u64>,
    ) -> Result<Written<u64>, DeskError> {
        let Record { value: before, version } = self.ticket_record(number).await?;
        if expected.is_some_and(|expected| expected != version) {
            return Err(DeskError::Stale { current: version });
        }
        let now = now_ms();
        let mut ticket = before.clone();
        patch.apply(&mut ticket, now);
        let lines = differences(&before, &ticket, &self.directory());
        if lines.is_empty() {
            let position = *self.inner.store.feed_hint().borrow();
            return Ok(Written { value: version, position });
        }
        ticket.updated_at = now;
        let text: String = lines.join("\n").chars().take(LONGEST_TEXT).collect();
        let id = self.inner.ids.next(&*self.inner.store).await?;
        let message = system_message(id, number, now, text, actor.operator());
        let mut batch = Batch::new();
        batch
            .expect_version(keys::ticket(number), version)
            .put(keys::ticket(number), encode(&ticket))
            .put(keys::message(number, id), encode(&message))
            .put(keys::message_ticket(id), encode(&number))
            .feed(Change::TicketUpdated { ticket: number }.to_entry())
            .feed(Change::MessageAdded { ticket: number, message: id }.to_entry());
        let committed = self.inner.store.commit(batch).await?;
        Ok(Written { value: committed.version, position: committed.position })
    }

    /// A ticket with its version, or `NotFound`.
    pub(super) async fn ticket_record(&self, number: u64) -> Result<Record<Ticket>, DeskError> {
        let stored = self.inner.store.get(&keys::ticket(number)).await?.ok_or(DeskError::NotFound("ticket"))?;
        Ok(Record::read(&stored)?)
    }
}

impl TicketPatch {
    /// The patch with its fields made plain; ids in it must be known.
    fn check(self, directory: &Directory) -> Result<Self, DeskError> {
        if let Some(Some(assignee)) = self.assignee
            && directory.operators.get(&assignee).is_none_or(|operator| operator.disabled)
        {
            return Err(DeskError::invalid("assignee", format!("there is no operator {assignee}")));
        }
        if let Some(Some(group)) = self.group
            && !directory.groups.contains_key(&group)
        {
            return Err(DeskError::invalid("group", format!("there is no group {group}")));
        }
        let category = match self.category {
            Some(Some(category)) => Some(Some(validate::category("category", &category)?)),
            other => other,
        };
        let tags = self.tags.map(|tags| validate::tags("tags", &tags)).transpose()?;
        Ok(Self { category, tags, ..self })
    }

    fn apply(&self, ticket: &mut Ticket, now: u64) {
        if let Some(status) = self.status {
            set_status(ticket, status, now);
        }
        ticket.priority = self.priority.unwrap_or(ticket.priority);
        ticket.assignee = self.assignee.unwrap_or(ticket.assignee);
        ticket.group = self.group.unwrap_or(ticket.group);
        if let Some(category) = &self.category {
            ticket.category.clone_from(category);
        }
        if let Some(tags) = &self.tags {
            ticket.tags.clone_from(tags);
        }
    }
}

/// What differs, one line each: `status: open → closed`.
pub(super) fn differences(before: &Ticket, after: &Ticket, directory: &Directory) -> Vec<String> {
    let operator = |id: Option<u64>| match id {
        Some(id) => directory.operators.get(&id).map_or_else(|| id.to_string(), |operator| operator.name.clone()),
        None => "nobody".to_owned(),
    };
    let group = |id: Option<u64>| match id {
        Some(id) => directory.groups.get(&id).map_or_else(|| id.to_string(), |group| group.name.clone()),
        None => "none".to_owned(),
    };
    let category = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
    let mut lines = Vec::new();
    let mut line = |name: &str, from: String, to: String| {
        if from != to {
            lines.push(format!("{name}: {from} → {to}"));
        }
    };
    line("status", word(&before.status), word(&after.status));
    line("priority", word(&before.priority), word(&after.priority));
    if before.assignee != after.assignee {
        line("assignee", operator(before.assignee), operator(after.assignee));
    }
    if before.group != after.group {
        line("group", group(before.group), group(after.group));
    }
    line("category", category(&before.category), category(&after.category));
    let added = after.tags.iter().filter(|tag| !before.tags.contains(tag)).map(|tag| format!("+{tag}"));
    let removed = before.tags.iter().filter(|tag| !after.tags.contains(tag)).map(|tag| format!("-{tag}"));
    let tags: Vec<String> = added.chain(removed).collect();
    if !tags.is_empty() {
        lines.push(format!("tags: {}", tags.join(" ")));
    }
    lines
}

/// A status or priority as the API writes it.
fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
