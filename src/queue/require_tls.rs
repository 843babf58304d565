//! What a letter with REQUIRETLS demands of the servers on its way (RFC 8689 §4.2.1), beyond what the way demands itself.
//!
//! Promises: such a letter is said to nobody but a server whose name is the one that the recipient's domain names, whose
//! certificate verifies (by name, or by DANE), and that offers REQUIRETLS inside TLS. Where no server can have it, the delivery
//! fails for good, with 5.7.10 where it was TLS that could not be had and 5.7.30 otherwise. What may be otherwise in a while
//! (a server that cannot be reached, DNS that does not answer) is tried again like any delivery.
//! Leaves to others: who demands it (`desk`), and the handshake (`tls`).

use super::net::Net;
use super::route::NoRoute;
use super::runner::Shared;
use super::session::{Hop, Unopened};
use super::sts;
use super::tls::Policy;
use super::way::{Next, Way};
use crate::desk::StsPolicy;

/// The policy towards a server as the letter demands it; as it is where the letter demands nothing. `Err` where this server
/// cannot have the letter, whatever it says.
///
/// The name of a mail host is worth no more than the answer that it came from: where it is not the domain's own name, DNSSEC or
/// the domain's MTA-STS policy (in force or tried out: both are fetched over verified HTTPS) must vouch for it. A smarthost's
/// name is the administrator's word.
pub(super) async fn policy<N: Net>(
    shared: &Shared<N>,
    way: &Way,
    host: &str,
    sts: Option<&StsPolicy>,
    policy: Policy,
) -> Result<Policy, NoRoute> {
    if !way.require_tls {
        return Ok(policy);
    }
    let Some(policy) = policy.with_require_tls() else {
        return Err(NoRoute::Never("5.7.10 Encryption needed: by setting, this way goes without TLS".to_owned()));
    };
    let Next::Domain(domain) = &way.next else { return Ok(policy) };
    if domain.eq_ignore_ascii_case(host) || sts.is_some_and(|sts| sts::names(sts, host)) {
        return Ok(policy);
    }
    match shared.dns.has_signed_exchange(domain, host).await {
        Ok(true) => Ok(policy),
        Ok(false) if shared.sts_failures.is_recent(domain, shared.net.now_ms()) => Err(NoRoute::NotNow(format!(
            "the MTA-STS policy of {domain}, which could vouch for {host}, cannot be had now"
        ))),
        Ok(false) => Err(NoRoute::Never(format!(
            "5.7.30 REQUIRETLS needed: neither DNSSEC nor an MTA-STS policy vouches for {host} as a mail host of {domain}"
        ))),
        Err(error) => Err(NoRoute::NotNow(error.to_string())),
    }
}

/// Whether trying again later is of no use for a letter with REQUIRETLS.
pub(super) fn is_for_good(error: &Unopened) -> bool {
    match error {
        Unopened::NoTls { is_for_now, .. } => !is_for_now,
        Unopened::NoRequireTls { .. } => true,
        Unopened::Refused(_) | Unopened::NotConnected(_) | Unopened::Broken(_) | Unopened::NotSignedIn(_) => false,
    }
}

/// The words of a failure, with the status code that RFC 8689 §4.2.1 asks for.
pub(super) fn words(hop: &Hop, error: &Unopened) -> String {
    match error {
        Unopened::NoTls { why, .. } if hop.policy.require_tls => format!("5.7.10 Encryption needed: {why}"),
        _ => error.to_string(),
    }
}
