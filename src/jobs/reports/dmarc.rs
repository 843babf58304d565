//! One day's DMARC reports, one per domain that was named in From.

use super::destinations::{policy, willing};
use super::letters::Outgoing;
use super::{DAY, KEPT_DAYS, Reports};
use crate::desk::DeskError;
use crate::desk::commands::ReportOf;
use crate::desk::queries::DmarcCounts;
use crate::mail::compose::ReportLetter;
use crate::mail::dns::DnsError;
use crate::mail::report::{DmarcReport, write_dmarc};

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
            match self.dmarc_letters(&counts).await {
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
    async fn dmarc_letters(&self, counts: &DmarcCounts) -> Result<Vec<ReportLetter>, DnsError> {
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
        let outgoing = Outgoing {
            from,
            domain: counts.domain.clone(),
            report_id: report.report_id.clone(),
            period: (report.begin, report.end),
            summary: report.summary(),
            is_tls: false,
        };
        Ok(self.letters(outgoing, destinations, move || write_dmarc(&report)).await)
    }
}
