//! One client's session as a pure state machine: a command or an end of data in, replies and an [`Effect`] out.
//!
//! Promises: no socket, clock or task is touched here, so that every order of commands can be tested; the envelope is
//! complete and ours (every recipient belongs to a mailbox) when a letter is asked for; at most [`ledger::MAX_LEDGER_LINES`] lines
//! are noted per session.
//! Leaves to others: reading, writing, TLS and time (`server`), what becomes of the letter (`desk`).

mod envelope;
mod ledger;
mod letter;
mod xclient;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

use super::command::{Command, CommandError, Target, XCLIENT_OFFERED};
use super::policy::{Asked, Refusal};
use super::reply::{Reply, write_lines};
use crate::config::Network;
use crate::desk::{DsnRequest, Finding, Reason, Recipient, Resolution, SessionFacts, Stage, TlsFacts};
use crate::mail::Address;
use crate::store::Health;

use ledger::Notes;

/// Errors of one session since its last letter, after which it is closed.
const MAX_ERRORS: u32 = 20;

/// Commands of one session since its last letter that bring no letter nearer (NOOP, RSET, EHLO, VRFY, HELP…).
const MAX_IDLE_COMMANDS: u32 = 100;

/// What every session of a server has in common.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// Our name in greeting and EHLO.
    pub hostname: String,
    /// Octets of the largest letter.
    pub message_size: usize,
    /// Recipients of one letter.
    pub recipients: usize,
    /// A certificate is there.
    pub starttls: bool,
    /// Who may speak for others with XCLIENT.
    pub xclient_from: Vec<Network>,
}

/// What a command may ask about the world outside the session.
pub(super) struct World<'a> {
    /// Whose address it is.
    pub resolve: &'a dyn Fn(&Target) -> Resolution,
    /// Whether the store takes letters.
    pub health: &'a dyn Fn() -> Health,
    /// Whether the policy refuses a sender or a recipient that is good otherwise.
    pub refuses: &'a dyn Fn(Asked<'_>) -> Option<Refusal>,
    /// Unix milliseconds.
    pub now: u64,
    /// Octets stand in the buffer behind the command.
    pub more_input: bool,
}

/// What the server must do, after the replies have been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Read the next command.
    Continue,
    /// Send the replies and close.
    Close,
    /// Send the replies, then begin TLS.
    StartTls,
    /// Send the replies, then read a letter up to its dot.
    ReadLetter,
    /// Read exactly so many octets: into the letter, or away.
    ReadChunk {
        /// How many.
        octets: usize,
        /// They belong to the letter.
        keep: bool,
        /// The letter ends behind them.
        last: bool,
    },
    /// A letter is complete: hand it to the desk.
    Deliver,
    /// The client speaks for another from here on, [`Session::peer`], who is to be judged and greeted.
    NewPeer,
}

/// An SMTP envelope (RFC 5321 §2.3.1) in the making.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    /// `None` for the null sender.
    pub from: Option<Address>,
    /// Each belongs to a mailbox; none twice.
    pub recipients: Vec<Recipient>,
    /// `SIZE=` as announced, or 0.
    pub announced: usize,
    /// RFC 6531.
    pub smtputf8: bool,
    /// RFC 8689: the letter must not go further without verified TLS.
    pub require_tls: bool,
    /// What was asked about reports (RFC 3461).
    pub dsn: DsnRequest,
}

/// How the client introduced itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Greeted {
    Not,
    Helo,
    Ehlo,
}

/// A `BDAT` chunk that is being read.
#[derive(Clone, Debug)]
struct Chunk {
    last: bool,
    /// What is answered behind the chunk, where it was not allowed.
    refusal: Option<Reply>,
}

/// The session.
#[derive(Debug)]
pub(super) struct Session {
    settings: Arc<Settings>,
    facts: SessionFacts,
    peer: SocketAddr,
    /// XCLIENT is for this client.
    may_xclient: bool,
    greeted: Greeted,
    envelope: Option<Envelope>,
    /// A chunk of this envelope's letter was taken: `DATA` is not allowed any more (RFC 3030 §2).
    chunked: bool,
    chunk: Option<Chunk>,
    errors: u32,
    idle_commands: u32,
    notes: Notes,
    /// What the policy found; at most one per stage.
    findings: Vec<Finding>,
}

