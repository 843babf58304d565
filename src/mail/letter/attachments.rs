//! Attachments: everything that is not shown as the body, letters inside the letter included.

use mail_parser::{Message, MessagePart, PartKind};

use super::{Attachment, fields};

/// Attachments that are listed.
const MAX_ATTACHMENTS: usize = 200;
/// Characters of a file name.
const MAX_NAME: usize = 255;
/// Octets of a media type; RFC 6838 §4.2 allows 127 each side.
const MAX_TYPE: usize = 255;

/// What is attached or embedded, in order.
pub(super) fn list(message: &Message<'_>) -> Vec<Attachment> {
    message.root().parts().filter(is_attachment).take(MAX_ATTACHMENTS).map(|part| attachment(&part)).collect()
}

/// The decoded content of one part.
pub(super) fn content(message: &Message<'_>, part: u32) -> Option<Vec<u8>> {
    let part = message.part(part)?;
    (!part.is_multipart()).then(|| part.decoded().into_owned())
}

fn is_attachment(part: &MessagePart<'_>) -> bool {
    !part.is_multipart() && !(part.is_text() && (part.in_text_body() || part.in_html_body()))
}

fn attachment(part: &MessagePart<'_>) -> Attachment {
    let content_type = content_type(part);
    Attachment {
        part: part.id(),
        name: name(part, &content_type),
        size: u64::try_from(part.decoded_len()).unwrap_or(u64::MAX),
        content_id: part.content_id().map(|id| fields::line(id, MAX_NAME)).filter(|id| !id.is_empty()),
        inline: part.is_inline(),
        content_type,
    }
}

fn content_type(part: &MessagePart<'_>) -> String {
    let named = part.content_type().and_then(|kind| Some(format!("{}/{}", kind.ctype(), kind.subtype()?)));
    match named {
        Some(name) if is_type(&name) => name.to_ascii_lowercase(),
        _ if matches!(part.kind(), PartKind::Message(_)) => "message/rfc822".to_owned(),
        _ if part.is_text() => "text/plain".to_owned(),
        _ => "application/octet-stream".to_owned(),
    }
}

/// `type/subtype` of tokens (RFC 6838 §4.2).
fn is_type(name: &str) -> bool {
    let is_token = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    let mut sides = name.split('/');
    let is_side = |side: Option<&str>| side.is_some_and(|side| !side.is_empty() && is_token(side));
    name.len() <= MAX_TYPE && is_side(sides.next()) && is_side(sides.next()) && sides.next().is_none()
}

/// The media type under which a file may be attached to a letter: the declared one without its parameters, in lower case;
/// `application/octet-stream` where it is none, or one that base64 may not carry (RFC 2045 §6.4).
pub fn sendable_type(declared: &str) -> String {
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_composite = essence.starts_with("multipart/") || essence.starts_with("message/");
    if is_type(&essence) && !is_composite { essence } else { "application/octet-stream".to_owned() }
}

/// The name without its path and without what would mislead an eye or a file system.
fn name(part: &MessagePart<'_>, content_type: &str) -> String {
    let given = part.attachment_name().map(file_name).unwrap_or_default();
    if !given.is_empty() {
        return given;
    }
    let subject = part.nested().and_then(|letter| letter.subject()).unwrap_or_default();
    let subject = file_name(&subject.replace(['/', '\\'], " "));
    let stem = if subject.is_empty() { format!("part-{}", part.id()) } else { subject };
    shorten(&format!("{stem}.{}", extension(content_type)))
}

/// A file's name without any path and without what would mislead an eye or a file system; at most 255 characters, none where nothing
/// is left.
pub fn file_name(given: &str) -> String {
    let base = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = base
        .chars()
        .map(|c| if matches!(c, '\t' | '\r' | '\n' | ':' | '*' | '?' | '"' | '<' | '>' | '|') { ' ' } else { c })
        .filter(|&c| !fields::is_unwanted(c) && !matches!(c, '\u{200b}'..='\u{200f}'))
        .collect();
    let is_edge = |c: char| c == '.' || c.is_whitespace();
    // What was cut may end anew with what no name ends with.
    shorten(clean.trim_matches(is_edge)).trim_end_matches(is_edge).to_owned()
}

/// At most [`MAX_NAME`] characters; the extension is kept.
fn shorten(name: &str) -> String {
    if name.chars().count() <= MAX_NAME {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.chars().count() <= 16 => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let room = MAX_NAME - extension.chars().count();
    stem.chars().take(room).collect::<String>() + &extension
}

fn extension(content_type: &str) -> &'static str {
    match content_type {
        "message/rfc822" | "message/global" => "eml",
        "message/delivery-status" | "text/plain" | "text/rfc822-headers" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "application/pdf" => "pdf",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        _ => "bin",
    }
}
