//! The private parsers of this room for the fuzz targets: frames and commands (and `server`'s PROXY header).

use bytes::BytesMut;

use super::command::{self, Addressee, Command, Target};
use super::frame::{LetterReader, Lines};
use crate::desk::Reason;
use crate::mail::Address;

pub use super::server::fuzzing::proxy;

/// Octets of the largest letter here: small, so that the limit is met often.
const LIMIT: usize = 4 * 1024;

/// The first octet says how large the pieces are in which the rest arrives. Lines, `DATA` and chunks must not depend on it,
/// and the data must end where a plain search for CRLF.CRLF ends it.
pub fn frame(data: &[u8]) {
    let Some((&cut, input)) = data.split_first() else { return };
    let piece = usize::from(cut).max(1);
    assert_eq!(lines(input, piece), lines(input, usize::MAX), "lines depend on how they were cut");

    for normalise in [false, true] {
        let whole = letter(LetterReader::data(LIMIT, normalise), input, usize::MAX);
        let cut = letter(LetterReader::data(LIMIT, normalise), input, piece);
        assert_eq!(cut, whole, "a letter depends on how it was cut");
        assert_eq!(whole.consumed, end_of_data(input).unwrap_or(input.len()), "the data ends elsewhere");
        assert_eq!(whole.ended, end_of_data(input).is_some(), "the data ends, or does not");
        whole.check();

        let whole = letter(LetterReader::chunks(LIMIT, normalise), input, usize::MAX);
        let cut = letter(LetterReader::chunks(LIMIT, normalise), input, piece);
        assert_eq!(cut, whole, "chunks depend on how they were cut");
        assert!(!whole.ended && whole.consumed == input.len(), "a chunk has no end of its own");
        if whole.offence.is_none() && !normalise {
            assert_eq!(whole.octets, input, "a chunk was changed");
        }
        assert!(!normalise || whole.offence != Some(Reason::BareLineEnd), "a line end was not mended");
        whole.check();
    }
}

/// A line as `frame` would let it through, and every line up to it as they stand.
pub fn command(data: &[u8]) {
    for line in data.split(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.iter().any(u8::is_ascii_control) {
            continue;
        }
        match command::parse(line) {
            Ok(Command::Mail(sender)) => sender.address.iter().for_each(check_address),
            Ok(Command::Rcpt(Addressee { target: Target::Address { address, .. }, .. })) => check_address(&address),
            Ok(Command::Ehlo(host) | Command::Helo(host)) => {
                assert!(
                    !host.is_empty() && !host.contains(|c: char| c.is_control() || c == ' '),
                    "a host name {host:?}"
                );
            }
            Ok(_) => {}
            Err(error) => {
                let reply = error.reply();
                assert!((400..600).contains(&reply.code), "an error that is none: {}", reply.line());
                assert!(!reply.line().contains(char::is_control), "a reply of two lines: {}", reply.line());
            }
        }
    }
}

/// What came of a letter.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    octets: Vec<u8>,
    consumed: usize,
    ended: bool,
    offence: Option<Reason>,
}

impl Read {
    /// A letter without an offence has whole lines only, and keeps to the limit.
    fn check(&self) {
        assert!(self.octets.len() <= LIMIT, "{} octets kept", self.octets.len());
        if self.offence.is_some() {
            return;
        }
        assert!(!self.octets.contains(&0), "a NUL came through");
        let (mut before, mut rest) = (0, self.octets.as_slice());
        while let Some((&octet, behind)) = rest.split_first() {
            assert!(octet != b'\n' || before == b'\r', "a bare LF came through");
            assert!(before != b'\r' || octet == b'\n', "a bare CR came through");
            (before, rest) = (octet, behind);
        }
    }
}

fn letter(mut reader: LetterReader, input: &[u8], piece: usize) -> Read {
    let (mut octets, mut consumed, mut ended) = (Vec::new(), 0, false);
    for part in input.chunks(piece) {
        let fed = reader.feed(part, &mut octets);
        consumed += fed.consumed;
        ended = fed.ended;
        if ended {
            break;
        }
    }
    reader.finish(&mut octets);
    let offence = reader.offence();
    // What was kept of a letter that is refused is of no interest, and depends on when the offence was seen.
    Read { octets: if offence.is_some() { Vec::new() } else { octets }, consumed, ended, offence }
}

/// Where the data ends, by a plain search: behind the first CRLF.CRLF, or `.CRLF` at the beginning.
fn end_of_data(input: &[u8]) -> Option<usize> {
    if input.starts_with(b".\r\n") {
        return Some(3);
    }
    memchr::memmem::find(input, b"\r\n.\r\n").map(|at| at + 5)
}

fn lines(input: &[u8], piece: usize) -> Vec<Result<Vec<u8>, super::frame::LineError>> {
    let (mut lines, mut buffer, mut found) = (Lines::default(), BytesMut::new(), Vec::new());
    for part in input.chunks(piece) {
        buffer.extend_from_slice(part);
        while let Some(line) = lines.next(&mut buffer) {
            if let Ok(line) = &line {
                assert!(!line.iter().any(u8::is_ascii_control), "a control character came through");
            }
            found.push(line.map(|line| line.to_vec()));
        }
    }
    found
}

fn check_address(address: &Address) {
    let path = address.to_path();
    assert!(!path.contains(|c: char| c.is_control()), "a control character in {path:?}");
    assert_eq!(Address::parse(&path).as_ref(), Ok(address), "an address is another when it is read again");
}
