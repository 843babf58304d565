//! Greylisting, at the end of the letter: only then DMARC has said whether a known contact writes, who must not wait.

use super::network::network;
use super::{Complete, Policy, Refusal};
use crate::desk::{Desk, GreylistQuestion, GreylistTimes, Reason};
use crate::mail::{Address, AuthResult, Letter};

/// Octets of a header in which From is looked for.
const HEADER: usize = 64 * 1024;

impl Policy {
    /// Asks a first letter to come again, where that is switched on. A store that cannot answer makes nobody wait.
    pub(in crate::smtp) async fn greylist(
        &self,
        desk: &Desk,
        letter: &Complete<'_>,
        sender: Option<&Address>,
        now: u64,
    ) -> Result<(), Refusal> {
        let settings = &self.config.greylist;
        if !settings.enabled || self.trusts(letter.peer) {
            return Ok(());
        }
        let recipients: Vec<String> = letter.recipients.iter().map(|recipient| recipient.address.key()).collect();
        let sender = sender.map(Address::key).unwrap_or_default();
        let from = match letter.authentication.dmarc.result {
            AuthResult::Pass => from(letter.raw),
            _ => None,
        };
        let question = GreylistQuestion {
            network: network(letter.peer),
            sender: &sender,
            recipients: &recipients,
            proven_from: from.as_deref(),
        };
        match desk.must_wait(&question, GreylistTimes::of(settings), now).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(Refusal { message_id: letter.message_id(), ..Reason::Greylisted.into() }),
            Err(error) => {
                tracing::warn!(%error, "the greylist cannot be asked");
                Ok(())
            }
        }
    }
}

/// The From address as key. (That there is exactly one, DMARC has seen to.)
fn from(raw: &[u8]) -> Option<String> {
    let end = memchr::memmem::find(raw, b"\r\n\r\n").map_or(raw.len(), |end| end + 4);
    let letter = Letter::parse(&raw[..end.min(HEADER)]);
    Address::parse(&letter.from?.address).ok().map(|address| address.key())
}
