//! The fields put above a letter: `Return-Path`, `Received` (RFC 5321 §4.4) and `Authentication-Results` (RFC 8601).

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::desk::SessionFacts;
use crate::mail::{Address, Authentication};

/// Octets of one line of a header field, so that with its CRLF it stays within RFC 5322 §2.1.1's 998.
const MAX_HEADER_LINE: usize = 900;

/// What the `Received` field tells, beside the session's facts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Received<'a> {
    /// Our name.
    pub hostname: &'a str,
    /// The peer's address without its port.
    pub peer: std::net::IpAddr,
    /// EHLO, not HELO.
    pub extended: bool,
    /// RFC 6531.
    pub smtputf8: bool,
    /// The envelope sender.
    pub from: Option<&'a Address>,
    /// When the letter was complete.
    pub at: Timestamp,
}

/// The three fields, with CRLF line ends.
pub(super) fn header(received: &Received<'_>, session: &SessionFacts, authentication: &Authentication) -> String {
    let reverse = authentication.iprev.name.as_deref().filter(|name| is_host_name(name)).unwrap_or("unknown");
    let literal = match received.peer {
        std::net::IpAddr::V4(address) => address.to_string(),
        std::net::IpAddr::V6(address) => format!("IPv6:{address}"),
    };
    let tls = session.tls.as_ref().map(|tls| format!("\r\n\t({} {})", tls.version, tls.cipher)).unwrap_or_default();
    let mut header = format!(
        "Return-Path: <{path}>\r\n\
         Received: from {helo} ({reverse} [{literal}])\r\n\
         \tby {hostname} with {protocol}{tls}\r\n\
         \tid {id}; {date}\r\n",
        path = received.from.map(Address::to_path).unwrap_or_default(),
        helo = session.helo,
        hostname = received.hostname,
        protocol = protocol(received, session),
        id = session.id,
        date = received.at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S %z"),
    );
    fold_into(&mut header, "Authentication-Results:", &authentication.header);
    header
}

/// RFC 3848, RFC 6531 §4.3.
fn protocol(received: &Received<'_>, session: &SessionFacts) -> &'static str {
    match (received.smtputf8, session.tls.is_some(), received.extended) {
        (true, true, _) => "UTF8SMTPS",
        (true, false, _) => "UTF8SMTP",
        (false, true, _) => "ESMTPS",
        (false, false, true) => "ESMTP",
        (false, false, false) => "SMTP",
    }
}

/// Names come from DNS: what is no host name could break the field.
fn is_host_name(name: &str) -> bool {
    (1..=255).contains(&name.len())
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b".-_".contains(&octet))
}

/// Adds a field: a line for each `;`, longer ones folded at blanks; a word that no line can hold is cut.
fn fold_into(header: &mut String, name: &str, value: &str) {
    header.push_str(name);
    let mut width = name.len();
    for (index, part) in value.split(';').enumerate() {
        if index > 0 {
            header.push_str(";\r\n\t");
            width = 1;
        }
        for word in
            part.split(|symbol: char| symbol.is_whitespace() || symbol.is_control()).filter(|word| !word.is_empty())
        {
            let word = &word[..word.floor_char_boundary(MAX_HEADER_LINE - 50)];
            if width + word.len() + 1 > MAX_HEADER_LINE {
                header.push_str("\r\n\t");
                width = 1;
            } else if width > 1 {
                header.push(' ');
                width += 1;
            }
            header.push_str(word);
            width += word.len();
        }
    }
    header.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::TlsFacts;

    fn written(authentication: &Authentication, tls: Option<TlsFacts>, from: Option<&Address>) -> String {
        let session = SessionFacts {
            id: 42,
            peer: "192.0.2.1:999".into(),
            helo: "mx.a.test".into(),
            tls,
            ..SessionFacts::default()
        };
        let received = Received {
            hostname: "desk.test",
            peer: "192.0.2.1".parse().unwrap(),
            extended: true,
            smtputf8: false,
            from,
            at: Timestamp::from_second(1_800_000_000).unwrap(),
        };
        header(&received, &session, authentication)
    }

    #[test]
    fn the_way_of_a_letter_is_written_above_it() {
        let mut authentication =
            Authentication { header: "desk.test; spf=pass; dkim=none".into(), ..Default::default() };
        authentication.iprev.name = Some("mx.a.test".into());
        let tls = TlsFacts { version: "TLSv1.3".into(), cipher: "TLS13_AES_256_GCM_SHA384".into() };
        let from = Address::parse("a@a.test").unwrap();
        assert_eq!(
            written(&authentication, Some(tls), Some(&from)),
            "Return-Path: <a@a.test>\r\n\
             Received: from mx.a.test (mx.a.test [192.0.2.1])\r\n\
             \tby desk.test with ESMTPS\r\n\
             \t(TLSv1.3 TLS13_AES_256_GCM_SHA384)\r\n\
             \tid 42; Fri, 15 Jan 2027 08:00:00 +0000\r\n\
             Authentication-Results: desk.test;\r\n\tspf=pass;\r\n\tdkim=none\r\n"
        );
    }

    #[test]
    fn nothing_from_outside_can_add_a_line_or_make_one_too_long() {
        let mut authentication = Authentication {
            header: format!("desk.test; spf=fail reason=\"a\r\n\r\nb\" {}{}", "word ".repeat(500), "x".repeat(5000)),
            ..Default::default()
        };
        authentication.iprev.name = Some("a\r\nX: y".into());
        let header = written(&authentication, None, None);
        assert!(header.starts_with("Return-Path: <>\r\nReceived: from mx.a.test (unknown [192.0.2.1])\r\n"));
        assert!(!header.contains("\r\n\r\n"));
        let lines: Vec<&str> = header.trim_end().split("\r\n").collect();
        assert!(lines.iter().all(|line| line.len() <= 998));
        assert_eq!(lines.iter().filter(|line| !line.starts_with('\t')).count(), 3, "{header}");
    }
}
