//! The confirmed reverse names of the client, for `ptr` and `%{p}` (RFC 7208 §5.5, §7.3). Found once for an evaluation.

use std::net::IpAddr;

use super::evaluate::MAX_NAMES;
use crate::mail::dns::Dns;

/// `%{p}` where there is none.
const UNKNOWN: &str = "unknown";

pub(super) struct Names {
    client: IpAddr,
    /// Claimed names; `None` until they are asked for. Trouble with DNS leaves none.
    claimed: Option<Vec<Claim>>,
}

struct Claim {
    name: String,
    /// Whether the name leads back to the client; `None` until that is asked.
    is_confirmed: Option<bool>,
}

impl Names {
    pub(super) fn new(client: IpAddr) -> Self {
        Self { client, claimed: None }
    }

    /// Whether the client has no reverse name.
    pub(super) async fn are_void(&mut self, dns: &Dns) -> bool {
        self.claims(dns).await.is_empty()
    }

    /// Whether a confirmed name is this domain or lies below it.
    pub(super) async fn any_confirmed_below(&mut self, dns: &Dns, domain: &str) -> bool {
        self.first_confirmed(dns, |name| is_at_or_below(name, domain)).await.is_some()
    }

    /// A confirmed name: the domain itself, else one below it, else any.
    pub(super) async fn best_for(&mut self, dns: &Dns, domain: &str) -> String {
        if let Some(name) = self.first_confirmed(dns, |name| name.eq_ignore_ascii_case(domain)).await {
            return name;
        }
        if let Some(name) = self.first_confirmed(dns, |name| is_at_or_below(name, domain)).await {
            return name;
        }
        self.first_confirmed(dns, |_| true).await.unwrap_or_else(|| UNKNOWN.to_owned())
    }

    async fn first_confirmed(&mut self, dns: &Dns, is_wanted: impl Fn(&str) -> bool) -> Option<String> {
        let client = self.client;
        for claim in self.claims(dns).await.iter_mut().filter(|claim| is_wanted(&claim.name)) {
            let is_confirmed = match claim.is_confirmed {
                Some(known) => known,
                None => {
                    let found = dns.addresses_like(&claim.name, client).await;
                    let is_confirmed = found.is_ok_and(|found| found.records.contains(&client));
                    claim.is_confirmed = Some(is_confirmed);
                    is_confirmed
                }
            };
            if is_confirmed {
                return Some(claim.name.clone());
            }
        }
        None
    }

    async fn claims(&mut self, dns: &Dns) -> &mut Vec<Claim> {
        let claimed = match self.claimed.take() {
            Some(claimed) => claimed,
            None => {
                let names = dns.pointers(self.client).await.map(|found| found.records).unwrap_or_default();
                names.into_iter().take(MAX_NAMES).map(|name| Claim { name, is_confirmed: None }).collect()
            }
        };
        self.claimed.insert(claimed)
    }
}

fn is_at_or_below(name: &str, domain: &str) -> bool {
    name.len()
        .checked_sub(domain.len())
        .and_then(|at| name.split_at_checked(at))
        .is_some_and(|(above, end)| end.eq_ignore_ascii_case(domain) && (above.is_empty() || above.ends_with('.')))
}
