//! One day's DMARC reports, one per domain that was named in From.

use super::destinations::{policy, willing};
use super::{DAY, KEPT_DAYS, Reports};
use crate::desk::DeskError;
use crate::desk::commands::ReportOf;
use crate::desk::queries::DmarcCounts;
use crate::mail::Address;
use crate::mail::compose::ReportLetter;
use crate::mail::dns::DnsError;
use crate::mail::report::{Destination, DmarcReport, pack, write_dmarc};

/// Largest packed report that we send, in octets, where the destination says nothing.
const MOST: u64 = 10 * 1024 * 1024;

impl Reports {
    /// Sends what was counted before this day. Answers how many letters were queued.
    pub(super) async fn send_before(&self, before: u64) -> Result<usize, DeskError> {
        let mut sent = 0_usize;
        let mut behind: Option<(u64, String)> = None;
        loop {
            let last = behind.as_ref().map(|(day, domain)| (*day, domain.as_str()));
            let Some((day, domain)) = self.desk.next_dmarc_count(last, before).await? else { return Ok(sent) };
            let counts = self.desk.dmarc_counts(day, &domain).await?;
            let is_wanted = self.config.reports.send_dmarc && day.saturating_add(KEPT_DAYS) >= before;
            match self.letters(&counts).await {
                _ if !is_wanted => self.desk.forget_dmarc_counts(counts).await?,
                Ok(letters) if letters.is_empty() => self.desk.forget_dmarc_counts(counts).await?,
                Ok(letters) => {
                    sent = sent.saturating_add(letters.len());
                    metrics::counter!("mxdesk_reports_sent_total", "kind" => "dmarc").increment(letters.len() as u64);
                    self.desk.send_reports(letters, ReportOf::Dmarc(counts)).await?;
                }
                Err(error) => tracing::debug!(%error, domain, "nobody knows yet who wants this report"),
            }
            behind = Some((day, domain));
        }
    }

    /// The letters with the report of one day about one domain; none where nobody wants it.
    async fn letters(&self, counts: &DmarcCounts) -> Result<Vec<ReportLetter>, DnsError> {
        let Some(from) = self.from().filter(|_| self.config.reports.send_dmarc) else { return Ok(Vec::new()) };
        let Some(policy) = policy(&self.dns, &counts.domain).await? else { return Ok(Vec::new()) };
        let destinations = willing(&self.dns, &policy).await?;
        if destinations.is_empty() {
            return Ok(Vec::new());
        }
        let begin = i64::try_from(counts.day.saturating_mul(DAY)).unwrap_or(i64::MAX);
        let tag = |name: &str| policy.record.tag(name).to_lowercase();
        let report = DmarcReport {
            organisation: self.organisation().to_owned(),
            email: from.as_str().to_owned(),
            report_id: format!("{}.{}@{}", counts.day, counts.domain, self.config.hostname),
            begin,
            end: begin.saturating_add(86_399),
            domain: policy.domain.clone(),
            policy: tag("p"),
            subdomain_policy: tag("sp"),
            dkim_alignment: tag("adkim"),
            spf_alignment: tag("aspf"),
            letters: counts.rows.iter().fold(0, |sum, row| sum.saturating_add(row.letters)),
            passed: counts.rows.iter().filter(|row| row.passed()).fold(0, |sum, row| sum.saturating_add(row.letters)),
            rows: counts.rows.clone(),
            more: false,
        };
        Ok(self.packed(&report, &from, &counts.domain, &destinations).await)
    }

    /// The report in a letter to each destination that takes one of its size.
    async fn packed(
        &self,
        report: &DmarcReport,
        from: &Address,
        domain: &str,
        destinations: &[Destination],
    ) -> Vec<ReportLetter> {
        let writing = report.clone();
        let packed = tokio::task::spawn_blocking(move || write_dmarc(&writing).and_then(|xml| pack(&xml))).await;
        // Writing into memory does not fail.
        let Ok(Ok(content)) = packed else { return Vec::new() };
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        let mut letters = Vec::new();
        for destination in destinations.iter().filter(|one| size <= one.most.unwrap_or(MOST).min(MOST)) {
            let Ok(number) = self.desk.report_id().await else { continue };
            letters.push(ReportLetter {
                from: from.clone(),
                to: destination.address.clone(),
                domain: domain.to_owned(),
                submitter: self.config.hostname.clone(),
                report_id: report.report_id.clone(),
                message_id: format!("report.{number}@{}", self.config.hostname),
                date: jiff::Timestamp::now().as_second(),
                summary: report.summary(),
                file: format!("{}!{domain}!{}!{}.xml.gz", self.config.hostname, report.begin, report.end),
                content: content.clone(),
                is_tls: false,
            });
        }
        letters
    }
}
