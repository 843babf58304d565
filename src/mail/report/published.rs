//! What a domain publishes about reports: where they go, and whether others may receive them (RFC 7489 §6.3, §7.1; RFC 8460 §3).

use crate::mail::Address;

/// Destinations that are used of one record; RFC 7489 §6.3 asks for two.
const MAX_DESTINATIONS: usize = 4;

/// The tags of a record such as `v=DMARC1; p=none; rua=mailto:a@b.test`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    tags: Vec<(String, String)>,
}

/// Where reports go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The address.
    pub address: Address,
    /// The largest report that it takes, in octets.
    pub most: Option<u64>,
}

impl Published {
    /// Reads a TXT record of this version (`DMARC1`, `TLSRPTv1`), which comes first; `None` for any other.
    pub fn parse(record: &str, version: &str) -> Option<Self> {
        let tag = |tag: &str| {
            let (name, value) = tag.split_once('=')?;
            Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        };
        let tags: Vec<(String, String)> = record.split(';').filter_map(tag).take(32).collect();
        let (name, value) = tags.first()?;
        (name == "v" && value == version).then_some(Self { tags })
    }

    /// A tag's value; empty where it is not there.
    pub fn tag(&self, name: &str) -> &str {
        self.tags.iter().find(|(tag, _)| tag == name).map_or("", |(_, value)| value)
    }

    /// The addresses of `rua`. Other schemes than `mailto:` are passed over.
    pub fn destinations(&self) -> Vec<Destination> {
        self.tag("rua").split(',').filter_map(destination).take(MAX_DESTINATIONS).collect()
    }
}

/// Whether a destination's host must say that it wants the reports of `domain` (RFC 7489 §7.1): not where one lies below the
/// other. Asked is [`permission_name`].
pub fn needs_permission(domain: &str, host: &str) -> bool {
    let below =
        |one: &str, other: &str| other.contains('.') && one.strip_suffix(other).is_some_and(|rest| rest.ends_with('.'));
    domain != host && !below(domain, host) && !below(host, domain)
}

/// The name whose TXT record gives the permission.
pub fn permission_name(domain: &str, host: &str) -> String {
    format!("{domain}._report._dmarc.{host}")
}

/// `mailto:reports@b.test!10m`, with `%2C` and `%21` inside.
fn destination(uri: &str) -> Option<Destination> {
    let uri = uri.trim();
    let rest = uri.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).and_then(|_| uri.get(7..))?;
    let rest = rest.split('?').next().unwrap_or_default();
    let (address, most) = match rest.rsplit_once('!') {
        Some((address, size)) => (address, Some(octets(size)?)),
        None => (rest, None),
    };
    Some(Destination { address: Address::parse(&decoded(address)?).ok()?, most })
}

/// `10m` in octets.
fn octets(size: &str) -> Option<u64> {
    let digits = size.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match size.get(digits.len()..)?.to_ascii_lowercase().as_str() {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1024_u64.pow(unit))
}

/// RFC 3986 §2.1.
fn decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        octets.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn destinations(rua: &str) -> Vec<(String, Option<u64>)> {
        let published = Published::parse(&format!("v=DMARC1; p=none; rua={rua}"), "DMARC1").unwrap();
        let pair = |one: Destination| (one.address.as_str().to_owned(), one.most);
        published.destinations().into_iter().map(pair).collect()
    }

    #[rstest]
    #[case("mailto:a@b.test", &[("a@b.test", None)])]
    #[case("mailto:a@b.test!10m, MAILTO:c@d.test!50k", &[("a@b.test", Some(10 << 20)), ("c@d.test", Some(50 << 10))])]
    #[case("mailto:a%21b@c.test!1g", &[("a!b@c.test", Some(1 << 30))])]
    #[case("https://b.test/x, mailto:a@b.test?subject=x", &[("a@b.test", None)])]
    #[case("mailto:a@b.test!10x", &[])]
    #[case("mailto:a@b.test!99999999999t", &[])]
    #[case("mailto:a%0d%0ab@c.test, mailto:%, mailto:, x", &[])]
    fn destinations_are_read(#[case] rua: &str, #[case] expected: &[(&str, Option<u64>)]) {
        let expected: Vec<_> = expected.iter().map(|(address, most)| ((*address).to_owned(), *most)).collect();
        assert_eq!(destinations(rua), expected);
    }

    #[test]
    fn a_record_of_another_version_is_none() {
        assert_eq!(Published::parse("v=spf1 -all", "DMARC1"), None);
        assert_eq!(Published::parse("p=none; v=DMARC1", "DMARC1"), None);
        assert_eq!(Published::parse("v = DMARC1 ;P = reject", "DMARC1").unwrap().tag("p"), "reject");
    }

    #[test]
    fn strangers_must_want_the_reports() {
        assert!(!needs_permission("demo.test", "demo.test"));
        assert!(!needs_permission("demo.test", "reports.demo.test") && !needs_permission("a.demo.test", "demo.test"));
        assert!(needs_permission("demo.test", "collector.test") && needs_permission("demo.test", "xdemo.test"));
        assert!(needs_permission("demo.test", "test"), "a top-level domain is nobody's relative");
        assert_eq!(permission_name("demo.test", "collector.test"), "demo.test._report._dmarc.collector.test");
    }

    proptest! {
        #[test]
        fn any_record_is_read_without_harm(record in "\\PC{0,300}") {
            for record in [format!("v=DMARC1;{record}"), format!("v=DMARC1;rua={record}"), format!("v=DMARC1;rua=mailto:{record}")] {
                if let Some(published) = Published::parse(&record, "DMARC1") {
                    prop_assert!(published.destinations().len() <= MAX_DESTINATIONS);
                }
            }
        }
    }
}
