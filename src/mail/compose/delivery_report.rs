//! Composes our own report that a letter was delivered (RFC 3464), in the form of `multipart/report` (RFC 6522).
//!
//! Promises: as [`super::compose`]: 7-bit octets, no line over 998, no field that holds a line end. Addresses that are not ASCII have no
//! place in it: the caller leaves them out.

use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};

use super::{Correspondent, field, identifier, one_line};

/// Octets of the returned header.
const MAX_RETURNED: usize = 16 * 1024;
/// Octets of one value in the report.
const MAX_VALUE: usize = 500;

/// A report that a letter was delivered.
#[derive(Clone, Debug, Default)]
pub struct SuccessReport {
    /// Who reports.
    pub from: Correspondent,
    /// The envelope sender of the letter.
    pub to: Correspondent,
    /// Our own Message-ID without brackets.
    pub message_id: String,
    /// The letter's Message-ID.
    pub in_reply_to: Option<String>,
    /// The time in Unix seconds.
    pub date: i64,
    /// When the letter came, in Unix seconds.
    pub arrived: i64,
    /// Our host name.
    pub reporting_mta: String,
    /// `ENVID` of the transaction (RFC 3461 §4.4).
    pub envelope_id: Option<String>,
    /// Each recipient, and whom the sender addressed at first, with the type of that address (RFC 3461 §4.2).
    pub recipients: Vec<(String, Option<(String, String)>)>,
    /// The letter; its header is returned, nothing else (RFC 3461 §4.3).
    pub letter: Vec<u8>,
}

/// The report as bytes.
pub fn compose_success(report: &SuccessReport) -> Vec<u8> {
    let parts = vec![
        MimePart::new(ContentType::new("text/plain").attribute("charset", "us-ascii"), words(report)),
        MimePart::new(
            ContentType::new("message/delivery-status"),
            BodyPart::Binary(fields(report).into_bytes().into()),
        )
        .transfer_encoding("7bit"),
        MimePart::new(
            ContentType::new("text/rfc822-headers"),
            BodyPart::Binary(header_of(&report.letter).into_bytes().into()),
        )
        .transfer_encoding("7bit"),
    ];
    let kind = ContentType::new("multipart/report").attribute("report-type", "delivery-status");
    let mut message = MessageBuilder::new()
        .from(field(&report.from))
        .to(field(&report.to))
        .subject("Delivery Status Notification (Success)")
        .date(Date::new(report.date))
        .message_id(identifier(&report.message_id).unwrap_or_default())
        .header("Auto-Submitted", Raw::new("auto-replied"))
        .header("X-Auto-Response-Suppress", Raw::new("All"))
        .body(MimePart::new(kind, BodyPart::Multipart(parts)));
    if let Some(id) = report.in_reply_to.as_deref().and_then(identifier) {
        message = message.in_reply_to(id.clone()).references(MessageId::new(id));
    }
    let mut raw = Vec::new();
    message.serialize(&mut raw);
    raw
}

fn words(report: &SuccessReport) -> BodyPart<'static> {
    let recipients: Vec<String> =
        report.recipients.iter().map(|(address, _)| format!("  {}", value(address))).collect();
    let text = format!(
        "This is a report of {}. Your letter was delivered to:\r\n\r\n{}\r\n\r\nYou asked for this report. Nobody has read the letter yet.\r\n",
        value(&report.reporting_mta),
        recipients.join("\r\n")
    );
    BodyPart::Text(text.into())
}

