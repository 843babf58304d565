//! A letter as it goes over the wire: dot-stuffed, and what it demands of a server.

use memchr::memmem;

/// A letter ready for DATA.
#[derive(Debug)]
pub(super) struct Wire {
    /// The octets behind `354`, with the final dot.
    pub(super) octets: Vec<u8>,
    /// Octets before dot-stuffing, as SIZE counts them (RFC 1870 §3).
    pub(super) size: usize,
    /// There are octets beyond ASCII: needs 8BITMIME (RFC 6152).
    pub(super) is_eight_bit: bool,
    /// There are octets beyond ASCII in the header: needs SMTPUTF8 (RFC 6532).
    pub(super) has_utf8_header: bool,
}

impl Wire {
    /// Prepares a letter. A bare CR or LF becomes a line end: what we send never holds one, so that nobody behind us reads
    /// two letters where there is one.
    pub(super) fn of(letter: &[u8]) -> Self {
        let mut octets = Vec::with_capacity(letter.len().saturating_add(letter.len() / 64).saturating_add(8));
        let mut at_line_start = true;
        let mut rest = letter;
        while !rest.is_empty() {
            let end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
            let (line, tail) = rest.split_at(end);
            if at_line_start && line.first() == Some(&b'.') {
                octets.push(b'.');
            }
            octets.extend_from_slice(line);
            at_line_start = !tail.is_empty();
            if at_line_start {
                octets.extend_from_slice(b"\r\n");
            }
            rest = tail.strip_prefix(b"\r\n").or_else(|| tail.get(1..)).unwrap_or_default();
        }
        if !at_line_start {
            octets.extend_from_slice(b"\r\n");
        }
        octets.extend_from_slice(b".\r\n");
        let header = memmem::find(letter, b"\r\n\r\n").map_or(letter, |end| &letter[..end]);
        Self { octets, size: letter.len(), is_eight_bit: !letter.is_ascii(), has_utf8_header: !header.is_ascii() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

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
        assert_eq!(String::from_utf8_lossy(&Wire::of(letter).octets), String::from_utf8_lossy(wire));
    }

    #[test]
    fn what_a_letter_demands_is_seen() {
        let plain = Wire::of(b"Subject: a\r\n\r\nb\r\n");
        assert!(!plain.is_eight_bit && !plain.has_utf8_header);
        let body = Wire::of("Subject: a\r\n\r\nж\r\n".as_bytes());
        assert!(body.is_eight_bit && !body.has_utf8_header);
        assert!(Wire::of("Subject: ж\r\n\r\nb\r\n".as_bytes()).has_utf8_header);
    }

    proptest! {
        #[test]
        fn the_final_dot_is_the_only_one_and_no_line_end_is_bare(
            letter in prop::collection::vec(prop::sample::select(b"\r\n.ab\0".to_vec()), 0..60)
        ) {
            let wire = Wire::of(&letter).octets;
            let text = String::from_utf8(wire).unwrap();
            prop_assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
            let end = format!("\r\n{text}").find("\r\n.\r\n").unwrap();
            prop_assert_eq!(end + 3, text.len());
        }
    }
}
