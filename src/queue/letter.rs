//! A letter as it goes over the wire: its lines, dot-stuffed for DATA and as they are for BDAT, and what it demands of a server.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::memmem;

/// Octets of one piece of a dot-stuffed letter, before stuffing.
const PIECE: usize = 32 * 1024;

/// A letter ready to be sent. Holds the letter once: what is stuffed is stuffed piece by piece.
#[derive(Debug)]
pub(super) struct Wire {
    octets: Bytes,
    /// There are octets beyond ASCII: needs 8BITMIME (RFC 6152).
    pub(super) is_eight_bit: bool,
    /// There are octets beyond ASCII in the header: needs SMTPUTF8 (RFC 6532).
    pub(super) has_utf8_header: bool,
}

impl Wire {
    /// Prepares a letter. A bare CR or LF becomes a line end, and the last line has one: what we send never holds a bare one, so that
    /// nobody behind us reads two letters where there is one. Takes milliseconds for a large letter.
    pub(super) fn of(letter: Bytes) -> Self {
        let is_eight_bit = !letter.is_ascii();
        let header = memmem::find(&letter, b"\r\n\r\n").map_or(&letter[..], |end| &letter[..end]);
        let has_utf8_header = !header.is_ascii();
        let octets = if has_whole_lines(&letter) { letter } else { Bytes::from(with_whole_lines(&letter)) };
        Self { octets, is_eight_bit, has_utf8_header }
    }

    /// The letter, every line of it ended by CRLF: as BDAT sends it (RFC 3030 §2).
    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Octets before dot-stuffing, as SIZE counts them (RFC 1870 §3).
    pub(super) fn size(&self) -> usize {
        self.octets.len()
    }

    /// The letter as DATA sends it (RFC 5321 §4.5.2), in pieces, without the final dot.
    pub(super) fn stuffed(&self) -> impl Iterator<Item = Cow<'_, [u8]>> {
        let mut at_line_start = true;
        self.octets.chunks(PIECE).map(move |piece| {
            let stuffed = stuff(piece, at_line_start);
            at_line_start = piece.ends_with(b"\n");
            stuffed
        })
    }
}

/// Whether every line ends with CRLF, the last one too, and no CR or LF stands alone.
fn has_whole_lines(letter: &[u8]) -> bool {
    let mut ends = memchr::memchr2_iter(b'\r', b'\n', letter);
    while let Some(end) = ends.next() {
        if letter[end] == b'\n' || ends.next() != Some(end + 1) || letter[end + 1] != b'\n' {
            return false;
        }
    }
    letter.is_empty() || letter.ends_with(b"\n")
}

fn with_whole_lines(letter: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(letter.len().saturating_add(letter.len() / 64).saturating_add(2));
    let mut rest = letter;
    while !rest.is_empty() {
        let end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        octets.extend_from_slice(line);
        octets.extend_from_slice(b"\r\n");
        rest = tail.strip_prefix(b"\r\n").or_else(|| tail.get(1..)).unwrap_or_default();
    }
    octets
}

/// Doubles the dot that begins a line. Lines end with LF, since every CR has one.
fn stuff(piece: &[u8], at_line_start: bool) -> Cow<'_, [u8]> {
    let begins = at_line_start && piece.first() == Some(&b'.');
    let mut dots = memmem::find_iter(piece, b"\n.").peekable();
    if !begins && dots.peek().is_none() {
        return Cow::Borrowed(piece);
    }
    let mut stuffed = Vec::with_capacity(piece.len().saturating_add(64));
    if begins {
        stuffed.push(b'.');
    }
    let mut from = 0;
    for end in dots {
        // Up to the line end; the dot itself comes with what follows.
        stuffed.extend_from_slice(&piece[from..=end]);
        stuffed.push(b'.');
        from = end + 1;
    }
    stuffed.extend_from_slice(&piece[from..]);
    Cow::Owned(stuffed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    /// What DATA sends.
    fn sent(letter: &[u8]) -> Vec<u8> {
        let wire = Wire::of(Bytes::copy_from_slice(letter));
        let mut octets: Vec<u8> = wire.stuffed().flat_map(|piece| piece.into_owned()).collect();
        octets.extend_from_slice(b".\r\n");
        octets
    }

    #[rstest]
    #[case(b"A: b\r\n\r\n.\r\n..x\r\n", b"A: b\r\n\r\n..\r\n...x\r\n.\r\n")]
    #[case(b"A: b\r\n\r\nno end", b"A: b\r\n\r\nno end\r\n.\r\n")]
    #[case(b"\n.\r\nMAIL FROM:<>", b"\r\n..\r\nMAIL FROM:<>\r\n.\r\n")]
    #[case(b"x\n.\n", b"x\r\n..\r\n.\r\n")]
    #[case(b"x\r.\r", b"x\r\n..\r\n.\r\n")]
    #[case(b"x\r\n.\r\r\n", b"x\r\n..\r\n\r\n.\r\n")]
    #[case(b"x\r\r\n.\r\r\n", b"x\r\n\r\n..\r\n\r\n.\r\n")]
    #[case(b"", b".\r\n")]
    fn no_letter_ends_before_its_end(#[case] letter: &[u8], #[case] wire: &[u8]) {
        assert_eq!(String::from_utf8_lossy(&sent(letter)), String::from_utf8_lossy(wire));
    }

    #[test]
    fn a_dot_is_doubled_wherever_the_pieces_are_cut() {
        let line = format!("{}\r\n", "x".repeat(PIECE - 2));
        let letter = format!("{line}.\r\n.y\r\n{line}{line}..\r\n");
        let expected = format!("{line}..\r\n..y\r\n{line}{line}...\r\n.\r\n");
        for ahead in 0..4 {
            let ahead = "z".repeat(ahead);
            assert!(sent(format!("{ahead}{letter}").as_bytes()) == format!("{ahead}{expected}").as_bytes());
        }
    }

    #[test]
    fn what_a_letter_demands_is_seen() {
        let wire = |letter: &'static str| Wire::of(Bytes::from_static(letter.as_bytes()));
        let plain = wire("Subject: a\r\n\r\nb\r\n");
        assert!(!plain.is_eight_bit && !plain.has_utf8_header);
        let body = wire("Subject: a\r\n\r\nж\r\n");
        assert!(body.is_eight_bit && !body.has_utf8_header);
        assert!(wire("Subject: ж\r\n\r\nb\r\n").has_utf8_header);
    }

    proptest! {
        #[test]
        fn the_final_dot_is_the_only_one_and_no_line_end_is_bare(
            letter in prop::collection::vec(prop::sample::select(b"\r\n.ab\0".to_vec()), 0..60)
        ) {
            let text = String::from_utf8(sent(&letter)).unwrap();
            prop_assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
            let end = format!("\r\n{text}").find("\r\n.\r\n").unwrap();
            prop_assert_eq!(end + 3, text.len());
            // In chunks it is the same letter, without the dots.
            let whole = String::from_utf8(Wire::of(Bytes::from(letter)).octets().to_vec()).unwrap();
            prop_assert!(!whole.replace("\r\n", "").contains(['\r', '\n']));
            let stuffed = format!("\r\n{whole}").replace("\r\n.", "\r\n..");
            prop_assert_eq!(format!("{}.\r\n", &stuffed[2..]), text);
        }
    }
}
