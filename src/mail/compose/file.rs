//! A file on its way into a letter: base64 with lines of 76 octets (RFC 2045 §6.8), whatever it holds, so that no server on its way
//! touches it; its name as RFC 2231 has it.

use std::fmt;

use data_encoding::BASE64_MIME;
use mail_builder::mime::MimePart;

use crate::mail::Attachment;

/// Octets of one line before and behind base64, its end included.
const LINE: (u64, u64) = (57, 78);
/// Octets of a part's header and boundary, at most: a name of 255 characters makes dozens of lines.
const PART_HEADER: u64 = 8 * 1024;
/// Parts in front of the first file: `multipart/mixed`, `multipart/alternative`, text, HTML.
const PARTS_BEFORE: u32 = 4;

/// A file to be attached, encoded.
#[derive(Clone, Default)]
pub struct OutgoingFile {
    /// Its name.
    pub name: String,
    /// Its media type; neither `multipart/…` nor `message/…`, which base64 may not carry (RFC 2045 §6.4).
    pub content_type: String,
    /// Octets before encoding.
    pub size: u64,
    encoded: String,
}

impl fmt::Debug for OutgoingFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}, {} octets)", self.name, self.content_type, self.size)
    }
}

impl OutgoingFile {
    /// A file without content, with room for `size` octets.
    pub fn new(name: &str, content_type: &str, size: u64) -> Self {
        let encoded = String::with_capacity(encoded_len(size));
        Self { name: name.to_owned(), content_type: content_type.to_owned(), size: 0, encoded }
    }

    /// Appends octets. All calls but the last take a multiple of 57.
    pub fn push(&mut self, octets: &[u8]) {
        self.size = self.size.saturating_add(octets.len() as u64);
        BASE64_MIME.encode_append(octets, &mut self.encoded);
    }

    pub(super) fn part(&self) -> MimePart<'_> {
        MimePart::new(self.content_type.as_str(), self.encoded.as_bytes())
            .attachment(self.name.as_str())
            .transfer_encoding("base64")
    }

    /// The file as a reader of the letter lists it; `index` counts the files before it.
    pub(super) fn listed(&self, index: usize) -> Attachment {
        Attachment {
            part: u32::try_from(index).unwrap_or(u32::MAX).saturating_add(PARTS_BEFORE),
            name: self.name.clone(),
            content_type: self.content_type.clone(),
            size: self.size,
            content_id: None,
            inline: false,
        }
    }
}

/// Octets that a file of this size takes of a letter, at most.
pub fn encoded_len(size: u64) -> usize {
    let lines = size.div_ceil(LINE.0).saturating_mul(LINE.1);
    usize::try_from(lines.saturating_add(PART_HEADER)).unwrap_or(usize::MAX)
}
