//! The policy record (RFC 9989 §4.7, §4.8).

use crate::mail::DmarcPolicy;

/// Report addresses that are kept of one record.
const MAX_REPORT_URIS: usize = 10;

/// A policy record. What is wrong in it, or not known, counts as absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// For the domain itself.
    pub p: Option<DmarcPolicy>,
    /// For domains below that exist.
    pub sp: Option<DmarcPolicy>,
    /// For domains below that do not exist.
    pub np: Option<DmarcPolicy>,
    /// Whether `p` is there, and none of the three is wrong (RFC 9989 §4.10.1).
    pub is_policy_right: bool,
    /// `adkim=s`: a signature's domain must be the author's itself.
    pub is_dkim_strict: bool,
    /// `aspf=s`: the sender's domain must be the author's itself.
    pub is_spf_strict: bool,
    /// Whether names are registered below this one.
    pub psd: Psd,
    /// `t=y`: the policy one step milder applies.
    pub is_test: bool,
    /// Where aggregate reports go: URIs as written, at most ten.
    pub rua: Vec<String>,
}

/// Whether a name is a public suffix domain (RFC 9989 §4.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Psd {
    /// `y`
    Yes,
    /// `n`: and it is the organisational domain of what lies below.
    No,
    /// `u`, or not said.
    #[default]
    Unknown,
}

impl Record {
    /// Reads a TXT record; `None` where it is no DMARC record: `v=DMARC1` must come first.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(text);
        let mut tags = text.split(';');
        let (name, version) = tag(tags.next()?)?;
        if !name.eq_ignore_ascii_case("v") || version != "DMARC1" {
            return None;
        }
        let mut record = Self {
            p: None,
            sp: None,
            np: None,
            is_policy_right: true,
            is_dkim_strict: false,
            is_spf_strict: false,
            psd: Psd::Unknown,
            is_test: false,
            rua: Vec::new(),
        };
        for (name, value) in tags.filter_map(tag) {
            record.set(name, value);
        }
        record.is_policy_right &= record.p.is_some();
        Some(record)
    }

    /// The policy for a domain below, that exists or not (RFC 9989 §4.10.1).
    pub fn policy_below(&self, exists: bool) -> DmarcPolicy {
        let other = if exists { None } else { self.np };
        other.or(self.sp).or(self.p).unwrap_or_default()
    }

    fn set(&mut self, name: &str, value: &str) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("p") || is("sp") || is("np") {
            let slot = if is("p") {
                &mut self.p
            } else if is("sp") {
                &mut self.sp
            } else {
                &mut self.np
            };
            *slot = policy(value);
            self.is_policy_right &= slot.is_some();
        } else if is("adkim") {
            self.is_dkim_strict = value.eq_ignore_ascii_case("s");
        } else if is("aspf") {
            self.is_spf_strict = value.eq_ignore_ascii_case("s");
        } else if is("psd") {
            self.psd = match value {
                "y" | "Y" => Psd::Yes,
                "n" | "N" => Psd::No,
                _ => Psd::Unknown,
            };
        } else if is("t") {
            self.is_test = value.eq_ignore_ascii_case("y");
        } else if is("rua") {
            self.rua = value.split(',').map(str::trim).filter(|uri| is_uri(uri)).map(str::to_owned).collect();
            self.rua.truncate(MAX_REPORT_URIS);
        }
    }
}

/// `name = value` with blanks around each (RFC 9989 §4.8).
fn tag(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    Some((name.trim(), value.trim()))
}

fn policy(value: &str) -> Option<DmarcPolicy> {
    let is = |known: &str| value.eq_ignore_ascii_case(known);
    if is("none") {
        Some(DmarcPolicy::None)
    } else if is("quarantine") {
        Some(DmarcPolicy::Quarantine)
    } else if is("reject") {
        Some(DmarcPolicy::Reject)
    } else {
        None
    }
}

/// `scheme:` and something behind it; an address needs its `@`.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_plain = rest.bytes().all(|byte| byte.is_ascii_graphic());
    is_scheme && is_plain && !rest.is_empty() && (!scheme.eq_ignore_ascii_case("mailto") || rest.contains('@'))
}
