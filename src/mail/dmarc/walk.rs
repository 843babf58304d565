//! The tree walk (RFC 9989 §4.10): records from a domain up to its top-level domain, and what they make of it.

use std::collections::HashMap;

use super::record::{Psd, Record};
use crate::mail::dns::{Dns, DnsError};

/// Labels beyond which the walk leaps, so that no domain costs more than eight questions (RFC 9989 §4.10).
const MAX_LABELS: usize = 8;

/// Records that one evaluation has found: walks of related domains share most of their way.
pub(super) struct Walks<'a> {
    dns: &'a Dns,
    found: HashMap<String, Option<Record>>,
}

/// A record with the name whose policy it is.
pub(super) struct Found<'d> {
    pub domain: &'d str,
    pub record: Record,
}

impl<'a> Walks<'a> {
    pub(super) fn new(dns: &'a Dns) -> Self {
        Self { dns, found: HashMap::new() }
    }

    /// The one record at a name.
    pub(super) async fn record_at(&mut self, domain: &str) -> Result<Option<Record>, DnsError> {
        if let Some(known) = self.found.get(domain) {
            return Ok(known.clone());
        }
        let answers = self.dns.texts(&format!("_dmarc.{domain}")).await?;
        let mut records = answers.records.iter().filter_map(|text| Record::parse(text));
        let record = match (records.next(), records.next()) {
            (record, None) => record,
            _ => None,
        };
        self.found.insert(domain.to_owned(), record.clone());
        Ok(record)
    }

    /// All records on the way up, the domain's own first; a record that says what it is ends the way.
    pub(super) async fn walk<'d>(&mut self, domain: &'d str) -> Result<Vec<Found<'d>>, DnsError> {
        let mut found = Vec::new();
        let mut next = Some(domain);
        while let Some(at) = next {
            if let Some(record) = self.record_at(at).await? {
                let is_last = record.psd != Psd::Unknown;
                found.push(Found { domain: at, record });
                if is_last {
                    break;
                }
            }
            next = above(at);
        }
        Ok(found)
    }

    /// The organisational domain (RFC 9989 §4.10.2).
    pub(super) async fn organisation<'d>(&mut self, domain: &'d str) -> Result<&'d str, DnsError> {
        Ok(organisation_of(domain, &self.walk(domain).await?))
    }
}

/// What a walk that began at `domain` says its organisational domain is.
pub(super) fn organisation_of<'d>(domain: &'d str, found: &[Found<'d>]) -> &'d str {
    let told = found.iter().find_map(|step| match step.record.psd {
        Psd::No => Some(step.domain),
        Psd::Yes if step.domain != domain => Some(one_below(step.domain, domain)),
        _ => None,
    });
    told.or(found.last().map(|step| step.domain)).unwrap_or(domain)
}

/// The next name up: one label less, and never more than seven.
fn above(domain: &str) -> Option<&str> {
    let labels = domain.split('.').count();
    let surplus = if labels >= MAX_LABELS { labels.saturating_sub(MAX_LABELS.saturating_sub(1)) } else { 1 };
    domain.splitn(surplus.saturating_add(1), '.').nth(surplus).filter(|rest| !rest.is_empty())
}

/// The name on the way from `below` to `suffix` that is one label longer than the suffix.
fn one_below<'d>(suffix: &str, below: &'d str) -> &'d str {
    let Some(rest) = below.strip_suffix(suffix).and_then(|rest| rest.strip_suffix('.')) else { return below };
    let start = rest.rfind('.').map_or(0, |dot| dot.saturating_add(1));
    below.get(start..).unwrap_or(below)
}
