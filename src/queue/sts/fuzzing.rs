//! The MTA-STS record and policy for the fuzz targets.

use super::policy::{HOSTS, LONGEST_S, id, read};
use super::{counting, names};

/// A domain's TXT records, one a line, then (behind the first NUL) its policy file.
pub fn sts(data: &[u8]) {
    let end = data.iter().position(|octet| *octet == 0).unwrap_or(data.len());
    let (records, rest) = data.split_at(end);
    let records: Vec<String> = String::from_utf8_lossy(records).lines().map(str::to_owned).collect();
    if let Some(id) = id(&records) {
        assert!((1..=32).contains(&id.len()) && id.is_ascii(), "the id {id:?}");
    }

    let text = String::from_utf8_lossy(rest.get(1..).unwrap_or_default());
    for now in [1_000, u64::MAX] {
        let policy = match read(&text, "a".to_owned(), now) {
            Ok(policy) => policy,
            Err(error) => {
                assert!(!error.to_string().contains(char::is_control), "a control character in {error:?}");
                continue;
            }
        };
        assert!(text.contains("version") && text.contains("STSv1"), "a policy of another version");
        assert!(policy.until >= now && policy.until - now <= LONGEST_S * 1_000, "a policy for ever");
        assert!(policy.mx.len() <= HOSTS, "{} mail hosts", policy.mx.len());
        for pattern in &policy.mx {
            assert!(!pattern.contains(|c: char| c.is_control() || c.is_uppercase()), "the pattern {pattern:?}");
            let host = pattern.replacen('*', "mx", 1);
            assert!(names(&policy, &host), "{pattern:?} does not name {host:?}");
            assert!(!names(&policy, "") && !names(&policy, "."), "a host without a name");
        }
        if let Some(policy) = counting(Some(policy)) {
            assert!(!policy.mx.is_empty(), "a policy that no mail host can keep");
        }
    }
}
