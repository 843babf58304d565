//! The commands: one file each, a pure decision and one commit. What they take stands beside them.
//!
//! Promises: what a command answers is durable; a conflict is decided anew (`desk::retry`), bounded; who may do what is
//! asked first. Set-up commands go the road of `desk::setup`, so that the next look-up sees them.

mod activate_dkim;
mod add_group;
mod add_mailbox;
mod add_operator;
mod add_rule;
mod answer;
mod create_token;
mod disable_operator;
mod idempotency;
mod keep_sts_policy;
mod mail_thread;
mod new_message;
mod note;
mod order_delivery;
mod order_mailing;
mod put_table;
mod recall;
mod recall_mailing;
mod record_attempt;
mod remove_dkim_key;
mod remove_rule;
mod replace_rule;
mod reply;
mod rotate_dkim;
mod rule_check;
mod secret;
mod send_report;
mod session;
mod set_password;
mod sign_in;
mod suppress;
mod sweep;
mod trim_ledger;
mod unsubscribe;
mod update_ticket;
mod upload;
mod write_mailing;

pub use add_mailbox::NewMailbox;
pub use add_operator::NewOperator;
pub use new_message::NewMessage;
pub use order_delivery::QueueOrder;
pub use order_mailing::NewMailing;
pub(in crate::desk) use recall::recallable_ms;
pub use record_attempt::{AttemptOutcome, Attempted};
pub use secret::Secret;
pub use send_report::ReportOf;
pub(in crate::desk) use suppress::suppression;
pub use unsubscribe::Unsubscribing;
pub(in crate::desk) use unsubscribe::unsubscribed;
pub use update_ticket::TicketPatch;
pub use upload::{NewUpload, UploadWriter};
