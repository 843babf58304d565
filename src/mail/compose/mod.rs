//! Composes an outgoing letter (mail-builder): multipart/alternative, its files behind it, threading headers, no header injection.
//!
//! Promises: CRLF line ends and nothing but them, lines of at most 998 octets, 7-bit octets (but for local parts of
//! addresses that need SMTPUTF8); no field can hold a line end, whatever its text was.
//! Leaves to others: the signature (`dkim`), dot-stuffing (`queue`).

mod delivery_report;
mod file;
mod report;
mod unsubscribe;

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Field;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::url::URL;

use super::{Address, Attachment, Correspondent, html};

pub use delivery_report::{SuccessReport, compose_success};
pub use file::{OutgoingFile, encoded_len};
pub use report::{ReportLetter, compose_report};

/// Octets of a Message-ID; longer ones are left out.
const MAX_ID: usize = 250;
/// Message-IDs in `References`: the first, which names the thread, and the last ones.
const MAX_REFERENCES: usize = 20;

/// What goes into a letter.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The mailbox's name and address.
    pub from: Correspondent,
    /// Where answers go: the mailbox's sub-address that names the ticket.
    pub reply_to: Option<Address>,
    /// The recipients.
    pub to: Vec<Correspondent>,
    /// Copies.
    pub cc: Vec<Correspondent>,
    /// The subject, with the ticket's display number in it.
    pub subject: String,
    /// Our own Message-ID without brackets.
    pub message_id: String,
    /// The Message-ID that is answered.
    pub in_reply_to: Option<String>,
    /// The thread's Message-IDs, oldest first.
    pub references: Vec<String>,
    /// The time in Unix seconds.
    pub date: i64,
    /// The plain text; the HTML alternative is made from it.
    pub text: String,
    /// The files, in order; the letter is then a `multipart/mixed` that begins with the text (RFC 2046 §5.1.3).
    pub files: Vec<OutgoingFile>,
    /// An automatic letter: `Auto-Submitted: auto-replied` and `X-Auto-Response-Suppress: All` (RFC 3834 §5).
    pub automatic: bool,
    /// A letter of a mailing, and how its recipient unsubscribes.
    pub unsubscribe: Option<Unsubscribe>,
}

/// How a mailing's recipient unsubscribes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe {
    /// An https URL that takes the one-click POST (RFC 8058 §3.1).
    pub url: String,
    /// The address that takes a letter; `None` where there can be none.
    pub mail: Option<Address>,
}

impl Outgoing {
    /// The files as a reader of the composed letter lists them.
    pub fn attachments(&self) -> Vec<Attachment> {
        self.files.iter().enumerate().map(|(index, file)| file.listed(index)).collect()
    }
}

/// The letter as bytes: CRLF line ends only, no line over 998 octets, 7-bit clean.
pub fn compose(letter: &Outgoing) -> Vec<u8> {
    let text = plain_text(&letter.text);
    let mut message = MessageBuilder::new()
        .from(field(&letter.from))
        .subject(one_line(&letter.subject))
        .date(Date::new(letter.date))
        .message_id(identifier(&letter.message_id).unwrap_or_default())
        .text_body(text.replace('\n', "\r\n"))
        .html_body(document(&text));
    message.attachments = (!letter.files.is_empty()).then(|| letter.files.iter().map(OutgoingFile::part).collect());
    if !letter.to.is_empty() {
        message = message.to(Field::new_list(letter.to.iter().map(field).collect()));
    }
    if !letter.cc.is_empty() {
        message = message.cc(Field::new_list(letter.cc.iter().map(field).collect()));
    }
    if let Some(address) = &letter.reply_to {
        message = message.reply_to(Field::new_address(None::<&str>, address.to_path()));
    }
    if let Some(id) = letter.in_reply_to.as_deref().and_then(identifier) {
        message = message.in_reply_to(id);
    }
    let references = references(&letter.references);
    if !references.is_empty() {
        message = message.references(MessageId::new_list(references.into_iter()));
    }
    if letter.automatic {
        message = message
            .header("Auto-Submitted", Raw::new("auto-replied"))
            .header("X-Auto-Response-Suppress", Raw::new("All"))
            .header("Precedence", Raw::new("bulk"));
    }
    if let Some(unsubscribe) = &letter.unsubscribe {
        // A person wrote it, so it is not `Auto-Submitted`; `bulk` keeps holiday notices away (RFC 3834 §2).
        message = message
            .header("List-Unsubscribe", URL::new_list(unsubscribe::targets(unsubscribe).into_iter()))
            .header("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click"))
            .header("Precedence", Raw::new("bulk"));
    }
    let mut raw = Vec::new();
    message.serialize(&mut raw);
    raw
}

/// An address field's mailbox. What is no address is reduced to printable ASCII, so that it can break nothing.
fn field(correspondent: &Correspondent) -> Field<'static> {
    let address = Address::parse(&correspondent.address).map_or_else(
        |_| correspondent.address.chars().filter(|c| c.is_ascii_graphic() && !"<>,;:\"()\\".contains(*c)).collect(),
        |address| address.to_path(),
    );
    let name = correspondent.name.as_deref().map(one_line).filter(|name| !name.is_empty());
    Field::new_address(name, address)
}

/// A text on one line: control characters become spaces.
fn one_line(text: &str) -> String {
    let line: String =
        text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
    line.trim().to_owned()
}

/// A Message-ID that may stand between brackets (RFC 5322 §3.6.4).
fn identifier(id: &str) -> Option<String> {
    let id: String = id.chars().filter(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>')).collect();
    (!id.is_empty() && id.len() <= MAX_ID).then_some(id)
}

fn references(ids: &[String]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().filter_map(|id| identifier(id)).collect();
    if ids.len() > MAX_REFERENCES {
        ids.drain(1..=ids.len() - MAX_REFERENCES);
    }
    ids
}

/// LF line ends, no control characters but tab.
fn plain_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn document(text: &str) -> String {
    let body = html::from_text(text).replace('\n', "\r\n");
    format!("<!DOCTYPE html>\r\n<html><head><meta charset=\"utf-8\"></head><body>\r\n{body}</body></html>\r\n")
}

#[cfg(test)]
mod tests;
