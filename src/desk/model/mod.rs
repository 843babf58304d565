//! The records of the desk, as stored: minicbor with explicit field numbers. A number is never reused.

mod automatic;
mod contact;
mod delivery;
mod dkim_key;
mod done_command;
mod dsn;
mod finding;
mod index;
mod ledger;
mod mailbox;
mod message;
mod operator;
mod report;
mod sts_policy;
mod suppression;
mod ticket;
mod tls_result;

pub use automatic::AutomaticKind;
pub(in crate::desk) use automatic::{Answers, AutomaticDue};
pub use contact::Contact;
pub use delivery::{Attempt, Delivery, DeliveryReport, DeliveryState};
pub use dkim_key::StoredDkimKey;
pub(in crate::desk) use done_command::DoneCommand;
pub use dsn::{DsnNotify, DsnRecipient, DsnRequest, DsnReturn, OriginalRecipient};
pub use finding::{Finding, Judged, Stage, score};
pub(in crate::desk) use index::{KnownId, Taken};
pub use ledger::{LedgerLine, LedgerVerdict};
pub use mailbox::{Group, Mailbox, StoredRule, StoredTable};
pub use message::{Message, MessageKind, Quarantine, Recalled, SessionFacts, ThreadStep, TlsFacts, Undo};
pub use operator::{ApiToken, Operator, Session};
pub use report::ReceivedReport;
pub use sts_policy::{StsMode, StsPolicy};
pub use suppression::{Suppression, SuppressionReason};
pub use ticket::Ticket;
pub use tls_result::{TlsPolicyKind, TlsResult, TlsResultKind};
