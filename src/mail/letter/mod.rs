//! A letter as the desk sees it: what mail-parser read, bounded and made plain.
//!
//! Promises: any bytes give a [`Letter`]; the work is linear in their number and needs no stack; no text in it holds a
//! control character other than line feed and tab (headers and names: none at all). This room is the only one that
//! knows mail-parser; its own limits (100 deep, 1,000 parts) are set in `source`.
//! Leaves to others: whether HTML is safe to show (`sanitise`), which text is new (`fold`), what a bounce says (`bounce`).

mod attachments;
mod body;
mod fields;
mod read;
mod source;

pub use attachments::{file_name, sendable_type};
pub(super) use source::{DeliveryReport, delivery_report, feedback_report};

use minicbor::{Decode, Encode};
use serde::Serialize;

/// A parsed letter. Never refused: what could not be read is said in `needs_eyes`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Letter {
    /// `From` (the first, where there are several).
    pub from: Option<Correspondent>,
    /// `Reply-To`.
    pub reply_to: Option<Correspondent>,
    /// `To`; at most 100.
    pub to: Vec<Correspondent>,
    /// `Cc`; at most 100.
    pub cc: Vec<Correspondent>,
    /// `Subject`, decoded, at most 998 characters.
    pub subject: String,
    /// `Date` in Unix seconds, where it can be read.
    pub date: Option<i64>,
    /// `Message-ID` without brackets.
    pub message_id: Option<String>,
    /// `In-Reply-To` without brackets; at most 20.
    pub in_reply_to: Vec<String>,
    /// `References` without brackets, oldest first; the last 50.
    pub references: Vec<String>,
    /// Every header field in order, decoded, name as written: the first 500, each value at most 4,096 characters.
    pub headers: Vec<(String, String)>,
    /// The plain text (converted from HTML where there is no text part), at most 1 MiB.
    pub text: String,
    /// The letter has an HTML body.
    pub has_html: bool,
    /// What is attached or embedded; at most 200.
    pub attachments: Vec<Attachment>,
    /// What a person must look at, if anything.
    pub needs_eyes: Option<NeedsEyes>,
}

/// A person or thing in an address field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, utoipa::ToSchema)]
pub struct Correspondent {
    /// The display name, decoded; at most 255 characters.
    #[n(0)]
    pub name: Option<String>,
    /// The address as written; may be no valid address in a damaged letter.
    #[n(1)]
    pub address: String,
}

/// A part that is offered as a download.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, utoipa::ToSchema)]
pub struct Attachment {
    /// The part's number inside the letter: what a download asks for.
    #[n(0)]
    pub part: u32,
    /// The file name, decoded, without any path; at most 255 characters.
    #[n(1)]
    pub name: String,
    /// `type/subtype`, lower case.
    #[n(2)]
    pub content_type: String,
    /// Decoded size in octets.
    #[n(3)]
    pub size: u64,
    /// `Content-ID` without brackets, for inline pictures.
    #[n(4)]
    pub content_id: Option<String>,
    /// Shown inside the text rather than offered.
    #[n(5)]
    pub inline: bool,
}

/// Why a letter could not be read as a letter should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum NeedsEyes {
    /// The bytes are no message at all, or hold no header.
    #[n(0)]
    Unparseable,
    /// Not exactly one `From` with exactly one address (RFC 5322 §3.6.2).
    #[n(1)]
    From,
    /// Nested or split beyond the limits (100 deep, 1,000 parts).
    #[n(2)]
    TooComplex,
    /// More header fields than are read (500), or a value of more than 64 KiB.
    #[n(3)]
    TooManyHeaders,
}

/// The bodies of a letter, read on demand from its source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LetterBody {
    /// As [`Letter::text`].
    pub text: String,
    /// The HTML body as sent: never shown before `sanitise`.
    pub html: Option<String>,
}

impl Letter {
    /// Reads a letter. Blocking work of up to some milliseconds for large letters: call it in `spawn_blocking` above
    /// 64 KiB.
    pub fn parse(raw: &[u8]) -> Self {
        read::read(raw)
    }

    /// Whether a header (with or without its body) has exactly one `From` with exactly one address (RFC 5322 §3.6.2): what
    /// [`NeedsEyes::From`] says of a letter that has not.
    pub fn has_one_from(header: &[u8]) -> bool {
        read::has_one_from(header)
    }

    /// The first value of a header field, by name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl LetterBody {
    /// Reads the bodies of a letter. As much work as [`Letter::parse`].
    pub fn read(raw: &[u8]) -> Self {
        source::parse(raw).map(|message| body::bodies(&message)).unwrap_or_default()
    }
}

impl Attachment {
    /// The decoded content of one part of a letter; `None` where there is no such part.
    pub fn content(raw: &[u8], part: u32) -> Option<Vec<u8>> {
        attachments::content(&source::parse(raw)?, part)
    }
}

#[cfg(test)]
mod tests;
