//! The messages that a letter becomes: its bounded copy, and the notes that rules add to it. Pure.

use super::arrival::Arrival;
use super::bounds::{self, ADDRESS, MESSAGE_ID, QUOTED, RECORD, SHORT, SUBJECT, TEXT, cut, cut_chars};
use super::mailboxes::Share;
use super::thread::Thread;
use crate::desk::codec::encode;
use crate::desk::{
    DsnRecipient, DsnRequest, Finding, Message, MessageKind, Quarantine, Reason, SessionFacts, TlsFacts, score,
};
use crate::store::BlobHash;

/// The copy of a letter that lists and views show. Its record stays below [`RECORD`], whatever the letter holds.
pub(super) fn inbound(
    arrival: &Arrival,
    share: &Share,
    thread: &Thread,
    ids: (u64, u64),
    raw: BlobHash,
    first_time: bool,
) -> Message {
    let reading = &arrival.reading;
    let letter = &reading.letter;
    let thread_ids = letter.references.iter().chain(letter.in_reply_to.iter().rev()).map(String::as_str);
    let envelope_to: Vec<_> =
        share.recipients.iter().map(|one| cut(one.address.as_str(), ADDRESS).to_owned()).collect();
    let mut message = Message {
        ticket: ids.0,
        id: ids.1,
        kind: MessageKind::Inbound,
        at: arrival.at,
        from: letter.from.as_ref().map(bounds::correspondent),
        to: bounds::correspondents(&letter.to),
        cc: bounds::correspondents(&letter.cc),
        subject: cut_chars(&letter.subject, SUBJECT).to_owned(),
        message_id: letter.message_id.as_deref().map(|id| cut(id, MESSAGE_ID).to_owned()),
        references: bounds::message_ids(thread_ids),
        text: cut(reading.new_text(), TEXT).to_owned(),
        quoted: cut(reading.quoted(), QUOTED).to_owned(),
        truncated: false,
        has_html: letter.has_html,
        attachments: bounds::attachments(&letter.attachments),
        raw: Some(raw.0),
        size: reading.size as u64,
        authentication: Some(bounds::authentication(&arrival.authentication)),
        session: Some(session(&arrival.session)),
        thread_step: Some(thread.step),
        thread_why: cut(&thread.why, 3 * SHORT).to_owned(),
        robot: reading.robot.as_deref().map(|sign| cut(sign, SHORT).to_owned()),
        bounce: reading.failure().is_some(),
        needs_eyes: letter.needs_eyes,
        author: None,
        envelope_from: cut(&arrival.envelope_from, ADDRESS).to_owned(),
        envelope_to: bounds::first(&envelope_to, 3 * 1024, |address| 8 + address.len()).to_vec(),
        dsn: dsn(&arrival.dsn, share),
        require_tls: arrival.require_tls,
        quarantine: arrival.judged.quarantine.map(|reason| quarantine(reason, &arrival.judged.findings)),
        first_time,
        ..Message::default()
    };
    fit(&mut message);
    message.truncated = message.text.len() + message.quoted.len() < letter.text.len();
    message
}

fn quarantine(reason: Reason, findings: &[Finding]) -> Quarantine {
    let findings: Vec<_> = findings.iter().take(super::ledger::FINDINGS).cloned().collect();
    Quarantine { reason, score: score(&findings), findings, released_at: None, released_by: None }
}

/// A note that a rule adds. At most [`TEXT`] octets.
pub(super) fn note(ticket: u64, id: u64, at: u64, text: &str) -> Message {
    Message { id, ticket, kind: MessageKind::Note, at, text: cut(text, TEXT).to_owned(), ..Message::default() }
}

/// Cuts the texts further where all other fields are as large as they may be: first the quoted history, then the new text.
fn fit(message: &mut Message) {
    let excess = encode(message).len().saturating_sub(RECORD);
    if excess == 0 {
        return;
    }
    let quoted = cut(&message.quoted, message.quoted.len().saturating_sub(excess)).len();
    let from_text = excess.saturating_sub(message.quoted.len());
    message.quoted.truncate(quoted);
    let text = cut(&message.text, message.text.len().saturating_sub(from_text)).len();
    message.text.truncate(text);
}

/// What was asked for the recipients of this share, at most 6 KiB of it: of those beyond it is stored that nothing was asked.
fn dsn(asked: &DsnRequest, share: &Share) -> Option<DsnRequest> {
    let of_share =
        |one: &&DsnRecipient| share.recipients.iter().any(|recipient| recipient.address.key() == one.address);
    let recipients: Vec<DsnRecipient> = asked.recipients.iter().filter(of_share).cloned().collect();
    let size = |one: &DsnRecipient| {
        16 + one.address.len()
            + one.original.as_ref().map_or(0, |original| 8 + original.kind.len() + original.address.len())
    };
    let recipients = bounds::first(&recipients, 6 * 1024, size).to_vec();
    let dsn = DsnRequest { recipients, ..asked.clone() };
    (!dsn.is_empty()).then_some(dsn)
}

fn session(session: &SessionFacts) -> SessionFacts {
    SessionFacts {
        id: session.id,
        peer: cut(&session.peer, SHORT).to_owned(),
        helo: cut(&session.helo, SHORT).to_owned(),
        proxy: session.proxy.as_deref().map(|proxy| cut(proxy, SHORT).to_owned()),
        tls: session.tls.as_ref().map(|tls| TlsFacts {
            version: cut(&tls.version, SHORT).to_owned(),
            cipher: cut(&tls.cipher, SHORT).to_owned(),
        }),
    }
}
