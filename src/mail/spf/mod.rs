//! Sender Policy Framework to the letter of RFC 7208: records read as a whole, evaluated within its limits.
//!
//! Promises: at most ten terms that ask DNS, two of them in vain, ten names of an MX or PTR set; syntax errors anywhere,
//! several records and broken limits are `PermError`, trouble with DNS is `TempError`, with the reason in words. Nothing
//! from DNS or from the client can make it recurse, or ask, beyond those limits.
//! Leaves to others: the deadline (`verify`), what follows from the result, which identity is asked for.

mod evaluate;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod macros;
mod names;
mod record;

use std::net::IpAddr;

use super::AuthResult;
use super::dns::Dns;

pub use record::{Cidr, Directive, DomainSpec, Mechanism, Qualifier, Record, SyntaxError};

/// Who claims what: the arguments of `check_host` (RFC 7208 §4.1).
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The SMTP client's address. IPv4 mapped into IPv6 is IPv4 (RFC 7208 §5).
    pub client: IpAddr,
    /// The EHLO or HELO argument.
    pub helo: &'a str,
    /// The local part of the sender; empty: `postmaster` (RFC 7208 §4.3).
    pub local: &'a str,
    /// The domain that is checked: the sender's, or the HELO argument for the null sender (RFC 7208 §2.4) and for the
    /// HELO identity itself (RFC 7208 §2.3).
    pub domain: &'a str,
    /// Our name, for explanations.
    pub receiver: &'a str,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// RFC 7208 §2.6.
    pub result: AuthResult,
    /// The directive that matched, as written, behind those that included it.
    pub matched: Option<String>,
    /// Why there is no result, in words.
    pub problem: Option<String>,
    /// What the domain says of a `Fail` (RFC 7208 §6.2): the sender's words, plain ASCII on one line, at most 500 octets.
    pub explanation: Option<String>,
    /// Terms that asked DNS, of ten (RFC 7208 §4.6.4).
    pub lookups: u8,
    /// Terms that asked in vain, of two (RFC 7208 §4.6.4).
    pub void_lookups: u8,
}

/// `check_host` (RFC 7208 §4). Takes as long as DNS does: the caller has the deadline.
pub async fn check(dns: &Dns, query: Query<'_>) -> Outcome {
    evaluate::check(dns, query).await
}

#[cfg(test)]
mod tests;
