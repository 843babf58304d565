//! An MTA-STS policy's text (RFC 8461 §3.2).

use super::Subject;

/// Longest time that a policy may be remembered, in seconds.
const LONGEST: u64 = 31_557_600;

/// A policy that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Policy {
    /// `enforce`, `testing` or `none`.
    pub mode: String,
    /// Host names, in lower case; `*.example.com` stands for one label more.
    pub mx: Vec<String>,
    /// Seconds.
    pub max_age: u64,
}

/// The policy that we serve; else a first one for a domain whose mail comes to our host: others report and do not refuse yet.
pub(super) fn ours(subject: &Subject) -> String {
    subject.policy.clone().unwrap_or_else(|| suggested(&subject.hostname))
}

/// Testing, for a week.
pub(super) fn suggested(hostname: &str) -> String {
    format!("version: STSv1\r\nmode: testing\r\nmx: {hostname}\r\nmax_age: 604800\r\n")
}

/// The policy, or what makes others ignore it.
pub(super) fn read(text: &str) -> Result<Policy, String> {
    let mut policy = Policy::default();
    let (mut version, mut max_age) = (None, None);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (key, value) = line.split_once(':').ok_or_else(|| format!("\"{line}\" is no key: value"))?;
        let value = value.trim();
        match key.trim() {
            "version" if version.is_none() => version = Some(value),
            "mode" if policy.mode.is_empty() => policy.mode = value.to_owned(),
            "mx" => policy.mx.push(value.trim_end_matches('.').to_ascii_lowercase()),
            "max_age" if max_age.is_none() => max_age = Some(value),
            // Of keys that stand twice the first counts; unknown ones are for later versions.
            _ => {}
        }
    }
    if version != Some("STSv1") {
        return Err("version: STSv1 is missing".to_owned());
    }
    if !matches!(policy.mode.as_str(), "enforce" | "testing" | "none") {
        return Err("mode is none of enforce, testing and none".to_owned());
    }
    let max_age = max_age.ok_or("max_age is missing")?;
    policy.max_age =
        max_age.parse().ok().filter(|age| *age <= LONGEST).ok_or("max_age is no number of seconds up to 31557600")?;
    if policy.mx.is_empty() && policy.mode != "none" {
        return Err("it names no mx".to_owned());
    }
    Ok(policy)
}

impl Policy {
    /// Whether a host is among those that the policy names (RFC 8461 §4.1).
    pub(super) fn allows(&self, host: &str) -> bool {
        self.mx.iter().any(|pattern| match pattern.strip_prefix("*.") {
            Some(parent) => host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
            None => host.eq_ignore_ascii_case(pattern),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[test]
    fn our_own_suggestion_is_a_policy() {
        let policy = read(&suggested("mx.demo.test")).unwrap();
        assert_eq!((policy.mode.as_str(), policy.max_age), ("testing", 604_800));
        assert!(policy.allows("MX.demo.test") && !policy.allows("demo.test"));
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        let policy = Policy { mx: vec!["*.demo.test".to_owned()], ..Policy::default() };
        assert!(policy.allows("mx.demo.test") && !policy.allows("a.mx.demo.test") && !policy.allows("demo.test"));
    }

    #[rstest]
    #[case("mode: none\nmax_age: 1")]
    #[case("version: STSv1\nmode: strict\nmx: a\nmax_age: 1")]
    #[case("version: STSv1\nmode: enforce\nmax_age: 1")]
    #[case("version: STSv1\nmode: enforce\nmx: a")]
    #[case("version: STSv1\nmode: enforce\nmx: a\nmax_age: 99999999999")]
    #[case("<html>")]
    fn what_is_no_policy_is_told(#[case] text: &str) {
        assert!(read(text).is_err());
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(text in "(?s).*") {
            let _ = read(&text);
        }
    }
}
