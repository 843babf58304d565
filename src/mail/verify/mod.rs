//! SPF, DKIM, DMARC, ARC and iprev for one letter.
//!
//! Promises: an answer within the deadline; what could not be found out by then is `TempError`. At most eight DKIM
//! signatures are checked. DMARC needs exactly one `From` field with one address. Answers of DNS are cached raw, by their
//! TTL, so that no method can spoil another's. This room and `dkim` are the only ones that know mail-auth, which verifies
//! signatures and seals; `spf` and `dmarc` are ours.
//! Leaves to others: what follows from the results (`rules`, `desk`).

mod author;
mod chain;
mod facts;
mod forwarded;
mod header;
mod keys;
mod reverse;
mod signatures;
mod tags;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mail_auth::{AuthenticatedMessage, MessageAuthenticator, Parameters};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::{Instant, timeout, timeout_at};

use super::dmarc::Identifier;
use super::dns::Dns;
use super::{Address, ArcFact, AuthResult, Authentication, DkimFact, DmarcFact, ForwarderFact, IprevFact, SpfFact};
use super::{dmarc, spf};
use crate::config::Trust;
use chain::Chain;
use keys::Keys;

/// Octets of a letter beyond which hashing it takes a worker too long.
const LARGE_LETTER: usize = 256 * 1024;

/// Verifies letters. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

struct Inner {
    dns: Dns,
    /// mail-auth's verifier. It finds every key that we asked for, and asks nobody itself.
    authenticator: Result<MessageAuthenticator, String>,
    hostname: String,
    deadline: Duration,
    trust: Trust,
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

/// What the peer's address and names say.
struct Origin {
    iprev: IprevFact,
    spf: SpfFact,
    forwarder: Option<ForwarderFact>,
}

/// What signatures and seals say.
struct Signed {
    dkim: Vec<DkimFact>,
    arc: ArcFact,
}

impl Verifier {
    /// A verifier that writes `hostname` as its authserv-id and trusts nobody.
    pub fn new(dns: Dns, hostname: &str, deadline: Duration) -> Self {
        Self::trusting(dns, hostname, deadline, Trust::default())
    }

    /// A verifier that believes these sealers and forwarders.
    pub fn trusting(dns: Dns, hostname: &str, deadline: Duration, trust: Trust) -> Self {
        let (config, options) = dns.config();
        let authenticator = MessageAuthenticator::new(config, options).map_err(|error| error.to_string());
        Self { inner: Arc::new(Inner { dns, authenticator, hostname: hostname.to_owned(), deadline, trust }) }
    }

    /// All methods' results. Never fails: trouble with DNS, or the deadline, is `TempError` in the results.
    pub async fn verify(&self, arrival: Arrival<'_>, raw: &[u8]) -> Authentication {
        Box::pin(self.inner.verify(arrival, raw)).await
    }

    /// The peer's reverse name, where it leads back to the peer within the deadline (RFC 8601 §3).
    pub async fn reverse_name(&self, peer: IpAddr) -> Option<String> {
        timeout(self.inner.deadline, reverse::check(&self.inner.dns, peer)).await.ok()?.name
    }
}

impl Inner {
    async fn verify(&self, arrival: Arrival<'_>, raw: &[u8]) -> Authentication {
        let deadline = Instant::now() + self.deadline;
        let (message, candidates, refused) = parse(raw);
        let message = message.as_ref();
        let (origin, signed) = tokio::join!(
            Box::pin(self.origin(&arrival, message, deadline)),
            Box::pin(self.signed(message, candidates, refused, deadline)),
        );
        let Origin { iprev, spf, forwarder } = origin;
        let Signed { dkim, mut arc } = signed;
        let author = message.and_then(|message| author::domain(message, raw));
        let mut dmarc = match &author {
            None => facts::no_single_from(),
            Some(author) => self.dmarc(author, &spf, &dkim, deadline).await,
        };
        if let (Some(message), Some(author)) = (message, &author) {
            // A forwarder's own seal bears the domain that its confirmed name lies in.
            let own = iprev.name.as_deref().filter(|_| forwarder.is_some());
            self.believe(message, author, own, &mut arc, &mut dmarc);
        }
        let mut found = Authentication { spf, dkim, dmarc, arc, iprev, header: String::new(), forwarder };
        found.header = header::value(&self.hostname, &arrival, &found);
        found
    }

