//! Looks lines of the ledger up.

use crate::desk::{Actor, Desk, DeskError, LedgerLine};

/// Which ledger lines are asked for. With neither sender nor recipient: all, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerQuery {
    /// Envelope sender as key.
    pub sender: Option<String>,
    /// Recipient as key.
    pub recipient: Option<String>,
    /// Not older than this, Unix milliseconds.
    pub since: Option<u64>,
    /// 1 to 500.
    pub limit: usize,
    /// The `next` of the page before.
    pub cursor: Option<String>,
}

#[allow(unused_variables, reason = "the body comes next")]
impl Desk {
    /// Ledger lines, newest first, with the cursor of the next page.
    pub async fn ledger(
        &self,
        actor: &Actor,
        query: &LedgerQuery,
    ) -> Result<(Vec<LedgerLine>, Option<String>), DeskError> {
        todo!("desk-receive")
    }
}
