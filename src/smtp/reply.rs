//! Replies (RFC 5321 §4.2) with enhanced status codes (RFC 2034, RFC 3463).

use std::borrow::Cow;

use crate::desk::Reason;

/// A reply of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// `250`.
    pub code: u16,
    /// `2.0.0`; empty where none is allowed.
    pub enhanced: &'static str,
    /// What people read.
    pub text: Cow<'static, str>,
}

impl Reply {
    /// A reply with a fixed text.
    pub(super) const fn new(code: u16, enhanced: &'static str, text: &'static str) -> Self {
        Self { code, enhanced, text: Cow::Borrowed(text) }
    }

    /// The line without its CRLF.
    pub(super) fn line(&self) -> String {
        match self.enhanced {
            "" => format!("{} {}", self.code, self.text),
            enhanced => format!("{} {enhanced} {}", self.code, self.text),
        }
    }

    /// Adds the line with its CRLF to what is sent.
    pub(super) fn write_to(&self, output: &mut Vec<u8>) {
        output.extend_from_slice(self.line().as_bytes());
        output.extend_from_slice(b"\r\n");
    }
}

impl From<Reason> for Reply {
    fn from(reason: Reason) -> Self {
        Self::new(reason.code(), reason.enhanced(), reason.text())
    }
}

/// A reply of several lines without enhanced codes, as EHLO has it.
pub(super) fn write_lines(code: u16, lines: &[Cow<'_, str>], output: &mut Vec<u8>) {
    for (index, line) in lines.iter().enumerate() {
        let separator = if index + 1 == lines.len() { ' ' } else { '-' };
        output.extend_from_slice(format!("{code}{separator}{line}\r\n").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_codes_of_one_class() {
        for reason in Reason::ALL {
            assert_eq!(Some(&reason.enhanced()[..1]), reason.code().to_string().get(..1), "{}", reason.word());
            assert!(reason.text().is_ascii());
        }
    }
}
