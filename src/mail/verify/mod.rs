//! SPF, DKIM, DMARC, ARC and iprev for one letter, by mail-auth over [`Dns`].
//!
//! Promises: an answer within the deadline; what could not be found out by then is `TempError`. At most eight DKIM
//! signatures are checked. DMARC needs exactly one `From` field with one address. Answers of DNS are cached, each
//! method's TXT records for itself. This room and `dkim` are the only ones that know mail-auth.
//! Leaves to others: what follows from the results (`rules`, `desk`).

mod cache;
mod facts;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mail_auth::crypto::Algorithm;
use mail_auth::dkim::DkimError;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{AuthenticatedMessage, AuthenticationResults, MessageAuthenticator, Parameters, SpfOutput, SpfResult};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::{Instant, timeout_at};

use super::dns::Dns;
use super::{Address, ArcFact, AuthResult, Authentication, DkimFact, IprevFact};
use cache::Caches;

/// Signatures that are checked; a letter may bring any number.
const MAX_SIGNATURES: usize = 8;
/// Octets of a letter beyond which hashing it takes a worker too long.
const LARGE_LETTER: usize = 256 * 1024;

/// Verifies letters. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

struct Inner {
    authenticator: Result<MessageAuthenticator, String>,
    caches: Caches,
    hostname: String,
    deadline: Duration,
}

/// What is known of a letter's way to us.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The peer's address.
    pub peer: IpAddr,
    /// The EHLO or HELO argument.
    pub helo: &'a str,
    /// The envelope sender; `None` for the null sender.
    pub mail_from: Option<&'a Address>,
}

impl Verifier {
    /// A verifier that writes `hostname` as its authserv-id.
    pub fn new(dns: Dns, hostname: &str, deadline: Duration) -> Self {
        let (config, options) = dns.config();
        let authenticator = MessageAuthenticator::new(config, options).map_err(|error| error.to_string());
        Self {
            inner: Arc::new(Inner { authenticator, caches: Caches::new(), hostname: hostname.to_owned(), deadline }),
        }
    }

    /// All methods' results. Never fails: trouble with DNS, or the deadline, is `TempError` in the results.
    pub async fn verify(&self, arrival: Arrival<'_>, raw: &[u8]) -> Authentication {
        let inner = &*self.inner;
        match &inner.authenticator {
            Ok(authenticator) => Box::pin(inner.verify(authenticator, arrival, raw)).await,
            Err(why) => facts::nothing_known(why),
        }
    }
}

