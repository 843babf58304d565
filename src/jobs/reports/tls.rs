//! The TLS reports of the days before, one per domain that mail was sent to (RFC 8460 §3).

use std::collections::BTreeMap;

use super::letters::Outgoing;
use super::{DAY, KEPT_DAYS, Reports};
use crate::desk::commands::ReportOf;
use crate::desk::{DeskError, TlsPolicyKind, TlsResult, TlsResultKind};
use crate::mail::compose::ReportLetter;
use crate::mail::report::{Published, TlsFailure, TlsPolicy, TlsReport, write_tls};

/// Failures of one policy that are told apart.
const MAX_FAILURES: usize = 1_000;

/// A result with how often it came.
pub(super) type Counted = (TlsResult, u64);

impl Reports {
    /// Sends what was counted before this day. Answers how many letters were queued.
    pub(super) async fn send_tls_before(&self, before: u64) -> Result<usize, DeskError> {
        let mut sent = 0_usize;
        if self.config.reports.send_tlsrpt {
            let until = self.desk.tls_reported_until().await?;
            for day in until.max(before.saturating_sub(KEPT_DAYS))..before {
                let mut domains: BTreeMap<String, Vec<Counted>> = BTreeMap::new();
                for counted in self.desk.tls_results(day).await? {
                    domains.entry(counted.0.domain.clone()).or_default().push(counted);
                }
                let mut letters = Vec::new();
                for (domain, results) in &domains {
                    letters.extend(self.tls_letters(day, domain, results).await);
                }
                sent = sent.saturating_add(letters.len());
                metrics::counter!("mxdesk_reports_sent_total", "kind" => "tls").increment(letters.len() as u64);
                self.desk.send_reports(letters, ReportOf::TlsUntil(day.saturating_add(1))).await?;
            }
        }
        self.desk.forget_tls_results(before).await?;
        Ok(sent)
    }

    /// The letters with the report of one day about one domain; none where nobody wants it, or nobody can be asked.
    async fn tls_letters(&self, day: u64, domain: &str, results: &[Counted]) -> Vec<ReportLetter> {
        let Some(from) = self.from() else { return Vec::new() };
        let records = match self.dns.text_records(&format!("_smtp._tls.{domain}")).await {
            Ok(records) => records,
            Err(error) => {
                tracing::debug!(%error, domain, "it could not be asked who wants this report");
                return Vec::new();
            }
        };
        let mut records = records.iter().filter_map(|record| Published::parse(record, "TLSRPTv1"));
        // Several records are none (RFC 8460 §3).
        let (Some(record), None) = (records.next(), records.next()) else { return Vec::new() };
        let mut policies = policies(domain, results);
        for policy in &mut policies {
            self.quote(policy, results).await;
        }
        let begin = i64::try_from(day.saturating_mul(DAY)).unwrap_or(i64::MAX);
        let report = TlsReport {
            organisation: self.organisation().to_owned(),
            contact: from.as_str().to_owned(),
            report_id: format!("{day}.{domain}.tls@{}", self.config.hostname),
            begin,
            end: begin.saturating_add(86_399),
            policies,
        };
        let outgoing = Outgoing {
            from,
            domain: domain.to_owned(),
            report_id: report.report_id.clone(),
            period: (report.begin, report.end),
            summary: report.summary(),
            is_tls: true,
        };
        self.letters(outgoing, record.destinations(), move || Ok(write_tls(&report))).await
    }
}

/// One entry per policy that was applied.
fn policies(domain: &str, results: &[Counted]) -> Vec<TlsPolicy> {
    let mut policies: Vec<(TlsPolicyKind, TlsPolicy)> = Vec::new();
    for (result, sessions) in results {
        let place = policies.iter().position(|(kind, _)| *kind == result.policy).unwrap_or_else(|| {
            let policy = TlsPolicy { kind: word(&result.policy), domain: domain.to_owned(), ..TlsPolicy::default() };
            policies.push((result.policy, policy));
            policies.len() - 1
        });
        let policy = &mut policies[place].1;
        if result.kind == TlsResultKind::Success {
            policy.succeeded = policy.succeeded.saturating_add(*sessions);
            continue;
        }
        policy.failed = policy.failed.saturating_add(*sessions);
        if policy.failures.len() < MAX_FAILURES {
            policy.failures.push(TlsFailure {
                result: word(&result.kind),
                mx: result.host.clone(),
                receiver: result.address.clone(),
                sessions: *sessions,
                ..TlsFailure::default()
            });
        }
    }
    policies.into_iter().map(|(_, policy)| policy).collect()
}

/// The RFC's word, which is how the kinds are serialised.
fn word(kind: &impl serde::Serialize) -> String {
    serde_json::to_value(kind).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
