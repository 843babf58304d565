//! What the session notes for the ledger: refusals and broken ends. (The desk notes what it was given.)

use super::Session;
use crate::desk::{LedgerLine, Reason, score};
use crate::mail::Address;
use crate::mail::report::DmarcRow;
use crate::smtp::policy::Refusal;

/// Lines of one session; what it earns beyond them is only counted in the figures.
pub(super) const MAX_LEDGER_LINES: usize = 100;

/// Lines not yet written, and how many there have been.
#[derive(Debug, Default)]
pub(super) struct Notes {
    lines: Vec<LedgerLine>,
    noted: usize,
    /// Refused letters that are not yet counted.
    refused: Vec<DmarcRow>,
    /// The desk was given a letter, and has noted it.
    letter: bool,
}

impl Session {
    /// The lines noted since last asked.
    pub(in crate::smtp) fn take_ledger_lines(&mut self) -> Vec<LedgerLine> {
        std::mem::take(&mut self.notes.lines)
    }

    /// The letters refused since last asked, as reports to their From domains tell of them.
    pub(in crate::smtp) fn take_refused_letters(&mut self) -> Vec<DmarcRow> {
        std::mem::take(&mut self.notes.refused)
    }

    /// The client is gone: noted where it left a transaction behind. Nobody is there to read a reply.
    pub(in crate::smtp) fn lost(&mut self, reason: Reason, now: u64) {
        if self.envelope.is_some() || reason != Reason::Disconnected {
            self.note_letter_refusal(&reason.into(), "", now);
            self.reset();
        }
    }

    /// Notes one refused sender or recipient.
    pub(super) fn note_refusal(&mut self, refusal: &Refusal, sender: Option<&str>, recipient: Option<&str>, now: u64) {
        count(refusal.reason);
        let sender = sender.map_or_else(|| self.sender(), as_key);
        let recipient = recipient.map(as_key).unwrap_or_default();
        self.note(refusal, &refusal.reply().line(), sender, recipient, now);
    }

    /// Notes the same for every recipient of the transaction in hand, or once where there is none.
    pub(super) fn note_letter_refusal(&mut self, refusal: &Refusal, reply: &str, now: u64) {
        count(refusal.reason);
        self.notes.refused.extend(refusal.counted.as_deref().cloned());
        let sender = self.sender();
        let recipients: Vec<String> = match &self.envelope {
            Some(envelope) if !envelope.recipients.is_empty() => {
                envelope.recipients.iter().map(|recipient| recipient.address.key()).collect()
            }
            _ => vec![String::new()],
        };
        for recipient in recipients {
            self.note(refusal, reply, sender.clone(), recipient, now);
        }
    }

    /// The desk was given a letter.
    pub(super) fn brought_letter(&mut self) {
        self.notes.letter = true;
    }

    /// The line of a connection that ends and has no other.
    pub(in crate::smtp) fn without_letter(&mut self, now: u64) -> Option<LedgerLine> {
        if self.notes.noted > 0 || self.notes.letter {
            return None;
        }
        let ended = Refusal::from(Reason::NoLetter);
        self.notes.noted += 1;
        Some(self.line(&ended, "", String::new(), String::new(), now))
    }

    fn note(&mut self, refusal: &Refusal, reply: &str, sender: String, recipient: String, now: u64) {
        if self.notes.noted >= MAX_LEDGER_LINES {
            return;
        }
        self.notes.noted += 1;
        let line = self.line(refusal, reply, sender, recipient, now);
        self.notes.lines.push(line);
    }

    fn line(&self, refusal: &Refusal, reply: &str, sender: String, recipient: String, now: u64) -> LedgerLine {
        let findings = if refusal.findings.is_empty() { &self.findings } else { &refusal.findings };
        LedgerLine {
            at: now,
            session: self.facts.id,
            peer: self.facts.peer.clone(),
            helo: self.facts.helo.clone(),
            tls: self.facts.tls.as_ref().map(|tls| tls.version.clone()),
            sender,
            recipient,
            verdict: LedgerLine::verdict_of(refusal.reason),
            reason: refusal.reason,
            reply: reply.to_owned(),
            rule: None,
            ticket: None,
            message_id: refusal.message_id.clone(),
            score: score(findings),
            findings: findings.clone(),
            count: None,
        }
    }

    fn sender(&self) -> String {
        self.envelope.as_ref().and_then(|envelope| envelope.from.as_ref()).map(Address::key).unwrap_or_default()
    }
}

/// Counts a refusal in the figures.
pub(super) fn count(reason: Reason) {
    metrics::counter!("mxdesk_smtp_refusals_total", "reason" => reason.word()).increment(1);
}

/// What a client wrote as an address, as a key: lower case, cut to 320 octets.
fn as_key(text: &str) -> String {
    text[..text.floor_char_boundary(320)].to_lowercase()
}
