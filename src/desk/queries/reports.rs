//! Reports about our mail that were received, newest first.

use crate::desk::codec::decode;
use crate::desk::{Actor, Desk, DeskError, ReceivedReport, keys};
use crate::store::Space;

/// Most reports of one page.
const LIMIT: usize = 100;
/// Pages of rows that one query reads where it asks for one domain. Behind them the answer is given with a cursor, though it
/// holds less than was asked for.
const PAGES: usize = 20;

/// Which reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportQuery {
    /// About this domain, in lower case.
    pub domain: Option<String>,
    /// 1 to 100.
    pub limit: usize,
    /// The `next` of the page before: those older than this message's.
    pub before: Option<u64>,
}

impl Desk {
    /// Reports, newest first, with the cursor of the next page. Who works on tickets may read them.
    pub async fn reports(
        &self,
        actor: &Actor,
        query: &ReportQuery,
    ) -> Result<(Vec<ReceivedReport>, Option<u64>), DeskError> {
        actor.may_work_on_tickets()?;
        let limit = query.limit.clamp(1, LIMIT);
        let mut range = keys::all(Space::ReceivedReport);
        range.descending = true;
        range.after = query.before.map(keys::received_report);
        let mut reports = Vec::new();
        for _ in 0..PAGES {
            let page = self.inner.store.scan(&range, limit).await?;
            let last = page.rows.last().map(|(key, _)| key.clone());
            for (key, stored) in page.rows {
                let received: ReceivedReport = decode(&stored.value)?;
                let about = received.report().map(|report| report.domain().to_owned());
                if query.domain.is_none() || query.domain == about {
                    reports.push(received);
                }
                if reports.len() == limit {
                    let is_last = page.next.is_none() && last.as_ref() == Some(&key);
                    return Ok((reports, keys::last_id(&key).filter(|_| !is_last)));
                }
            }
            match page.next {
                Some(next) => range.after = Some(next),
                None => return Ok((reports, None)),
            }
        }
        let next = range.after.as_deref().and_then(keys::last_id);
        Ok((reports, next))
    }

    /// The report that a message brought.
    pub async fn report(&self, actor: &Actor, message: u64) -> Result<ReceivedReport, DeskError> {
        actor.may_work_on_tickets()?;
        let stored = self.inner.store.get(&keys::received_report(message)).await?;
        Ok(decode(&stored.ok_or(DeskError::NotFound("report"))?.value)?)
    }
}
