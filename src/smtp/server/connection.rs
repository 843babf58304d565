//! A stream with its buffers: lines to the session, its replies back, and what its effects ask for.
//!
//! Replies are sent when no more input is at hand (RFC 2920 §3.2), behind the end of a letter, and where an effect needs
//! it. The ledger's lines are written when the replies are out.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::debug;

use super::incoming::Incoming;
use super::{Shared, now, seconds, stopped};
use crate::desk::{Directory, Reason, Resolution};
use crate::mail::Address;
use crate::smtp::command::{Command, CommandError, Target, parse};
use crate::smtp::frame::{LetterReader, LineError, Lines};
use crate::smtp::session::{Effect, Session, World};

/// Octets of the input buffer while commands are read.
const COMMAND_BUFFER: usize = 8 * 1024;

/// Octets of replies that are kept back at most while the client pipelines.
const MAX_OUTPUT: usize = 8 * 1024;

/// How long a client that is closed may take to hear why, and octets that are thrown away meanwhile. (To close with
/// unread input would reset the connection, and the reply could be lost.)
const LINGER: (Duration, usize) = (Duration::from_secs(1), 1024 * 1024);

/// How talking ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing more to say.
    Closed,
    /// `220` was said to STARTTLS.
    StartTls,
}

/// Why talking cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The client was silent, or did not read, for too long.
    Timeout,
    /// The client is gone.
    Disconnected,
    /// The server stops.
    Stopped,
}

/// A letter in hand.
pub(super) struct Letter {
    pub(super) reader: LetterReader,
    pub(super) incoming: Incoming,
    /// The whole of it must be there by then.
    pub(super) deadline: Instant,
}

