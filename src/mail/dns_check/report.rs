//! What a check answers.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

/// Octets of one string of a TXT record (RFC 1035 §3.3).
const TXT_STRING: usize = 255;

/// How it stands. The greater is the more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// It could not be found out.
    Unknown,
    /// Mail flows, but something is missing or weak.
    Warning,
    /// Mail is lost, refused or taken for forged.
    Error,
}

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// A and AAAA records of our host name.
    Host,
    /// PTR records of our addresses.
    Reverse,
    /// MX records.
    Mx,
    /// SPF of the domain.
    Spf,
    /// SPF of our host name: what counts for letters without a sender.
    SpfHost,
    /// DKIM keys.
    Dkim,
    /// DMARC policy.
    Dmarc,
    /// MTA-STS record and policy.
    MtaSts,
    /// Where reports about TLS go.
    TlsRpt,
    /// Whether domain and host name are in signed zones.
    Dnssec,
    /// TLSA records of our SMTP server.
    Tlsa,
    /// Who may issue certificates.
    Caa,
    /// DNS block lists.
    BlockList,
    /// The way out to other mail servers.
    #[serde(rename = "port_25")]
    Port25,
}

impl CheckKind {
    /// As people read it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Host => "A/AAAA",
            Self::Reverse => "PTR",
            Self::Mx => "MX",
            Self::Spf => "SPF",
            Self::SpfHost => "SPF (host)",
            Self::Dkim => "DKIM",
            Self::Dmarc => "DMARC",
            Self::MtaSts => "MTA-STS",
            Self::TlsRpt => "TLSRPT",
            Self::Dnssec => "DNSSEC",
            Self::Tlsa => "TLSA",
            Self::Caa => "CAA",
            Self::BlockList => "DNSBL",
            Self::Port25 => "port 25",
        }
    }
}

impl CheckState {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A record of a zone. `Display` writes its line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ZoneRecord {
    /// The owner name, without the last dot.
    pub name: String,
    /// `MX`, `TXT`, …
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The value: for TXT the text without quotes, for all others as a zone file has it.
    pub value: String,
    /// The whole record as a line of a zone file, to paste.
    pub line: String,
}

/// A file that is to be served over HTTPS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServedFile {
    /// Where.
    pub url: String,
    /// What.
    pub text: String,
}

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// What was checked.
    pub check: CheckKind,
    /// Its name, as people read it.
    pub title: &'static str,
    /// How it stands.
    pub state: CheckState,
    /// What that means, in sentences.
    pub meaning: String,
    /// What was found: records, addresses, words of servers.
    pub found: Vec<String>,
    /// The records to publish, ready to paste.
    pub publish: Vec<ZoneRecord>,
    /// The file to serve, where one is missing or wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub serve: Option<ServedFile>,
}

/// Everything about a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DomainReport {
    /// The domain.
    pub domain: String,
    /// The worst state of its checks.
    pub state: CheckState,
    /// Every check.
    pub checks: Vec<Finding>,
}

impl DomainReport {
    /// Of these checks.
    pub(super) fn new(domain: &str, checks: Vec<Finding>) -> Self {
        let state = checks.iter().map(|finding| finding.state).max().unwrap_or(CheckState::Unknown);
        Self { domain: domain.to_owned(), state, checks }
    }
}

impl Finding {
    /// Nothing wrong so far.
    pub(super) fn new(check: CheckKind) -> Self {
        Self {
            check,
            title: check.title(),
            state: CheckState::Ok,
            meaning: String::new(),
            found: Vec::new(),
            publish: Vec::new(),
            serve: None,
        }
    }

    /// Adds a sentence; the state becomes the worse of both.
    pub(super) fn note(mut self, state: CheckState, sentence: impl AsRef<str>) -> Self {
        self.state = self.state.max(state);
        if !self.meaning.is_empty() {
            self.meaning.push(' ');
        }
        self.meaning.push_str(sentence.as_ref());
        self
    }

    /// Adds what was found.
    pub(super) fn found<T: fmt::Display>(mut self, found: impl IntoIterator<Item = T>) -> Self {
        self.found.extend(found.into_iter().map(|item| item.to_string()));
        self
    }

    /// Adds records to publish.
    pub(super) fn publish(mut self, records: impl IntoIterator<Item = ZoneRecord>) -> Self {
        self.publish.extend(records);
        self
    }
}

impl ZoneRecord {
    /// A record; its line is made from the other parts.
    pub(super) fn new(name: &str, kind: &'static str, value: String) -> Self {
        let text = if kind == "TXT" { quoted(&value) } else { value.clone() };
        Self { line: format!("{name}. IN {kind} {text}"), name: name.to_owned(), kind, value }
    }
}

impl fmt::Display for ZoneRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

/// A TXT value in strings of at most 255 octets.
fn quoted(value: &str) -> String {
    let strings = value.as_bytes().chunks(TXT_STRING).map(|piece| {
        let escaped = String::from_utf8_lossy(piece).replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{escaped}\"")
    });
    strings.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_a_line_of_a_zone_file() {
        let mx = ZoneRecord::new("demo.test", "MX", "10 mx.demo.test.".into());
        assert_eq!(mx.to_string(), "demo.test. IN MX 10 mx.demo.test.");
        let long = ZoneRecord::new("s._domainkey.demo.test", "TXT", "p".repeat(300));
        let line = long.to_string();
        assert_eq!(line, format!("s._domainkey.demo.test. IN TXT \"{}\" \"{}\"", "p".repeat(255), "p".repeat(45)));
        let quoted = ZoneRecord::new("q.test", "TXT", "a\"b\\c".into());
        assert_eq!(quoted.to_string(), r#"q.test. IN TXT "a\"b\\c""#);
    }

    #[test]
    fn the_worst_state_counts() {
        let finding = Finding::new(CheckKind::Mx).note(CheckState::Warning, "One.").note(CheckState::Ok, "Two.");
        assert_eq!((finding.state, finding.meaning.as_str()), (CheckState::Warning, "One. Two."));
        let report = DomainReport::new("demo.test", vec![Finding::new(CheckKind::Spf), finding]);
        assert_eq!(report.state, CheckState::Warning);
    }
}
