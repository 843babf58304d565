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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{MessageKind, testing};
    use crate::store::Store;

    #[tokio::test]
    async fn a_change_is_written_with_who_changed_what() {
        let test = testing::desk().await;
        let (number, _) = test.ticket().await;
        let (before, version) = test.state(number).await;
        let patch = TicketPatch {
            status: Some(Status::Closed),
            assignee: Some(Some(test.operator)),
            category: Some(Some("Delivery".to_owned())),
            tags: Some(vec!["b".to_owned(), "a/c".to_owned()]),
            ..TicketPatch::default()
        };
        let start = *test.store.feed_hint().borrow();
        let written = test.desk.update_ticket(&test.actor, number, patch, Some(version)).await.unwrap();
        let (after, now_version) = test.state(number).await;
        assert_eq!(written.value, now_version);
        assert_eq!((after.status, after.waiting_since), (Status::Closed, None));
        assert!(after.closed_at.is_some());
        assert_eq!((after.assignee, after.category.as_deref()), (Some(test.operator), Some("Delivery")));
        assert_eq!(after.tags, ["a/c", "b"]);
        assert_eq!((after.message_count, after.last_message_at), (before.message_count, before.last_message_at));

        let messages = test.desk.messages(number).await.unwrap();
        let record = messages.last().unwrap();
        assert_eq!((record.kind, record.author), (MessageKind::System, Some(test.operator)));
        let expected = "status: new → closed\nassignee: nobody → Anna\ncategory: none → Delivery\ntags: +a/c +b";
        assert_eq!(record.text, expected);
        let changes: Vec<Change> = test
            .store
            .feed(start, 10)
            .await
            .unwrap()
            .iter()
            .map(|record| Change::from_entry(&record.entry).unwrap())
            .collect();
        let expected =
            [Change::TicketUpdated { ticket: number }, Change::MessageAdded { ticket: number, message: record.id }];
        assert_eq!(changes, expected);
    }

    #[tokio::test]
    async fn a_change_that_changes_nothing_writes_nothing() {
        let test = testing::desk().await;
        let (number, _) = test.ticket().await;
        let (_, version) = test.state(number).await;
        let start = *test.store.feed_hint().borrow();
        let same = TicketPatch { status: Some(Status::New), assignee: Some(None), ..TicketPatch::default() };
        for patch in [TicketPatch::default(), same] {
            let written = test.desk.update_ticket(&test.actor, number, patch, None).await.unwrap();
            assert_eq!((written.value, written.position), (version, start));
        }
        assert_eq!(test.state(number).await.1, version);
        assert_eq!(test.desk.messages(number).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_change_from_an_old_version_is_stopped() {
        let test = testing::desk().await;
        let (number, _) = test.ticket().await;
        let (_, seen) = test.state(number).await;
        let high = TicketPatch { priority: Some(Priority::High), ..TicketPatch::default() };
        let current = test.desk.update_ticket(&test.admin, number, high, Some(seen)).await.unwrap().value;
        let low = TicketPatch { priority: Some(Priority::Low), ..TicketPatch::default() };
        let outcome = test.desk.update_ticket(&test.actor, number, low, Some(seen)).await;
        assert!(matches!(outcome, Err(DeskError::Stale { current: now }) if now == current), "{outcome:?}");
        assert_eq!(test.state(number).await.0.priority, Priority::High);
    }

    #[tokio::test]
    async fn changes_at_the_same_time_are_all_kept() {
        let test = testing::desk().await;
        let (number, _) = test.ticket().await;
        let category = TicketPatch { category: Some(Some("A".to_owned())), ..TicketPatch::default() };
        let high = TicketPatch { priority: Some(Priority::High), ..TicketPatch::default() };
        let status = TicketPatch { status: Some(Status::Open), ..TicketPatch::default() };
        let (one, two, three) = tokio::join!(
            test.desk.update_ticket(&test.actor, number, category, None),
            test.desk.update_ticket(&test.actor, number, high, None),
            test.desk.update_ticket(&test.actor, number, status, None),
        );
        assert!(one.is_ok() && two.is_ok() && three.is_ok());
        let (ticket, _) = test.state(number).await;
        assert_eq!(
            (ticket.category.as_deref(), ticket.priority, ticket.status),
            (Some("A"), Priority::High, Status::Open)
        );
    }

    #[tokio::test]
    async fn whoever_or_whatever_is_not_there_cannot_be_set() {
        let test = testing::desk().await;
        let (number, _) = test.ticket().await;
        test.desk.disable_operator(&test.admin, "chief@demo.test", true).await.unwrap();
        let disabled = test.desk.directory().operator_by_email("chief@demo.test").unwrap().id;
        let cases = [
            ("assignee", TicketPatch { assignee: Some(Some(999_999)), ..TicketPatch::default() }),
            ("assignee", TicketPatch { assignee: Some(Some(disabled)), ..TicketPatch::default() }),
            ("group", TicketPatch { group: Some(Some(999_999)), ..TicketPatch::default() }),
            ("category", TicketPatch { category: Some(Some(" ".to_owned())), ..TicketPatch::default() }),
            ("tags", TicketPatch { tags: Some(vec!["a b".to_owned()]), ..TicketPatch::default() }),
        ];
        for (expected, patch) in cases {
            let outcome = test.desk.update_ticket(&test.actor, number, patch, None).await;
            assert!(matches!(&outcome, Err(DeskError::Invalid { field, .. }) if field == expected), "{outcome:?}");
        }
        let missing = test.desk.update_ticket(&test.actor, 999_999, TicketPatch::default(), None).await;
        assert!(matches!(missing, Err(DeskError::NotFound("ticket"))), "{missing:?}");
    }
}
