//! Reports about our mail that were received, newest first.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::report_summary::{AddingUp, ReportSummary};
use crate::desk::codec::decode;
use crate::desk::{Actor, Desk, DeskError, ReceivedReport, keys};
use crate::store::Space;

/// Most reports of one page.
const LIMIT: usize = 100;
/// Pages of rows that one query reads where it asks for one domain. Behind them the answer is given with a cursor, though it
/// holds less than was asked for.
const PAGES: usize = 20;
/// Pages that a summary is made of, at most.
const SUMMED: usize = 20;

/// Seconds that a reporter's clock may be behind ours.
const SLACK: u64 = 86_400;

/// What kind of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportKind {
    /// How letters fared that named our domain (RFC 7489).
    Dmarc,
    /// How connections to our MX hosts fared (RFC 8460).
    Tls,
}

/// Which reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportQuery {
    /// About this domain, in lower case.
    pub domain: Option<String>,
    /// Of this kind.
    pub kind: Option<ReportKind>,
    /// That cover time behind this, Unix milliseconds.
    pub since: Option<u64>,
    /// That cover time before this, Unix milliseconds.
    pub until: Option<u64>,
    /// 1 to 100.
    pub limit: usize,
    /// The `next` of the page before: those older than this message's.
    pub before: Option<u64>,
}

impl ReportQuery {
    fn asks_for(&self, received: &ReceivedReport) -> bool {
        let Some(report) = received.report() else { return false };
        let (begin, end) = report.period();
        let ms = |seconds: i64| u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000);
        self.domain.as_deref().is_none_or(|domain| domain == report.domain())
            && self.kind.is_none_or(|kind| kind == received.kind())
            && self.since.is_none_or(|since| ms(end) >= since)
            && self.until.is_none_or(|until| ms(begin) < until)
    }

    /// Whether neither this report nor any that came before it is asked for: none covers a time that was still to come.
    fn is_behind(&self, received: &ReceivedReport) -> bool {
        self.since.is_some_and(|since| received.at.saturating_add(SLACK * 1_000) < since)
    }
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
                if query.is_behind(&received) {
                    return Ok((reports, None));
                }
                if query.asks_for(&received) {
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

    /// What the reports say together, of the newest 2,000 that are asked for (`limit` and `before` are not looked at).
    pub async fn report_summary(&self, actor: &Actor, query: &ReportQuery) -> Result<ReportSummary, DeskError> {
        let mut query = ReportQuery { limit: LIMIT, before: None, ..query.clone() };
        let mut adding_up = AddingUp::default();
        for _ in 0..SUMMED {
            let (reports, next) = self.reports(actor, &query).await?;
            // Thousands of rows: not on the worker.
            let added = tokio::task::spawn_blocking(move || {
                reports.iter().for_each(|report| adding_up.add(report));
                adding_up
            });
            adding_up =
                added.await.map_err(|error| DeskError::Internal(format!("reports cannot be summed up: {error}")))?;
            match next {
                Some(next) => query.before = Some(next),
                None => return Ok(adding_up.summary(true)),
            }
        }
        Ok(adding_up.summary(false))
    }

    /// The report that a message brought.
    pub async fn report(&self, actor: &Actor, message: u64) -> Result<ReceivedReport, DeskError> {
        actor.may_work_on_tickets()?;
        let stored = self.inner.store.get(&keys::received_report(message)).await?;
        Ok(decode(&stored.ok_or(DeskError::NotFound("report"))?.value)?)
    }
}
