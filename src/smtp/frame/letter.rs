//! The octets of a letter: from `DATA` (RFC 5321 §4.1.1.4, §4.5.2) or from `BDAT` chunks (RFC 3030).
//!
//! The data ends at CRLF.CRLF only (or at `.CRLF` in the very first line). A bare CR or LF anywhere, a NUL, an endless
//! line or too many octets are remembered, and the reader goes on to the true end without keeping more, so that nothing
//! of a refused letter is ever taken for a command.
//!
//! From senders of `smtp.bare_line_end_from` a bare CR or LF is a line end: CRLF is kept in its place, and a dot behind it is
//! stuffed like any other. Never does it begin or end the CRLF.CRLF that ends the data.

use crate::desk::Reason;

/// Octets of the longest text line, its CRLF not counted. RFC 5321 §4.5.3.1.6 says 998; real letters have longer ones.
pub(in crate::smtp) const MAX_TEXT_LINE: usize = 64 * 1024;

/// What [`LetterReader::feed`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::smtp) struct Fed {
    /// Octets of the input that belong to the letter or its end.
    pub consumed: usize,
    /// The letter has ended.
    pub ended: bool,
}

/// Where in the text the reader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At the beginning of a line.
    LineStart,
    /// At the beginning of a line behind a bare line end that was let pass.
    BareLineStart,
    /// Behind a dot at the beginning of a line, which is not part of the letter.
    Dot,
    /// Behind such a dot and a CR: the end, if LF comes.
    DotCr,
    /// Within a line.
    Text,
    /// Behind a CR.
    Cr,
}

/// Reads one letter. Chunks may be cut anywhere.
#[derive(Debug)]
pub(in crate::smtp) struct LetterReader {
    place: Place,
    /// `DATA`: dots are stuffed, and a lonely one ends the letter.
    dots: bool,
    /// Bare line ends are made CRLF.
    normalise: bool,
    limit: usize,
    /// Octets of the letter so far, kept or not.
    size: usize,
    line: usize,
    bare_line_end: bool,
    nul: bool,
    long_line: bool,
}

impl LetterReader {
    /// For what follows `DATA`: at most `limit` octets, dots removed. `normalise`: bare line ends are made CRLF.
    pub(in crate::smtp) fn data(limit: usize, normalise: bool) -> Self {
        Self::new(limit, true, normalise)
    }

    /// For all chunks of a `BDAT` transaction: at most `limit` octets in all.
    pub(in crate::smtp) fn chunks(limit: usize, normalise: bool) -> Self {
        Self::new(limit, false, normalise)
    }

    fn new(limit: usize, dots: bool, normalise: bool) -> Self {
        Self {
            place: Place::LineStart,
            dots,
            normalise,
            limit,
            size: 0,
            line: 0,
            bare_line_end: false,
            nul: false,
            long_line: false,
        }
    }

    /// Reads a piece; what belongs to the letter is added to `letter` as long as nothing is wrong with it. Where the
    /// letter ends within the piece, the rest is left to the next command.
    pub(in crate::smtp) fn feed(&mut self, input: &[u8], letter: &mut Vec<u8>) -> Fed {
        // `kept..at` is what has been read but not yet copied: one copy for as many lines as the piece has.
        let (mut kept, mut at) = (0, 0);
        while let Some(&octet) = input.get(at) {
            match self.place {
                Place::LineStart => {
                    self.line = 0;
                    if octet == b'.' && self.dots {
                        self.keep(&input[kept..at], letter);
                        at += 1;
                        kept = at;
                        self.place = Place::Dot;
                    } else {
                        self.place = Place::Text;
                    }
                }
                Place::BareLineStart => {
                    self.line = 0;
                    if octet == b'.' && self.dots {
                        self.keep(&input[kept..at], letter);
                        at += 1;
                        kept = at;
                    }
                    self.place = Place::Text;
                }
                Place::Dot if octet == b'\r' => {
                    // Held back: it is part of the end, or a bare CR.
                    at += 1;
                    kept = at;
                    self.place = Place::DotCr;
                }
                Place::Dot => self.place = Place::Text,
                Place::DotCr if octet == b'\n' => return Fed { consumed: at + 1, ended: true },
                Place::DotCr => self.bare(b"\r\n", letter),
                Place::Text => match memchr::memchr3(b'\r', b'\n', 0, &input[at..]) {
                    Some(length) => {
                        self.line = self.line.saturating_add(length);
                        at += length + 1;
                        match input[at - 1] {
                            b'\r' => self.place = Place::Cr,
                            b'\n' => {
                                self.keep(&input[kept..at - 1], letter);
                                kept = at;
                                self.bare(b"\r\n", letter);
                            }
                            _ => self.nul = true,
                        }
                    }
                    None => {
                        self.line = self.line.saturating_add(input.len() - at);
                        at = input.len();
                    }
                },
                Place::Cr => {
                    self.long_line |= self.line > MAX_TEXT_LINE;
                    if octet == b'\n' {
                        at += 1;
                        self.place = Place::LineStart;
                    } else {
                        // The CR itself is kept with what stands before it.
                        self.keep(&input[kept..at], letter);
                        kept = at;
                        self.bare(b"\n", letter);
                    }
                }
            }
        }
        self.keep(&input[kept..at], letter);
        Fed { consumed: at, ended: false }
    }

    /// The last chunk of a `BDAT` transaction has been read.
    pub(in crate::smtp) fn finish(&mut self, letter: &mut Vec<u8>) {
        if self.place == Place::Cr {
            self.bare(b"\n", letter);
        }
    }

    /// Why the letter must be refused; the gravest reason where there are several, so that the answer does not depend on
    /// how the bytes were cut.
    pub(in crate::smtp) fn offence(&self) -> Option<Reason> {
        if self.bare_line_end {
            Some(Reason::BareLineEnd)
        } else if self.nul {
            Some(Reason::Nul)
        } else if self.size > self.limit {
            Some(Reason::TooLarge)
        } else if self.long_line || self.line > MAX_TEXT_LINE {
            Some(Reason::LineTooLong)
        } else {
            None
        }
    }

    /// Octets that so many octets of input add to the letter at most: a bare line end becomes two.
    pub(in crate::smtp) fn room(&self, input: usize) -> usize {
        if self.normalise { input.saturating_mul(2).saturating_add(1) } else { input }
    }

    /// Octets of the letter so far, kept or not.
    pub(in crate::smtp) fn size(&self) -> usize {
        self.size
    }

    /// A bare line end: an offence, or made a CRLF by adding what it lacks.
    fn bare(&mut self, lacking: &[u8], letter: &mut Vec<u8>) {
        self.long_line |= self.line > MAX_TEXT_LINE;
        if self.normalise {
            self.keep(lacking, letter);
            self.place = Place::BareLineStart;
        } else {
            self.bare_line_end = true;
            self.place = Place::Text;
        }
    }

    fn keep(&mut self, octets: &[u8], letter: &mut Vec<u8>) {
        self.size = self.size.saturating_add(octets.len());
        if self.offence().is_none() {
            letter.extend_from_slice(octets);
        }
    }
}

#[cfg(test)]
mod tests;
