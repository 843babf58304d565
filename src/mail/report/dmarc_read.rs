//! Reads a DMARC aggregate report from XML (RFC 7489 appendix C, RFC 9990 §3.1). Elements that are not known are passed over,
//! for reporters write many dialects; entities that a document defines itself are not expanded.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::dmarc::{DkimEvidence, DmarcReport, DmarcRow, SpfEvidence};
use super::{domain, text};

/// Elements inside each other; a report has five.
const MAX_DEPTH: usize = 16;
/// Octets of one element's text.
const MAX_TEXT: usize = 1024;
/// Rows that are kept, those with the most letters; so many more are looked at before the smallest are dropped.
const MAX_ROWS: usize = 200;
const LOOKED_AT: usize = 10 * MAX_ROWS;
/// Kept of one row.
const MAX_DKIM: usize = 8;
const MAX_SPF: usize = 2;
const MAX_OVERRIDES: usize = 4;

/// Reads a report; `None` where it is none. Work is linear in its octets.
pub fn read_dmarc(xml: &[u8]) -> Option<DmarcReport> {
    let xml = String::from_utf8_lossy(xml);
    let mut reader = Reader::from_str(&xml);
    reader.config_mut().expand_empty_elements = true;
    // Reporters do write bare ampersands.
    reader.config_mut().allow_dangling_amp = true;
    let mut reading = Reading::default();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => reading.start(start.local_name().as_ref())?,
            Event::End(_) => reading.end(),
            Event::Text(words) => reading.add(&words.xml10_content()),
            Event::CData(words) => reading.add(&words.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(c)) => reading.add(c.encode_utf8(&mut [0; 4])),
                _ => reading.add(named(&reference.xml10_content())),
            },
            Event::Eof => break,
            _ => {}
        }
    }
    reading.finish()
}

/// The entities that every document has.
fn named(entity: &str) -> &'static str {
    match entity {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}

#[derive(Default)]
struct Reading {
    path: Vec<String>,
    text: String,
    report: DmarcReport,
    row: DmarcRow,
    dkim: DkimEvidence,
    spf: SpfEvidence,
}

impl Reading {
    /// `None` where it is nested too deep.
    fn start(&mut self, name: &str) -> Option<()> {
        if self.path.len() == MAX_DEPTH {
            return None;
        }
        self.path.push(name.chars().take(64).collect());
        self.text.clear();
        match (self.path.len(), name) {
            (2, "record") => self.row = DmarcRow::default(),
            (4, "dkim") => self.dkim = DkimEvidence::default(),
            (4, "spf") => self.spf = SpfEvidence::default(),
            _ => {}
        }
        Some(())
    }

    fn add(&mut self, text: &str) {
        let room = MAX_TEXT.saturating_sub(self.text.len());
        self.text.push_str(&text[..text.floor_char_boundary(room)]);
    }

    fn end(&mut self) {
        let words = std::mem::take(&mut self.text);
        let words = words.trim();
        let path = std::mem::take(&mut self.path);
        let at: Vec<&str> = path.iter().map(String::as_str).collect();
        match at.as_slice() {
            ["feedback", "report_metadata", rest @ ..] => self.metadata(rest, words),
            ["feedback", "policy_published", name] => self.policy(name, words),
            ["feedback", "record"] => self.keep_row(),
            ["feedback", "record", rest @ ..] => self.record(rest, words),
            _ => {}
        }
        self.path = path;
        self.path.pop();
    }

    fn metadata(&mut self, at: &[&str], words: &str) {
        let report = &mut self.report;
        match at {
            ["org_name"] => report.organisation = text(words),
            ["email"] => report.email = text(words),
            ["report_id"] => report.report_id = text(words),
            ["date_range", "begin"] => report.begin = seconds(words),
            ["date_range", "end"] => report.end = seconds(words),
            _ => {}
        }
    }

    fn policy(&mut self, name: &str, words: &str) {
        let report = &mut self.report;
        match name {
            "domain" => report.domain = domain(words),
            "p" => report.policy = text(words),
            "sp" => report.subdomain_policy = text(words),
            "adkim" => report.dkim_alignment = text(words),
            "aspf" => report.spf_alignment = text(words),
            _ => {}
        }
    }

    fn record(&mut self, at: &[&str], words: &str) {
        let row = &mut self.row;
        match at {
            ["row", "source_ip"] => row.source = text(words),
            ["row", "count"] => row.letters = words.parse().unwrap_or(0),
            ["row", "policy_evaluated", "disposition"] => row.disposition = text(words),
            ["row", "policy_evaluated", "dkim"] => row.dkim_aligned = words.eq_ignore_ascii_case("pass"),
            ["row", "policy_evaluated", "spf"] => row.spf_aligned = words.eq_ignore_ascii_case("pass"),
            ["row", "policy_evaluated", "reason", "type"] if row.overrides.len() < MAX_OVERRIDES => {
                row.overrides.push(text(words));
            }
            ["identifiers", "header_from"] => row.header_from = domain(words),
            ["identifiers", "envelope_from"] => row.envelope_from = domain(words),
            ["auth_results", "dkim", "domain"] => self.dkim.domain = domain(words),
            ["auth_results", "dkim", "selector"] => self.dkim.selector = text(words),
            ["auth_results", "dkim", "result"] => self.dkim.result = text(words).to_lowercase(),
            ["auth_results", "dkim"] if row.dkim.len() < MAX_DKIM => row.dkim.push(std::mem::take(&mut self.dkim)),
            ["auth_results", "spf", "domain"] => self.spf.domain = domain(words),
            ["auth_results", "spf", "result"] => self.spf.result = text(words).to_lowercase(),
            ["auth_results", "spf"] if row.spf.len() < MAX_SPF => row.spf.push(std::mem::take(&mut self.spf)),
            _ => {}
        }
    }

    fn keep_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        let report = &mut self.report;
        report.letters = report.letters.saturating_add(row.letters);
        if row.passed() {
            report.passed = report.passed.saturating_add(row.letters);
        }
        report.rows.push(row);
        if report.rows.len() > LOOKED_AT {
            self.drop_smallest();
        }
    }

    fn drop_smallest(&mut self) {
        let rows = &mut self.report.rows;
        rows.sort_by_key(|row| std::cmp::Reverse(row.letters));
        if rows.len() > MAX_ROWS {
            rows.truncate(MAX_ROWS);
            self.report.more = true;
        }
    }

    /// A report names its reporter, its domain and its time.
    fn finish(mut self) -> Option<DmarcReport> {
        self.drop_smallest();
        let report = self.report;
        (!report.domain.is_empty() && !report.organisation.is_empty() && report.end > 0).then_some(report)
    }
}

/// Unix seconds; some reporters write milliseconds or a fraction.
fn seconds(words: &str) -> i64 {
    let whole = words.split('.').next().unwrap_or_default();
    whole.parse::<i64>().ok().filter(|seconds| (0..=253_402_300_799).contains(seconds)).unwrap_or(0)
}
