//! Writes the ledger: one line per recipient, found by time, sender, its domain, recipient, Message-ID, ticket and peer.

use super::arrival::Arrival;
use super::bounds::{ADDRESS, MESSAGE_ID, SHORT, cut};
use super::plan::{Expect, Plan};
use crate::desk::clock::now_ms;
use crate::desk::codec::encode;
use crate::desk::{Desk, DeskError, KnownId, LedgerLine, Reason, keys, score};
use crate::mail::report::DmarcRow;
use crate::store::{Batch, Durability, Key};

/// Lines of one batch.
const LINES: usize = 200;
/// The reply of a line, in octets: one reply line of SMTP (RFC 5321 §4.5.3.1.5).
const REPLY: usize = 512;
/// Findings of a line: one per stage, each of bounded length.
pub(super) const FINDINGS: usize = 20;

impl Desk {
    /// Writes ledger lines of what did not become a ticket (refused recipients, broken sessions); not synced. A failure is
    /// logged, not returned: the client's answer does not depend on it. What [`Desk::receive`] answers, it has recorded itself.
    pub async fn record(&self, lines: Vec<LedgerLine>) {
        self.record_refused(lines, Vec::new()).await;
    }

    /// As [`Desk::record`], with the letters that were refused for good: each is counted for the report that its From domain may ask
    /// for (RFC 7489 §7.2), in the commit of the first 200 lines.
    pub async fn record_refused(&self, lines: Vec<LedgerLine>, mut letters: Vec<DmarcRow>) {
        if !self.inner.settings.count_dmarc {
            letters.clear();
        }
        if lines.is_empty() && letters.is_empty() {
            return;
        }
        let (first, rest) = lines.split_at(lines.len().min(LINES));
        for lines in std::iter::once(first).chain(rest.chunks(LINES)) {
            if let Err(error) = self.write_lines(lines, std::mem::take(&mut letters)).await {
                tracing::error!(%error, lines = lines.len(), "ledger lines were not written");
            }
        }
    }

    async fn write_lines(&self, lines: &[LedgerLine], letters: Vec<DmarcRow>) -> Result<(), DeskError> {
        let mut plan = Plan::default();
        for letter in letters {
            self.count_letter(Some(letter), now_ms(), &mut plan);
        }
        for line in lines {
            let sequence = self.inner.ids.next(&*self.inner.store).await?;
            add(line, sequence, &mut plan);
        }
        let mut batch = Batch::new();
        batch.durability(Durability::Buffered);
        plan.write(&mut batch);
        // Letters of too many kinds leave nothing behind.
        if !batch.is_empty() {
            self.inner.store.commit(batch).await?;
        }
        Ok(())
    }
}

/// What a line says besides who and whom.
#[derive(Clone, Copy)]
pub(super) struct Ending<'a> {
    /// Why.
    pub reason: Reason,
    /// The whole reply.
    pub reply: &'a str,
    /// The rule that decided.
    pub rule: Option<u64>,
    /// The ticket.
    pub ticket: Option<u64>,
}

/// One line for each recipient of one share of a letter.
pub(super) fn lines<'a>(
    arrival: &'a Arrival,
    share: usize,
    ending: Ending<'a>,
) -> impl Iterator<Item = LedgerLine> + use<'a> {
    let verdict = LedgerLine::verdict_of(ending.reason);
    let findings = &arrival.judged.findings;
    arrival.shares[share].recipients.iter().map(move |recipient| LedgerLine {
        at: arrival.at,
        session: arrival.session.id,
        peer: arrival.session.peer.clone(),
        helo: arrival.session.helo.clone(),
        tls: arrival.session.tls.as_ref().map(|tls| tls.version.clone()),
        sender: arrival.envelope_from.clone(),
        recipient: recipient.address.key(),
        verdict,
        reason: ending.reason,
        reply: ending.reply.to_owned(),
        rule: ending.rule,
        ticket: ending.ticket,
        message_id: arrival.reading.letter.message_id.clone(),
        score: score(findings),
        findings: findings.clone(),
        count: None,
    })
}

/// The rows of one line, of bounded size.
pub(super) fn add(line: &LedgerLine, sequence: u64, plan: &mut Plan) {
    let line = bounded(line);
    plan.put(keys::ledger(line.at, sequence), encode(&line), Expect::Anything);
    for key in index_keys(&line, sequence) {
        plan.put(key, Vec::new(), Expect::Anything);
    }
}

/// The rows by which a line, as it is stored, is found.
pub(in crate::desk) fn index_keys(line: &LedgerLine, sequence: u64) -> Vec<Key> {
    let mut rows = Vec::with_capacity(6);
    if !line.sender.is_empty() {
        rows.push(keys::ledger_sender(&line.sender, line.at, sequence));
    }
    if let Some((_, domain)) = line.sender.rsplit_once('@') {
        rows.push(keys::ledger_domain(domain, line.at, sequence));
    }
    if !line.recipient.is_empty() {
        rows.push(keys::ledger_recipient(&line.recipient, line.at, sequence));
    }
    if let Some(id) = &line.message_id {
        rows.push(keys::ledger_message_id(&KnownId::hash(id), line.at, sequence));
    }
    if let Some(ticket) = line.ticket {
        rows.push(keys::ledger_ticket(ticket, line.at, sequence));
    }
    if let Some(address) = line.peer_address() {
        rows.push(keys::ledger_peer(&address.to_string(), line.at, sequence));
    }
    rows
}

fn bounded(line: &LedgerLine) -> LedgerLine {
    LedgerLine {
        peer: cut(&line.peer, SHORT).to_owned(),
        helo: cut(&line.helo, SHORT).to_owned(),
        tls: line.tls.as_deref().map(|tls| cut(tls, SHORT).to_owned()),
        sender: cut(&line.sender, ADDRESS).to_owned(),
        recipient: cut(&line.recipient, ADDRESS).to_owned(),
        reply: cut(&line.reply, REPLY).to_owned(),
        message_id: line.message_id.as_deref().map(|id| cut(id, MESSAGE_ID).to_owned()),
        findings: line.findings.iter().take(FINDINGS).cloned().collect(),
        ..*line
    }
}
