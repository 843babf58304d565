//! Who gets in: each stage that finds something about a client, an envelope or a letter gives points, and their sum decides.
//!
//! | when | stages | verdicts |
//! |---|---|---|
//! | connect | rates, early talker | `421`, `554`, a later greeting |
//! | EHLO, HELO, DATA | name, pipelining | |
//! | MAIL | block lists, tarpit, rate of the sender | a later answer, `450` |
//! | RCPT | the points so far, rate of the recipient | `550`, `450` |
//! | end of the letter | SPF, DMARC, scanners, greylisting, the points in all | `550`, `451`, quarantine |
//!
//! Promises: a trusted network is not judged at all; no name server, scanner or store is asked where the stage is off; nothing here
//! holds a worker, and every wait and every memory is bounded; what was found stands in the ledger with its points.
//! Leaves to others: what the letter becomes (`desk`), who sent it (`mail::verify`), the rules of the desk.

mod connect;
mod dnsbl;
mod envelope;
mod greylist;
mod helo;
mod letter;
mod network;
mod rates;
mod refusal;
mod scan;
mod tarpit;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use moka::sync::Cache;

use crate::config::{self, Config};
use crate::mail::dns::Dns;

pub(super) use envelope::Asked;
pub(super) use letter::Complete;
pub(super) use network::wide_network;
pub(super) use refusal::Refusal;
pub(super) use scan::{Scan, Scanned};

/// Networks that are remembered for letters taken lately, and for how long.
const WELL_KNOWN: (u64, Duration) = (20_000, Duration::from_secs(86_400));

/// The stages with what they remember.
pub(super) struct Policy {
    config: Arc<Config>,
    trusted: Vec<IpNet>,
    dnsbl: dnsbl::BlockLists,
    rates: rates::Rates,
    tarpit: tarpit::Tarpit,
    scanners: scan::Scanners,
    /// Networks whose letters were taken without a finding lately: they are greeted at once.
    well_known: Cache<IpAddr, ()>,
}

impl Policy {
    /// The policy of a configuration.
    pub(super) fn new(config: Arc<Config>, dns: Dns) -> Self {
        Self {
            // What cannot be read was refused when the configuration was loaded.
            trusted: config.policy.trusted.iter().filter_map(|text| config::network(text)).collect(),
            dnsbl: dnsbl::BlockLists::new(&config.dnsbl, dns),
            rates: rates::Rates::new(&config.rates),
            tarpit: tarpit::Tarpit::new(&config.policy),
            scanners: scan::Scanners::new(&config.scan, &config.policy),
            well_known: Cache::builder().max_capacity(WELL_KNOWN.0).time_to_live(WELL_KNOWN.1).build(),
            config,
        }
    }

    /// Whether nothing is asked of this peer.
    pub(super) fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&peer))
    }

    /// Whether a scanner wants to know the peer's reverse name.
    pub(super) fn asks_for_reverse_name(&self) -> bool {
        self.scanners.ask_for_reverse_name()
    }

    /// What the content scanners say of a letter, whoever sends it.
    pub(super) async fn scan(&self, letter: &Scanned<'_>) -> Scan {
        self.scanners.scan(letter).await
    }

    /// A letter of this peer was taken, and nothing was found against it.
    pub(super) fn was_good(&self, peer: IpAddr) {
        if !self.trusts(peer) {
            self.well_known.insert(network::network(peer), ());
        }
    }

    /// Points enough to take nothing.
    fn is_too_much(&self, points: i32) -> bool {
        reaches(points, self.config.policy.refuse_points)
    }
}

/// Whether points come up to a threshold; 0 switches it off.
fn reaches(points: i32, threshold: u32) -> bool {
    threshold > 0 && i64::from(points) >= i64::from(threshold)
}

/// A setting's points as a finding has them.
fn points(setting: u32) -> i32 {
    i32::try_from(setting).unwrap_or(i32::MAX)
}
