//! One attempt to deliver a letter to its recipients at one destination: the servers in turn, and what it came to.

use std::time::Instant;

use super::auth::Credentials;
use super::letter::Wire;
use super::net::Net;
use super::pace::Signal;
use super::require_tls;
use super::route::{NoRoute, hops};
use super::runner::Shared;
use super::schedule;
use super::session::{Hop, Ours, Session, Unopened, open};
use super::tls_report;
use super::transaction::{After, End, Envelope, Marks, send};
use super::way::Way;
use crate::desk::commands::AttemptOutcome;
use crate::desk::{Actor, Attempt, Delivery, TlsResult};
use crate::mail::Address;

/// Letters beyond this many octets are prepared outside the runtime's workers.
const LARGE: usize = 256 * 1024;

/// Characters of a remote server's words that are kept.
const WORDS: usize = 1_000;

/// What an attempt came to for one recipient.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) delivery: Delivery,
    /// `None` where the recipient had no place in the transaction.
    pub(super) attempt: Option<Attempt>,
    pub(super) outcome: AttemptOutcome,
    /// The ticket is to be told that it takes long.
    pub(super) notice: bool,
}

/// What an attempt came to.
#[derive(Debug)]
pub(super) struct Outcome {
    /// One for each delivery.
    pub(super) told: Vec<Told>,
    /// What it says about the destination.
    pub(super) signal: Option<Signal>,
    /// What TLS was like, for reports.
    pub(super) tls: Vec<TlsResult>,
    /// The moment in which the server's last word was read, where it had a word on the end of the letter.
    pub(super) ended: Option<Instant>,
}

/// What became of one recipient.
enum Fate {
    Taken,
    Refused,
    NotNow,
    Again,
}

/// What a transaction over one connection came to.
struct Said {
    attempts: Vec<(Attempt, Fate)>,
    signal: Signal,
    /// It broke so early that another server may be tried.
    is_untaken: bool,
    /// The server does not know BDAT, though it offers it.
    is_without_chunks: bool,
    ended: Option<Instant>,
}

/// The trouble that kept a letter from being said to any server.
struct Trouble {
    attempt: Attempt,
    is_permanent: bool,
    signal: Option<Signal>,
}

/// Makes one attempt, over the open session where there is one. The session is kept where it can be used again.
pub(super) async fn attempt<N: Net>(
    shared: &Shared<N>,
    way: &Way,
    deliveries: &[Delivery],
    session: &mut Option<Session<N::Stream>>,
) -> Outcome {
    let began = shared.net.now_ms();
    let mut tls = Vec::new();
    let clock = || shared.net.now_ms().saturating_sub(began);
    let (attempts, signal, ended) = match converse(shared, way, deliveries, session, &clock, &mut tls).await {
        Ok(said) => (said.attempts, Some(said.signal), said.ended),
        Err(trouble) => {
            let fate = || if trouble.is_permanent { Fate::Refused } else { Fate::NotNow };
            (deliveries.iter().map(|_| (trouble.attempt.clone(), fate())).collect(), trouble.signal, None)
        }
    };
    let took_ms = clock();
    let timed = attempts.into_iter().map(|(attempt, fate)| (Attempt { at: began, took_ms, ..attempt }, fate));
    Outcome { told: told(shared, deliveries, timed.collect()), signal, tls, ended }
}

/// No attempt: the destination is known not to answer.
pub(super) fn not_tried<N: Net>(shared: &Shared<N>, deliveries: &[Delivery], why: &str) -> Outcome {
    let attempt = Attempt { at: shared.net.now_ms(), ..in_our_words(&format!("not tried, since a moment ago: {why}")) };
    let attempts = deliveries.iter().map(|_| (attempt.clone(), Fate::NotNow)).collect();
    Outcome { told: told(shared, deliveries, attempts), signal: None, tls: Vec::new(), ended: None }
}

/// What follows for each delivery. All of a transaction that are tried again are tried at the same time, so that they share
/// the next one too.
fn told<N: Net>(shared: &Shared<N>, deliveries: &[Delivery], attempts: Vec<(Attempt, Fate)>) -> Vec<Told> {
    let now = shared.net.now_ms();
    let outbound = &shared.config.outbound;
    let told = |(delivery, (attempt, fate)): (&Delivery, (Attempt, Fate))| {
        let outcome = match fate {
            Fate::Taken => AttemptOutcome::Delivered,
            Fate::Refused => AttemptOutcome::Failed,
            Fate::NotNow | Fate::Again => schedule::after_failure(outbound, delivery, now, noise(delivery)),
        };
        let waits = matches!(outcome, AttemptOutcome::Retry { .. });
        Told {
            delivery: delivery.clone(),
            attempt: (!matches!(fate, Fate::Again)).then_some(attempt),
            outcome,
            notice: waits && schedule::takes_long(outbound, delivery, now),
        }
    };
    deliveries.iter().zip(attempts).map(told).collect()
}

