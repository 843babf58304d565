//! The bodies: what is read as text, what is shown as HTML.

use mail_parser::{Message, MessagePart, PartKind};

use super::{LetterBody, source};
use crate::mail::html;

/// Octets of plain text that are kept.
pub(super) const MAX_TEXT: usize = 1024 * 1024;
/// Octets of HTML that are read.
const MAX_HTML: usize = 4 * 1024 * 1024;

/// The letter's text: its plain parts, else its HTML made plain.
pub(super) fn text(message: &Message<'_>) -> String {
    let mut whole = String::new();
    for part in message.text_body() {
        let room = MAX_TEXT.saturating_sub(whole.len());
        let text = match part.kind() {
            PartKind::Text if room > 0 => source::text(&part, room).map(|text| unflowed(&part, clean(&text))),
            PartKind::Html if room > 0 => html_text(&part),
            _ => None,
        };
        if let Some(text) = text {
            append(&mut whole, &text);
        }
    }
    if whole.trim().is_empty() {
        // Some programs send an empty text part beside the HTML one.
        message.html_body().filter_map(|part| html_text(&part)).for_each(|text| append(&mut whole, &text));
    }
    whole.truncate(whole.floor_char_boundary(MAX_TEXT));
    whole
}

/// Text and HTML.
pub(super) fn bodies(message: &Message<'_>) -> LetterBody {
    let html = has_html(message).then(|| {
        let mut whole = String::new();
        for part in message.html_body() {
            let room = MAX_HTML.saturating_sub(whole.len());
            match (part.kind(), source::text(&part, room)) {
                (PartKind::Html, Some(html)) => whole.push_str(&html),
                (PartKind::Text, Some(text)) => whole.push_str(&html::from_text(&clean(&text))),
                _ => {}
            }
        }
        whole
    });
    LetterBody { text: text(message), html }
}

/// The letter has an HTML body.
pub(super) fn has_html(message: &Message<'_>) -> bool {
    message.html_body().any(|part| matches!(part.kind(), PartKind::Html))
}

/// Line ends as LF; no control characters but LF and tab.
pub(super) fn clean(text: &str) -> String {
    let mut clean = text.replace("\r\n", "\n");
    if clean.contains('\r') {
        clean = clean.replace('\r', "\n");
    }
    // 0xC2 begins the control characters U+0080 to U+009F.
    if clean.bytes().any(|b| (b < 0x20 && b != b'\n' && b != b'\t') || b == 0x7f || b == 0xc2) {
        clean.retain(|c| !c.is_control() || matches!(c, '\n' | '\t'));
    }
    clean
}

fn html_text(part: &MessagePart<'_>) -> Option<String> {
    matches!(part.kind(), PartKind::Html).then_some(())?;
    source::text(part, MAX_HTML).map(|html| clean(&html::to_text(&html)))
}

/// Joins the soft line breaks of `format=flowed` (RFC 3676 §4.1, §4.2).
fn unflowed(part: &MessagePart<'_>, text: String) -> String {
    let Some(kind) = part.content_type() else { return text };
    if !kind.attribute("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed")) {
        return text;
    }
    let delete_space = kind.attribute("delsp").is_some_and(|value| value.eq_ignore_ascii_case("yes"));
    let mut joined = String::with_capacity(text.len());
    let mut open_depth = None;
    for line in text.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        let depth = content.bytes().take_while(|&b| b == b'>').count();
        let inner = &content[depth..];
        let inner = inner.strip_prefix(' ').unwrap_or(inner);
        let is_signature = inner == "-- ";
        if open_depth.is_some_and(|open| open != depth || is_signature) {
            joined.push('\n');
            open_depth = None;
        }
        if open_depth.is_none() && depth > 0 {
            joined.push_str(&content[..depth]);
            joined.push(' ');
        }
        match inner.strip_suffix(' ') {
            Some(stripped) if !is_signature => {
                joined.push_str(if delete_space { stripped } else { inner });
                open_depth = Some(depth);
            }
            _ => {
                joined.push_str(inner);
                joined.push_str(&line[content.len()..]);
                open_depth = None;
            }
        }
    }
    joined
}

fn append(whole: &mut String, text: &str) {
    if !whole.is_empty() && !whole.ends_with('\n') {
        whole.push('\n');
    }
    whole.push_str(text);
}
