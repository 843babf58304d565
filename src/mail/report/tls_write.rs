//! Writes an SMTP TLS report as JSON (RFC 8460 §4.4).

use serde_json::{Value, json};

use super::tls::{TlsFailure, TlsPolicy, TlsReport};

/// The report as JSON.
pub fn write_tls(report: &TlsReport) -> Vec<u8> {
    let report = json!({
        "organization-name": report.organisation,
        "date-range": { "start-datetime": time(report.begin), "end-datetime": time(report.end) },
        "contact-info": report.contact,
        "report-id": report.report_id,
        "policies": report.policies.iter().map(policy).collect::<Vec<Value>>(),
    });
    report.to_string().into_bytes()
}

fn policy(policy: &TlsPolicy) -> Value {
    let mut published = json!({ "policy-type": policy.kind, "policy-domain": policy.domain });
    if !policy.lines.is_empty() {
        published["policy-string"] = json!(policy.lines);
    }
    if !policy.mx.is_empty() {
        published["mx-host"] = json!(policy.mx);
    }
    let mut entry = json!({
        "policy": published,
        "summary": {
            "total-successful-session-count": policy.succeeded,
            "total-failure-session-count": policy.failed,
        },
    });
    if !policy.failures.is_empty() {
        entry["failure-details"] = policy.failures.iter().map(failure).collect();
    }
    entry
}

fn failure(failure: &TlsFailure) -> Value {
    let mut detail = json!({ "result-type": failure.result, "failed-session-count": failure.sessions });
    for (key, words) in [
        ("sending-mta-ip", &failure.sender),
        ("receiving-mx-hostname", &failure.mx),
        ("receiving-ip", &failure.receiver),
        ("failure-reason-code", &failure.reason),
    ] {
        if !words.is_empty() {
            detail[key] = json!(words);
        }
    }
    detail
}

fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap_or_default().to_string()
}