/// The fields of the report (RFC 3464 §2.2, §2.3): one group for the letter, one for each recipient.
fn fields(report: &SuccessReport) -> String {
    let mut fields = format!("Reporting-MTA: dns; {}\r\n", value(&report.reporting_mta));
    if let Some(id) = &report.envelope_id {
        fields.push_str(&format!("Original-Envelope-Id: {}\r\n", value(id)));
    }
    fields.push_str(&format!("Arrival-Date: {}\r\n", Date::new(report.arrived).to_rfc822()));
    for (address, original) in &report.recipients {
        fields.push_str("\r\n");
        if let Some((kind, original)) = original {
            fields.push_str(&format!("Original-Recipient: {}; {}\r\n", value(kind), value(original)));
        }
        fields.push_str(&format!(
            "Final-Recipient: rfc822; {}\r\nAction: delivered\r\nStatus: 2.0.0\r\n",
            value(address)
        ));
    }
    fields
}

/// One line of printable ASCII.
fn value(text: &str) -> String {
    one_line(text).chars().filter(|c| *c == ' ' || c.is_ascii_graphic()).take(MAX_VALUE).collect()
}

/// The letter's header, with what is not ASCII replaced and what is too long cut.
fn header_of(letter: &[u8]) -> String {
    let end = memchr::memmem::find(letter, b"\r\n\r\n").unwrap_or(letter.len());
    let header = String::from_utf8_lossy(&letter[..end.min(MAX_RETURNED)]);
    let lines = header.split("\r\n").map(|line| {
        let plain = |c: char| if c == '\t' || c == ' ' || c.is_ascii_graphic() { c } else { '?' };
        line.chars().map(plain).take(MAX_VALUE).collect::<String>()
    });
    lines.filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\r\n") + "\r\n"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mail::Letter;
    use crate::mail::bounce::{self, Action};

    fn report(recipient: &str, envelope_id: &str, letter: &str) -> SuccessReport {
        let person = |address: &str| Correspondent { name: None, address: address.to_owned() };
        SuccessReport {
            from: person("help@demo.test"),
            to: person("ivan@shop.test"),
            message_id: "1.2.mac@mx.demo.test".to_owned(),
            in_reply_to: Some("1@shop.test".to_owned()),
            reporting_mta: "mx.demo.test".to_owned(),
            envelope_id: Some(envelope_id.to_owned()),
            recipients: vec![(recipient.to_owned(), Some(("rfc822".to_owned(), "list@shop.test".to_owned())))],
            letter: letter.as_bytes().to_vec(),
            ..SuccessReport::default()
        }
    }

    #[test]
    fn it_is_a_report_that_we_ourselves_read_as_delivered() {
        let raw = compose_success(&report("help@demo.test", "QQ314159", "Subject: Hi\r\nX: я\r\n\r\nsecret body"));
        let text = String::from_utf8(raw.clone()).unwrap();
        assert!(text.contains("Original-Envelope-Id: QQ314159\r\n"), "{text}");
        assert!(text.contains("Original-Recipient: rfc822; list@shop.test\r\n"), "{text}");
        assert!(text.contains("Subject: Hi") && !text.contains("secret body"), "{text}");
        let letter = Letter::parse(&raw);
        assert_eq!(letter.in_reply_to, ["1@shop.test"]);
        let found = bounce::detect(&letter, &raw, true).unwrap();
        assert_eq!((found.outcomes[0].action, found.failure()), (Action::Delivered, None));
        assert_eq!(found.outcomes[0].recipients, ["help@demo.test", "list@shop.test"]);
        assert!(crate::mail::robot::detect(&letter, false).is_some());
    }

    proptest! {
        #[test]
        fn nothing_breaks_a_line_or_leaves_seven_bits(recipient in "(?s).{0,80}", id in "(?s).{0,80}", letter in "(?s).{0,400}") {
            let raw = compose_success(&report(&recipient, &id, &letter));
            prop_assert!(raw.is_ascii());
            for line in raw.split(|byte| *byte == b'\n') {
                prop_assert!(line.len() <= 999);
            }
            let bare = raw.windows(2).any(|pair| (pair[0] == b'\r') != (pair[1] == b'\n') && (pair[0] == b'\r' || pair[1] == b'\n'));
            prop_assert!(!bare);
        }
    }
}
