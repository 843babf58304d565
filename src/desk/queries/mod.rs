//! The queries: what is read by id or by a short scan. Lists and counts are `board`'s, text is `search`'s.

mod due_deliveries;
mod ledger;
mod message;
mod message_source;
mod queue;
mod suppressions;
mod ticket;
mod ticket_view;

pub use ledger::LedgerQuery;
pub use queue::{QueueItem, QueueQuery};
pub use ticket_view::{MessageView, TicketView};