    /// The reverse name, then SPF for the peer, or for who gave a trusted forwarder the letter.
    async fn origin(
        &self,
        arrival: &Arrival<'_>,
        message: Option<&AuthenticatedMessage<'_>>,
        deadline: Instant,
    ) -> Origin {
        let late = IprevFact { result: AuthResult::TempError, name: None };
        let iprev = timeout_at(deadline, reverse::check(&self.dns, arrival.peer));
        let helo = self.helo(arrival, deadline);
        let peer = self.spf(arrival, arrival.peer, arrival.helo, deadline);
        if self.trust.forwarders.is_empty() {
            let (iprev, helo, outcome) = tokio::join!(iprev, helo, peer);
            let spf = facts::spf(outcome, checked_domain(arrival), helo);
            return Origin { iprev: iprev.unwrap_or(late), spf, forwarder: None };
        }
        let (iprev, helo) = tokio::join!(iprev, helo);
        let iprev = iprev.unwrap_or(late);
        let forwarded = async {
            let entry = forwarded::entry(&self.dns, &self.trust, arrival, &iprev).await?;
            Some(forwarded::origin(&self.dns, &self.trust, entry, message).await)
        };
        let Some((forwarder, client)) = timeout_at(deadline, forwarded).await.ok().flatten() else {
            return Origin { iprev, spf: facts::spf(peer.await, checked_domain(arrival), helo), forwarder: None };
        };
        let client_helo = forwarder.helo.clone().unwrap_or_default();
        let outcome = match client {
            Some(client) => self.spf(arrival, client, &client_helo, deadline).await,
            None => spf::Outcome::default(),
        };
        let spf = forgive(facts::spf(outcome, checked_domain(arrival), helo), &forwarder);
        Origin { iprev, spf, forwarder: Some(forwarder) }
    }

    async fn spf(&self, arrival: &Arrival<'_>, client: IpAddr, helo: &str, deadline: Instant) -> spf::Outcome {
        let local = arrival.mail_from.map_or("", Address::local);
        let query = spf::Query { client, helo, local, domain: checked_domain(arrival), receiver: &self.hostname };
        timeout_at(deadline, spf::check(&self.dns, query)).await.unwrap_or_else(|_| facts::late_spf())
    }

    /// The HELO identity (RFC 7208 §2.3); `None` where it is what is checked anyway.
    async fn helo(&self, arrival: &Arrival<'_>, deadline: Instant) -> Option<AuthResult> {
        arrival.mail_from?;
        let domain = arrival.helo;
        let query = spf::Query { client: arrival.peer, helo: domain, local: "", domain, receiver: &self.hostname };
        match timeout_at(deadline, spf::check(&self.dns, query)).await {
            Ok(outcome) => Some(outcome.result),
            Err(_) => Some(AuthResult::TempError),
        }
    }

    async fn signed(
        &self,
        message: Option<&AuthenticatedMessage<'_>>,
        candidates: Vec<signatures::Candidate>,
        refused: Vec<DkimFact>,
        deadline: Instant,
    ) -> Signed {
        let Some(message) = message else { return Signed { dkim: Vec::new(), arc: ArcFact::default() } };
        let chain = chain::examine(message);
        let mut names: BTreeSet<String> = candidates.iter().map(signatures::key_name).collect();
        if matches!(chain, Chain::Sets) {
            chain::key_names(message, &mut names);
        }
        if names.is_empty() && !matches!(chain, Chain::Broken(_)) {
            return Signed { dkim: refused, arc: ArcFact::default() };
        }
        let authenticator = match &self.authenticator {
            Ok(authenticator) => authenticator,
            Err(why) => return Signed { dkim: refused, arc: chain::unverified(AuthResult::TempError, why) },
        };
        let keys = Keys::fetch(&self.dns, names, deadline).await;
        let dkim = if candidates.is_empty() {
            refused
        } else {
            let outputs = authenticator.verify_dkim(Parameters::new(message).with_cache(&keys)).await;
            signatures::facts(candidates, refused, &outputs, &keys, message.raw_body())
        };
        let arc = match chain {
            Chain::None => ArcFact::default(),
            Chain::Broken(why) => chain::unverified(AuthResult::Fail, why),
            Chain::Sets => {
                let output = authenticator.verify_arc(Parameters::new(message).with_cache(&keys)).await;
                chain::fact(&output, &keys)
            }
        };
        Signed { dkim, arc }
    }

