//! DNS block lists (RFC 5782), and lists of good ones by negative points.
//!
//! Promises: nothing is asked where there is no zone; all zones together answer within the time-out, and what does not answer
//! counts nothing; an answer is kept per address for a bounded time. `127.255.255.0/24` is how lists tell of trouble (a resolver that
//! they do not serve, too many questions): never a hit. Only `127.0.0.0/16` counts at all.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use moka::sync::Cache;
use tokio::time::timeout;

use crate::config::{self, DnsblZone};
use crate::desk::{Finding, Stage};
use crate::mail::dns::Dns;

/// Addresses whose answers are kept.
const KEPT: u64 = 20_000;

/// The lists.
pub(super) struct BlockLists {
    dns: Dns,
    zones: Vec<Zone>,
    timeout: Duration,
    answers: Cache<IpAddr, Arc<Vec<Hit>>>,
}

struct Zone {
    name: String,
    points: i32,
    codes: Vec<(u32, u32)>,
}

/// A list that has the address.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hit {
    zone: String,
    points: i32,
    answer: Ipv4Addr,
}

impl BlockLists {
    pub(super) fn new(settings: &config::Dnsbl, dns: Dns) -> Self {
        Self {
            dns,
            zones: settings.zones.iter().map(Zone::of).collect(),
            timeout: Duration::from_millis(settings.timeout_ms),
            answers: Cache::builder()
                .max_capacity(KEPT)
                .time_to_live(Duration::from_secs(settings.cache_seconds))
                .build(),
        }
    }

    /// What the lists say of an address.
    pub(super) async fn ask(&self, peer: IpAddr) -> Option<Finding> {
        if self.zones.is_empty() {
            return None;
        }
        let hits = match self.answers.get(&peer) {
            Some(hits) => hits,
            None => self.look_up(peer).await,
        };
        let points = hits.iter().fold(0_i32, |sum, hit| sum.saturating_add(hit.points));
        let words: Vec<String> = hits.iter().map(|hit| format!("{} ({})", hit.zone, hit.answer)).collect();
        (!hits.is_empty())
            .then(|| Finding::new(Stage::Dnsbl, points, &format!("{peer} is listed by {}", words.join(", "))))
    }

    /// Asks every zone at once. The answer is kept where every one has answered.
    async fn look_up(&self, peer: IpAddr) -> Arc<Vec<Hit>> {
        let reversed = reversed(peer);
        let questions = self.zones.iter().map(|zone| async {
            let name = format!("{reversed}.{}", zone.name);
            match timeout(self.timeout, self.dns.ipv4_addresses(&name)).await {
                Ok(Ok(answers)) => Some(zone.hit(&answers)),
                Ok(Err(_)) | Err(_) => {
                    metrics::counter!("mxdesk_dnsbl_failures_total", "zone" => zone.name.clone()).increment(1);
                    None
                }
            }
        });
        let answers = join_all(questions).await;
        let all_answered = answers.iter().all(Option::is_some);
        let hits = Arc::new(answers.into_iter().flatten().flatten().collect());
        if all_answered {
            self.answers.insert(peer, Arc::clone(&hits));
        }
        hits
    }
}

impl Zone {
    fn of(zone: &DnsblZone) -> Self {
        Self {
            name: zone.zone.trim_end_matches('.').to_owned(),
            points: zone.points,
            codes: zone.codes.iter().filter_map(|code| config::answers(code)).collect(),
        }
    }

    /// The first answer that counts.
    fn hit(&self, answers: &[Ipv4Addr]) -> Option<Hit> {
        let counts = |answer: &&Ipv4Addr| {
            let number = answer.to_bits();
            let wanted = |(first, last): &(u32, u32)| (*first..=*last).contains(&number);
            answer.octets()[..2] == [127, 0] && (self.codes.is_empty() || self.codes.iter().any(wanted))
        };
        let answer = answers.iter().find(counts)?;
        Some(Hit { zone: self.name.clone(), points: self.points, answer: *answer })
    }
}

