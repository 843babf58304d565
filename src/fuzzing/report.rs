//! Reports about our mail: packed, DMARC's XML, TLS's JSON.

use crate::mail::report::{Unpacked, read_dmarc, read_tls, unpack};

/// Octets of what a report may unpack to.
const UNPACKED: usize = 16 * 1024 * 1024;

/// Any bytes, taken for an attachment that holds a report, and for each kind of report itself.
pub fn report(data: &[u8]) {
    match unpack(data) {
        Ok(Unpacked::Xml(xml)) => {
            assert!(xml.len() <= UNPACKED, "{} octets from {}", xml.len(), data.len());
            dmarc(&xml);
        }
        Ok(Unpacked::Json(json)) => {
            assert!(json.len() <= UNPACKED, "{} octets from {}", json.len(), data.len());
            tls(&json);
        }
        Err(_) => {}
    }
    dmarc(data);
    tls(data);
}

fn dmarc(xml: &[u8]) {
    if let Some(report) = read_dmarc(xml) {
        assert!(!report.domain.contains(char::is_control) && !report.summary().contains(char::is_control));
    }
}

fn tls(json: &[u8]) {
    if let Some(report) = read_tls(json) {
        assert!(!report.domain().contains(char::is_control) && !report.summary().contains(char::is_control));
    }
}
