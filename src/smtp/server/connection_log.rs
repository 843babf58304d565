//! Ledger lines of connections that came to no letter: turned away, or ended without one.
//!
//! Promises: at most so many lines of one network and reason in a second; its further connections are counted in one line. What
//! waits to be written is bounded, and written together, once a second.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::{Shared, now, stopped};
use crate::desk::{LedgerLine, Reason};
use crate::smtp::policy::wide_network;

/// How often lines are written.
const EVERY: Duration = Duration::from_secs(1);

/// Lines that wait at most; and networks that are told apart within a second. What is more goes into the count of all.
const WAITING: usize = 2_000;

/// Collects the lines of a second.
pub(super) struct ConnectionLog {
    per_network: u32,
    second: Mutex<Second>,
}

#[derive(Default)]
struct Second {
    lines: Vec<LedgerLine>,
    networks: HashMap<(IpAddr, Reason), Network>,
    /// Connections of networks that had no place of their own.
    others: Option<(LedgerLine, u32)>,
}

#[derive(Default)]
struct Network {
    written: u32,
    /// The last line that was not written, and how many there were.
    more: Option<(LedgerLine, u32)>,
}

impl ConnectionLog {
    /// With so many lines of one network in a second.
    pub(super) fn new(per_network: u32) -> Self {
        Self { per_network, second: Mutex::default() }
    }

    /// Notes a connection of this peer.
    pub(super) fn note(&self, peer: IpAddr, line: LedgerLine) {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        let second = &mut *second;
        let key = (wide_network(peer), line.reason);
        let has_room = second.lines.len() < WAITING && second.networks.len() < WAITING;
        if !has_room && !second.networks.contains_key(&key) {
            count(&mut second.others, line);
            return;
        }
        let network = second.networks.entry(key).or_default();
        if network.written < self.per_network && second.lines.len() < WAITING {
            network.written += 1;
            second.lines.push(line);
        } else {
            count(&mut network.more, line);
        }
    }

    /// The lines of the second that ends now.
    fn take(&self) -> Vec<LedgerLine> {
        let second = std::mem::take(&mut *self.second.lock().unwrap_or_else(PoisonError::into_inner));
        let counted = second.networks.into_values().filter_map(|network| network.more).chain(second.others);
        let counted = counted.map(|(line, count)| LedgerLine { count: Some(count), ..line });
        second.lines.into_iter().chain(counted).collect()
    }
}

fn count(more: &mut Option<(LedgerLine, u32)>, line: LedgerLine) {
    let count = more.as_ref().map_or(0, |(_, count)| *count).saturating_add(1);
    *more = Some((line, count));
}

/// Writes the lines every second, and what is left when the server has stopped.
pub(super) async fn run(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let mut second = tokio::time::interval(EVERY);
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let ends = tokio::select! {
            () = stopped(&mut stop) => true,
            _ = second.tick() => false,
        };
        write(&shared).await;
        if ends {
            return;
        }
    }
}

/// Writes what waits.
pub(super) async fn write(shared: &Shared) {
    let lines = shared.connections.take();
    if !lines.is_empty() {
        shared.desk.record(lines).await;
    }
}

/// The line of a connection that was turned away before it had a session.
pub(super) fn turned_away(peer: std::net::SocketAddr, reason: Reason) -> LedgerLine {
    LedgerLine {
        at: now(),
        session: 0,
        peer: peer.to_string(),
        helo: String::new(),
        tls: None,
        sender: String::new(),
        recipient: String::new(),
        verdict: LedgerLine::verdict_of(reason),
        reason,
        reply: crate::smtp::reply::Reply::from(reason).line(),
        rule: None,
        ticket: None,
        message_id: None,
        score: 0,
        findings: Vec::new(),
        count: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(log: &ConnectionLog, peer: &str) {
        let peer: IpAddr = peer.parse().unwrap();
        log.note(peer, turned_away((peer, 25).into(), Reason::TooManyConnections));
    }

    #[test]
    fn what_is_more_than_its_networks_lines_is_counted_in_one() {
        let log = ConnectionLog::new(2);
        for _ in 0..10 {
            note(&log, "192.0.2.1");
            note(&log, "192.0.2.2");
        }
        note(&log, "198.51.100.1");
        let lines = log.take();
        let counts: Vec<_> = lines.iter().map(|line| line.count).collect();
        assert_eq!(counts, [None, None, None, Some(18)]);
        assert!(log.take().is_empty());
    }

    #[test]
    fn a_flood_from_everywhere_takes_bounded_memory_and_is_counted_whole() {
        let log = ConnectionLog::new(5);
        for number in 0..100_000_u32 {
            note(&log, &std::net::Ipv4Addr::from_bits(number << 8).to_string());
        }
        let lines = log.take();
        assert!(lines.len() <= 2 * WAITING + 1, "{}", lines.len());
        let connections: u32 = lines.iter().map(|line| line.count.unwrap_or(1)).sum();
        assert_eq!(connections, 100_000);
    }
}
