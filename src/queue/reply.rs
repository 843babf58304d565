//! A server's reply (RFC 5321 §4.2) and its lines. Pure.
//!
//! Promises: whatever the server sends, a reply is bounded, holds no control characters, and has a code from 200 to 599.

/// Characters of a reply that are kept.
const WORDS: usize = 1_000;

/// Lines of a reply that are kept: EHLO has some dozens.
const LINES: usize = 100;

/// A whole reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reply {
    /// The code.
    pub(super) code: u16,
    /// What stood behind the code, line by line, without control characters.
    pub(super) lines: Vec<String>,
}

impl Reply {
    /// 2xx.
    pub(super) fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// 5xx.
    pub(super) fn is_permanent(&self) -> bool {
        (500..600).contains(&self.code)
    }

    /// The words on one line, the enhanced status code (RFC 2034 §4) once, at their beginning; at most 1,000 characters.
    pub(super) fn words(&self) -> String {
        let Some((first, rest)) = self.lines.split_first() else { return String::new() };
        let code = enhanced(first);
        let mut words = first.clone();
        for line in rest {
            let line = code.and_then(|code| line.strip_prefix(code)).unwrap_or(line).trim();
            if !line.is_empty() {
                words.push(' ');
                words.push_str(line);
            }
        }
        words.trim().chars().take(WORDS).collect()
    }
}

/// `5.1.1` at the beginning of a text (RFC 3463 §2).
fn enhanced(text: &str) -> Option<&str> {
    let code = text.split(' ').next()?;
    let mut parts = code.split('.');
    let class = parts.next()?;
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_digit());
    let holds = matches!(class, "2" | "4" | "5")
        && parts.next().is_some_and(is_number)
        && parts.next().is_some_and(is_number)
        && parts.next().is_none();
    holds.then_some(code)
}

/// Collects lines until the reply is whole.
#[derive(Debug, Default)]
pub(super) struct ReplyReader {
    reply: Reply,
}

impl ReplyReader {
    /// Takes a line without its line end; answers the reply when this was its last line, `Err` for what is no reply.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<Option<Reply>, ()> {
        let (code, rest) = line.split_at_checked(3).ok_or(())?;
        if !code.iter().all(u8::is_ascii_digit) || !(b'2'..=b'5').contains(&code[0]) {
            return Err(());
        }
        let code = code.iter().fold(0_u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
        let (is_last, text) = match rest.split_first() {
            None => (true, rest),
            Some((b' ', text)) => (true, text),
            Some((b'-', text)) => (false, text),
            Some(_) => return Err(()),
        };
        // Servers that change the code on the way mean the last one.
        self.reply.code = code;
        if self.reply.lines.len() < LINES {
            let text = String::from_utf8_lossy(text);
            let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS).collect();
            self.reply.lines.push(clean.trim_end().to_owned());
        }
        Ok(is_last.then(|| std::mem::take(&mut self.reply)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<Reply> {
        let mut reader = ReplyReader::default();
        text.lines().find_map(|line| reader.line(line.as_bytes()).ok().flatten())
    }

    #[test]
    fn a_reply_of_several_lines_has_its_enhanced_code_once() {
        let reply = read("550-5.1.1 no such\n550-5.1.1 user\n550 5.1.1 here\n").unwrap();
        assert_eq!((reply.code, reply.words().as_str()), (550, "5.1.1 no such user here"));
        assert!(reply.is_permanent());
        assert_eq!(read("250").unwrap(), Reply { code: 250, lines: vec![String::new()] });
        assert_eq!(read("250-mx\n250 1.2.3.4 is yours").unwrap().words(), "mx 1.2.3.4 is yours");
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for line in ["", "25", "abc hello", "25x ok", "650 ok", "150 ok", "250_ok", "SSH-2.0"] {
            assert_eq!(ReplyReader::default().line(line.as_bytes()), Err(()), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_octets_give_a_bounded_reply_without_control_characters(lines in prop::collection::vec(any::<Vec<u8>>(), 0..200)) {
            let mut reader = ReplyReader::default();
            for line in lines {
                let line = [b"250-".as_slice(), &line].concat();
                prop_assert_eq!(reader.line(&line), Ok(None));
            }
            let reply = reader.line(b"550 end").unwrap().unwrap();
            prop_assert!(reply.lines.len() <= LINES && reply.words().chars().count() <= WORDS);
            prop_assert!(!reply.words().chars().any(char::is_control));
        }
    }
}
