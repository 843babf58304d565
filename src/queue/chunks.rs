//! A letter in chunks (BDAT, RFC 3030): no dots, no end that a server could see elsewhere.
//!
//! Promises: LAST is said only when every chunk before it was taken, so that no server can have a part of a letter for the whole; the
//! rest of a letter of which a chunk was refused is not sent. Where PIPELINING is offered, the next chunk leaves while the reply to
//! the one before is under way (RFC 3030 §2, RFC 2920 §3.1); never more than two are unanswered.
//! Leaves to others: MAIL and RCPT (`transaction`); what follows from a refusal.

use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite};

use super::dialogue::{Broken, Dialogue};
use super::letter::Wire;
use super::offer::Offer;
use super::patience::Patience;
use super::reply::Reply;
use super::transaction::Marks;

/// Octets of one chunk. Large enough that replies cost nothing, small enough that a refusal is heard early.
pub(super) const CHUNK: usize = 1024 * 1024;

/// Octets of a chunk that are written together with its command.
const FIRST: usize = 16 * 1024;

/// What became of the letter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chunked {
    /// The reply to the whole letter, or a refusal of it. Whether the connection can be used again stands beside it.
    Replied(Reply, bool),
    /// The server does not know BDAT, though it offered it. What it made of the octets behind the command is unknown: they may lie
    /// before it as commands, so nothing more may be said on this connection.
    NotKnown(Reply),
}

/// Sends the letter. The flag beside a [`Broken`] says whether the letter cannot have been taken.
pub(super) async fn send_in_chunks<S: AsyncRead + AsyncWrite + Unpin>(
    dialogue: &mut Dialogue<S>,
    offer: &Offer,
    letter: &Wire,
    patience: &Patience,
    clock: impl Fn() -> u64,
    marks: &mut Marks,
) -> Result<Chunked, (Broken, bool)> {
    let untaken = |why| (why, true);
    let octets = letter.octets();
    // The last chunk is never empty, unless the letter is.
    let (before, last) = octets.split_at(octets.len().saturating_sub(1) / CHUNK * CHUNK);
    let mut unanswered = 0_u32;
    let mut sent = 1_u32;
    for chunk in before.chunks(CHUNK) {
        write_behind(dialogue, format!("BDAT {}\r\n", chunk.len()), chunk, patience).await.map_err(untaken)?;
        unanswered += 1;
        sent = sent.saturating_add(1);
        let ahead = u32::from(offer.pipelining);
        if let Some(refused) = taken(dialogue, &mut unanswered, ahead, patience, &clock, marks).await? {
            return Ok(refused);
        }
    }
    if let Some(refused) = taken(dialogue, &mut unanswered, 0, patience, &clock, marks).await? {
        return Ok(refused);
    }
    marks.chunks = Some(sent);
    // Until its last octet is written, the server has no whole letter; from then on it may have taken it.
    let (body, end) = last.split_at(last.len().saturating_sub(1));
    let head = format!("BDAT {} LAST\r\n", last.len());
    write_behind(dialogue, head, body, patience).await.map_err(untaken)?;
    let taken = |why| (why, false);
    dialogue.write(end, patience.block).await.map_err(taken)?;
    let reply = dialogue.reply(patience.end).await.map_err(taken)?;
    marks.ended = Some(Instant::now());
    marks.end_ms = Some(clock());
    if reply.is_positive() {
        return Ok(Chunked::Replied(reply, true));
    }
    if is_unknown(&reply) {
        return Ok(Chunked::NotKnown(reply));
    }
    // RFC 3030 §2: what failed must be reset.
    let is_reset = matches!(dialogue.command("RSET", patience.command).await, Ok(reset) if reset.is_positive());
    Ok(Chunked::Replied(reply, is_reset))
}

/// Reads replies until no more than `ahead` are missing. Answers the first refusal.
async fn taken<S: AsyncRead + AsyncWrite + Unpin>(
    dialogue: &mut Dialogue<S>,
    unanswered: &mut u32,
    ahead: u32,
    patience: &Patience,
    clock: &impl Fn() -> u64,
    marks: &mut Marks,
) -> Result<Option<Chunked>, (Broken, bool)> {
    while *unanswered > ahead {
        let reply = dialogue.reply(patience.block).await.map_err(|why| (why, true))?;
        *unanswered -= 1;
        marks.data_ms.get_or_insert_with(clock);
        if is_unknown(&reply) {
            return Ok(Some(Chunked::NotKnown(reply)));
        }
        if !reply.is_positive() {
            // In the middle of a letter; the connection goes, so that nothing of it is left there.
            return Ok(Some(Chunked::Replied(reply, false)));
        }
    }
    Ok(None)
}

/// Says a command that is not known, or not expected here.
fn is_unknown(reply: &Reply) -> bool {
    matches!(reply.code, 500 | 502 | 503 | 504)
}

/// The command and what follows it: in one piece where it is little.
async fn write_behind<S: AsyncRead + AsyncWrite + Unpin>(
    dialogue: &mut Dialogue<S>,
    head: String,
    octets: &[u8],
    patience: &Patience,
) -> Result<(), Broken> {
    let (first, rest) = octets.split_at(octets.len().min(FIRST));
    dialogue.write(&[head.as_bytes(), first].concat(), patience.block).await?;
    if rest.is_empty() { Ok(()) } else { dialogue.write(rest, patience.block).await }
}

#[cfg(test)]
#[path = "chunks_tests.rs"]
mod tests;