    async fn dmarc(&self, author: &str, spf: &SpfFact, dkim: &[DkimFact], deadline: Instant) -> DmarcFact {
        let spf_domain = spf.domain.to_ascii_lowercase();
        let mut identifiers = vec![Identifier::Spf(&spf_domain, spf.result)];
        identifiers.extend(dkim.iter().map(|signature| Identifier::Dkim(&signature.domain, signature.result)));
        let outcome = timeout_at(deadline, dmarc::evaluate(&self.dns, author, &identifiers)).await;
        facts::dmarc(outcome.unwrap_or_else(|_| facts::late_dmarc()), author)
    }

    /// A whole chain that only trusted sealers had in their hands since the letter passed DMARC gives it its pass back.
    fn believe(
        &self,
        message: &AuthenticatedMessage<'_>,
        author: &str,
        forwarder: Option<&str>,
        arc: &mut ArcFact,
        dmarc: &mut DmarcFact,
    ) {
        if arc.result != AuthResult::Pass {
            return;
        }
        let is_trusted = |sealer: &str| {
            self.trust.seals(sealer) || forwarder.is_some_and(|name| forwarded::is_at_or_below(name, sealer))
        };
        arc.trusted = arc.sealers.last().is_some_and(|sealer| is_trusted(sealer));
        let is_lost = matches!(dmarc.result, AuthResult::Fail | AuthResult::TempError);
        if !arc.trusted || !is_lost {
            return;
        }
        if let Some(sealer) = chain::witness(message, &arc.sealers, author, is_trusted) {
            let was = dmarc.reason.take().unwrap_or_default();
            dmarc.result = AuthResult::Pass;
            dmarc.reason = Some(facts::text(&format!("by the word of {sealer}, who sealed it; here {was}")));
            dmarc.restored_by = Some(sealer);
        }
    }
}

/// RFC 7208 §2.4: the HELO name stands for the null sender.
fn checked_domain<'a>(arrival: &Arrival<'a>) -> &'a str {
    arrival.mail_from.map_or(arrival.helo, Address::domain)
}

/// What comes through a trusted forwarder is not punished for its way.
fn forgive(spf: SpfFact, forwarder: &ForwarderFact) -> SpfFact {
    let client = forwarder.client.as_deref().unwrap_or("an unknown client");
    let via = format!("for {client}, through the trusted forwarder {}", forwarder.entry);
    match spf.result {
        AuthResult::Fail | AuthResult::SoftFail | AuthResult::PermError => {
            let reason = Some(facts::text(&format!("not held against it {via}")));
            SpfFact { result: AuthResult::Neutral, reason, forgiven: Some(spf.result), ..spf }
        }
        _ => {
            let reason = spf.reason.map_or_else(|| via.clone(), |why| format!("{why}; {via}"));
            SpfFact { reason: Some(facts::text(&reason)), ..spf }
        }
    }
}

/// Parses the letter and hashes its body for the signatures that will be checked.
fn parse(raw: &[u8]) -> (Option<AuthenticatedMessage<'_>>, Vec<signatures::Candidate>, Vec<DkimFact>) {
    let parse = || {
        let is_strict = signatures::has_many_lengths(raw);
        let Some(mut message) = AuthenticatedMessage::parse_with_opts(raw, None, is_strict) else {
            return (None, Vec::new(), Vec::new());
        };
        let (candidates, refused) = signatures::select(&mut message);
        (Some(message), candidates, refused)
    };
    // Hashing borrows the letter, so it cannot move to another thread; the worker's other tasks can.
    let can_block = Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if raw.len() > LARGE_LETTER && can_block { tokio::task::block_in_place(parse) } else { parse() }
}

#[cfg(test)]
mod tests;