impl Session {
    /// A session with a peer, nothing said yet; `proxy` is the balancer that named the peer, where there was one.
    pub(super) fn new(settings: Arc<Settings>, id: u64, peer: SocketAddr, proxy: Option<SocketAddr>) -> Self {
        Self {
            may_xclient: settings.xclient_from.iter().any(|network| network.contains(peer.ip())),
            settings,
            facts: SessionFacts {
                id,
                peer: peer.to_string(),
                proxy: proxy.map(|proxy| proxy.to_string()),
                ..SessionFacts::default()
            },
            peer,
            greeted: Greeted::Not,
            envelope: None,
            chunked: false,
            chunk: None,
            errors: 0,
            idle_commands: 0,
            notes: Notes::default(),
            findings: Vec::new(),
        }
    }

    /// Id, peer, EHLO name, TLS.
    pub(super) fn facts(&self) -> &SessionFacts {
        &self.facts
    }

    /// Who the client is, or for whom it speaks.
    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// What the policy found so far.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Keeps what the policy found: per stage the worst.
    pub(super) fn found(&mut self, finding: Option<Finding>) {
        let Some(finding) = finding else { return };
        match self.findings.iter_mut().find(|known| known.stage == finding.stage) {
            Some(known) if known.points >= finding.points => {}
            Some(known) => *known = finding,
            None => self.findings.push(finding),
        }
    }

    /// Errors since the last letter.
    pub(super) fn errors(&self) -> u32 {
        self.errors
    }

    /// The connection is refused at its greeting.
    pub(super) fn turn_away(&mut self, refusal: Refusal, now: u64, output: &mut Vec<u8>) {
        self.refuse_letter(refusal, now, output);
    }

    /// The envelope in hand.
    pub(super) fn envelope(&self) -> Option<&Envelope> {
        self.envelope.as_ref()
    }

    /// The client speaks ESMTP.
    pub(super) fn is_extended(&self) -> bool {
        self.greeted == Greeted::Ehlo
    }

    /// Chunks of a letter are in hand, so that what has been read of it must be kept.
    pub(super) fn is_chunked(&self) -> bool {
        self.chunked
    }

    /// The first line (RFC 5321 §4.2).
    pub(super) fn greet(&self, output: &mut Vec<u8>) {
        output.extend_from_slice(format!("220 {} ESMTP mxdesk\r\n", self.settings.hostname).as_bytes());
    }

    /// TLS stands: everything said before is forgotten (RFC 3207 §4.2).
    pub(super) fn tls_established(&mut self, tls: TlsFacts) {
        self.facts.tls = Some(tls);
        self.facts.helo.clear();
        self.findings.retain(|finding| !matches!(finding.stage, Stage::Helo | Stage::Pipelining));
        self.greeted = Greeted::Not;
        self.reset();
    }

    /// Obeys a command.
    pub(super) fn command(
        &mut self,
        command: Result<Command, CommandError>,
        world: &World<'_>,
        output: &mut Vec<u8>,
    ) -> Effect {
        let effect = match command {
            Ok(command) => self.obey(command, world, output),
            Err(error) => self.refuse_command(error, world, output),
        };
        let spent = self.errors > MAX_ERRORS || self.idle_commands > MAX_IDLE_COMMANDS;
        if spent && effect == Effect::Continue {
            return self.end(Reason::TooManyErrors, world.now, output);
        }
        effect
    }

    /// The session cannot go on: says why, notes it for every recipient in hand, closes.
    pub(super) fn end(&mut self, reason: Reason, now: u64, output: &mut Vec<u8>) -> Effect {
        if reason == Reason::Shutdown && self.envelope.is_none() {
            Reply::from(reason).write_to(output);
        } else {
            self.refuse_letter(reason, now, output);
        }
        Effect::Close
    }

    fn obey(&mut self, command: Command, world: &World<'_>, output: &mut Vec<u8>) -> Effect {
        match command {
            Command::Mail(sender) => self.mail(sender, world, output),
            Command::Rcpt(addressee) => self.rcpt(addressee, world, output),
            Command::Data => self.data(world, output),
            Command::Bdat { octets, last } => self.bdat(octets, last),
            Command::StartTls => self.start_tls(world, output),
            Command::Quit => {
                Reply::new(221, "2.0.0", "Bye").write_to(output);
                Effect::Close
            }
            Command::Xclient(told) => {
                self.idle_commands += 1;
                self.xclient(told, output)
            }
            idle => {
                self.idle_commands += 1;
                self.obey_idle(idle, output)
            }
        }
    }

