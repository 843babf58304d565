//! The queries: what is read by id or by a short scan. Lists and counts are `board`'s, text is `search`'s.

mod dmarc_counts;
mod due_deliveries;
mod ledger;
mod mailings;
mod message;
mod message_source;
mod quarantine;
mod queue;
mod report_summary;
mod reports;
mod suppressions;
mod ticket;
mod ticket_view;
pub(in crate::desk) mod tls_results;
mod upload;

pub use dmarc_counts::DmarcCounts;
pub(in crate::desk) use dmarc_counts::MOST as DMARC_KINDS;
pub use ledger::LedgerQuery;
pub use mailings::{MailingCounts, MailingView};
pub use quarantine::Quarantined;
pub use queue::{QueueItem, QueueQuery};
pub use report_summary::{DomainSummary, FailingSource, ReportSummary, TlsTrouble};
pub use reports::{ReportKind, ReportQuery};
pub use ticket_view::{MessageView, TicketView};
