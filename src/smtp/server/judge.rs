//! Where the policy is asked: at the connection, behind XCLIENT, and at commands. (At the end of a letter: `deliver`.)

use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::connection::{Broken, Connection};
use super::{Shared, now, stopped};
use crate::smtp::command::{Command, CommandError};
use crate::smtp::policy::Refusal;
use crate::smtp::session::{Effect, Session};

/// Before the greeting. Who begins TLS at once talks first: that is no early talk.
pub(super) async fn at_connect(
    shared: &Shared,
    stream: &TcpStream,
    peer: IpAddr,
    implicit_tls: bool,
    session: &mut Session,
) -> Option<Refusal> {
    if let Err(refusal) = shared.policy.connection(peer) {
        return Some(refusal);
    }
    if !implicit_tls {
        session.found(shared.policy.wait_to_greet(stream, peer).await);
    }
    shared.policy.refuses_to_greet(session.findings())
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Answers a connection with a refusal instead of a greeting.
    pub(super) async fn turn_away(&mut self, refusal: Refusal) {
        self.refuse_to_greet(refusal);
        // The client is turned away whether it hears so or not.
        let _ = self.flush().await;
        self.say_goodbye().await;
    }

    /// A trusted client speaks for another from here on, who is judged and greeted as if it had connected itself.
    pub(super) fn meet(&mut self) -> Effect {
        self.peer = self.session.peer().ip();
        match self.shared.policy.connection(self.peer) {
            Ok(()) => {
                self.greet();
                Effect::Continue
            }
            Err(refusal) => {
                self.refuse_to_greet(refusal);
                Effect::Close
            }
        }
    }

    /// The reply, and the line for the ledger: one of many, perhaps, so it is counted with those of its network.
    fn refuse_to_greet(&mut self, refusal: Refusal) {
        self.session.turn_away(refusal, now(), &mut self.output);
        for line in self.session.take_ledger_lines() {
            self.shared.connections.note(self.peer, line);
        }
    }

    /// Lets the policy see a command before it is obeyed. May wait.
    pub(super) async fn judge(&mut self, command: &Result<Command, CommandError>) -> Result<(), Broken> {
        let Ok(command) = command else { return Ok(()) };
        let policy = &self.shared.policy;
        let concerns = matches!(
            command,
            Command::Ehlo(_) | Command::Helo(_) | Command::Mail(_) | Command::Rcpt(_) | Command::Data
        );
        if !concerns || policy.trusts(self.peer) {
            return Ok(());
        }
        match command {
            Command::Ehlo(name) | Command::Helo(name) => {
                self.session.found(policy.name(name));
                if !self.input.is_empty() {
                    self.session.found(policy.pipelined("EHLO"));
                }
            }
            Command::Data if !self.input.is_empty() => self.session.found(policy.pipelined("DATA")),
            Command::Mail(_) => {
                self.session.found(policy.listed(self.peer).await);
                self.slow_down(0).await?;
            }
            Command::Rcpt(_) => self.slow_down(self.session.errors()).await?,
            _ => {}
        }
        Ok(())
    }

    /// Waits where the policy says so; a stopping server ends it.
    async fn slow_down(&mut self, errors: u32) -> Result<(), Broken> {
        // RCPT is late for those who guess only: what was found has made MAIL late already.
        let findings = if errors == 0 { self.session.findings() } else { &[] };
        tokio::select! {
            () = self.shared.policy.slow_down_if(findings, errors) => Ok(()),
            () = stopped(&mut self.stop) => Err(Broken::Stopped),
        }
    }
}