/// One stream and what belongs to it.
pub(super) struct Connection<S> {
    pub(super) shared: Arc<Shared>,
    pub(super) stream: S,
    pub(super) peer: IpAddr,
    pub(super) session: Session,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) input: BytesMut,
    pub(super) output: Vec<u8>,
    pub(super) lines: Lines,
    pub(super) letter: Option<Letter>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// With empty buffers.
    pub(super) fn new(
        shared: Arc<Shared>,
        stream: S,
        peer: IpAddr,
        session: Session,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            shared,
            stream,
            peer,
            session,
            stop,
            input: BytesMut::new(),
            output: Vec::new(),
            lines: Lines::default(),
            letter: None,
        }
    }

    /// The stream and the session, without what was buffered.
    pub(super) fn into_parts(self) -> (S, Session) {
        (self.stream, self.session)
    }

    /// Says who we are.
    pub(super) fn greet(&mut self) {
        self.session.greet(&mut self.output);
    }

    /// Talks until the end. Where it is [`End::Closed`], everything is noted and the stream is shut down.
    pub(super) async fn talk(&mut self) -> End {
        let end = match self.converse().await {
            Ok(end) => end,
            Err(broken) => {
                match broken {
                    Broken::Timeout => self.session.end(Reason::Timeout, now(), &mut self.output),
                    Broken::Stopped => self.session.end(Reason::Shutdown, now(), &mut self.output),
                    Broken::Disconnected => {
                        self.session.lost(Reason::Disconnected, now());
                        Effect::Close
                    }
                };
                debug!(?broken, "session broken");
                End::Closed
            }
        };
        if end == End::Closed {
            // What is given back here is lost anyhow: the client does not listen.
            let _ = self.flush().await;
            self.record().await;
            if let Some(line) = self.session.without_letter(now()) {
                self.shared.connections.note(self.peer, line);
            }
            self.say_goodbye().await;
        }
        end
    }

    async fn converse(&mut self) -> Result<End, Broken> {
        loop {
            let line = self.next_line().await?;
            let command = line.map_err(CommandError::Line).and_then(|line| parse(&line));
            self.judge(&command).await?;
            let mut effect = self.obey(command);
            loop {
                effect = match effect {
                    Effect::Continue => break,
                    Effect::NewPeer => self.meet(),
                    Effect::Close => return Ok(End::Closed),
                    Effect::StartTls => {
                        self.flush().await?;
                        return Ok(End::StartTls);
                    }
                    Effect::ReadLetter => self.read_letter().await?,
                    Effect::ReadChunk { octets, keep, last } => self.read_chunk(octets, keep, last).await?,
                    Effect::Deliver => self.deliver().await?,
                };
            }
            if !self.session.is_chunked() {
                self.letter = None;
            }
            if self.output.len() > MAX_OUTPUT {
                self.flush().await?;
            }
        }
    }

    fn obey(&mut self, command: Result<Command, CommandError>) -> Effect {
        let shared = &self.shared;
        let (findings, is_judged) = (self.session.findings().to_vec(), !shared.policy.trusts(self.peer));
        let world = World {
            resolve: &|target| resolve(&shared.desk.directory(), &shared.config.hostname, target),
            health: &|| shared.desk.store().health(),
            refuses: &|asked| if is_judged { shared.policy.refuses(&findings, asked) } else { None },
            now: now(),
            more_input: !self.input.is_empty(),
        };
        self.session.command(command, &world, &mut self.output)
    }

    /// The next line. The time-out is for the whole of it, so that a client cannot hold a session by single octets.
    async fn next_line(&mut self) -> Result<Result<BytesMut, LineError>, Broken> {
        let patience = seconds(self.shared.config.smtp.command_timeout_seconds);
        let mut deadline = None;
        loop {
            if let Some(line) = self.lines.next(&mut self.input) {
                return Ok(line);
            }
            self.flush().await?;
            self.record().await;
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + patience);
            tokio::select! {
                read = read_more(&mut self.stream, &mut self.input, COMMAND_BUFFER, deadline) => read?,
                () = stopped(&mut self.stop) => return Err(Broken::Stopped),
            }
        }
    }

    /// Sends the replies.
    pub(super) async fn flush(&mut self) -> Result<(), Broken> {
        if self.output.is_empty() {
            return Ok(());
        }
        let patience = seconds(self.shared.config.smtp.command_timeout_seconds);
        let (stream, output) = (&mut self.stream, &self.output);
        let sent = timeout(patience, async {
            stream.write_all(output).await?;
            stream.flush().await
        });
        let sent = sent.await;
        self.output.clear();
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Broken::Disconnected),
            Err(_) => Err(Broken::Timeout),
        }
    }

    /// Writes what was noted for the ledger.
    async fn record(&mut self) {
        let (lines, letters) = (self.session.take_ledger_lines(), self.session.take_refused_letters());
        if !lines.is_empty() || !letters.is_empty() {
            self.shared.desk.record_refused(lines, letters).await;
        }
    }

    /// Shuts the stream down, and lets the client read what it was told.
    pub(super) async fn say_goodbye(&mut self) {
        let _ = timeout(LINGER.0, self.linger()).await;
    }

    /// Says that nothing follows, and lets the client read it.
    async fn linger(&mut self) {
        if self.stream.shutdown().await.is_err() {
            return;
        }
        let mut thrown_away = 0;
        while thrown_away < LINGER.1 {
            self.input.clear();
            self.input.reserve(COMMAND_BUFFER);
            match self.stream.read_buf(&mut self.input).await {
                Ok(0) | Err(_) => return,
                Ok(octets) => thrown_away += octets,
            }
        }
    }
}

/// Adds what the client sends to the input buffer.
pub(super) async fn read_more<S: AsyncRead + Unpin>(
    stream: &mut S,
    input: &mut BytesMut,
    room: usize,
    deadline: Instant,
) -> Result<(), Broken> {
    input.reserve(room);
    match timeout_at(deadline, stream.read_buf(input)).await {
        Ok(Ok(1..)) => Ok(()),
        Ok(_) => Err(Broken::Disconnected),
        Err(_) => Err(Broken::Timeout),
    }
}

/// Whose address it is. `<postmaster>` is the one of our own name, or of the oldest mailbox's domain.
fn resolve(directory: &Directory, hostname: &str, target: &Target) -> Resolution {
    match target {
        Target::Address { address, .. } => directory.resolve(address),
        Target::Postmaster => {
            let oldest = directory.mailboxes.values().min_by_key(|mailbox| mailbox.id);
            let addresses = oldest.into_iter().flat_map(|mailbox| &mailbox.addresses);
            let domains = addresses.filter_map(|address| address.rsplit_once('@')).map(|(_, domain)| domain);
            std::iter::once(hostname)
                .chain(domains)
                .filter_map(|domain| Address::parse(&format!("postmaster@{domain}")).ok())
                .map(|address| directory.resolve(&address))
                .find(|resolution| matches!(resolution, Resolution::Mailbox(_)))
                .unwrap_or(Resolution::Unknown)
        }
    }
}
