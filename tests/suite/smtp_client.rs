//! The smallest SMTP client that can also misbehave.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

/// One connection.
pub struct SmtpClient {
    reader: BufReader<TcpStream>,
}

impl SmtpClient {
    /// Reads the greeting.
    pub fn greet(stream: TcpStream) -> Self {
        let mut client = Self { reader: BufReader::new(stream) };
        let greeting = client.reply();
        assert!(greeting.starts_with("220 "), "{greeting}");
        client
    }

    /// Sends octets as they are. A server that has closed meanwhile is no error here: the reply shows it.
    pub fn send(&mut self, octets: &[u8]) {
        let _ = self.reader.get_mut().write_all(octets);
    }

    /// The next reply, all its lines; empty when the server has closed.
    pub fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let before = reply.len();
            match self.reader.read_line(&mut reply) {
                Ok(0) | Err(_) => return reply,
                Ok(_) if reply.as_bytes().get(before + 3) == Some(&b'-') => {}
                Ok(_) => return reply,
            }
        }
    }

    /// A command line and its reply.
    pub fn command(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes());
        self.reply()
    }

    /// A whole transaction to `help@demo.test`; the reply to its end. Dots are stuffed, line ends are left as they are.
    pub fn letter(&mut self, letter: &[u8]) -> String {
        self.envelope();
        self.send(&stuffed(letter));
        self.reply()
    }

    /// Up to `354`.
    pub fn envelope(&mut self) {
        for (line, code) in [
            ("EHLO client.test", "250"),
            ("MAIL FROM:<anna@client.test>", "250"),
            ("RCPT TO:<help@demo.test>", "250"),
            ("DATA", "354"),
        ] {
            let reply = self.command(line);
            assert!(reply.starts_with(code), "{line}: {reply}");
        }
    }
}

/// A letter with CRLF line ends, dots stuffed, and the end of the data.
pub fn stuffed(letter: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(letter.len() + letter.len() / 32 + 5);
    let mut at_line_start = true;
    for &octet in letter {
        if at_line_start && octet == b'.' {
            data.push(b'.');
        }
        data.push(octet);
        at_line_start = octet == b'\n';
    }
    if !data.ends_with(b"\r\n") {
        data.extend_from_slice(b"\r\n");
    }
    data.extend_from_slice(b".\r\n");
    data
}

/// The letter's line ends as a mail program would send them.
pub fn with_crlf(letter: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(letter.len() + 64);
    let mut octets = letter.iter().copied().peekable();
    while let Some(octet) = octets.next() {
        match octet {
            b'\r' => {
                octets.next_if_eq(&b'\n');
                out.extend_from_slice(b"\r\n");
            }
            b'\n' => out.extend_from_slice(b"\r\n"),
            0 => {}
            other => out.push(other),
        }
    }
    out
}
