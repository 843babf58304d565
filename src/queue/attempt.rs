//! One attempt to deliver: the way, the servers in turn, and what it came to.

use std::time::{Duration, Instant};

use mail_send::SmtpClient;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::{ConnectError, Connection, Offer, connect};
use super::route::{Hop, NoRoute, hops};
use super::transaction::{Ended, send};
use super::{Queue, schedule};
use crate::desk::commands::AttemptOutcome;
use crate::desk::{Actor, Attempt, Delivery};
use crate::mail::Address;

/// Characters of a remote server's words that are kept.
const WORDS: usize = 1000;

/// Time for a polite goodbye; the letter is already taken or refused.
const GOODBYE: Duration = Duration::from_secs(2);

/// Makes one attempt.
pub(super) async fn attempt(queue: &Queue, delivery: &Delivery) -> (Attempt, AttemptOutcome) {
    let began = Instant::now();
    let at = now_ms();
    let (mut attempt, fate) = try_hops(queue, delivery).await;
    attempt.at = at;
    attempt.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let outcome = match fate {
        Fate::Taken => AttemptOutcome::Delivered,
        Fate::Refused => AttemptOutcome::Failed,
        Fate::NotNow => schedule::after_failure(&queue.config.outbound, delivery, now_ms(), noise()),
    };
    (attempt, outcome)
}

/// Unix milliseconds.
pub(super) fn now_ms() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0)
}

enum Fate {
    Taken,
    Refused,
    NotNow,
}

async fn try_hops(queue: &Queue, delivery: &Delivery) -> (Attempt, Fate) {
    // Automatic letters go out with the null sender (RFC 3834 §3.3).
    let sender = match delivery.envelope_from.as_str() {
        "" => Ok(None),
        address => Address::parse(address).map(Some),
    };
    let (Ok(sender), Ok(recipient)) = (sender, Address::parse(&delivery.recipient)) else {
        return (ours("the envelope's addresses cannot be used"), Fate::Refused);
    };
    let letter = match queue.desk.message_source(&Actor::System, delivery.message).await {
        Ok(letter) => letter,
        Err(error) => return (ours(&format!("the letter cannot be read: {error}")), Fate::NotNow),
    };
    let hops = match hops(&queue.config.outbound, &queue.dns, &recipient).await {
        Ok(hops) => hops,
        Err(NoRoute::Never(why)) => return (ours(&why), Fate::Refused),
        Err(NoRoute::NotNow(why)) => return (ours(&why), Fate::NotNow),
    };
    let mut last = ours("no server was tried");
    for hop in &hops {
        match connect(hop, &queue.config.hostname).await {
            Ok(Connection::Clear(client, offer)) => {
                return talk(client, offer, None, hop, sender.as_ref(), &recipient, &letter).await;
            }
            Ok(Connection::Tls(client, offer)) => {
                let version = client.stream.get_ref().get_ref().1.protocol_version().map(tls_name);
                return talk(*client, offer, version, hop, sender.as_ref(), &recipient, &letter).await;
            }
            Err(error) => last = no_conversation(hop, &error),
        }
    }
    (last, Fate::NotNow)
}

/// One transaction on a greeted connection. A broken one is not tried on the next server: the letter may have been taken.
async fn talk<T: AsyncRead + AsyncWrite + Unpin>(
    mut client: SmtpClient<T>,
    offer: Offer,
    tls: Option<String>,
    hop: &Hop,
    sender: Option<&Address>,
    recipient: &Address,
    letter: &[u8],
) -> (Attempt, Fate) {
    let mut attempt =
        Attempt { server: hop.name.clone(), address: Some(hop.address.to_string()), tls, ..Attempt::default() };
    let fate = match send(&mut client, offer, sender, recipient, letter).await {
        Ended::Replied(reply) => {
            let [class, subject, detail] = reply.esc;
            let enhanced = if class == 0 { String::new() } else { format!("{class}.{subject}.{detail} ") };
            attempt.code = Some(reply.code);
            attempt.text = bounded(&format!("{enhanced}{}", reply.message));
            match reply.code {
                200..=299 => Fate::Taken,
                500..=599 => Fate::Refused,
                _ => Fate::NotNow,
            }
        }
        Ended::Unfit(why) => {
            attempt.text = why.to_owned();
            Fate::Refused
        }
        Ended::Broken(why) => {
            attempt.text = bounded(&why);
            Fate::NotNow
        }
    };
    // The outcome stands; whether the server hears our goodbye does not matter.
    let _ = tokio::time::timeout(GOODBYE, client.quit()).await;
    (attempt, fate)
}

fn no_conversation(hop: &Hop, error: &ConnectError) -> Attempt {
    let text = error.to_string();
    let code = match error {
        ConnectError::Refused(words) => words.get(..3).and_then(|code| code.parse().ok()),
        ConnectError::Broken(_) => None,
    };
    Attempt {
        server: hop.name.clone(),
        address: Some(hop.address.to_string()),
        code,
        text: bounded(&text),
        ..Attempt::default()
    }
}

/// An attempt that reached no server, in our own words.
fn ours(why: &str) -> Attempt {
    Attempt { text: bounded(why), ..Attempt::default() }
}

fn bounded(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS).collect::<String>().trim().to_owned()
}

fn tls_name(version: rustls::ProtocolVersion) -> String {
    match version {
        rustls::ProtocolVersion::TLSv1_2 => "TLSv1.2".to_owned(),
        rustls::ProtocolVersion::TLSv1_3 => "TLSv1.3".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Spreads retries; needs no secrecy, and does without when the system has no randomness.
fn noise() -> u8 {
    let mut octet = [0];
    let _ = getrandom::fill(&mut octet);
    octet[0]
}
