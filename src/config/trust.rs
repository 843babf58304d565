//! Whom a letter is believed through: an entry of `trust.forwarders`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Trust;

/// A forwarder: a network (`192.0.2.0/24`, `2001:db8::1`) or the end of host names (`google.com`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ForwarderEntry(Entry);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Network(IpAddr, u8),
    Name(String),
}

impl ForwarderEntry {
    /// Whether it is a network and holds the address.
    pub fn has_address(&self, address: IpAddr) -> bool {
        match (&self.0, address) {
            (Entry::Network(IpAddr::V4(network), prefix), IpAddr::V4(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.checked_shr(32_u32.saturating_sub((*prefix).into())).unwrap_or(0) == 0
            }
            (Entry::Network(IpAddr::V6(network), prefix), IpAddr::V6(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.checked_shr(128_u32.saturating_sub((*prefix).into())).unwrap_or(0) == 0
            }
            _ => false,
        }
    }

    /// Whether it is a name, and the host name is that name or ends in a dot and that name.
    pub fn has_name(&self, host: &str) -> bool {
        let Entry::Name(end) = &self.0 else { return false };
        let host = host.trim_end_matches('.');
        host.len()
            .checked_sub(end.len())
            .and_then(|at| host.split_at_checked(at))
            .is_some_and(|(above, rest)| rest.eq_ignore_ascii_case(end) && (above.is_empty() || above.ends_with('.')))
    }

    /// Whether it is a name.
    pub fn is_name(&self) -> bool {
        matches!(self.0, Entry::Name(_))
    }
}

impl Trust {
    /// Whether a sealer's domain is one of those whose chains are believed.
    pub fn seals(&self, domain: &str) -> bool {
        self.arc_sealers.iter().any(|sealer| sealer.eq_ignore_ascii_case(domain))
    }
}

impl FromStr for ForwarderEntry {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        if let Ok(address) = address.parse::<IpAddr>() {
            let longest = if address.is_ipv4() { 32 } else { 128 };
            let prefix = match prefix {
                None => longest,
                Some(text) => text.parse().map_err(|_| "the prefix length is no number")?,
            };
            // A network of everyone trusts everyone.
            return if (1..=longest).contains(&prefix) {
                Ok(Self(Entry::Network(address, prefix)))
            } else {
                Err("the prefix length is out of range")
            };
        }
        let name = text.strip_prefix('.').unwrap_or(text).to_ascii_lowercase();
        if name.contains('.') && super::checks::is_host_name(&name) {
            Ok(Self(Entry::Name(name)))
        } else {
            Err("must be a network (192.0.2.0/24) or the end of host names (example.com)")
        }
    }
}

impl fmt::Display for ForwarderEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Entry::Network(address, prefix) => write!(f, "{address}/{prefix}"),
            Entry::Name(name) => f.write_str(name),
        }
    }
}

impl TryFrom<String> for ForwarderEntry {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ForwarderEntry> for String {
    fn from(entry: ForwarderEntry) -> Self {
        entry.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> ForwarderEntry {
        text.parse().expect(text)
    }

    #[test]
    fn a_network_holds_its_addresses() {
        let network = entry("192.0.2.128/25");
        assert!(network.has_address(IpAddr::from([192, 0, 2, 200])));
        assert!(!network.has_address(IpAddr::from([192, 0, 2, 100])));
        assert!(!network.has_name("192.0.2.200"));
        let address: IpAddr = "2001:db8::7".parse().expect("an address");
        assert!(entry("2001:db8::/32").has_address(address) && entry("2001:db8::7").has_address(address));
        assert!(!entry("2001:db9::/32").has_address(address));
    }

    #[test]
    fn a_name_stands_for_itself_and_what_is_below() {
        let google = entry(".Google.com");
        assert!(google.has_name("mail-yw1-f1.google.com.") && google.has_name("GOOGLE.com"));
        assert!(!google.has_name("evilgoogle.com") && !google.has_name("google.com.evil.test"));
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in ["", "com", "0.0.0.0/0", "192.0.2.0/33", "192.0.2.0/x", "a b.test", "::/0"] {
            assert!(text.parse::<ForwarderEntry>().is_err(), "{text}");
        }
    }
}
