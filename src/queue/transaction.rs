//! One mail transaction for the recipients of one letter (RFC 5321 §3.3): every recipient gets a truth of its own.
//!
//! MAIL and RCPT go out in one piece where the server can take it (RFC 2920). The letter waits for their replies: a server that
//! took no recipient would otherwise be sent an empty one. It goes in chunks where the server takes them (`chunks`), else by DATA.

use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite};

use super::chunks::{Chunked, send_in_chunks};
use super::dialogue::{Broken, Dialogue};
use super::letter::Wire;
use super::offer::Offer;
use super::patience::Patience;
use super::reply::Reply;
use crate::mail::Address;

/// What is sent to whom. All that ends up in a command is an [`Address`] or a number.
pub(super) struct Envelope<'a> {
    /// `None` for the null sender.
    pub(super) sender: Option<&'a Address>,
    /// At least one.
    pub(super) recipients: &'a [Address],
    /// The message's id: the envelope's identifier (RFC 3461 §4.4).
    pub(super) id: u64,
    /// REQUIRETLS is given (RFC 8689 §4.2.1): the server has offered it.
    pub(super) require_tls: bool,
}

/// What became of the letter for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The server replied: 2xx to the end of the letter, or 4xx or 5xx on the way.
    Replied(Reply),
    /// The server cannot take such a letter or address at all.
    Unfit(&'static str),
    /// Not in this transaction: the server has enough recipients for once (RFC 5321 §4.5.3.1.10).
    Again,
    /// The conversation broke.
    Broken {
        /// How.
        why: Broken,
        /// Before the end of the letter was said: it cannot have been taken, another server may be tried.
        is_untaken: bool,
    },
}

/// How far the transaction came, in the caller's milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// The reply to MAIL.
    pub(super) mail_ms: Option<u64>,
    /// The reply to DATA, or to the first of several chunks.
    pub(super) data_ms: Option<u64>,
    /// The reply to the end of the letter.
    pub(super) end_ms: Option<u64>,
    /// The moment in which that was read.
    pub(super) ended: Option<Instant>,
    /// In how many chunks the letter was sent; `None` where it was not, or by DATA.
    pub(super) chunks: Option<u32>,
}

/// What the connection is good for behind a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Another transaction.
    Usable,
    /// Nothing.
    Spent,
    /// Nothing; and the server offers CHUNKING without knowing BDAT: the letter is worth another try, by DATA, on another connection.
    WithoutChunks,
}

/// Sends one letter. Answers one end for each recipient, in order, and what the connection is good for.
pub(super) async fn send<S: AsyncRead + AsyncWrite + Unpin>(
    dialogue: &mut Dialogue<S>,
    offer: &Offer,
    envelope: &Envelope<'_>,
    letter: &Wire,
    patience: &Patience,
    clock: impl Fn() -> u64,
    marks: &mut Marks,
) -> (Vec<End>, After) {
    let mut ends: Vec<Option<End>> = envelope.recipients.iter().map(|to| unfit(offer, envelope, to, letter)).collect();
    if ends.iter().all(Option::is_some) {
        return (ends.into_iter().flatten().collect(), After::Usable);
    }
    let said = converse(dialogue, offer, envelope, letter, patience, clock, marks, &mut ends).await;
    let broken = |(why, is_untaken): &(Broken, bool)| End::Broken { why: why.clone(), is_untaken: *is_untaken };
    let (rest, after) = match &said {
        Ok((reply, after)) => (End::Replied(reply.clone()), *after),
        Err(trouble) => (broken(trouble), After::Spent),
    };
    let ends: Vec<End> = ends.into_iter().map(|end| end.unwrap_or_else(|| rest.clone())).collect();
    let is_closing = ends.iter().any(|end| matches!(end, End::Replied(reply) if reply.code == 421));
    (ends, if is_closing && after == After::Usable { After::Spent } else { after })
}

