//! What was counted for the DMARC reports that we send.

use crate::desk::{Desk, DeskError, keys};
use crate::mail::report::DmarcRow;
use crate::store::{Batch, Durability, Key, Range, Space, prefix_end};

/// Rows of one report, at most: one commit removes them.
pub(in crate::desk) const MOST: usize = 1_000;
/// Rows of one page.
const PAGE: usize = 500;

/// The letters of a day that named one domain in From.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DmarcCounts {
    /// Days since 1970-01-01.
    pub day: u64,
    /// The domain.
    pub domain: String,
    /// What came, each kind with its number.
    pub rows: Vec<DmarcRow>,
    pub(in crate::desk) keys: Vec<Key>,
}

impl Desk {
    /// The first day and domain behind this one that was counted before the day `before`; `None` where there is none.
    pub async fn next_dmarc_count(
        &self,
        behind: Option<(u64, &str)>,
        before: u64,
    ) -> Result<Option<(u64, String)>, DeskError> {
        let all = keys::all(Space::DmarcCount);
        let start = match behind {
            Some((day, domain)) => prefix_end(&keys::dmarc_counts_of(day, domain).start),
            None => all.start.clone(),
        };
        let range = Range { start, ..all };
        let page = self.inner.store.scan(&range, 1).await?;
        let found = page.rows.first().and_then(|(key, _)| keys::dmarc_count_of(key));
        Ok(found.filter(|(day, ..)| *day < before).map(|(day, domain, _)| (day, domain.to_owned())))
    }

    /// What was counted on a day for a domain, at most 1,000 kinds; what is beyond them is forgotten.
    pub async fn dmarc_counts(&self, day: u64, domain: &str) -> Result<DmarcCounts, DeskError> {
        let mut counts = DmarcCounts { day, domain: domain.to_owned(), ..DmarcCounts::default() };
        let mut range = keys::dmarc_counts_of(day, domain);
        let mut surplus = 0_usize;
        loop {
            let page = self.inner.store.scan(&range, PAGE).await?;
            let mut batch = Batch::new();
            batch.durability(Durability::Buffered);
            for (key, stored) in page.rows {
                if counts.keys.len() == MOST {
                    batch.delete(key);
                    surplus = surplus.saturating_add(1);
                    continue;
                }
                let row = keys::dmarc_count_of(&key).and_then(|(_, _, row)| minicbor::decode::<DmarcRow>(row).ok());
                let letters = stored.value.first_chunk::<8>().map_or(0, |value| i64::from_be_bytes(*value));
                counts.rows.extend(row.map(|row| DmarcRow { letters: u64::try_from(letters).unwrap_or(0), ..row }));
                counts.keys.push(key);
            }
            if !batch.is_empty() {
                self.inner.store.commit(batch).await?;
            }
            match page.next {
                Some(last) => range.after = Some(last),
                None => break,
            }
        }
        if surplus > 0 {
            tracing::warn!(day, domain, surplus, "a domain's letters were of too many kinds for its report");
        }
        Ok(counts)
    }

    /// Forgets what was counted: there is nobody to be told.
    pub async fn forget_dmarc_counts(&self, counts: DmarcCounts) -> Result<(), DeskError> {
        let mut batch = Batch::new();
        batch.durability(Durability::Buffered);
        counts.keys.into_iter().for_each(|key| _ = batch.delete(key));
        if !batch.is_empty() {
            self.inner.store.commit(batch).await?;
        }
        Ok(())
    }
}
