//! The commands: one file each, a pure decision and one commit. `Conflict` is retried here, bounded and jittered.

use super::{Actor, Attempt, Desk, DeskError, DeskSettings, Role, Written};
use crate::rules::{Priority, Rule, Status};
use crate::store::{Blobs, Store};
use std::sync::Arc;

/// A new mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMailbox {
    /// The sender name.
    pub name: String,
    /// 1 to 10 of `A-Z0-9`.
    pub prefix: String,
    /// At least one; `*@domain` for a catch-all.
    pub addresses: Vec<String>,
    /// May be empty.
    pub signature: String,
}

/// A new operator.
#[derive(Clone, PartialEq, Eq)]
pub struct NewOperator {
    /// The sign-in name.
    pub email: String,
    /// As people see it.
    pub name: String,
    /// The rights.
    pub role: Role,
    /// 10 to 1,000 characters.
    pub password: String,
}

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

/// A reply or note to be added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMessage {
    /// The text; 1 to 16 KiB.
    pub text: String,
    /// A new status with it (a reply without one sets `pending`; a note leaves it).
    pub status: Option<Status>,
    /// Copies of a reply; at most 20 addresses.
    pub cc: Vec<String>,
    /// The last message id that the writer had seen: something newer of the customer's stops a reply with `Stale`.
    pub seen: Option<u64>,
    /// The caller's `Idempotency-Key`: the same key again gives the same message.
    pub idempotency_key: Option<String>,
}

/// What an attempt to deliver came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Taken by the remote server.
    Delivered,
    /// Not now: try again at this time, Unix milliseconds.
    Retry {
        /// When.
        due_at: u64,
    },
    /// Never.
    Failed,
}

/// A secret that is shown once. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[allow(unused_variables, reason = "bodies come next")]
impl Desk {
    /// Opens the desk over a store: makes its secret at first start, loads the directory and the DKIM keys.
    pub async fn open(store: Arc<dyn Store>, blobs: Arc<dyn Blobs>, settings: DeskSettings) -> Result<Desk, DeskError> {
        todo!("desk-commands")
    }

    /// Adds a mailbox; makes DKIM keys for its domains where there are none. Answers its id.
    pub async fn add_mailbox(&self, actor: &Actor, mailbox: NewMailbox) -> Result<Written<u64>, DeskError> {
        todo!("desk-commands")
    }

    /// Adds an operator. Answers the id.
    pub async fn add_operator(&self, actor: &Actor, operator: NewOperator) -> Result<Written<u64>, DeskError> {
        todo!("desk-commands")
    }

    /// Adds a group. Answers its id.
    pub async fn add_group(&self, actor: &Actor, name: &str, members: Vec<u64>) -> Result<Written<u64>, DeskError> {
        todo!("desk-commands")
    }

    /// Adds a rule; group, operator, mailbox and table names in it must exist. Answers its id.
    pub async fn add_rule(&self, actor: &Actor, rule: Rule) -> Result<Written<u64>, DeskError> {
        todo!("desk-commands")
    }

    /// Replaces a rule.
    pub async fn replace_rule(&self, actor: &Actor, id: u64, rule: Rule) -> Result<Written<u64>, DeskError> {
        todo!("desk-commands")
    }

    /// Removes a rule.
    pub async fn remove_rule(&self, actor: &Actor, id: u64) -> Result<Written<u64>, DeskError> {
        todo!("desk-commands")
    }

    /// Sets a table's keys.
    pub async fn put_table(&self, actor: &Actor, name: &str, keys: Vec<String>) -> Result<Written<String>, DeskError> {
        todo!("desk-commands")
    }

    /// Makes an API token for an operator (by e-mail). The secret is shown once.
    pub async fn create_token(
        &self,
        actor: &Actor,
        operator_email: &str,
        name: &str,
    ) -> Result<Written<Secret>, DeskError> {
        todo!("desk-commands")
    }

    /// Signs in: argon2id in `spawn_blocking`, equal time for unknown names. Answers the session's secret.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<(Secret, Actor), DeskError> {
        todo!("desk-commands")
    }

    /// Ends a session.
    pub async fn sign_out(&self, session: &str) -> Result<(), DeskError> {
        todo!("desk-commands")
    }

    /// Who a browser session's secret belongs to.
    pub async fn session_actor(&self, session: &str) -> Result<Actor, DeskError> {
        todo!("desk-commands")
    }

    /// Who an API token's secret belongs to.
    pub async fn token_actor(&self, token: &str) -> Result<Actor, DeskError> {
        todo!("desk-commands")
    }

    /// Changes a ticket. `expected` is the version that the caller saw (`If-Match`).
    pub async fn update_ticket(
        &self,
        actor: &Actor,
        number: u64,
        patch: TicketPatch,
        expected: Option<u64>,
    ) -> Result<Written<u64>, DeskError> {
        todo!("desk-commands")
    }

    /// Answers the customer: composes, signs, stores and queues in one commit. Answers the message's id.
    pub async fn reply(&self, actor: &Actor, number: u64, message: NewMessage) -> Result<Written<u64>, DeskError> {
        todo!("desk-commands")
    }

    /// Adds a note for the team. Answers the message's id.
    pub async fn note(&self, actor: &Actor, number: u64, message: NewMessage) -> Result<Written<u64>, DeskError> {
        todo!("desk-commands")
    }

    /// Writes down an attempt to deliver and what follows from it, in one synced commit: the delivery's state, its place in
    /// the queue, a system message on the ticket when it failed for good (and the ticket opened again).
    pub async fn record_attempt(
        &self,
        delivery: u64,
        attempt: Attempt,
        outcome: AttemptOutcome,
    ) -> Result<(), DeskError> {
        todo!("desk-commands")
    }
}
