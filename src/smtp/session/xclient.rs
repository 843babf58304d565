//! XCLIENT: a trusted client speaks for another. What was said before is forgotten; the client is judged and greeted anew.

use std::net::SocketAddr;

use super::{Effect, Greeted, Session};
use crate::smtp::command::Xclient;
use crate::smtp::reply::Reply;

impl Session {
    /// Takes over what the client says of the peer. Who may say so was decided by the address of the connection (or by the
    /// balancer's word for it), and stays so however often the client speaks for another.
    pub(super) fn xclient(&mut self, told: Xclient, output: &mut Vec<u8>) -> Effect {
        if !self.may_xclient {
            return self.error(Reply::new(550, "5.7.0", "XCLIENT is not for you"), output);
        }
        if self.envelope.is_some() {
            return self.error(Reply::new(503, "5.5.1", "A letter is in hand"), output);
        }
        let peer = SocketAddr::new(told.address.unwrap_or(self.peer.ip()), told.port.unwrap_or(0));
        if self.facts.proxy.is_none() {
            self.facts.proxy = Some(self.peer.to_string());
        }
        // What was found about the one who speaks says nothing about the one for whom it speaks.
        self.findings.clear();
        self.peer = peer;
        self.facts.peer = peer.to_string();
        let greeted = match told.extended {
            _ if told.helo.is_none() => Greeted::Not,
            Some(false) => Greeted::Helo,
            _ => Greeted::Ehlo,
        };
        self.introduce(told.helo.unwrap_or_default(), greeted);
        Effect::NewPeer
    }
}
