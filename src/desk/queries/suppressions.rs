//! The suppressed addresses, and those that have unsubscribed from mailings: all of them, page by page, and those among some.

use crate::desk::codec::decode;
use crate::desk::{Actor, Desk, DeskError, Suppression, keys};
use crate::store::{Key, Range, Space};

/// Most addresses of one page.
const LIMIT: usize = 500;

impl Desk {
    /// The list by address, about `limit` (1 to 500), with the cursor of the next page: the last address. What has ended and is not
    /// swept yet is in it, and so are those that only get no mailings; an address that is both is on one page with both.
    pub async fn suppressions(
        &self,
        actor: &Actor,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Suppression>, Option<String>), DeskError> {
        actor.may_work_on_tickets()?;
        let limit = limit.clamp(1, LIMIT);
        let mut found: Vec<Suppression> = Vec::new();
        let mut more = false;
        for (space, after) in
            [(Space::Suppression, cursor.map(keys::suppression)), (Space::Unsubscribed, cursor.map(keys::unsubscribed))]
        {
            let page = self.inner.store.scan(&Range { after, ..keys::all(space) }, limit).await?;
            for (_, stored) in &page.rows {
                found.push(decode(&stored.value)?);
            }
            more |= page.next.is_some();
        }
        found.sort_by(|one, other| one.address.cmp(&other.address));
        // An address may be on both: the cursor names it once, so its rows stay together.
        let Some(last) = found.get(limit.saturating_sub(1)).map(|last| last.address.clone()) else {
            return Ok((found, None));
        };
        let kept = found.partition_point(|found| found.address <= last);
        more |= kept < found.len();
        found.truncate(kept);
        Ok((found, more.then_some(last)))
    }

    /// Those of these addresses (as keys) that have unsubscribed from mailings.
    pub(in crate::desk) async fn unsubscribed(&self, addresses: &[String]) -> Result<Vec<Suppression>, DeskError> {
        let keys: Vec<Key> = addresses.iter().map(|address| keys::unsubscribed(address)).collect();
        let stored = self.inner.store.get_many(&keys).await?;
        Ok(stored.iter().flatten().map(|stored| decode(&stored.value)).collect::<Result<_, _>>()?)
    }

    /// Those of these addresses (as keys) that are suppressed at this time (Unix milliseconds).
    pub(in crate::desk) async fn suppressed(
        &self,
        addresses: &[String],
        now: u64,
    ) -> Result<Vec<Suppression>, DeskError> {
        let keys: Vec<Key> = addresses.iter().map(|address| keys::suppression(address)).collect();
        let mut found: Vec<Suppression> = Vec::new();
        for stored in self.inner.store.get_many(&keys).await?.into_iter().flatten() {
            let suppression: Suppression = decode(&stored.value)?;
            if suppression.holds(now) {
                found.push(suppression);
            }
        }
        Ok(found)
    }
}
