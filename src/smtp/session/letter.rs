//! DATA, BDAT and what the desk answers.

use super::{Chunk, Effect, Session, World};
use crate::desk::Reason;
use crate::desk::receive::Verdict;
use crate::smtp::policy::Refusal;
use crate::smtp::reply::Reply;

impl Session {
    /// RFC 5321 §4.1.1.4. Where the letter is not wanted and octets stand behind the command already, they are the letter's
    /// text: they must not be taken for commands, so the session ends.
    pub(super) fn data(&mut self, world: &World<'_>, output: &mut Vec<u8>) -> Effect {
        let refusal =
            if self.chunked { Some(Reply::new(503, "5.5.1", "DATA and BDAT do not mix")) } else { self.not_ready() };
        if let Some(reply) = refusal {
            if world.more_input {
                return self.end(Reason::Pipelining, world.now, output);
            }
            return self.error(reply, output);
        }
        Reply::new(354, "", "Start mail input; end with <CRLF>.<CRLF>").write_to(output);
        Effect::ReadLetter
    }

    /// RFC 3030 §2: the chunk is read in any case, its reply follows behind it.
    pub(super) fn bdat(&mut self, octets: usize, last: bool) -> Effect {
        let refusal = self.not_ready();
        let keep = refusal.is_none();
        self.chunked |= keep;
        self.chunk = Some(Chunk { last, refusal });
        Effect::ReadChunk { octets, keep, last }
    }

    /// The octets of a chunk have been read.
    pub(in crate::smtp) fn chunk_read(&mut self, offence: Option<Reason>, now: u64, output: &mut Vec<u8>) -> Effect {
        let Some(chunk) = self.chunk.take() else { return Effect::Continue };
        if let Some(reply) = chunk.refusal {
            return self.error(reply, output);
        }
        if let Some(reason) = offence {
            return self.refuse_letter(reason, now, output);
        }
        if chunk.last {
            return Effect::Deliver;
        }
        Reply::new(250, "2.0.0", "OK").write_to(output);
        Effect::Continue
    }

    /// The letter cannot be taken: says why, notes it for every recipient, forgets the transaction. Closes where the client
    /// and the server may not agree about where the letter ended.
    pub(in crate::smtp) fn refuse_letter(
        &mut self,
        refusal: impl Into<Refusal>,
        now: u64,
        output: &mut Vec<u8>,
    ) -> Effect {
        let refusal = refusal.into();
        let reply = refusal.reply();
        self.note_letter_refusal(&refusal, &reply.line(), now);
        self.reset();
        reply.write_to(output);
        match reply.code {
            421 | 521 => Effect::Close,
            _ => Effect::Continue,
        }
    }

    /// What the desk answered. It has written the ledger's lines itself.
    pub(in crate::smtp) fn verdict(&mut self, verdict: &Verdict, output: &mut Vec<u8>) -> Effect {
        self.brought_letter();
        match verdict {
            Verdict::Accepted { .. } => {
                self.errors = 0;
                self.idle_commands = 0;
                metrics::counter!("mxdesk_smtp_letters_total").increment(1);
            }
            Verdict::Refused { reason, .. } => super::ledger::count(*reason),
        }
        output.extend_from_slice(verdict.reply().as_bytes());
        output.extend_from_slice(b"\r\n");
        self.reset();
        Effect::Continue
    }

    /// Why no letter can come now.
    fn not_ready(&self) -> Option<Reply> {
        match &self.envelope {
            None => Some(Reply::new(503, "5.5.1", "Say MAIL and RCPT first")),
            Some(envelope) if envelope.recipients.is_empty() => Some(Reply::new(554, "5.5.1", "No valid recipients")),
            Some(_) => None,
        }
    }
}