    /// The commands that bring no letter nearer.
    fn obey_idle(&mut self, command: Command, output: &mut Vec<u8>) -> Effect {
        let reply = match command {
            Command::Ehlo(name) => return self.ehlo(name, output),
            Command::Helo(name) => {
                self.introduce(name, Greeted::Helo);
                Reply { code: 250, enhanced: "", text: self.settings.hostname.clone().into() }
            }
            Command::Rset => {
                self.reset();
                Reply::new(250, "2.0.0", "OK")
            }
            Command::Vrfy => Reply::new(252, "2.1.5", "Not told; send mail and see"),
            Command::Help => Reply::new(214, "2.0.0", "See RFC 5321"),
            Command::Expn => return self.error(Reply::new(502, "5.5.1", "Not implemented"), output),
            Command::Auth => return self.error(Reply::new(502, "5.5.1", "Nobody signs in here"), output),
            _ => Reply::new(250, "2.0.0", "OK"),
        };
        reply.write_to(output);
        Effect::Continue
    }

    fn ehlo(&mut self, name: String, output: &mut Vec<u8>) -> Effect {
        self.introduce(name, Greeted::Ehlo);
        let size = format!("SIZE {}", self.settings.message_size);
        let mut lines: Vec<Cow<'_, str>> = vec![
            self.settings.hostname.as_str().into(),
            "PIPELINING".into(),
            size.into(),
            "8BITMIME".into(),
            "SMTPUTF8".into(),
            "CHUNKING".into(),
            "ENHANCEDSTATUSCODES".into(),
            "DSN".into(),
            // RFC 9422 §4.
            format!("LIMITS RCPTMAX={}", self.settings.recipients).into(),
        ];
        match self.facts.tls {
            // RFC 8689 §2: offered inside TLS only.
            Some(_) => lines.push("REQUIRETLS".into()),
            None if self.settings.starttls => lines.push("STARTTLS".into()),
            None => {}
        }
        if self.may_xclient {
            lines.push(XCLIENT_OFFERED.into());
        }
        write_lines(250, &lines, output);
        Effect::Continue
    }

    /// RFC 3207. Octets behind the command were sent in the clear, perhaps by somebody else: they must never be obeyed
    /// inside TLS.
    fn start_tls(&mut self, world: &World<'_>, output: &mut Vec<u8>) -> Effect {
        if self.facts.tls.is_some() || !self.settings.starttls {
            return self.error(Reply::new(503, "5.5.1", "TLS is not offered now"), output);
        }
        if world.more_input {
            return self.end(Reason::Pipelining, world.now, output);
        }
        Reply::new(220, "2.0.0", "Go ahead").write_to(output);
        Effect::StartTls
    }

    fn introduce(&mut self, name: String, greeted: Greeted) {
        self.facts.helo = name;
        self.greeted = greeted;
        self.reset();
    }

    /// Forgets the transaction in hand (RFC 5321 §4.1.1.5).
    fn reset(&mut self) {
        self.envelope = None;
        self.chunked = false;
        self.chunk = None;
    }

    /// A reply that counts as an error.
    fn error(&mut self, reply: Reply, output: &mut Vec<u8>) -> Effect {
        self.errors += 1;
        reply.write_to(output);
        Effect::Continue
    }

    fn refuse_command(&mut self, error: CommandError, world: &World<'_>, output: &mut Vec<u8>) -> Effect {
        let reply = error.reply();
        match &error {
            CommandError::Sender(path) => self.note_refusal(&Reason::BadSender.into(), Some(path), None, world.now),
            CommandError::Recipient(path) => {
                self.note_refusal(&Reason::BadRecipient.into(), None, Some(path), world.now);
            }
            _ => {}
        }
        let effect = self.error(reply, output);
        if error == CommandError::Chunk { Effect::Close } else { effect }
    }
}

#[cfg(test)]
mod tests;
