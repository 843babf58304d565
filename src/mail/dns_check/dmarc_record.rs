//! The tags of a DMARC record (RFC 9989 §4.7).

use super::tags;

/// Tags that mean something, or did (RFC 7489 §6.3).
const KNOWN: [&str; 14] = ["v", "p", "sp", "np", "adkim", "aspf", "rua", "ruf", "fo", "t", "psd", "pct", "rf", "ri"];

/// A record that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DmarcRecord {
    /// `p=`; `none` where it is absent and reports are asked for.
    pub policy: String,
    /// `sp=`.
    pub subdomain_policy: Option<String>,
    /// Addresses of `rua=`, without `mailto:`.
    pub reports: Vec<String>,
    /// `t=y`: only a test.
    pub is_test: bool,
    /// What is odd but harmless.
    pub oddities: Vec<String>,
}

/// Whether a TXT record is a DMARC record, right or wrong.
pub(super) fn is_dmarc(text: &str) -> bool {
    let first = text.split(';').next().unwrap_or_default();
    first.split_once('=').is_some_and(|(name, value)| name.trim() == "v" && value.trim() == "DMARC1")
}

/// The record, or what makes others ignore it.
pub(super) fn read(text: &str) -> Result<DmarcRecord, String> {
    let tags = tags::parse(text)?;
    let mut oddities = Vec::new();
    for (name, _) in &tags {
        if !KNOWN.contains(&name.as_str()) {
            oddities.push(format!("{name}= means nothing in DMARC."));
        }
    }
    if tags::value(&tags, "pct").is_some_and(|percent| percent != "100") {
        oddities.push("pct= is no longer honoured (RFC 9989): use t=y for a test.".to_owned());
    }
    for (name, allowed) in
        [("adkim", &["r", "s"][..]), ("aspf", &["r", "s"]), ("t", &["y", "n"]), ("psd", &["y", "n", "u"])]
    {
        if let Some(value) =
            tags::value(&tags, name).filter(|value| !allowed.contains(&value.to_ascii_lowercase().as_str()))
        {
            oddities.push(format!("{name}={value} is none of its values."));
        }
    }
    let policy_of = |name: &str| tags::value(&tags, name).map(str::to_ascii_lowercase);
    for name in ["p", "sp", "np"] {
        if let Some(value) = policy_of(name).filter(|value| !matches!(value.as_str(), "none" | "quarantine" | "reject"))
        {
            return Err(format!("{name}={value} is none of none, quarantine and reject"));
        }
    }
    let mut reports = Vec::new();
    for uri in tags::value(&tags, "rua").into_iter().flat_map(|list| list.split(',')).map(str::trim) {
        match uri.split_once(':') {
            Some((scheme, address)) if scheme.eq_ignore_ascii_case("mailto") && address.contains('@') => {
                // A size limit may stand behind the address (RFC 7489 §6.2).
                reports.push(address.split('!').next().unwrap_or_default().to_ascii_lowercase());
            }
            _ => oddities.push(format!("rua: \"{uri}\" is no mailto: address.")),
        }
    }
    let policy = match policy_of("p") {
        Some(policy) => policy,
        None if reports.is_empty() => return Err("p= is missing".to_owned()),
        None => {
            oddities.push("p= is missing: it counts as none.".to_owned());
            "none".to_owned()
        }
    };
    Ok(DmarcRecord {
        policy,
        subdomain_policy: policy_of("sp"),
        reports,
        is_test: tags::value(&tags, "t").is_some_and(|test| test.eq_ignore_ascii_case("y")),
        oddities,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_record_is_read() {
        let read = read("v=DMARC1; p=Reject; sp=none; rua=mailto:a@b.test, MAILTO:c@d.test!10m; t=y").unwrap();
        assert_eq!(
            (read.policy.as_str(), read.subdomain_policy.as_deref(), read.is_test),
            ("reject", Some("none"), true)
        );
        assert_eq!(read.reports, ["a@b.test", "c@d.test"]);
        assert!(read.oddities.is_empty(), "{:?}", read.oddities);
    }

    #[test]
    fn oddities_are_told_and_errors_refused() {
        let odd = read("v=DMARC1; rua=mailto:a@b.test,https://x.test; pct=50; adkim=x; foo=1").unwrap();
        assert_eq!((odd.policy.as_str(), odd.oddities.len()), ("none", 5), "{:?}", odd.oddities);
        for wrong in ["v=DMARC1", "v=DMARC1; p=all", "v=DMARC1; p", "v=DMARC1; p=none; sp=some"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(is_dmarc("v = DMARC1; p=none") && !is_dmarc("v=dmarc1; p=none") && !is_dmarc("p=none; v=DMARC1"));
    }
}
