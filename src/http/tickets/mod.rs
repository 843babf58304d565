//! `/tickets`: lists, one ticket with its thread, changes of its state.

mod filter;
pub(super) mod list;
pub(super) mod patch;
pub(super) mod read;
mod row;

pub(super) use filter::{TicketFilter, status};
pub(super) use patch::if_match;
pub(super) use row::{Name, TicketRow, operator_name, rows};

use super::problem::Problem;
use crate::desk::Directory;

/// A ticket's number from the path: `1042` or `DEMO-1042`.
pub(super) fn number(text: &str) -> Result<u64, Problem> {
    Directory::parse_number(text).ok_or_else(|| Problem::not_found("ticket"))
}
