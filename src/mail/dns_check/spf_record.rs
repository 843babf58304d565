//! The grammar of an SPF record (RFC 7208 §4.5, §5, §6, §12), as far as a publisher can get it wrong.

use std::net::{Ipv4Addr, Ipv6Addr};

/// One term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term<'a> {
    /// `include:example.com`, `-all`, …
    Mechanism {
        /// `+`, `-`, `~` or `?`.
        qualifier: char,
        /// In lower case.
        name: String,
        /// Behind the colon or from the slash on.
        value: &'a str,
    },
    /// `redirect=example.com`, …
    Modifier {
        /// In lower case.
        name: String,
        /// Behind the equals sign.
        value: &'a str,
    },
}

/// Whether a TXT record is an SPF record, right or wrong.
pub(super) fn is_spf(text: &str) -> bool {
    let version = text.split(' ').next().unwrap_or_default();
    version.eq_ignore_ascii_case("v=spf1")
}

/// The record's terms, or what is wrong with the first that is wrong.
pub(super) fn parse(text: &str) -> Result<Vec<Term<'_>>, String> {
    let mut terms = Vec::new();
    for word in text.split(' ').skip(1).filter(|word| !word.is_empty()) {
        let term = read(word).ok_or_else(|| format!("\"{word}\" is no term of SPF"))?;
        let repeats = |known: &Term<'_>| match (known, &term) {
            (Term::Modifier { name, .. }, Term::Modifier { name: other, .. }) => {
                name == other && matches!(name.as_str(), "redirect" | "exp")
            }
            _ => false,
        };
        if terms.iter().any(repeats) {
            return Err(format!("\"{word}\" stands twice"));
        }
        terms.push(term);
    }
    Ok(terms)
}

impl<'a> Term<'a> {
    /// Whether it costs one of the ten look-ups (RFC 7208 §4.6.4).
    pub(super) fn is_look_up(&self) -> bool {
        match self {
            Self::Mechanism { name, .. } => matches!(name.as_str(), "include" | "a" | "mx" | "ptr" | "exists"),
            Self::Modifier { name, .. } => name == "redirect",
        }
    }

    /// The record that it leads to, where that can be said without a letter.
    pub(super) fn leads_to(&self) -> Option<&'a str> {
        let (name, value) = match self {
            Self::Mechanism { name, value, .. } | Self::Modifier { name, value } => (name.as_str(), *value),
        };
        (matches!(name, "include" | "redirect") && !value.contains('%')).then_some(value)
    }
}

fn read(word: &str) -> Option<Term<'_>> {
    let name_end = word.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(word.len());
    let (name, rest) = word.split_at_checked(name_end)?;
    if let Some(value) = rest.strip_prefix('=') {
        let name = name.to_ascii_lowercase();
        let known = matches!(name.as_str(), "redirect" | "exp");
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic());
        return (is_name && (is_domain(value) || !known && is_macro_string(value)))
            .then_some(Term::Modifier { name, value });
    }
    let qualifier = word.chars().next().filter(|c| "+-~?".contains(*c));
    let bare = word.strip_prefix(['+', '-', '~', '?']).unwrap_or(word);
    let name_end = bare.find([':', '/']).unwrap_or(bare.len());
    let (name, rest) = bare.split_at_checked(name_end)?;
    let name = name.to_ascii_lowercase();
    let (value, is_right) = match name.as_str() {
        "all" => ("", rest.is_empty()),
        "include" | "exists" => {
            let value = rest.strip_prefix(':')?;
            (value, is_domain(value))
        }
        "ptr" => {
            let value = rest.strip_prefix(':').unwrap_or(rest);
            (value, rest.is_empty() || is_domain(value))
        }
        "a" | "mx" => {
            let value = rest.strip_prefix(':').unwrap_or(rest);
            (value, is_host(rest))
        }
        "ip4" => {
            let value = rest.strip_prefix(':')?;
            (value, is_network::<Ipv4Addr>(value, 32))
        }
        "ip6" => {
            let value = rest.strip_prefix(':')?;
            (value, is_network::<Ipv6Addr>(value, 128))
        }
        _ => return None,
    };
    is_right.then(|| Term::Mechanism { qualifier: qualifier.unwrap_or('+'), name, value })
}

/// `[":" domain-spec] [ "/" n ] [ "//" n ]`.
fn is_host(rest: &str) -> bool {
    let (rest, six) = match rest.split_once("//") {
        Some((rest, six)) => (rest, Some(six)),
        None => (rest, None),
    };
    let (domain, four) = match rest.rsplit_once('/') {
        Some((domain, four)) => (domain, Some(four)),
        None => (rest, None),
    };
    let is_domain_right = domain.is_empty() || domain.strip_prefix(':').is_some_and(is_domain);
    is_domain_right
        && six.is_none_or(|length| is_length(length, 128))
        && four.is_none_or(|length| is_length(length, 32))
}

