//! Reads an SMTP TLS report from JSON (RFC 8460 §4.4). Keys that are not known are passed over.

use serde::Deserialize;

use super::tls::{TlsFailure, TlsPolicy, TlsReport};
use super::{domain, text};

/// Policies of a report, lines and hosts of a policy, and failures of a policy that are kept.
const MOST: usize = 20;
/// Largest JSON that is read, in octets.
const MAX_JSON: usize = 4 * 1024 * 1024;

/// Reads a report; `None` where it is none.
pub fn read_tls(json: &[u8]) -> Option<TlsReport> {
    if json.len() > MAX_JSON {
        return None;
    }
    let report: Json = serde_json::from_slice(json).ok()?;
    let report = TlsReport {
        organisation: text(&report.organization_name),
        contact: text(&report.contact_info),
        report_id: text(&report.report_id),
        begin: seconds(&report.date_range.start_datetime),
        end: seconds(&report.date_range.end_datetime),
        policies: report.policies.into_iter().take(MOST).map(policy).collect(),
    };
    (!report.organisation.is_empty() && !report.domain().is_empty() && report.end > 0).then_some(report)
}

fn policy(entry: Entry) -> TlsPolicy {
    let short = |words: Vec<String>| words.iter().take(MOST).map(|word| text(word)).collect();
    let mut failures: Vec<TlsFailure> = entry.failure_details.into_iter().map(failure).collect();
    failures.sort_by_key(|failure| std::cmp::Reverse(failure.sessions));
    failures.truncate(MOST);
    TlsPolicy {
        kind: text(&entry.policy.policy_type),
        domain: domain(&entry.policy.policy_domain),
        lines: short(entry.policy.policy_string.into()),
        mx: short(entry.policy.mx_host.into()),
        succeeded: entry.summary.total_successful_session_count,
        failed: entry.summary.total_failure_session_count,
        failures,
    }
}

fn failure(detail: Detail) -> TlsFailure {
    let reason = [detail.failure_reason_code, detail.additional_information];
    let reason: Vec<String> = reason.into_iter().filter(|words| !words.is_empty()).collect();
    TlsFailure {
        result: text(&detail.result_type),
        sender: text(&detail.sending_mta_ip),
        mx: domain(&detail.receiving_mx_hostname),
        sessions: detail.failed_session_count,
        reason: text(&reason.join("; ")),
        receiver: text(&detail.receiving_ip),
    }
}

fn seconds(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second)
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Json {
    organization_name: String,
    #[serde(default)]
    contact_info: String,
    #[serde(default)]
    report_id: String,
    date_range: DateRange,
    policies: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct DateRange {
    start_datetime: String,
    end_datetime: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    policy: Policy,
    #[serde(default)]
    summary: Summary,
    #[serde(default)]
    failure_details: Vec<Detail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Policy {
    policy_type: String,
    policy_domain: String,
    #[serde(default)]
    policy_string: Words,
    #[serde(default)]
    mx_host: Words,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Summary {
    total_successful_session_count: u64,
    total_failure_session_count: u64,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Detail {
    result_type: String,
    sending_mta_ip: String,
    receiving_mx_hostname: String,
    receiving_ip: String,
    failed_session_count: u64,
    additional_information: String,
    failure_reason_code: String,
}

/// The RFC's own example has one word where its grammar has a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
}

impl Default for Words {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl From<Words> for Vec<String> {
    fn from(words: Words) -> Self {
        match words {
            Words::One(word) => vec![word],
            Words::Many(words) => words,
        }
    }
}
