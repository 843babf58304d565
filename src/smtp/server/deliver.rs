//! A complete letter → verification → the fields above it → the desk → the reply.

use std::net::IpAddr;

use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};

use super::connection::{Broken, Connection};
use super::incoming::Incoming;
use super::{Shared, now, seconds};
use crate::config::BadFrom;
use crate::desk::receive::{Fate, Transaction, Verdict, dmarc_row};
use crate::desk::{Finding, Reason, SessionFacts};
use crate::mail::Address;
use crate::mail::Letter;
use crate::mail::verify::Arrival;
use crate::smtp::header;
use crate::smtp::policy::{Complete, Refusal, Scanned};
use crate::smtp::session::{Effect, Envelope};
use crate::smtp::trace::{self, Received};

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Behind the last octet of a letter. When the deadline cuts the desk off, its commit may still come to pass: the
    /// client comes again, and the desk recognises the letter.
    pub(super) async fn deliver(&mut self) -> Result<Effect, Broken> {
        let started = Instant::now();
        let (Some(letter), Some(envelope)) = (self.letter.take(), self.session.envelope().cloned()) else {
            return Ok(Effect::Continue);
        };
        let facts = self.session.facts().clone();
        let extended = self.session.is_extended();
        let findings = self.session.findings().to_vec();
        let handing_over = hand_over(&self.shared, letter.incoming, envelope, facts, extended, self.peer, findings);
        let deadline = seconds(self.shared.config.smtp.reply_deadline_seconds);
        let effect = match timeout(deadline, Box::pin(handing_over)).await {
            Ok(Ok(verdict)) => self.session.verdict(&verdict, &mut self.output),
            Ok(Err(refusal)) => self.session.refuse_letter(refusal, now(), &mut self.output),
            Err(_) => self.session.refuse_letter(Reason::Deadline, now(), &mut self.output),
        };
        let flushed = self.flush().await;
        metrics::histogram!("mxdesk_smtp_reply_seconds").record(started.elapsed().as_secs_f64());
        flushed.map(|()| effect)
    }
}

async fn hand_over(
    shared: &Shared,
    incoming: Incoming,
    envelope: Envelope,
    session: SessionFacts,
    extended: bool,
    peer: IpAddr,
    findings: Vec<Finding>,
) -> Result<Verdict, Refusal> {
    // Half of the deadline for waiting, so that the other half is left for the work.
    let patience = seconds(shared.config.smtp.reply_deadline_seconds) / 2;
    let (raw, _held) = incoming.load(patience).await?;
    if let Some(reason) = offence(&raw, shared.config.smtp.bad_from) {
        return Err(reason.into());
    }
    let arrival = Arrival { peer, helo: &session.helo, mail_from: envelope.from.as_ref() };
    let mut scanned = Scanned {
        peer,
        hostname: None,
        helo: &session.helo,
        from: envelope.from.as_ref().map(Address::to_path).unwrap_or_default(),
        recipients: envelope.recipients.iter().map(|recipient| recipient.address.to_path()).collect(),
        raw: raw.clone(),
    };
    let scan = async {
        if shared.policy.asks_for_reverse_name() {
            scanned.hostname = shared.verifier.reverse_name(peer).await;
        }
        shared.policy.scan(&scanned).await
    };
    let (authentication, scan) = tokio::join!(shared.verifier.verify(arrival, &raw), scan);
    // The letter's octets have one owner again: where a field is cut from them, they are not copied.
    drop(scanned);
    let complete = Complete {
        peer,
        recipients: &envelope.recipients,
        raw: &raw,
        authentication: &authentication,
        findings: &findings,
        scan,
    };
    let judged = shared.policy.letter(&complete).map_err(|refusal| {
        let sender_domain = envelope.from.as_ref().map_or("", Address::domain);
        refusal.counting(dmarc_row(&authentication, peer, sender_domain, Fate::Refused))
    })?;
    shared.policy.greylist(&shared.desk, &complete, envelope.from.as_ref(), now()).await?;
    let is_good = judged.findings.is_empty();
    let received = Received {
        hostname: &shared.config.hostname,
        peer,
        extended,
        smtputf8: envelope.smtputf8,
        from: envelope.from.as_ref(),
        at: Timestamp::now(),
    };
    let trace_header = trace::header(&received, &session, &authentication);
    let verdict = shared
        .desk
        .receive(Transaction {
            session,
            mail_from: envelope.from,
            recipients: envelope.recipients,
            dsn: envelope.dsn,
            require_tls: envelope.require_tls,
            // Signatures have been checked over what came; what is kept has no field that another wrote in our name.
            raw: header::without_claims(raw, &shared.config.hostname),
            trace_header,
            authentication,
            judged,
        })
        .await;
    if is_good && matches!(verdict, Verdict::Accepted { .. }) {
        shared.policy.was_good(peer);
    }
    Ok(verdict)
}

/// Why a complete letter is refused before anything is asked about it.
fn offence(raw: &[u8], bad_from: BadFrom) -> Option<Reason> {
    if header::size(raw) > header::MAX_HEADER {
        Some(Reason::HeaderTooLarge)
    } else if header::hops(raw) > header::MAX_HOPS {
        Some(Reason::Loop)
    } else if bad_from == BadFrom::Reject && !Letter::has_one_from(&raw[..header::size(raw)]) {
        Some(Reason::BadFrom)
    } else {
        None
    }
}