fn is_network<A: std::str::FromStr>(value: &str, longest: u8) -> bool {
    match value.split_once('/') {
        Some((address, length)) => address.parse::<A>().is_ok() && is_length(length, longest),
        None => value.parse::<A>().is_ok(),
    }
}

fn is_length(text: &str, longest: u8) -> bool {
    let is_plain = text == "0" || !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain && text.parse::<u8>().is_ok_and(|length| length <= longest)
}

/// A domain-spec: macro-string that ends with a top label or a macro.
fn is_domain(text: &str) -> bool {
    let last = text.strip_suffix('.').unwrap_or(text).rsplit('.').next().unwrap_or_default();
    let is_top_label = !last.is_empty()
        && last.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !last.bytes().all(|byte| byte.is_ascii_digit())
        && !last.starts_with('-')
        && !last.ends_with('-')
        && text.contains('.');
    is_macro_string(text) && !text.is_empty() && (is_top_label || text.ends_with('}'))
}

fn is_macro_string(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let behind = rest.get(at.saturating_add(1)..).unwrap_or_default();
        rest = match behind.chars().next() {
            Some('%' | '_' | '-') => behind.get(1..).unwrap_or_default(),
            Some('{') => match behind.split_once('}') {
                Some((inner, rest)) if is_macro(inner) => rest,
                _ => return false,
            },
            _ => return false,
        };
    }
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `{` letter, digits, `r`, delimiters.
fn is_macro(inner: &str) -> bool {
    let Some(inner) = inner.strip_prefix('{') else { return false };
    let mut letters = inner.chars();
    let is_known = letters.next().is_some_and(|letter| "slodiphcrtv".contains(letter.to_ascii_lowercase()));
    let rest = letters.as_str().trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.strip_prefix(['r', 'R']).unwrap_or(rest);
    is_known && rest.chars().all(|c| ".-+,/_=".contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("v=spf1", 0)]
    #[case("v=spf1 mx -all", 2)]
    #[case("v=spf1  ip4:192.0.2.0/24 IP6:2001:db8::/32 ~ALL ", 3)]
    #[case("v=spf1 a:mail.example.com/28//64 mx//64 a/24 ptr ptr:example.com", 5)]
    #[case("v=spf1 include:_spf.%{d2} exists:%{ir}.x.example.com redirect=_spf.example.com exp=e.%{d}", 4)]
    #[case("v=spf1 future=some:thing a", 2)]
    fn right_records_are_read(#[case] text: &str, #[case] terms: usize) {
        assert_eq!(parse(text).unwrap().len(), terms);
    }

    #[rstest]
    #[case("v=spf1 ip4:192.0.2.1/33")]
    #[case("v=spf1 ip4:192.0.2.300")]
    #[case("v=spf1 ip6:192.0.2.1")]
    #[case("v=spf1 ipv4:192.0.2.1")]
    #[case("v=spf1 include")]
    #[case("v=spf1 include:")]
    #[case("v=spf1 include:localhost")]
    #[case("v=spf1 -all:x")]
    #[case("v=spf1 mx/33")]
    #[case("v=spf1 a:")]
    #[case("v=spf1 redirect=a.example.com redirect=b.example.com")]
    #[case("v=spf1 redirect:a.example.com")]
    #[case("v=spf1 exists:%{x}.example.com")]
    #[case("v=spf1 mx, -all")]
    fn wrong_records_are_told(#[case] text: &str) {
        let problem = parse(text);
        assert!(problem.is_err(), "{problem:?}");
    }

    #[test]
    fn what_costs_a_look_up_is_known() {
        let terms = parse("v=spf1 a mx ptr exists:a.test include:b.test ip4:192.0.2.1 -all redirect=c.test").unwrap();
        assert_eq!(terms.iter().filter(|term| term.is_look_up()).count(), 6);
        assert_eq!(terms.iter().filter_map(Term::leads_to).collect::<Vec<_>>(), ["b.test", "c.test"]);
    }

    #[test]
    fn only_the_exact_version_is_spf() {
        assert!(is_spf("v=spf1") && is_spf("V=SPF1 -all"));
        assert!(!is_spf("v=spf10 -all") && !is_spf("spf1") && !is_spf(""));
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(text in "v=spf1( [+-~?]?[a-z0-9%{}:/=.é]{0,20}){0,5}") {
            let _ = parse(&text);
        }
    }
}