/// RFC 5782 §2.1, §2.4: octets or nibbles, last first.
fn reversed(peer: IpAddr) -> String {
    match peer {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}")
        }
        IpAddr::V6(address) => {
            let nibbles = address.octets().into_iter().rev().flat_map(|octet| [octet & 15, octet >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}")).collect::<Vec<_>>().join(".")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::dns::test_server::TestDns;

    fn zone(name: &str, points: i32, codes: &[&str]) -> DnsblZone {
        DnsblZone { zone: name.to_owned(), points, codes: codes.iter().map(|code| (*code).to_owned()).collect() }
    }

    fn lists(server: std::net::SocketAddr, zones: Vec<DnsblZone>) -> BlockLists {
        let settings = config::Dnsbl { zones, timeout_ms: 2_000, ..config::Dnsbl::default() };
        BlockLists::new(&settings, Dns::new(&[server], Duration::from_secs(1)))
    }

    #[test]
    fn an_address_is_asked_for_backwards() {
        assert_eq!(reversed("192.0.2.99".parse().unwrap()), "99.2.0.192");
        let v6 = reversed("2001:db8:1:2:3:4:567:89ab".parse().unwrap());
        assert_eq!(v6, "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2");
    }

    #[tokio::test]
    async fn hits_add_up_by_their_points_and_only_codes_that_count_are_hits() {
        let dns = TestDns::start().await;
        dns.host("1.2.0.192.bad.test", "127.0.0.2".parse().unwrap()).await;
        dns.host("1.2.0.192.some.test", "127.0.0.9".parse().unwrap()).await;
        dns.host("1.2.0.192.trouble.test", "127.255.255.254".parse().unwrap()).await;
        dns.host("1.2.0.192.wild.test", "198.51.100.1".parse().unwrap()).await;
        dns.host("1.2.0.192.good.test", "127.0.0.3".parse().unwrap()).await;
        let zones = vec![
            zone("bad.test", 6, &[]),
            zone("some.test", 100, &["127.0.0.2", "127.0.0.4-8"]),
            zone("trouble.test", 100, &[]),
            zone("wild.test", 100, &[]),
            zone("good.test", -2, &["127.0.0.2-4"]),
        ];
        let found = lists(dns.address, zones).ask("192.0.2.1".parse().unwrap()).await.unwrap();
        assert_eq!((found.points, found.stage), (4, Stage::Dnsbl));
        assert_eq!(found.detail, "192.0.2.1 is listed by bad.test (127.0.0.2), good.test (127.0.0.3)");
    }

    #[tokio::test]
    async fn an_answer_is_kept_and_a_clean_one_too() {
        let dns = TestDns::start().await;
        dns.host("1.2.0.192.bad.test", "127.0.0.2".parse().unwrap()).await;
        let lists = lists(dns.address, vec![zone("bad.test", 6, &[])]);
        assert!(lists.ask("192.0.2.1".parse().unwrap()).await.is_some());
        assert!(lists.ask("192.0.2.2".parse().unwrap()).await.is_none());
        dns.stop().await;
        assert!(lists.ask("192.0.2.1".parse().unwrap()).await.is_some());
        assert!(lists.answers.get(&"192.0.2.2".parse::<IpAddr>().unwrap()).is_some_and(|hits| hits.is_empty()));
    }

    #[tokio::test]
    async fn a_list_that_does_not_answer_counts_nothing_and_costs_no_more_than_its_time() {
        let (silent, _socket) = TestDns::silent().await;
        let settings =
            config::Dnsbl { zones: vec![zone("bad.test", 6, &[])], timeout_ms: 200, ..config::Dnsbl::default() };
        let lists = BlockLists::new(&settings, Dns::new(&[silent], Duration::from_secs(30)));
        let began = std::time::Instant::now();
        assert!(lists.ask("192.0.2.1".parse().unwrap()).await.is_none());
        assert!(began.elapsed() < Duration::from_secs(5));
        assert!(lists.answers.get(&"192.0.2.1".parse::<IpAddr>().unwrap()).is_none(), "trouble is not kept");
    }
}
