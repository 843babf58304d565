//! Command lines (RFC 5321 §2.3.8): ended by CRLF, without control characters, of bounded length.

use bytes::{Buf, BytesMut};

/// Octets of the longest line taken here, its CRLF not counted. RFC 5321 §4.5.3.1.4 asks for 512 and more where
/// extensions add parameters; `command` knows which command may be how long.
pub(in crate::smtp) const MAX_LINE: usize = 2048;

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::smtp) enum LineError {
    /// It holds, ends with, or follows a bare LF or a bare CR.
    BareLineEnd,
    /// It holds NUL or another control character.
    Control,
    /// It is longer than [`MAX_LINE`].
    TooLong,
}

/// Takes command lines from the front of a buffer.
#[derive(Debug, Default)]
pub(in crate::smtp) struct Lines {
    /// The line before ended with a bare LF: this one is the rest of what the client meant, and not obeyed either.
    tainted: bool,
    /// Octets of an endless line were thrown away already.
    overlong: bool,
    /// The last octet thrown away was a CR.
    dropped_cr: bool,
}

impl Lines {
    /// The next line without its CRLF, or why it is no command; `None` where its end has not arrived yet. What is left in
    /// `input` then is at most [`MAX_LINE`] + 1 octets.
    pub(in crate::smtp) fn next(&mut self, input: &mut BytesMut) -> Option<Result<BytesMut, LineError>> {
        let Some(end) = memchr::memchr(b'\n', input) else {
            self.drop_endless(input);
            return None;
        };
        let ends_well = match end.checked_sub(1) {
            Some(before) => input[before] == b'\r',
            None => self.dropped_cr,
        };
        let mut line = input.split_to(end + 1);
        line.truncate(if ends_well { end.saturating_sub(1) } else { end });
        let overlong = std::mem::take(&mut self.overlong);
        let tainted = std::mem::replace(&mut self.tainted, !ends_well);
        self.dropped_cr = false;
        Some(if !ends_well || tainted {
            Err(LineError::BareLineEnd)
        } else if overlong || line.len() > MAX_LINE {
            Err(LineError::TooLong)
        } else if memchr::memchr(b'\r', &line).is_some() {
            Err(LineError::BareLineEnd)
        } else if line.iter().any(u8::is_ascii_control) {
            Err(LineError::Control)
        } else {
            Ok(line)
        })
    }

    /// Keeps a line that does not end from filling the memory. A bare CR in what is thrown away needs no care: the line is
    /// refused in any case.
    fn drop_endless(&mut self, input: &mut BytesMut) {
        if self.overlong || input.len() > MAX_LINE + 1 {
            self.overlong = true;
            if let Some(last) = input.last() {
                self.dropped_cr = *last == b'\r';
            }
            input.advance(input.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<Result<Vec<u8>, LineError>> {
        let (mut lines, mut input, mut found) = (Lines::default(), BytesMut::new(), Vec::new());
        for piece in pieces {
            input.extend_from_slice(piece);
            while let Some(line) = lines.next(&mut input) {
                found.push(line.map(|line| line.to_vec()));
            }
        }
        found
    }

    #[test]
    fn a_line_ends_at_crlf() {
        assert_eq!(lines(&[b"NOOP\r\nQUIT\r\n"]), vec![Ok(b"NOOP".to_vec()), Ok(b"QUIT".to_vec())]);
        assert_eq!(lines(&[b"NOOP\r"]), vec![]);
        assert_eq!(lines(&[b"\r\n"]), vec![Ok(vec![])]);
    }

    #[test]
    fn a_bare_line_end_is_refused_and_so_is_what_follows_it_up_to_the_next_crlf() {
        let bad = Err(LineError::BareLineEnd);
        assert_eq!(
            lines(&[b"RSET\nMAIL FROM:<a@b.test>\r\nNOOP\r\n"]),
            vec![bad.clone(), bad.clone(), Ok(b"NOOP".to_vec())]
        );
        assert_eq!(lines(&[b"RSET\rMAIL\r\nNOOP\r\n"]), vec![bad.clone(), Ok(b"NOOP".to_vec())]);
        assert_eq!(lines(&[b"\nNOOP\r\n"]), vec![bad.clone(), bad]);
    }

    #[test]
    fn control_characters_are_refused() {
        assert_eq!(lines(&[b"EHLO a\0b\r\nEHLO \x1b[1m\r\nNOOP\x7f\r\n"]), vec![Err(LineError::Control); 3]);
    }

    #[test]
    fn an_endless_line_is_refused_without_being_kept() {
        let (mut lines, mut input) = (Lines::default(), BytesMut::new());
        for _ in 0..100 {
            input.extend_from_slice(&[b'x'; 1000]);
            assert!(lines.next(&mut input).is_none());
            assert!(input.len() <= MAX_LINE + 1);
        }
        input.extend_from_slice(b"\r\nNOOP\r\n");
        assert_eq!(lines.next(&mut input), Some(Err(LineError::TooLong)));
        assert_eq!(lines.next(&mut input), Some(Ok(BytesMut::from("NOOP"))));
    }

    proptest! {
        #[test]
        fn every_chunking_gives_the_same_lines(
            parts in prop::collection::vec(
                prop_oneof![
                    Just(b"\r".to_vec()), Just(b"\n".to_vec()), Just(b"\r\n".to_vec()), Just(b"\0".to_vec()),
                    Just(b"NOOP".to_vec()), Just(vec![b'x'; MAX_LINE - 1]), Just(vec![b'y'; MAX_LINE + 1]),
                ],
                0..20,
            ),
            cut in 1_usize..40,
        ) {
            let whole = parts.concat();
            let expected = lines(&[&whole]);
            let first = cut.min(whole.len());
            let mut pieces = vec![&whole[..first]];
            pieces.extend(whole[first..].chunks(cut));
            prop_assert_eq!(lines(&pieces), expected);
        }
    }
}
