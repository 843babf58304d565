//! The letter that carries a report of ours (RFC 7489 §7.2.1.1, RFC 8460 §5.3).

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Field;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;

use super::{identifier, one_line};
use crate::mail::Address;

/// What goes into it.
#[derive(Clone, Debug)]
pub struct ReportLetter {
    /// Our address.
    pub from: Address,
    /// Who wants it.
    pub to: Address,
    /// The domain that it is about.
    pub domain: String,
    /// Our own name.
    pub submitter: String,
    /// Our name for the report.
    pub report_id: String,
    /// Our own Message-ID without brackets.
    pub message_id: String,
    /// The time in Unix seconds.
    pub date: i64,
    /// One line for people.
    pub summary: String,
    /// The packed report's file name.
    pub file: String,
    /// The packed report.
    pub content: Vec<u8>,
    /// A TLS report: `multipart/report`; else a DMARC one.
    pub is_tls: bool,
}

/// The letter as bytes: CRLF line ends only, 7-bit clean.
pub fn compose_report(letter: &ReportLetter) -> Vec<u8> {
    let (domain, submitter) = (one_line(&letter.domain), one_line(&letter.submitter));
    let subject =
        format!("Report Domain: {domain} Submitter: {submitter} Report-ID: <{}>", one_line(&letter.report_id));
    let words = MimePart::new("text/plain; charset=utf-8", format!("{}\r\n", one_line(&letter.summary)));
    let (outer, inner) = match letter.is_tls {
        true => (ContentType::new("multipart/report").attribute("report-type", "tlsrpt"), "application/tlsrpt+gzip"),
        false => (ContentType::new("multipart/mixed"), "application/gzip"),
    };
    let report = MimePart::new(inner, letter.content.clone()).attachment(letter.file.clone());
    let mut message = MessageBuilder::new()
        .from(Field::new_address(Some(submitter.clone()), letter.from.to_path()))
        .to(Field::new_address(None::<&str>, letter.to.to_path()))
        .subject(subject)
        .date(Date::new(letter.date))
        .message_id(identifier(&letter.message_id).unwrap_or_default())
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .body(MimePart::new(outer, vec![words, report]));
    if letter.is_tls {
        message = message
            .header("TLS-Report-Domain", Raw::new(domain))
            .header("TLS-Report-Submitter", Raw::new(submitter))
            // A report about TLS that fails must not need TLS (RFC 8460 §3, RFC 8689 §5).
            .header("TLS-Required", Raw::new("No"));
    }
    let mut raw = Vec::new();
    message.serialize(&mut raw);
    raw
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Letter;
    use crate::mail::report::{self, DmarcReport, Report, TlsPolicy, TlsReport, pack, write_dmarc, write_tls};

    fn letter(content: Vec<u8>, is_tls: bool) -> ReportLetter {
        ReportLetter {
            from: Address::parse("postmaster@demo.test").unwrap(),
            to: Address::parse("reports@shop.test").unwrap(),
            domain: "shop.test".to_owned(),
            submitter: "mx.demo.test".to_owned(),
            report_id: "2026-11-20.shop.test\r\nBcc: x@y.test".to_owned(),
            message_id: "r1@mx.demo.test".to_owned(),
            date: 1_700_000_000,
            summary: "A report.".to_owned(),
            file: "mx.demo.test!shop.test!1700000000!1700086399.xml.gz".to_owned(),
            content: pack(&content).unwrap(),
            is_tls,
        }
    }

    #[test]
    fn what_we_send_is_recognised_as_what_it_is() {
        let dmarc = DmarcReport {
            organisation: "mx.demo.test".to_owned(),
            domain: "shop.test".to_owned(),
            end: 1,
            ..DmarcReport::default()
        };
        let raw = compose_report(&letter(write_dmarc(&dmarc).unwrap(), false));
        let read = Letter::parse(&raw);
        assert!(report::is_announced(&read) && read.header("Bcc").is_none());
        assert!(matches!(report::recognise(&read, &raw), Some(Report::Dmarc(_))));

        let policy = TlsPolicy { domain: "shop.test".to_owned(), kind: "sts".to_owned(), ..TlsPolicy::default() };
        let tls = TlsReport { organisation: "us".to_owned(), end: 1, policies: vec![policy], ..TlsReport::default() };
        let raw = compose_report(&letter(write_tls(&tls), true));
        let read = Letter::parse(&raw);
        assert!(matches!(report::recognise(&read, &raw), Some(Report::Tls(_))));
        assert_eq!(read.header("TLS-Report-Domain"), Some("shop.test"));
        assert_eq!(read.header("TLS-Required"), Some("No"));
        assert!(raw.is_ascii() && !String::from_utf8(raw).unwrap().replace("\r\n", "").contains('\n'));
    }
}
