//! The records of the desk, as stored: minicbor with explicit field numbers. A number is never reused.

mod automatic;
mod contact;
mod delivery;
mod done_command;
mod dsn;
mod index;
mod ledger;
mod mailbox;
mod message;
mod operator;
mod suppression;
mod ticket;

pub use automatic::AutomaticKind;
pub(in crate::desk) use automatic::{Answers, AutomaticDue};
pub use contact::Contact;
pub use delivery::{Attempt, Delivery, DeliveryReport, DeliveryState};
pub(in crate::desk) use done_command::DoneCommand;
pub use dsn::{DsnNotify, DsnRecipient, DsnRequest, DsnReturn, OriginalRecipient};
pub(in crate::desk) use index::{KnownId, Taken};
pub use ledger::{LedgerLine, LedgerVerdict};
pub use mailbox::{Group, Mailbox, StoredRule, StoredTable};
pub use message::{Message, MessageKind, Recalled, SessionFacts, ThreadStep, TlsFacts, Undo};
pub use operator::{ApiToken, Operator, Session};
pub use suppression::{Suppression, SuppressionReason};
pub use ticket::Ticket;
