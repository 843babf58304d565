//! `check_host`: records found, directives compared, redirections and inclusions followed (RFC 7208 §4 to §6).

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use super::macros::{self, Values};
use super::names::Names;
use super::record::{self, Cidr, DomainSpec, Mechanism, Qualifier, Record};
use super::{Outcome, Query};
use crate::mail::AuthResult;
use crate::mail::dns::{Answers, Dns, DnsError};

/// Terms that ask DNS (RFC 7208 §4.6.4).
const MAX_LOOKUPS: u8 = 10;
/// Terms that ask in vain (RFC 7208 §4.6.4).
const MAX_VOID_LOOKUPS: u8 = 2;
/// Names of one MX or PTR set that are looked up (RFC 7208 §4.6.4).
pub(super) const MAX_NAMES: usize = 10;
/// Octets of an explanation; it stands in a reply or a header field.
const MAX_EXPLANATION: usize = 500;
/// RFC 1035 §2.3.4 as text.
const MAX_NAME: usize = 253;

/// Why an evaluation ends at once (RFC 7208 §2.6.6, §2.6.7).
pub(super) enum Stop {
    Temporary(String),
    Permanent(String),
}

impl From<DnsError> for Stop {
    fn from(error: DnsError) -> Self {
        Self::Temporary(error.to_string())
    }
}

pub(super) async fn check(dns: &Dns, query: Query<'_>) -> Outcome {
    let client = query.client.to_canonical();
    let local = if query.local.is_empty() { "postmaster" } else { query.local };
    let domain = query.domain.strip_suffix('.').unwrap_or(query.domain);
    if !is_checkable(domain) {
        let problem = Some("not a domain name of several labels".to_owned());
        return Outcome { problem, ..Outcome::default() };
    }
    let mut check = Check {
        dns,
        query: Query { client, local, domain, ..query },
        names: Names::new(client),
        lookups: 0,
        void_lookups: 0,
    };
    let found = check.check_host(domain.to_owned(), Inclusion::No).await;
    let mut outcome = match found {
        Ok(Some(found)) => Outcome {
            result: found.result,
            matched: found.matched,
            explanation: match found.explanation {
                Some((domain, at)) => check.explain(&domain, &at).await,
                None => None,
            },
            ..Outcome::default()
        },
        Ok(None) => Outcome { problem: Some("the domain has no SPF record".to_owned()), ..Outcome::default() },
        Err(Stop::Temporary(why)) => {
            Outcome { result: AuthResult::TempError, problem: Some(why), ..Outcome::default() }
        }
        Err(Stop::Permanent(why)) => {
            Outcome { result: AuthResult::PermError, problem: Some(why), ..Outcome::default() }
        }
    };
    (outcome.lookups, outcome.void_lookups) = (check.lookups, check.void_lookups);
    outcome
}

/// RFC 7208 §4.3. What is no name of several labels has no record.
fn is_checkable(domain: &str) -> bool {
    domain.len() <= MAX_NAME
        && domain.contains('.')
        && !domain.starts_with('[')
        && domain.split('.').all(|label| (1..=63).contains(&label.len()))
}

/// One evaluation with what it has used up.
struct Check<'a> {
    dns: &'a Dns,
    query: Query<'a>,
    names: Names,
    lookups: u8,
    void_lookups: u8,
}