/// The conversation. Answers the reply that counts for all recipients that have no end of their own, and what the connection is
/// good for.
#[expect(clippy::too_many_arguments, reason = "one conversation, called from one place")]
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    dialogue: &mut Dialogue<S>,
    offer: &Offer,
    envelope: &Envelope<'_>,
    letter: &Wire,
    patience: &Patience,
    clock: impl Fn() -> u64,
    marks: &mut Marks,
    ends: &mut [Option<End>],
) -> Result<(Reply, After), (Broken, bool)> {
    let untaken = |why| (why, true);
    let asked: Vec<usize> = (0..ends.len()).filter(|index| ends[*index].is_none()).collect();
    let mut commands = vec![mail(offer, envelope, letter)];
    commands.extend(asked.iter().map(|index| rcpt(offer, envelope, &envelope.recipients[*index])));
    if offer.pipelining {
        dialogue.say(&commands, patience.command).await.map_err(untaken)?;
    } else {
        dialogue.say(&commands[..1], patience.command).await.map_err(untaken)?;
    }
    let reply = dialogue.reply(patience.command).await.map_err(untaken)?;
    marks.mail_ms = Some(clock());
    let sender_refused = (!reply.is_positive()).then_some(reply);
    let mut taken = 0_usize;
    for (index, command) in asked.iter().zip(&commands[1..]) {
        if !offer.pipelining {
            if sender_refused.is_some() {
                break;
            }
            dialogue.say(&[command], patience.command).await.map_err(untaken)?;
        }
        let reply = dialogue.reply(patience.command).await.map_err(untaken)?;
        if sender_refused.is_some() {
            continue;
        }
        match reply.code {
            200..=299 => taken += 1,
            // RFC 5321 §4.5.3.1.10: 552 is what old servers say. Only behind a recipient that was taken is it about number.
            452 | 552 if taken > 0 => ends[*index] = Some(End::Again),
            _ => ends[*index] = Some(End::Replied(reply)),
        }
    }
    if let Some(refusal) = sender_refused {
        return Ok((refusal, After::Usable));
    }
    if taken == 0 {
        // The reply counts for nobody: all have ends of their own. It clears the server's buffers for the next letter.
        let reset = dialogue.command("RSET", patience.command).await.map_err(untaken)?;
        let after = if reset.code == 421 { After::Spent } else { After::Usable };
        return Ok((reset, after));
    }
    if offer.chunking {
        return match send_in_chunks(dialogue, offer, letter, patience, clock, marks).await? {
            Chunked::Replied(reply, true) => Ok((reply, After::Usable)),
            Chunked::Replied(reply, false) => Ok((reply, After::Spent)),
            Chunked::NotKnown(reply) => Ok((reply, After::WithoutChunks)),
        };
    }
    let reply = dialogue.command("DATA", patience.data).await.map_err(untaken)?;
    marks.data_ms = Some(clock());
    if reply.code != 354 {
        // For the next letter. Where it is not heard, that letter finds the connection broken and opens another.
        let _ = dialogue.command("RSET", patience.command).await;
        return Ok((reply, After::Usable));
    }
    // Until the final dot is written, the server has no whole letter; from then on it may have taken it.
    for piece in letter.stuffed() {
        dialogue.write(&piece, patience.block).await.map_err(untaken)?;
    }
    let taken = |why| (why, false);
    dialogue.write(b".\r\n", patience.block).await.map_err(taken)?;
    let reply = dialogue.reply(patience.end).await.map_err(taken)?;
    marks.ended = Some(Instant::now());
    marks.end_ms = Some(clock());
    Ok((reply, After::Usable))
}

/// Why this recipient cannot be served by this server at all.
fn unfit(offer: &Offer, envelope: &Envelope<'_>, recipient: &Address, letter: &Wire) -> Option<End> {
    let has_utf8 = |address: &Address| !address.as_str().is_ascii();
    // RFC 6531 §3.2: such a letter goes to no server that does not know it.
    if !offer.utf8 && (has_utf8(recipient) || envelope.sender.is_some_and(has_utf8) || letter.has_utf8_header) {
        return Some(End::Unfit("the server does not take internationalised addresses (SMTPUTF8)"));
    }
    // To encode it anew would break its signature (RFC 6152 §3 allows to return it).
    if !offer.eight_bit && !offer.utf8 && letter.is_eight_bit {
        return Some(End::Unfit("the server does not take 8-bit letters (8BITMIME)"));
    }
    if let Some(Some(most)) = offer.size
        && letter.size() > most
    {
        return Some(End::Unfit("the letter is larger than the server takes (SIZE)"));
    }
    None
}

fn mail(offer: &Offer, envelope: &Envelope<'_>, letter: &Wire) -> String {
    let mut command = format!("MAIL FROM:<{}>", envelope.sender.map(Address::to_path).unwrap_or_default());
    if offer.size.is_some() {
        command.push_str(&format!(" SIZE={}", letter.size()));
    }
    if letter.is_eight_bit && offer.eight_bit {
        command.push_str(" BODY=8BITMIME");
    }
    let needs_utf8 = letter.has_utf8_header
        || !command.is_ascii()
        || envelope.recipients.iter().any(|recipient| !recipient.as_str().is_ascii());
    if needs_utf8 && offer.utf8 {
        command.push_str(" SMTPUTF8");
    }
    if envelope.require_tls {
        command.push_str(" REQUIRETLS");
    }
    if offer.dsn {
        // The header is enough to know a letter again.
        command.push_str(&format!(" RET=HDRS ENVID={}", envelope.id));
    }
    command
}

fn rcpt(offer: &Offer, envelope: &Envelope<'_>, recipient: &Address) -> String {
    let mut command = format!("RCPT TO:<{}>", recipient.to_path());
    if offer.dsn {
        // A report of a report would go in circles (RFC 3461 §4.1).
        command.push_str(if envelope.sender.is_some() { " NOTIFY=FAILURE,DELAY" } else { " NOTIFY=NEVER" });
        command.push_str(&format!(" ORCPT={}", original(recipient)));
    }
    command
}

/// The recipient as RFC 3461 §4 (xtext) and RFC 6533 §3 (utf-8-addr-xtext) write it.
fn original(recipient: &Address) -> String {
    let text = recipient.to_path();
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '+' | '=' | '\\');
    if text.is_ascii() {
        let encode = |c: char| if plain(c) { c.to_string() } else { format!("+{:02X}", u32::from(c)) };
        format!("rfc822;{}", text.chars().map(encode).collect::<String>())
    } else {
        let encode = |c: char| if plain(c) { c.to_string() } else { format!("\\x{{{:X}}}", u32::from(c)) };
        format!("utf-8;{}", text.chars().map(encode).collect::<String>())
    }
}

#[cfg(test)]
#[path = "transaction_tests.rs"]
mod tests;
