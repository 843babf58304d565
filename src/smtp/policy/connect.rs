//! The stages before the greeting: how many connections come from there, and whether the client waits until it is greeted.

use std::net::IpAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::network::network;
use super::{Policy, Refusal, points};
use crate::desk::{Finding, Stage};

impl Policy {
    /// Whether a connection may come now.
    pub(in crate::smtp) fn connection(&self, peer: IpAddr) -> Result<(), Refusal> {
        if self.trusts(peer) {
            return Ok(());
        }
        self.rates.connection(peer).map_err(Refusal::from)
    }

    /// Waits the greeting's delay, and tells when the client talks meanwhile (RFC 5321 §3.1: it must not). For connections that
    /// begin in the clear: inside TLS the client talks first.
    pub(in crate::smtp) async fn wait_to_greet(&self, stream: &TcpStream, peer: IpAddr) -> Option<Finding> {
        let given = self.config.policy.early_talker_points;
        if given == 0 || self.trusts(peer) {
            return None;
        }
        let delay = match self.well_known.contains_key(&network(peer)) {
            true => Duration::ZERO,
            false => Duration::from_millis(self.config.policy.greeting_delay_ms),
        };
        match timeout(delay, stream.peek(&mut [0])).await {
            Ok(Ok(1..)) => Some(Finding::new(Stage::EarlyTalker, points(given), "did not wait for it")),
            _ => None,
        }
    }

    /// Whether a client is turned away at the greeting.
    pub(in crate::smtp) fn refuses_to_greet(&self, findings: &[Finding]) -> Option<Refusal> {
        self.is_too_much(crate::desk::score(findings)).then(|| Refusal::for_findings(findings))
    }
}