/// What a record says.
struct Found {
    result: AuthResult,
    matched: Option<String>,
    /// The record's domain and its `exp=`.
    explanation: Option<(String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inclusion {
    Yes,
    No,
}

impl Check<'_> {
    /// `None` where the domain has no record.
    async fn check_host(&mut self, mut domain: String, inclusion: Inclusion) -> Result<Option<Found>, Stop> {
        let mut is_redirected = false;
        loop {
            let Some(text) = self.record_of(&domain).await? else {
                return match is_redirected {
                    true => Err(Stop::Permanent(format!("redirect to {domain}, which has no SPF record"))),
                    false => Ok(None),
                };
            };
            let record = Record::parse(&text).map_err(|error| Stop::Permanent(format!("{domain}: {error}")))?;
            for directive in &record.directives {
                let Some(matched) = self.matches(&directive.mechanism, &domain).await? else { continue };
                let result = match directive.qualifier {
                    Qualifier::Pass => AuthResult::Pass,
                    Qualifier::Fail => AuthResult::Fail,
                    Qualifier::SoftFail => AuthResult::SoftFail,
                    Qualifier::Neutral => AuthResult::Neutral,
                };
                // Those of included records are not used (RFC 7208 §6.2).
                let is_explained = result == AuthResult::Fail && inclusion == Inclusion::No;
                let explanation =
                    record.explanation.filter(|_| is_explained).map(|at| (domain.clone(), at.0.to_owned()));
                let matched = Some([directive.text, matched.as_str()].concat());
                return Ok(Some(Found { result, matched, explanation }));
            }
            let Some(redirect) = record.redirect else {
                return Ok(Some(Found { result: AuthResult::Neutral, matched: None, explanation: None }));
            };
            self.count()?;
            domain = self.target(Some(redirect), &domain).await;
            is_redirected = true;
        }
    }

    /// The one SPF record of a domain (RFC 7208 §4.4, §4.5).
    async fn record_of(&self, domain: &str) -> Result<Option<Vec<u8>>, Stop> {
        let mut records = self.dns.texts(domain).await?.records.into_iter().filter(|text| Record::is_spf(text));
        match (records.next(), records.next()) {
            (_, Some(_)) => Err(Stop::Permanent(format!("{domain} has several SPF records"))),
            (record, None) => Ok(record),
        }
    }

    /// Whether the mechanism matches: what is to be said of how, beyond the directive itself.
    async fn matches(&mut self, mechanism: &Mechanism<'_>, domain: &str) -> Result<Option<String>, Stop> {
        let client = self.query.client;
        let is_match = match mechanism {
            Mechanism::All => true,
            Mechanism::Ip4(network, v4) => record::same_network(client, (*network).into(), Cidr { v4: *v4, v6: 128 }),
            Mechanism::Ip6(network, v6) => record::same_network(client, (*network).into(), Cidr { v4: 32, v6: *v6 }),
            Mechanism::Include(target) => return self.include(*target, domain).await,
            Mechanism::A(target, cidr) => {
                self.count()?;
                let target = self.target(*target, domain).await;
                let found = self.dns.addresses_like(&target, client).await?;
                self.note(&found)?;
                is_one_of(client, &found, *cidr)
            }
            Mechanism::Mx(target, cidr) => self.mx(*target, *cidr, domain).await?,
            Mechanism::Ptr(target) => {
                self.count()?;
                let target = self.target(*target, domain).await;
                // Trouble with DNS is no match here (RFC 7208 §5.5).
                if self.names.are_void(self.dns).await {
                    self.note_void()?;
                }
                self.names.any_confirmed_below(self.dns, &target).await
            }
            Mechanism::Exists(target) => {
                self.count()?;
                let target = self.target(Some(*target), domain).await;
                let any_v4 = IpAddr::from([0, 0, 0, 0]);
                let found = self.dns.addresses_like(&target, any_v4).await?;
                self.note(&found)?;
                !found.records.is_empty()
            }
        };
        Ok(is_match.then(String::new))
    }

    /// RFC 7208 §5.2. Boxed, because it comes back to where it was called from.
    fn include<'f>(
        &'f mut self,
        target: DomainSpec<'f>,
        domain: &'f str,
    ) -> Pin<Box<dyn Future<Output = Result<Option<String>, Stop>> + Send + 'f>> {
        Box::pin(async move {
            self.count()?;
            let target = self.target(Some(target), domain).await;
            match self.check_host(target.clone(), Inclusion::Yes).await? {
                Some(found) if found.result == AuthResult::Pass => {
                    Ok(Some(found.matched.map_or_else(String::new, |inner| format!(" > {inner}"))))
                }
                Some(_) => Ok(None),
                None => Err(Stop::Permanent(format!("includes {target}, which has no SPF record"))),
            }
        })
    }

    /// RFC 7208 §5.4.
    async fn mx(&mut self, target: Option<DomainSpec<'_>>, cidr: Cidr, domain: &str) -> Result<bool, Stop> {
        self.count()?;
        let target = self.target(target, domain).await;
        let hosts = self.dns.exchanges(&target).await?;
        self.note(&hosts)?;
        for (index, host) in hosts.records.iter().enumerate() {
            if index >= MAX_NAMES {
                return Err(Stop::Permanent(format!("{target} has more than {MAX_NAMES} MX hosts")));
            }
            let found = self.dns.addresses_like(host, self.query.client).await?;
            if is_one_of(self.query.client, &found, cidr) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The domain that a mechanism is about: its own, expanded, or else the record's.
    async fn target(&mut self, spec: Option<DomainSpec<'_>>, domain: &str) -> String {
        match spec {
            None => domain.to_owned(),
            Some(DomainSpec(text)) => {
                let name = self.name_for(text, domain).await;
                macros::expand_domain(text, &self.values(domain, &name))
            }
        }
    }

    /// RFC 7208 §6.2: whatever goes wrong, there is no explanation.
    async fn explain(&mut self, domain: &str, at: &str) -> Option<String> {
        let name = self.name_for(at, domain).await;
        let at = macros::expand_domain(at, &self.values(domain, &name));
        let mut records = self.dns.texts(&at).await.ok()?.records.into_iter();
        let (Some(text), None) = (records.next(), records.next()) else { return None };
        let text = String::from_utf8(text).ok()?;
        macros::check_explanation(&text).ok()?;
        let name = self.name_for(&text, domain).await;
        let words = macros::expand(&text, &self.values(domain, &name));
        Some(words.chars().filter(|symbol| *symbol == ' ' || symbol.is_ascii_graphic()).take(MAX_EXPLANATION).collect())
    }

    async fn name_for(&mut self, text: &str, domain: &str) -> String {
        if macros::needs_name(text) { self.names.best_for(self.dns, domain).await } else { String::new() }
    }

    fn values<'v>(&'v self, domain: &'v str, name: &'v str) -> Values<'v> {
        Values {
            local: self.query.local,
            sender_domain: self.query.domain,
            domain,
            client: self.query.client,
            helo: self.query.helo,
            receiver: self.query.receiver,
            name,
        }
    }

    fn count(&mut self) -> Result<(), Stop> {
        if self.lookups >= MAX_LOOKUPS {
            return Err(Stop::Permanent(format!("more than {MAX_LOOKUPS} terms that ask DNS")));
        }
        self.lookups = self.lookups.saturating_add(1);
        Ok(())
    }

    fn note<T>(&mut self, found: &Answers<T>) -> Result<(), Stop> {
        if found.records.is_empty() { self.note_void() } else { Ok(()) }
    }

    fn note_void(&mut self) -> Result<(), Stop> {
        if self.void_lookups >= MAX_VOID_LOOKUPS {
            return Err(Stop::Permanent(format!("more than {MAX_VOID_LOOKUPS} terms that ask DNS in vain")));
        }
        self.void_lookups = self.void_lookups.saturating_add(1);
        Ok(())
    }
}

fn is_one_of(client: IpAddr, found: &Answers<IpAddr>, cidr: Cidr) -> bool {
    found.records.iter().any(|address| record::same_network(client, *address, cidr))
}
