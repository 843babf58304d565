//! The records of the desk, as stored: minicbor with explicit field numbers. A number is never reused.

mod contact;
mod delivery;
mod dkim_key;
mod done_command;
mod index;
mod ledger;
mod mailbox;
mod message;
mod operator;
mod ticket;

pub use contact::Contact;
pub use delivery::{Attempt, Delivery, DeliveryState};
pub use dkim_key::StoredDkimKey;
pub(in crate::desk) use done_command::DoneCommand;
pub(in crate::desk) use index::{KnownId, Taken};
pub use ledger::{LedgerLine, LedgerVerdict};
pub use mailbox::{Group, Mailbox, StoredRule, StoredTable};
pub use message::{Message, MessageKind, SessionFacts, ThreadStep, TlsFacts};
pub use operator::{ApiToken, Operator, Session};
pub use ticket::Ticket;
