//! The DNS record and the policy file (RFC 8461 §3.1, §3.2). Pure.

use super::FetchError;
use crate::desk::{StsMode, StsPolicy};

/// Hosts of one policy.
pub(super) const HOSTS: usize = 100;

/// Seconds that a policy may be kept (RFC 8461 §3.2): about a year.
pub(super) const LONGEST_S: u64 = 31_557_600;

/// Octets of the longest host name.
const LONGEST_NAME: usize = 253;

/// The id in the one record of a domain. With several records, or none, there is no policy.
pub(super) fn id(texts: &[String]) -> Option<String> {
    let mut records = texts.iter().filter(|text| text.split(';').next().is_some_and(|first| first.trim() == "v=STSv1"));
    let (record, None) = (records.next()?, records.next()) else { return None };
    let id = record.split(';').find_map(|field| field.trim().strip_prefix("id="))?.trim();
    let is_sound = (1..=32).contains(&id.len()) && id.bytes().all(|octet| octet.is_ascii_alphanumeric());
    is_sound.then(|| id.to_owned())
}

/// Reads a policy file: its fields in any order, of those that stand but once the first (RFC 8461 §3.2).
pub(super) fn read(text: &str, id: String, now: u64) -> Result<StsPolicy, FetchError> {
    let invalid = |why: &str| FetchError::Invalid(why.to_owned());
    let fields = text.lines().filter_map(|line| line.split_once(':')).map(|(key, value)| (key.trim(), value.trim()));
    let (mut version, mut mode, mut mx, mut max_age) = (None, None, Vec::new(), None);
    for (key, value) in fields {
        match key {
            "version" if version.is_none() => version = Some(value),
            "mode" if mode.is_none() => {
                mode = Some(match value {
                    "enforce" => StsMode::Enforce,
                    "testing" => StsMode::Testing,
                    "none" => StsMode::None,
                    _ => return Err(invalid("its mode is none that is known")),
                });
            }
            // What can name no host is passed over: the others count all the same.
            "mx" if mx.len() < HOSTS => mx.extend(pattern(value)),
            "max_age" if max_age.is_none() => max_age = value.parse::<u64>().ok(),
            _ => {}
        }
    }
    if version != Some("STSv1") {
        return Err(invalid("it has no version: STSv1"));
    }
    let mode = mode.ok_or_else(|| invalid("it has no mode"))?;
    let max_age = max_age.ok_or_else(|| invalid("it has no max_age"))?.min(LONGEST_S);
    if mx.is_empty() && mode != StsMode::None {
        return Err(invalid("it names no mail host"));
    }
    let until = now.saturating_add(max_age.saturating_mul(1_000));
    Ok(StsPolicy { id, mode, mx, until, max_age: Some(max_age) })
}

/// A host name, perhaps with `*` for its first label.
fn pattern(value: &str) -> Option<String> {
    let value = value.strip_suffix('.').unwrap_or(value);
    let host = value.strip_prefix("*.").unwrap_or(value);
    let is_sound = (1..=LONGEST_NAME).contains(&host.len())
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
        });
    is_sound.then(|| value.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&["v=STSv1; id=20160831085700Z;"], Some("20160831085700Z"))]
    #[case(&["v=spf1 -all", "v=STSv1;id=a"], Some("a"))]
    #[case(&["v=STSv1; id=a", "v=STSv1; id=b"], None)]
    #[case(&["v=STSv1"], None)]
    #[case(&["v=STSv1; id=a b"], None)]
    #[case(&["v=STSv2; id=a"], None)]
    #[case(&[], None)]
    fn a_domain_has_one_record(#[case] texts: &[&str], #[case] expected: Option<&str>) {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        assert_eq!(id(&texts).as_deref(), expected);
    }

    #[test]
    fn a_policy_is_read() {
        let text = "version: STSv1\r\nmode: enforce\r\nmx: mx.shop.test\r\nmx: *.Mail.test.\r\nmax_age: 604800\r\n";
        let policy = read(text, "a".to_owned(), 1_000).unwrap();
        assert_eq!((policy.mode, policy.until), (StsMode::Enforce, 604_801_000));
        assert_eq!(policy.mx, ["mx.shop.test", "*.mail.test"]);
        assert_eq!(
            policy.lines(),
            ["version: STSv1", "mode: enforce", "mx: mx.shop.test", "mx: *.mail.test", "max_age: 604800"]
        );
        assert!(policy.holds_at(604_800_999) && !policy.holds_at(604_801_000));
        assert!(read("version: STSv1\nmode: none\nmax_age: 99999999999", "a".to_owned(), 0).is_ok());
        assert!(read("mx: mx.shop.test\nmax_age: 1\nmode: testing\n\nversion: STSv1", "a".to_owned(), 0).is_ok());
    }

    #[rstest]
    #[case("")]
    #[case("version: STSv2\nversion: STSv1\nmode: enforce\nmx: a\nmax_age: 1")]
    #[case("mode: enforce\nmx: a\nmax_age: 1")]
    #[case("version: STSv1\nmode: loud\nmx: a\nmax_age: 1")]
    #[case("version: STSv1\nmode: enforce\nmax_age: 1")]
    #[case("version: STSv1\nmode: enforce\nmx: a\nmax_age: soon")]
    #[case("<html>not found</html>")]
    #[case("version: STSv1\nmode: enforce\nmx:\nmx: .\nmx: *\nmx: a b\nmx: a..b\nmx: a\x07\nmx: a.*.b\nmax_age: 1")]
    fn what_is_no_policy_is_refused(#[case] text: &str) {
        assert!(matches!(read(text, "a".to_owned(), 0), Err(FetchError::Invalid(_))));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(version: STSv1\n)?(.{0,20}:.{0,20}\n){0,20}") {
            let _ = read(&text, "a".to_owned(), u64::MAX);
            let _ = id(&[text]);
        }
    }
}
