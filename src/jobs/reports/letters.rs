//! The letters that carry one report, alike but for whom they go to.

use super::Reports;
use crate::mail::Address;
use crate::mail::compose::ReportLetter;
use crate::mail::report::{Destination, pack};

/// Largest packed report that we send, in octets, where the destination says nothing.
const MOST: u64 = 10 * 1024 * 1024;

/// A report that is to be sent.
pub(super) struct Outgoing {
    /// From whom.
    pub from: Address,
    /// The domain that it is about.
    pub domain: String,
    /// Our name for it.
    pub report_id: String,
    /// The time that it covers, Unix seconds.
    pub period: (i64, i64),
    /// One line for people.
    pub summary: String,
    /// A TLS report (JSON); else a DMARC one (XML).
    pub is_tls: bool,
}

impl Reports {
    /// The report in a letter to each destination that takes one of its size. `write` makes its text, on the blocking pool.
    pub(super) async fn letters(
        &self,
        outgoing: Outgoing,
        destinations: Vec<Destination>,
        write: impl FnOnce() -> std::io::Result<Vec<u8>> + Send + 'static,
    ) -> Vec<ReportLetter> {
        let packed = tokio::task::spawn_blocking(move || write().and_then(|text| pack(&text))).await;
        // Writing into memory does not fail.
        let Ok(Ok(content)) = packed else { return Vec::new() };
        let Outgoing { from, domain, report_id, period: (begin, end), summary, is_tls } = outgoing;
        let hostname = &self.config.hostname;
        let kind = if is_tls { "json" } else { "xml" };
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        let mut letters = Vec::new();
        for destination in destinations.into_iter().filter(|one| size <= one.most.unwrap_or(MOST).min(MOST)) {
            let Ok(number) = self.desk.report_id().await else { continue };
            letters.push(ReportLetter {
                from: from.clone(),
                to: destination.address,
                domain: domain.clone(),
                submitter: hostname.clone(),
                report_id: report_id.clone(),
                message_id: format!("report.{number}@{hostname}"),
                date: jiff::Timestamp::now().as_second(),
                summary: summary.clone(),
                file: format!("{hostname}!{domain}!{begin}!{end}.{kind}.gz"),
                content: content.clone(),
                is_tls,
            });
        }
        letters
    }
}
