//! Forgets the ledger's oldest lines, with the rows by which they are found.

use crate::desk::codec::decode;
use crate::desk::receive::ledger::index_keys;
use crate::desk::{Desk, DeskError, LedgerLine, keys};
use crate::store::{Batch, Durability, Range};

/// Lines of one batch: with their rows far below the largest batch.
const PAGE: usize = 200;

impl Desk {
    /// Deletes the lines from `from` on that are older than `before` (both Unix milliseconds). Answers how many. Who calls it
    /// again with the last `before` as `from` does not walk over what is deleted already.
    pub async fn trim_ledger(&self, from: u64, before: u64) -> Result<u64, DeskError> {
        let mut trimmed = 0_u64;
        let mut range =
            Range { start: keys::ledger(from, 0), end: keys::ledger(before, 0), after: None, descending: false };
        loop {
            let page = self.inner.store.scan(&range, PAGE).await?;
            let mut batch = Batch::new();
            batch.durability(Durability::Buffered);
            for (key, stored) in page.rows {
                let sequence = keys::last_id(&key).unwrap_or_default();
                // A line that cannot be read goes too; the rows by which it was found then lead nowhere.
                if let Ok(line) = decode::<LedgerLine>(&stored.value) {
                    index_keys(&line, sequence).into_iter().for_each(|row| _ = batch.delete(row));
                }
                batch.delete(key);
                trimmed = trimmed.saturating_add(1);
            }
            if !batch.is_empty() {
                self.inner.store.commit(batch).await?;
            }
            match page.next {
                Some(last) => range.after = Some(last),
                None => return Ok(trimmed),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::desk::queries::LedgerQuery;
    use crate::desk::{LedgerLine, Reason, testing};
    use crate::store::{Range, Space, Store};

    fn line(at: u64) -> LedgerLine {
        LedgerLine {
            at,
            session: 1,
            peer: "192.0.2.1:25".to_owned(),
            helo: "mx".to_owned(),
            tls: None,
            sender: "a@x.test".to_owned(),
            recipient: "help@demo.test".to_owned(),
            verdict: LedgerLine::verdict_of(Reason::Accepted),
            reason: Reason::Accepted,
            reply: "250 OK".to_owned(),
            rule: None,
            ticket: Some(1042),
            message_id: Some("1@x.test".to_owned()),
            score: 0,
            findings: Vec::new(),
            count: None,
        }
    }

    #[tokio::test]
    async fn old_lines_go_with_every_row_by_which_they_are_found() {
        let test = testing::desk().await;
        test.desk.record((1..=500).map(line).collect()).await;
        assert_eq!(test.desk.trim_ledger(0, 490).await.unwrap(), 489);
        let spaces = [
            Space::Ledger,
            Space::LedgerSender,
            Space::LedgerRecipient,
            Space::LedgerDomain,
            Space::LedgerMessageId,
            Space::LedgerTicket,
            Space::LedgerPeer,
        ];
        for space in spaces {
            let rows = test.store.scan(&Range::prefix(&[space as u8]), 1_000).await.unwrap().rows;
            assert_eq!(rows.len(), 11, "{space:?}");
        }
        let (left, _) = test.desk.ledger(&test.actor, &LedgerQuery { limit: 500, ..Default::default() }).await.unwrap();
        assert_eq!((left.len(), left[0].at, left[10].at), (11, 500, 490));
        assert_eq!(test.desk.trim_ledger(490, 490).await.unwrap(), 0);
    }
}
