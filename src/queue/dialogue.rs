//! Commands and replies on a connection: what was written, what was read, and how long one waits.
//!
//! Promises: a command that is built here holds no CR, LF or NUL but its own line end; a server cannot send without end;
//! replies to pipelined commands come one by one; what a server sent too early is seen.
//! Leaves to others: what is said.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::reply::{Reply, ReplyReader};

/// Longest line of a reply, in octets. RFC 5321 §4.5.3.1.5 knows 512; some servers write essays.
const LINE: usize = 8 * 1024;

/// Octets of one reply, all lines.
const REPLY: usize = 64 * 1024;

/// Octets written at once.
const BLOCK: usize = 32 * 1024;

/// A conversation that came to an end before its time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    /// The network failed.
    #[error("{0}")]
    Io(String),
    /// Nothing came, or nothing went, for so long.
    #[error("no answer within {0} s")]
    TimedOut(u64),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The server does not speak SMTP.
    #[error("the server's reply is none")]
    NoReply,
    /// The server does not stop talking.
    #[error("the server's reply has no end")]
    Endless,
    /// What we wanted to say would be more than one command.
    #[error("a command would hold a line end")]
    Injection,
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Closed } else { Self::Io(error.to_string()) }
    }
}

/// A stream with what was read from it and not yet looked at.
#[derive(Debug)]
pub(super) struct Dialogue<S> {
    stream: S,
    unread: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Dialogue<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, unread: Vec::new() }
    }

    /// The bare stream; `None` when the server has sent what nobody asked for.
    pub(super) fn into_stream(self) -> Option<S> {
        self.unread.is_empty().then_some(self.stream)
    }

    /// Says one command and waits for its reply.
    pub(super) async fn command(&mut self, command: &str, patience: Duration) -> Result<Reply, Broken> {
        self.say(&[command], patience).await?;
        self.reply(patience).await
    }

    /// Says commands in one go (RFC 2920); each reply is then read with [`Self::reply`].
    pub(super) async fn say<C: AsRef<str>>(&mut self, commands: &[C], patience: Duration) -> Result<(), Broken> {
        let mut octets = Vec::new();
        for command in commands.iter().map(AsRef::as_ref) {
            if command.bytes().any(|octet| matches!(octet, b'\r' | b'\n' | 0)) {
                return Err(Broken::Injection);
            }
            octets.extend_from_slice(command.as_bytes());
            octets.extend_from_slice(b"\r\n");
        }
        self.write(&octets, patience).await
    }

    /// Writes octets as they are; `patience` is for each block.
    pub(super) async fn write(&mut self, octets: &[u8], patience: Duration) -> Result<(), Broken> {
        for block in octets.chunks(BLOCK) {
            in_time(patience, self.stream.write_all(block)).await?;
        }
        in_time(patience, self.stream.flush()).await
    }

    /// The next reply.
    pub(super) async fn reply(&mut self, patience: Duration) -> Result<Reply, Broken> {
        let late = |_| Broken::TimedOut(patience.as_secs());
        timeout(patience, self.read_reply()).await.map_err(late)?
    }

    async fn read_reply(&mut self) -> Result<Reply, Broken> {
        let mut reader = ReplyReader::default();
        let mut octets = 0_usize;
        loop {
            let line = self.line().await?;
            octets = octets.saturating_add(line.len()).saturating_add(2);
            if octets > REPLY {
                return Err(Broken::Endless);
            }
            if let Some(reply) = reader.line(&line).map_err(|()| Broken::NoReply)? {
                return Ok(reply);
            }
        }
    }

    /// The next line without its line end.
    async fn line(&mut self) -> Result<Vec<u8>, Broken> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.unread) {
                let mut line: Vec<u8> = self.unread.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            if self.unread.len() > LINE {
                return Err(Broken::Endless);
            }
            let mut octets = [0; 4096];
            match self.stream.read(&mut octets).await? {
                0 => return Err(Broken::Closed),
                read => self.unread.extend_from_slice(&octets[..read]),
            }
        }
    }
}

async fn in_time(patience: Duration, step: impl Future<Output = io::Result<()>>) -> Result<(), Broken> {
    timeout(patience, step).await.map_err(|_| Broken::TimedOut(patience.as_secs()))?.map_err(Broken::from)
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn replies_that_come_in_one_piece_are_read_one_by_one() {
        let (ours, mut theirs) = duplex(1 << 16);
        let mut dialogue = Dialogue::new(ours);
        dialogue.say(&["MAIL FROM:<>", "RCPT TO:<a@b>"], PATIENCE).await.unwrap();
        theirs.write_all(b"250 2.1.0 ok\r\n550-no\r\n550 way\r\n").await.unwrap();
        assert_eq!(dialogue.reply(PATIENCE).await.unwrap().code, 250);
        assert_eq!(dialogue.reply(PATIENCE).await.unwrap().words(), "no way");
        drop(theirs);
        assert_eq!(dialogue.reply(PATIENCE).await, Err(Broken::Closed));
    }

    #[tokio::test]
    async fn an_endless_reply_is_cut_off() {
        for line in [vec![b'x'; LINE * 4], b"250-more\r\n".repeat(REPLY / 8)] {
            let (ours, mut theirs) = duplex(1 << 20);
            let mut dialogue = Dialogue::new(ours);
            theirs.write_all(&line).await.unwrap();
            assert_eq!(dialogue.reply(PATIENCE).await, Err(Broken::Endless));
        }
    }

    #[tokio::test]
    async fn nothing_that_holds_a_line_end_is_said() {
        for command in ["MAIL FROM:<a@b>\r\nRCPT TO:<c@d>", "EHLO x\n", "EHLO \0", "\r"] {
            let (ours, _theirs) = duplex(1024);
            assert_eq!(Dialogue::new(ours).say(&[command], PATIENCE).await, Err(Broken::Injection));
        }
    }

    #[tokio::test]
    async fn what_came_too_early_is_seen() {
        let (ours, mut theirs) = duplex(1024);
        let mut dialogue = Dialogue::new(ours);
        theirs.write_all(b"220 go\r\n250 injected\r\n").await.unwrap();
        dialogue.reply(PATIENCE).await.unwrap();
        assert!(dialogue.into_stream().is_none());
    }

    #[tokio::test]
    async fn a_silent_server_is_given_up_in_time() {
        let (ours, _theirs) = duplex(1024);
        let short = Duration::from_millis(20);
        assert_eq!(Dialogue::new(ours).reply(short).await, Err(Broken::TimedOut(0)));
    }
}