impl Inner {
    async fn verify(&self, authenticator: &MessageAuthenticator, arrival: Arrival<'_>, raw: &[u8]) -> Authentication {
        let deadline = Instant::now() + self.deadline;
        let message = parse(raw);
        let sender = arrival.mail_from.map(Address::as_str).unwrap_or_default();
        let spf_parameters = match arrival.mail_from {
            Some(_) => SpfParameters::mail_from(arrival.peer, arrival.helo, &self.hostname, sender),
            None => SpfParameters::helo(arrival.peer, arrival.helo, &self.hostname),
        };
        let spf_domain = arrival.mail_from.map_or(arrival.helo, Address::domain);

        let spf = timeout_at(
            deadline,
            authenticator.verify_spf(Parameters::new(spf_parameters).with_cache(&self.caches.spf)),
        );
        let iprev = timeout_at(
            deadline,
            authenticator.verify_iprev(Parameters::new(arrival.peer).with_cache(&self.caches.spf)),
        );
        let dkim = async {
            let message = message.as_ref().filter(|message| has_signatures(message))?;
            let verify = authenticator.verify_dkim(Parameters::new(message).with_cache(&self.caches.keys));
            Some(timeout_at(deadline, verify).await)
        };
        let arc = async {
            let message = message.as_ref().filter(|message| !message.arc_message_signatures().is_empty())?;
            let verify = authenticator.verify_arc(Parameters::new(message).with_cache(&self.caches.keys));
            Some(timeout_at(deadline, verify).await)
        };
        let (spf, iprev, dkim, arc) = tokio::join!(spf, iprev, dkim, arc);

        let mut results = AuthenticationResults::new(&self.hostname);
        let spf_output =
            spf.unwrap_or_else(|_| SpfOutput::new(spf_domain.to_owned()).with_result(SpfResult::TempError));
        results.set_spf_result(&spf_output, &spf_parameters);
        let from = message.as_ref().map(AuthenticatedMessage::first_from_address).unwrap_or_default();
        let is_dkim_late = matches!(dkim, Some(Err(_)));
        let dkim_output = dkim.and_then(Result::ok).unwrap_or_default();
        results.set_dkim_results(&dkim_output, from);
        // Broken fields come first; they must not push out those that could be checked.
        let (checked, broken): (Vec<_>, Vec<_>) = dkim_output.iter().partition(|output| output.signature().is_some());
        let mut dkim: Vec<DkimFact> = checked.into_iter().chain(broken).take(MAX_SIGNATURES).map(facts::dkim).collect();
        if is_dkim_late {
            dkim.extend(
                message.iter().flat_map(AuthenticatedMessage::dkim_signatures).map(|s| facts::late_dkim(&s.header)),
            );
        }
        let arc = match arc {
            None => ArcFact::default(),
            Some(Err(_)) => {
                ArcFact { result: AuthResult::TempError, reason: Some(facts::LATE.to_owned()), ..ArcFact::default() }
            }
            Some(Ok(output)) => {
                results.set_arc_result(&output, arrival.peer);
                facts::arc(&output)
            }
        };
        let iprev = match iprev {
            Err(_) => IprevFact { result: AuthResult::TempError, name: None },
            Ok(output) => {
                results.set_iprev_result(&output, arrival.peer);
                facts::iprev(&output)
            }
        };
        let dmarc = match message.as_ref().filter(|message| has_one_from(message)) {
            None => facts::no_single_from(from),
            Some(message) => {
                let parameters = DmarcParameters::new(message, &dkim_output, spf_domain, &spf_output);
                let verify = authenticator.verify_dmarc(Parameters::new(parameters).with_cache(&self.caches.policies));
                match timeout_at(deadline, verify).await {
                    Err(_) => facts::late_dmarc(from),
                    Ok(output) => {
                        results.set_dmarc_result(&output);
                        facts::dmarc(&output, from, is_dkim_late)
                    }
                }
            }
        };
        Authentication {
            spf: facts::spf(&spf_output),
            dkim,
            dmarc,
            arc,
            iprev,
            header: facts::one_line(&results.to_string()),
        }
    }
}

/// Parses the letter and hashes its body for the signatures that will be checked.
fn parse(raw: &[u8]) -> Option<AuthenticatedMessage<'_>> {
    let parse = || {
        let mut message = AuthenticatedMessage::parse(raw)?;
        let mut kept = 0_usize;
        message.retain_dkim_signatures(|signature| {
            // RFC 8301 §3.1: SHA-1 proves nothing any more.
            kept += usize::from(signature.a != Algorithm::RsaSha1);
            let is_kept = signature.a != Algorithm::RsaSha1 && kept <= MAX_SIGNATURES;
            if is_kept { Ok(()) } else { Err(DkimError::UnsupportedAlgorithm) }
        });
        Some(message)
    };
    // Hashing borrows the letter, so it cannot move to another thread; the worker's other tasks can.
    let can_block = Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if raw.len() > LARGE_LETTER && can_block { tokio::task::block_in_place(parse) } else { parse() }
}

fn has_signatures(message: &AuthenticatedMessage<'_>) -> bool {
    !message.dkim_signatures().is_empty() || message.has_dkim_errors()
}

/// RFC 5322 §3.6.2 with one address; a letter with more could pass for one and show another.
fn has_one_from(message: &AuthenticatedMessage<'_>) -> bool {
    let fields = message.headers().iter().filter(|(name, _)| name.trim_ascii().eq_ignore_ascii_case(b"from")).count();
    fields == 1 && message.from_addresses().len() == 1
}

#[cfg(test)]
mod tests;
