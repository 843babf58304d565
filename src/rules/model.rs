//! What a rule is made of. These types are the JSON of the API, of `mxdesk rule add` and of the store.

use minicbor::{Decode, Encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A ticket's status.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    Serialize,
    Deserialize,
    ToSchema,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Status {
    /// Nobody has looked at it.
    #[default]
    #[n(0)]
    New,
    /// Waits for us.
    #[n(1)]
    Open,
    /// Waits for the customer.
    #[n(2)]
    Pending,
    /// Waits for a third party or a date.
    #[n(3)]
    OnHold,
    /// Answered; an answer of the customer opens it again.
    #[n(4)]
    Solved,
    /// Done.
    #[n(5)]
    Closed,
    /// Unsolicited.
    #[n(6)]
    Spam,
}

/// How urgent a ticket is.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    Serialize,
    Deserialize,
    ToSchema,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Priority {
    /// Can wait.
    #[n(0)]
    Low,
    /// As usual.
    #[default]
    #[n(1)]
    Normal,
    /// Before others.
    #[n(2)]
    High,
    /// Now.
    #[n(3)]
    Urgent,
}

/// When a rule is evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The whole letter is here, `250` is not yet said.
    #[default]
    Delivery,
}

/// A rule, as edited and stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What people call it; 1 to 200 characters.
    pub name: String,
    /// When it is evaluated.
    #[serde(default)]
    pub stage: Stage,
    /// Switched on.
    #[serde(default = "enabled_by_default")]
    pub enabled: bool,
    /// Rules are evaluated by rising position, then by id.
    #[serde(default)]
    pub position: i64,
    /// Only for letters to these mailboxes (by prefix); all where empty.
    #[serde(default)]
    pub mailboxes: Vec<String>,
    /// When it acts.
    pub when: Condition,
    /// What it does, in order; at least one.
    #[serde(deserialize_with = "super::read::actions")]
    pub then: Vec<Action>,
}

fn enabled_by_default() -> bool {
    true
}

// Read from JSON in `read.rs`, so that an error names its place.
/// A tree of tests; at most 10 deep and 100 tests.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
#[schema(no_recursion)]
pub enum Condition {
    /// Every one holds (an empty list holds).
    All {
        /// The conditions.
        all: Vec<Condition>,
    },
    /// At least one holds (an empty list does not).
    Any {
        /// The conditions.
        any: Vec<Condition>,
    },
    /// It does not hold.
    Not {
        /// The condition.
        not: Box<Condition>,
    },
    /// One test.
    Test(Test),
}

/// Compares one field with a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// What is looked at.
    pub field: Field,
    /// The header field's name, for `"field": "header"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How it is compared.
    pub op: Op,
    /// With what: a text, a number, a yes/no, or a list for `one_of`; the table's name for `in_table`.
    pub value: serde_json::Value,
    /// For `matches` on `reference`, `subject` or `body`: what the first capture group (or the whole match) is kept as a reference
    /// of the ticket.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub capture: bool,
}

/// What a test looks at. Text is compared without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// `MAIL FROM`; empty for the null sender.
    EnvelopeFrom,
    /// The `RCPT TO` that reached this mailbox.
    EnvelopeTo,
    /// The address in the From header.
    From,
    /// Any header field, by `name`; holds when any of its occurrences does.
    Header,
    /// The subject.
    Subject,
    /// The plain text; its first 64 KiB.
    Body,
    /// Any attachment's file name.
    AttachmentName,
    /// Any attachment's `type/subtype`.
    AttachmentType,
    /// The letter's size in octets.
    Size,
    /// SPF's result (`pass`, `fail`, `softfail`, `neutral`, `none`, `temperror`, `permerror`).
    Spf,
    /// DKIM's result: `pass` when any signature passed.
    Dkim,
    /// DMARC's result.
    Dmarc,
    /// The ARC chain's state: `pass`, `fail`, `none`, or `temperror`.
    Arc,
    /// Any domain that sealed the letter on its way; nothing where the ARC chain does not pass.
    ArcSealer,
    /// A machine wrote it.
    IsRobot,
    /// It reports a failed delivery.
    IsBounce,
    /// The sender has written before.
    KnownContact,
    /// The points that the policy gave (early talking, EHLO name, block lists, SPF, DMARC, scanners).
    Score,
    /// Any identifier found in subject or body (an order, parcel or certificate number).
    Reference,
}

/// How a field is compared with a value. Where a field has many values, one that fits suffices; for the negated forms, none may fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Equal.
    Is,
    /// Not equal.
    IsNot,
    /// Holds the text.
    Contains,
    /// Begins with the text.
    Starts,
    /// Ends with the text.
    Ends,
    /// The regular expression (crate regex; no look-around) is found; compiled size at most 1 MiB.
    Matches,
    /// Equal to one of the list.
    OneOf,
    /// A key of the table.
    InTable,
    /// Number: greater.
    GreaterThan,
    /// Number: less.
    LessThan,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Sets the status.
    SetStatus {
        /// To what.
        value: Status,
    },
    /// Sets the priority.
    SetPriority {
        /// To what.
        value: Priority,
    },
    /// Sets the group.
    SetGroup {
        /// The group's name.
        value: String,
    },
    /// Assigns an operator.
    SetAssignee {
        /// The operator's e-mail address.
        value: String,
    },
    /// Sets the category.
    SetCategory {
        /// To what.
        value: String,
    },
    /// Adds tags.
    AddTags {
        /// Tag paths, `delivery/lost/usa`.
        value: Vec<String>,
    },
    /// Closes the ticket at once: stored, found, in nobody's way.
    Close,
    /// Refuses the letter: `550 5.7.1` and this text.
    Reject {
        /// One line, printable ASCII, at most 200 characters.
        text: String,
    },
    /// Asks the sender to come again: `451 4.7.1` and this text.
    Defer {
        /// One line, printable ASCII, at most 200 characters.
        text: String,
    },
    /// Adds a note for the team.
    AddNote {
        /// The note.
        text: String,
    },
    /// Answers the letter by machine, once and within the limits of `[automatic]` (RFC 3834): no machine, list, report or unproven sender
    /// is answered. The ticket stays open for a person.
    AutoReply {
        /// The answer's text; at most 8 KiB. The mailbox's signature is not added.
        text: String,
    },
    /// No later rule is evaluated.
    Stop,
}