/// The conversation: over the open session, else with each server in turn until one takes part.
async fn converse<N: Net>(
    shared: &Shared<N>,
    way: &Way,
    deliveries: &[Delivery],
    session: &mut Option<Session<N::Stream>>,
    clock: &(impl Fn() -> u64 + Sync),
    tls: &mut Vec<TlsResult>,
) -> Result<Said, Box<Trouble>> {
    let [first, ..] = deliveries else { return Err(never("nothing to deliver")) };
    let sender = match first.envelope_from.as_str() {
        "" => None,
        sender => Some(Address::parse(sender).map_err(|_| never("the envelope's sender cannot be used"))?),
    };
    let recipients: Result<Vec<Address>, _> =
        deliveries.iter().map(|delivery| Address::parse(&delivery.recipient)).collect();
    let recipients = recipients.map_err(|_| never("the envelope's recipient cannot be used"))?;
    let unreadable = |error| not_now(&format!("the letter cannot be read: {error}"), None);
    let message = shared.desk.message_by_id(&Actor::System, first.message).await.map_err(unreadable)?;
    let room = shared.room.take(message.size).await;
    let _room = room.map_err(|_| not_now("too many large letters are under way (outbound.memory)", None))?;
    let letter = shared.desk.source_of(&message).await.map_err(unreadable)?;
    let letter = if letter.len() > LARGE {
        tokio::task::spawn_blocking(move || Wire::of(letter))
            .await
            .map_err(|_| not_now("the letter cannot be read", None))?
    } else {
        Wire::of(letter)
    };
    let require_tls = way.require_tls;
    let envelope = Envelope { sender: sender.as_ref(), recipients: &recipients, id: first.message, require_tls };

    let mut may_chunk = true;
    if let Some(open) = session.take() {
        let said = talk(shared, open, &envelope, &letter, clock, Some(0), session).await;
        // A server that closed an idle connection, or says that it does, has refused nothing.
        let is_closing = said.attempts.iter().all(|(attempt, _)| attempt.code == Some(421));
        if !said.is_untaken && !is_closing && !said.is_without_chunks {
            return Ok(said);
        }
        may_chunk = !said.is_without_chunks;
    }
    let found = hops(shared, way, tls).await.map_err(|error| match error {
        NoRoute::Never(why) => never(&why),
        NoRoute::NotNow(why) => not_now(&why, None),
    })?;
    let credentials = match &way.credentials {
        Some(file) => Some(Credentials::read(file).await.map_err(|why| not_now(&why, None))?),
        None => None,
    };
    let ours = Ours {
        net: &shared.net,
        trust: &shared.trust,
        patience: &shared.patience,
        name: &shared.config.hostname,
        credentials: credentials.as_ref(),
    };
    let (mut last, mut is_down) = (None, true);
    let mut is_permanent = way.require_tls && found.is_whole;
    let mut hops = found.hops.iter();
    let mut again = None;
    while let Some(hop) = again.take().or_else(|| hops.next()) {
        let now = shared.net.now_ms();
        match open(&ours, hop).await {
            Ok((mut opened, fallen_back)) => {
                opened.offer.chunking &= may_chunk;
                tls_report::note(tls, way, hop, fallen_back.as_ref(), opened.certificate.as_deref(), now);
                let connected_ms = Some(clock());
                let said = talk(shared, opened, &envelope, &letter, clock, connected_ms, session).await;
                if said.is_without_chunks {
                    // The same server once more: from here on nothing is said to offer chunks.
                    (may_chunk, again) = (false, Some(hop));
                    continue;
                }
                if !said.is_untaken {
                    return Ok(said);
                }
                last = said.attempts.into_iter().next().map(|(attempt, _)| attempt);
                (is_down, is_permanent) = (false, false);
            }
            Err(error) => {
                tls_report::note(tls, way, hop, Some(&error), None, now);
                is_permanent = is_permanent && require_tls::is_for_good(&error);
                last = Some(no_conversation(hop, &error));
                is_down = is_down && matches!(error, Unopened::NotConnected(_));
            }
        }
    }
    let attempt = last.unwrap_or_else(|| in_our_words("no server was tried"));
    let why = format!("{}: {}", attempt.server, attempt.text);
    let signal = match (is_permanent, is_down) {
        (true, _) => None,
        (false, true) => Some(Signal::Down(why)),
        (false, false) => Some(Signal::NotNow),
    };
    Err(Box::new(Trouble { attempt, is_permanent, signal }))
}

