//! The suppressed addresses: all of them, page by page, and those among some.

use crate::desk::codec::decode;
use crate::desk::{Actor, Desk, DeskError, Suppression, keys};
use crate::store::{Key, Range, Space};

/// Most addresses of one page.
const LIMIT: usize = 500;

impl Desk {
    /// The list by address, at most `limit` (1 to 500), with the cursor of the next page: the last address. What has ended and is not
    /// swept yet is in it.
    pub async fn suppressions(
        &self,
        actor: &Actor,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Suppression>, Option<String>), DeskError> {
        actor.may_work_on_tickets()?;
        let range = Range { after: cursor.map(keys::suppression), ..keys::all(Space::Suppression) };
        let page = self.inner.store.scan(&range, limit.clamp(1, LIMIT)).await?;
        let found: Vec<Suppression> =
            page.rows.iter().map(|(_, stored)| decode(&stored.value)).collect::<Result<_, _>>()?;
        let next = found.last().filter(|_| page.next.is_some()).map(|last| last.address.clone());
        Ok((found, next))
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
