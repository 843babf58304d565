//! An SPF record in parts (RFC 7208 §4.5, §4.6, §5, §6, §12).
//!
//! Promises: a record is taken as a whole or refused as a whole, whatever would be evaluated of it; nothing is copied.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::macros;

/// A record whose syntax is right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// In their order.
    pub directives: Vec<Directive<'a>>,
    /// Where to go on when no directive matches (RFC 7208 §6.1).
    pub redirect: Option<DomainSpec<'a>>,
    /// Where the explanation of a `fail` stands (RFC 7208 §6.2).
    pub explanation: Option<DomainSpec<'a>>,
}

/// A mechanism with what follows when it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive<'a> {
    /// `+`, `-`, `~` or `?`.
    pub qualifier: Qualifier,
    /// What is compared with the client.
    pub mechanism: Mechanism<'a>,
    /// As written, for people.
    pub text: &'a str,
}

/// The result of a directive that matches (RFC 7208 §4.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qualifier {
    /// `+`, or nothing.
    Pass,
    /// `-`
    Fail,
    /// `~`
    SoftFail,
    /// `?`
    Neutral,
}

/// RFC 7208 §5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mechanism<'a> {
    /// Always.
    All,
    /// The other domain's record passes.
    Include(DomainSpec<'a>),
    /// One of the domain's addresses.
    A(Option<DomainSpec<'a>>, Cidr),
    /// One of the domain's MX hosts' addresses.
    Mx(Option<DomainSpec<'a>>, Cidr),
    /// A confirmed reverse name at or below the domain.
    Ptr(Option<DomainSpec<'a>>),
    /// An IPv4 network.
    Ip4(Ipv4Addr, u8),
    /// An IPv6 network.
    Ip6(Ipv6Addr, u8),
    /// The name has an IPv4 address.
    Exists(DomainSpec<'a>),
}

/// A domain, perhaps with macros (RFC 7208 §7.1), whose syntax is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DomainSpec<'a>(pub &'a str);

/// Prefix lengths for both families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// 0 to 32.
    pub v4: u8,
    /// 0 to 128.
    pub v6: u8,
}

/// A term that is wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}: {term}")]
pub struct SyntaxError {
    /// As written; what cannot be shown is replaced.
    pub term: String,
    /// In words.
    pub why: &'static str,
}

impl<'a> Record<'a> {
    /// Whether a TXT record is an SPF record at all (RFC 7208 §4.5).
    pub fn is_spf(text: &[u8]) -> bool {
        match text.split_at_checked(VERSION.len()) {
            Some((version, rest)) => {
                version.eq_ignore_ascii_case(VERSION) && (rest.is_empty() || rest.starts_with(b" "))
            }
            None => false,
        }
    }

    /// Reads a record that [`Record::is_spf`].
    pub fn parse(text: &'a [u8]) -> Result<Self, SyntaxError> {
        let text = std::str::from_utf8(text)
            .map_err(|_| SyntaxError { term: shown(&String::from_utf8_lossy(text)), why: "not plain ASCII" })?;
        let mut record = Self::default();
        for term in text.get(VERSION.len()..).unwrap_or_default().split(' ').filter(|term| !term.is_empty()) {
            record.add(term).map_err(|why| SyntaxError { term: shown(term), why })?;
        }
        Ok(record)
    }

    fn add(&mut self, term: &'a str) -> Result<(), &'static str> {
        // A modifier's '=' comes before any ':' or '/' (RFC 7208 §4.6.1).
        match term.find([':', '/', '=']) {
            Some(at) if term.as_bytes().get(at) == Some(&b'=') => {
                let (name, value) = term.split_at(at);
                self.modifier(name, value.get(1..).unwrap_or_default())
            }
            _ => directive(term).map(|directive| self.directives.push(directive)),
        }
    }

    fn modifier(&mut self, name: &str, value: &'a str) -> Result<(), &'static str> {
        let slot = if name.eq_ignore_ascii_case("redirect") {
            &mut self.redirect
        } else if name.eq_ignore_ascii_case("exp") {
            &mut self.explanation
        } else if is_modifier_name(name) {
            return macros::check_text(value);
        } else {
            return Err("not the name of a modifier");
        };
        match slot.replace(domain_spec(value)?) {
            Some(_) => Err("given twice"),
            None => Ok(()),
        }
    }
}

impl Cidr {
    const WHOLE: Self = Self { v4: 32, v6: 128 };
}

/// Whether both stand in one network of that prefix. Different families never do.
pub(super) fn same_network(one: IpAddr, other: IpAddr, cidr: Cidr) -> bool {
    match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            let differing = one.to_bits() ^ other.to_bits();
            differing.checked_shr(32_u32.saturating_sub(cidr.v4.into())).unwrap_or(0) == 0
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            let differing = one.to_bits() ^ other.to_bits();
            differing.checked_shr(128_u32.saturating_sub(cidr.v6.into())).unwrap_or(0) == 0
        }
        _ => false,
    }
}

const VERSION: &[u8] = b"v=spf1";

fn directive(term: &str) -> Result<Directive<'_>, &'static str> {
    let (qualifier, rest) = match term.as_bytes().first() {
        Some(b'+') => (Qualifier::Pass, &term[1..]),
        Some(b'-') => (Qualifier::Fail, &term[1..]),
        Some(b'~') => (Qualifier::SoftFail, &term[1..]),
        Some(b'?') => (Qualifier::Neutral, &term[1..]),
        _ => (Qualifier::Pass, term),
    };
    let (name, argument) = rest.split_at(rest.find([':', '/']).unwrap_or(rest.len()));
    Ok(Directive { qualifier, mechanism: mechanism(name, argument)?, text: term })
}

fn mechanism<'a>(name: &str, argument: &'a str) -> Result<Mechanism<'a>, &'static str> {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if is("all") {
        return if argument.is_empty() { Ok(Mechanism::All) } else { Err("takes no argument") };
    }
    let required = || argument.strip_prefix(':').ok_or("needs a domain").and_then(domain_spec);
    if is("include") {
        return required().map(Mechanism::Include);
    }
    if is("exists") {
        return required().map(Mechanism::Exists);
    }
    if is("a") {
        return domain_and_cidr(argument).map(|(domain, cidr)| Mechanism::A(domain, cidr));
    }
    if is("mx") {
        return domain_and_cidr(argument).map(|(domain, cidr)| Mechanism::Mx(domain, cidr));
    }
    if is("ptr") {
        let domain = if argument.is_empty() { None } else { Some(required()?) };
        return Ok(Mechanism::Ptr(domain));
    }
    let network = || argument.strip_prefix(':').ok_or("needs a network");
    if is("ip4") {
        let (address, prefix) = network()?.split_once('/').map_or((network()?, None), |(a, p)| (a, Some(p)));
        let address = address.parse().map_err(|_| "not an IPv4 address")?;
        return Ok(Mechanism::Ip4(address, prefix.map_or(Ok(32), |text| prefix_length(text, 32))?));
    }
    if is("ip6") {
        let (address, prefix) = network()?.split_once('/').map_or((network()?, None), |(a, p)| (a, Some(p)));
        let address = address.parse().map_err(|_| "not an IPv6 address")?;
        return Ok(Mechanism::Ip6(address, prefix.map_or(Ok(128), |text| prefix_length(text, 128))?));
    }
    Err("no such mechanism")
}

/// `[ ":" domain-spec ] [ "/" ip4 ] [ "//" ip6 ]` (RFC 7208 §5.3). A slash may also stand inside the domain.
fn domain_and_cidr(argument: &str) -> Result<(Option<DomainSpec<'_>>, Cidr), &'static str> {
    let mut cidr = Cidr::WHOLE;
    let mut rest = argument;
    if let Some((head, digits)) = trailing_digits(rest)
        && let Some(head) = head.strip_suffix('/')
    {
        cidr.v6 = prefix_length(digits, 128)?;
        rest = head;
    }
    if let Some((head, digits)) = trailing_digits(rest) {
        cidr.v4 = prefix_length(digits, 32)?;
        rest = head;
    }
    match rest.strip_prefix(':') {
        Some(domain) => Ok((Some(domain_spec(domain)?), cidr)),
        None if rest.is_empty() => Ok((None, cidr)),
        None => Err("not a prefix length"),
    }
}

/// What stands before and behind the last slash, where only digits stand behind.
fn trailing_digits(text: &str) -> Option<(&str, &str)> {
    let (head, digits) = text.rsplit_once('/')?;
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some((head, digits))
}

/// Digits without a leading zero, up to `most` (RFC 7208 §5.6).
fn prefix_length(text: &str, most: u8) -> Result<u8, &'static str> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|length| is_number && *length <= most).ok_or("not a prefix length")
}

fn domain_spec(text: &str) -> Result<DomainSpec<'_>, &'static str> {
    macros::check_domain(text).map(|()| DomainSpec(text))
}

fn is_modifier_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn shown(term: &str) -> String {
    term.chars().map(|symbol| if symbol.is_ascii_graphic() { symbol } else { '?' }).take(80).collect()
}
