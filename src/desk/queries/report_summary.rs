//! What many reports say together, per domain: how much was as it should be, and where the rest comes from.
//!
//! Only reports count whose letter was proven to come from who reports: anybody can invent one. A report that came twice counts once.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::ReceivedReport;
use crate::mail::report::{DmarcReport, Report, TlsReport};

/// Domains of a summary: a desk has few, and whoever proves himself may invent names below them.
const DOMAINS: usize = 100;
/// Sources, and failures of TLS, that are told apart while one domain's are added up, and that are shown.
const APART: usize = 5_000;
const SHOWN: usize = 20;

/// What reports say together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReportSummary {
    /// Each domain that was reported of, in the order of names; at most 100.
    pub domains: Vec<DomainSummary>,
    /// Reports that are not in it, because nothing proves who sent them.
    pub unproven: u64,
    /// Every report that was asked for was read. Else only the newest were.
    pub whole: bool,
}

/// What reports say of one domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct DomainSummary {
    /// The domain.
    pub domain: String,
    /// DMARC reports.
    pub dmarc_reports: u64,
    /// Letters that named the domain.
    pub letters: u64,
    /// Those that passed DMARC.
    pub passed: u64,
    /// How many addresses sent letters that did not pass (as far as reports tell of each).
    pub failing_sources: u64,
    /// Those with the most such letters; at most 20.
    pub sources: Vec<FailingSource>,
    /// TLS reports.
    pub tls_reports: u64,
    /// Connections over TLS as they should be.
    pub succeeded: u64,
    /// Connections that were not.
    pub failed: u64,
    /// What failed most; at most 20.
    pub failures: Vec<TlsTrouble>,
}

/// An address that sent letters in the domain's name that did not pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct FailingSource {
    /// The address.
    pub source: String,
    /// How many letters.
    pub letters: u64,
    /// Those that were delivered all the same.
    pub none: u64,
    /// Those that were kept apart.
    pub quarantined: u64,
    /// Those that were refused.
    pub rejected: u64,
}

/// Connections to an MX host that failed alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct TlsTrouble {
    /// What failed (RFC 8460 §4.3).
    pub result: String,
    /// The MX host; empty where it is not told.
    pub mx: String,
    /// How many connections.
    pub sessions: u64,
}

/// A summary that is being made.
#[derive(Default)]
pub(super) struct AddingUp {
    domains: BTreeMap<String, Domain>,
    known: HashSet<(String, String, i64)>,
    unproven: u64,
    /// A domain had no place.
    left_out: bool,
}

#[derive(Default)]
struct Domain {
    summary: DomainSummary,
    sources: HashMap<String, FailingSource>,
    failures: HashMap<(String, String), u64>,
}

impl AddingUp {
    /// Adds a report.
    pub(super) fn add(&mut self, received: &ReceivedReport) {
        let Some(report) = received.report() else { return };
        if !received.authenticated {
            add(&mut self.unproven, 1);
            return;
        }
        let (organisation, report_id, begin) = match &report {
            Report::Dmarc(of) => (&of.organisation, &of.report_id, of.begin),
            Report::Tls(of) => (&of.organisation, &of.report_id, of.begin),
        };
        if !self.known.insert((organisation.clone(), report_id.clone(), begin)) {
            return;
        }
        if self.domains.len() >= DOMAINS && !self.domains.contains_key(report.domain()) {
            self.left_out = true;
            return;
        }
        let domain = self.domains.entry(report.domain().to_owned()).or_default();
        match &report {
            Report::Dmarc(report) => domain.add_dmarc(report),
            Report::Tls(report) => domain.add_tls(report),
        }
    }

    /// What it came to. `whole`: nothing was left unread.
    pub(super) fn summary(self, whole: bool) -> ReportSummary {
        let domains = self.domains.into_iter().map(|(name, domain)| domain.summary(name)).collect();
        ReportSummary { domains, unproven: self.unproven, whole: whole && !self.left_out }
    }
}

impl Domain {
    fn add_dmarc(&mut self, report: &DmarcReport) {
        add(&mut self.summary.dmarc_reports, 1);
        add(&mut self.summary.letters, report.letters);
        add(&mut self.summary.passed, report.passed.min(report.letters));
        for row in report.rows.iter().filter(|row| !row.passed()) {
            if self.sources.len() >= APART && !self.sources.contains_key(&row.source) {
                continue;
            }
            let source = self.sources.entry(row.source.clone()).or_default();
            add(&mut source.letters, row.letters);
            let done = match row.disposition.as_str() {
                "quarantine" => &mut source.quarantined,
                "reject" => &mut source.rejected,
                _ => &mut source.none,
            };
            add(done, row.letters);
        }
    }

    fn add_tls(&mut self, report: &TlsReport) {
        let (succeeded, failed) = report.totals();
        add(&mut self.summary.tls_reports, 1);
        add(&mut self.summary.succeeded, succeeded);
        add(&mut self.summary.failed, failed);
        for failure in report.policies.iter().flat_map(|policy| &policy.failures) {
            let kind = (failure.result.clone(), failure.mx.clone());
            if self.failures.len() < APART || self.failures.contains_key(&kind) {
                add(self.failures.entry(kind).or_default(), failure.sessions);
            }
        }
    }

