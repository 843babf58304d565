//! The queries: what is read by id or by a short scan. Lists and counts are `board`'s, text is `search`'s.

mod dmarc_counts;
mod due_deliveries;
mod ledger;
mod mailings;
mod message;
mod message_source;
mod quarantine;
mod queue;
mod reports;
mod suppressions;
mod ticket;
mod ticket_view;
pub(in crate::desk) mod tls_results;

pub use dmarc_counts::DmarcCounts;
pub use ledger::LedgerQuery;
pub use mailings::{MailingCounts, MailingView};
pub use quarantine::Quarantined;
pub use queue::{QueueItem, QueueQuery};
pub use reports::ReportQuery;
pub use ticket_view::{MessageView, TicketView};
