//! Puts a letter together from what the parser found.

use mail_parser::{HeaderName, Headers, Message, PartFlags};

use super::{Letter, NeedsEyes, attachments, body, fields, source};

/// Recipients that are kept per field.
const MAX_RECIPIENTS: usize = 100;
/// Characters of the subject.
const MAX_SUBJECT: usize = 998;
/// Message-IDs that are answered.
const MAX_IN_REPLY_TO: usize = 20;
/// Message-IDs of the thread; the last ones are nearest.
const MAX_REFERENCES: usize = 50;

/// Reads a letter; one that cannot be read is its own text.
pub(super) fn read(raw: &[u8]) -> Letter {
    match source::parse(raw) {
        Some(message) if !message.headers().is_empty() => assemble(&message),
        _ => Letter {
            text: body::clean(&String::from_utf8_lossy(&raw[..raw.len().min(body::MAX_TEXT)])),
            needs_eyes: Some(NeedsEyes::Unparseable),
            ..Letter::default()
        },
    }
}

fn assemble(message: &Message<'_>) -> Letter {
    let headers = message.headers();
    let first = |name: HeaderName<'static>| headers.all(name).next();
    let mut in_reply_to = fields::message_ids(headers, "In-Reply-To");
    in_reply_to.truncate(MAX_IN_REPLY_TO);
    let mut references = fields::message_ids(headers, "References");
    references.drain(..references.len().saturating_sub(MAX_REFERENCES));
    Letter {
        from: fields::correspondents(headers, "From", 1).pop(),
        reply_to: fields::correspondents(headers, "Reply-To", 1).pop(),
        to: fields::correspondents(headers, "To", MAX_RECIPIENTS),
        cc: fields::correspondents(headers, "Cc", MAX_RECIPIENTS),
        subject: first(HeaderName::Subject)
            .map(|header| fields::line(&fields::text(&header), MAX_SUBJECT))
            .unwrap_or_default(),
        date: first(HeaderName::Date)
            .and_then(|header| header.value().as_datetime())
            .filter(|date| date.is_valid())
            .map(|date| date.to_timestamp()),
        message_id: fields::message_ids(headers, "Message-ID").into_iter().next(),
        in_reply_to,
        references,
        headers: fields::all(headers),
        text: body::text(message),
        has_html: body::has_html(message),
        attachments: attachments::list(message),
        needs_eyes: needs_eyes(message),
    }
}

fn needs_eyes(message: &Message<'_>) -> Option<NeedsEyes> {
    let headers = message.headers();
    if message.parts().any(|part| part.flags().contains(PartFlags::LIMIT_REACHED)) {
        return Some(NeedsEyes::TooComplex);
    }
    if headers.len() > fields::MAX_FIELDS || headers.iter().any(|field| field.raw_value().len() > fields::MAX_RAW_VALUE)
    {
        return Some(NeedsEyes::TooManyHeaders);
    }
    (!is_one_from(headers)).then_some(NeedsEyes::From)
}

/// See [`Letter::has_one_from`].
pub(super) fn has_one_from(header: &[u8]) -> bool {
    source::parse(header).is_some_and(|message| is_one_from(message.headers()))
}

fn is_one_from(headers: Headers<'_>) -> bool {
    // RFC 5322 §3.6.2. An address must have two sides: what else stands there cannot be answered.
    let mut froms = headers.all(HeaderName::From);
    let addresses = match (froms.next(), froms.next()) {
        (Some(only), None) => only.value().as_address(),
        _ => None,
    };
    let mut addresses = addresses.map(fields::mailboxes).into_iter().flatten();
    match (addresses.next(), addresses.next()) {
        (Some(only), None) => only.address.rsplit_once('@').is_some_and(|(l, d)| !l.is_empty() && !d.is_empty()),
        _ => false,
    }
}