/// One transaction over one connection, which is kept where it can be used again.
async fn talk<N: Net>(
    shared: &Shared<N>,
    mut open: Session<N::Stream>,
    envelope: &Envelope<'_>,
    letter: &Wire,
    clock: &(impl Fn() -> u64 + Sync),
    connected_ms: Option<u64>,
    session: &mut Option<Session<N::Stream>>,
) -> Said {
    let mut marks = Marks::default();
    let (ends, after) =
        send(&mut open.dialogue, &open.offer, envelope, letter, &shared.patience, clock, &mut marks).await;
    open.transactions = open.transactions.saturating_add(1);
    let common = Attempt {
        server: open.hop.name.clone(),
        address: Some(open.hop.address.to_string()),
        tls: open.tls.clone(),
        connected_ms,
        mail_ms: marks.mail_ms,
        data_ms: marks.data_ms,
        end_ms: marks.end_ms,
        tls_policy: Some(open.hop.policy.word.to_owned()),
        certificate: open.certificate.clone(),
        recipients: u32::try_from(envelope.recipients.len()).ok(),
        chunks: marks.chunks,
        ..Attempt::default()
    };
    let is_untaken = ends.iter().any(|end| matches!(end, End::Broken { is_untaken: true, .. }))
        && ends.iter().all(|end| matches!(end, End::Broken { .. } | End::Again));
    let signal = signal(&ends);
    if after == After::Usable {
        *session = Some(open);
    }
    let attempts = ends.into_iter().map(|end| one(common.clone(), end)).collect();
    Said { attempts, signal, is_untaken, is_without_chunks: after == After::WithoutChunks, ended: marks.ended }
}

/// The attempt and fate of one recipient.
fn one(mut attempt: Attempt, end: End) -> (Attempt, Fate) {
    let fate = match end {
        End::Replied(reply) => {
            attempt.code = Some(reply.code);
            attempt.text = bounded(&reply.words());
            if reply.is_positive() {
                Fate::Taken
            } else if reply.is_permanent() {
                Fate::Refused
            } else {
                Fate::NotNow
            }
        }
        End::Unfit(why) => {
            attempt.text = why.to_owned();
            Fate::Refused
        }
        End::Again => Fate::Again,
        End::Broken { why, .. } => {
            attempt.text = bounded(&why.to_string());
            Fate::NotNow
        }
    };
    (attempt, fate)
}

/// One recipient that was taken, or refused for good, shows that the destination works; a single mailbox that is full does not
/// show that it does not.
fn signal(ends: &[End]) -> Signal {
    let has_reply = |end: &End| matches!(end, End::Replied(reply) if reply.is_positive() || reply.is_permanent());
    let closes = |end: &End| matches!(end, End::Replied(reply) if reply.code == 421);
    if ends.iter().any(closes) {
        return Signal::NotNow;
    }
    if ends.iter().any(has_reply) || ends.iter().all(|end| matches!(end, End::Unfit(_))) {
        return Signal::Fine;
    }
    Signal::NotNow
}

fn no_conversation(hop: &Hop, error: &Unopened) -> Attempt {
    let (code, certificate) = match error {
        Unopened::Refused(reply) => (Some(reply.code), None),
        Unopened::NoTls { certificate, .. } | Unopened::NoRequireTls { certificate } => (None, certificate.clone()),
        Unopened::NotConnected(_) | Unopened::Broken(_) | Unopened::NotSignedIn(_) => (None, None),
    };
    Attempt {
        server: hop.name.clone(),
        address: Some(hop.address.to_string()),
        code,
        tls_policy: Some(hop.policy.word.to_owned()),
        certificate,
        ..in_our_words(&require_tls::words(hop, error))
    }
}

fn never(why: &str) -> Box<Trouble> {
    Box::new(Trouble { attempt: in_our_words(why), is_permanent: true, signal: None })
}

fn not_now(why: &str, signal: Option<Signal>) -> Box<Trouble> {
    Box::new(Trouble { attempt: in_our_words(why), is_permanent: false, signal })
}

/// An attempt that reached no server, in our own words.
fn in_our_words(why: &str) -> Attempt {
    Attempt { text: bounded(why), ..Attempt::default() }
}

fn bounded(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS).collect::<String>().trim().to_owned()
}

/// Spreads retries. Needs no secrecy, and is the same for all recipients of a message.
fn noise(delivery: &Delivery) -> u8 {
    let mixed = (delivery.message ^ (u64::from(delivery.attempt_count) << 56)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed.to_be_bytes()[0]
}