    fn summary(self, domain: String) -> DomainSummary {
        let failing_sources = u64::try_from(self.sources.len()).unwrap_or(u64::MAX);
        let named = |(source, found): (String, FailingSource)| FailingSource { source, ..found };
        let mut sources: Vec<FailingSource> = self.sources.into_iter().map(named).collect();
        sources.sort_by(|a, b| b.letters.cmp(&a.letters).then_with(|| a.source.cmp(&b.source)));
        sources.truncate(SHOWN);
        let trouble = |((result, mx), sessions)| TlsTrouble { result, mx, sessions };
        let mut failures: Vec<TlsTrouble> = self.failures.into_iter().map(trouble).collect();
        failures.sort_by(|a, b| b.sessions.cmp(&a.sessions).then_with(|| (&a.mx, &a.result).cmp(&(&b.mx, &b.result))));
        failures.truncate(SHOWN);
        DomainSummary { domain, failing_sources, sources, failures, ..self.summary }
    }
}

fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::report::{DmarcRow, TlsFailure, TlsPolicy};

    fn dmarc(id: &str, domain: &str, rows: &[(&str, u64, bool, &str)]) -> ReceivedReport {
        let row = |(source, letters, dkim_aligned, disposition): &(&str, u64, bool, &str)| DmarcRow {
            source: (*source).to_owned(),
            letters: *letters,
            dkim_aligned: *dkim_aligned,
            disposition: (*disposition).to_owned(),
            ..DmarcRow::default()
        };
        let report = DmarcReport {
            report_id: id.to_owned(),
            domain: domain.to_owned(),
            letters: rows.iter().map(|row| row.1).sum(),
            passed: rows.iter().filter(|row| row.2).map(|row| row.1).sum(),
            rows: rows.iter().map(row).collect(),
            ..DmarcReport::default()
        };
        ReceivedReport { authenticated: true, dmarc: Some(report), ..ReceivedReport::default() }
    }

    #[test]
    fn reports_add_up_once_each_and_only_where_they_are_proven() {
        let mut adding_up = AddingUp::default();
        let first = dmarc("1", "demo.test", &[("192.0.2.1", 90, true, "none"), ("192.0.2.9", 3, false, "reject")]);
        adding_up.add(&first);
        adding_up.add(&first);
        adding_up.add(&dmarc(
            "2",
            "demo.test",
            &[("192.0.2.9", 2, false, "none"), ("192.0.2.8", 5, false, "quarantine")],
        ));
        adding_up
            .add(&ReceivedReport { authenticated: false, ..dmarc("3", "demo.test", &[("192.0.2.7", 9, false, "")]) });
        let failure = TlsFailure { result: "certificate-expired".to_owned(), sessions: 4, ..TlsFailure::default() };
        let policy = TlsPolicy {
            domain: "demo.test".to_owned(),
            succeeded: 7,
            failed: 4,
            failures: vec![failure],
            ..TlsPolicy::default()
        };
        let tls = TlsReport { policies: vec![policy], ..TlsReport::default() };
        adding_up.add(&ReceivedReport { authenticated: true, tls: Some(tls), ..ReceivedReport::default() });
        let summary = adding_up.summary(true);
        assert_eq!((summary.unproven, summary.whole, summary.domains.len()), (1, true, 1));
        let demo = &summary.domains[0];
        assert_eq!((demo.dmarc_reports, demo.letters, demo.passed, demo.failing_sources), (2, 100, 90, 2));
        let sources: Vec<_> =
            demo.sources.iter().map(|of| (of.source.as_str(), of.none, of.quarantined, of.rejected)).collect();
        assert_eq!(sources, [("192.0.2.8", 0, 5, 0), ("192.0.2.9", 2, 0, 3)]);
        assert_eq!((demo.tls_reports, demo.succeeded, demo.failed), (1, 7, 4));
        assert_eq!(demo.failures[0].result, "certificate-expired");
    }

    #[test]
    fn what_a_reporter_invents_is_bounded() {
        let mut adding_up = AddingUp::default();
        for number in 0..300 {
            let sources: Vec<String> = (0..200).map(|source| format!("{number}.{source}")).collect();
            let rows: Vec<_> = sources.iter().map(|source| (source.as_str(), u64::MAX / 2, false, "x")).collect();
            let one = |domain: &str| {
                let id = format!("{number}{domain}");
                let mut report = dmarc(&id, domain, &[]);
                report.dmarc.as_mut().unwrap().rows = dmarc("", "", &rows[..1]).dmarc.unwrap().rows;
                report
            };
            adding_up.add(&one(&format!("{number}.demo.test")));
            let mut wide = one("demo.test");
            wide.dmarc.as_mut().unwrap().rows =
                rows.iter().flat_map(|row| dmarc("", "", &[*row]).dmarc.unwrap().rows).collect();
            adding_up.add(&wide);
        }
        let summary = adding_up.summary(true);
        assert!(summary.domains.len() <= DOMAINS && !summary.whole);
        let demo = summary.domains.iter().find(|domain| domain.domain == "demo.test").unwrap();
        assert_eq!((demo.sources.len(), demo.failing_sources), (SHOWN, APART as u64));
    }
}
