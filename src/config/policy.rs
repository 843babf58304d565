//! The sections of who gets in: points and verdicts, block lists, greylisting, rates, content scanners, the ledger.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::Config;
use super::section::section;

section! {
    /// Who gets in. Each stage that finds something gives points; their sum decides what is done. `postmaster@` and `abuse@` are
    /// never refused for points (RFC 5321 §4.5.1, RFC 2142).
    Policy {
        /// Networks ("192.0.2.0/24") or addresses whose connections are not judged: this machine, and other servers of yours.
        trusted: Vec<String> = vec!["127.0.0.0/8".to_owned(), "::1/128".to_owned()];
        /// Points from which on MAIL is answered late, by tarpit_seconds. 0: never.
        tarpit_points: u32 = 4;
        /// Points from which on a letter is kept apart until an operator releases it. 0: never.
        quarantine_points: u32 = 6;
        /// Points from which on nothing is taken. 0: never.
        refuse_points: u32 = 10;
        /// Seconds that a suspicious client waits for the answer to MAIL, and one that guesses addresses for further ones to RCPT.
        tarpit_seconds: u64 = 5;
        /// Clients that are made to wait at the same time; further ones are not.
        tarpit_sessions: usize = 200;
        /// Milliseconds before the greeting, in which an honest client says nothing. Networks whose letters were taken lately
        /// do not wait. 0: only what is there at once counts.
        greeting_delay_ms: u64 = 300;
        /// Points for talking before the greeting.
        early_talker_points: u32 = 10;
        /// Points for commands behind EHLO, HELO or DATA that did not wait for the reply (RFC 2920 §3.1).
        pipelining_points: u32 = 10;
        /// Points for an EHLO name that is no full host name and no address literal (RFC 5321 §4.1.1.1).
        helo_syntax_points: u32 = 2;
        /// Points for an EHLO name that is a bare IP address.
        helo_address_points: u32 = 3;
        /// Points for an EHLO name that is our own, said by someone else.
        helo_ours_points: u32 = 8;
        /// Points where SPF says fail and DMARC did not pass.
        spf_fail_points: u32 = 3;
        /// Points where DMARC fails for a domain with p=quarantine.
        dmarc_quarantine_points: u32 = 6;
        /// Refuse what fails DMARC where the From domain says p=reject. Otherwise it counts as p=quarantine.
        honour_dmarc_reject: bool = true;
    }
}

section! {
    /// DNS block lists, such as `zones = [{ zone = "zen.example.org", points = 6 }]`. None is asked where the list is empty.
    Dnsbl {
        /// The zones: `points` for a listed address (negative for a list of good ones), `codes` which answers count ("127.0.0.2",
        /// "127.0.0.4-7"; all of 127.0.0.0/16 where there are none). Answers in 127.255.255.0/24 are errors of the list, never hits.
        zones: Vec<DnsblZone> = Vec::new();
        /// Milliseconds to wait for all zones together; what has not answered by then counts nothing.
        timeout_ms: u64 = 2000;
        /// Seconds that an answer is kept.
        cache_seconds: u64 = 600;
    }
}

section! {
    /// Greylisting: the first letter of a sender to a recipient from a network is asked to come again. Off by default, because
    /// a customer's first letter would be late by as long as the sender's server likes to wait.
    Greylist {
        /// Whether it is done. Known contacts whose letter passes DMARC never wait.
        enabled: bool = false;
        /// Seconds after which the letter is taken.
        delay_seconds: u64 = 120;
        /// Hours in which the letter must come again.
        retry_hours: u64 = 48;
        /// Days that a proven pair is remembered since its last letter.
        keep_days: u64 = 36;
    }
}

section! {
    /// How much may come in a time. What is more is asked to come again (421 or 450). 0: no limit.
    Rates {
        /// Connections of one address (IPv6: /64) in a minute.
        connections_per_address_minute: u32 = 120;
        /// Connections of one network (IPv4: /24, IPv6: /48) in a minute.
        connections_per_network_minute: u32 = 600;
        /// Letters of one envelope sender in an hour. The null sender is not counted.
        letters_per_sender_hour: u32 = 3600;
        /// Letters to one recipient in a minute.
        letters_per_recipient_minute: u32 = 1200;
    }
}

section! {
    /// Content scanners. None is asked where neither is set.
    Scan {
        /// "host:port" of rspamd's normal worker (HTTP), such as "127.0.0.1:11333".
        rspamd: Option<String> = None;
        /// "host:port" of clamd, or the path of its socket.
        clamd: Option<String> = None;
        /// Seconds that a scanner may take.
        timeout_seconds: u64 = 10;
        /// What becomes of a letter that a scanner could not look at: "accept" or "defer" (451).
        on_failure: OnFailure = OnFailure::Accept;
        /// Octets of the largest letter that is scanned; larger ones are taken unseen.
        max_size: usize = 20 * 1024 * 1024;
    }
}

section! {
    /// The ledger: what became of every connection and every recipient.
    Ledger {
        /// Days that a line is kept. 0: for ever.
        keep_days: u32 = 180;
        /// Lines of one network (IPv4: /24, IPv6: /48) in a second for connections that brought no letter; further ones are counted in
        /// one line.
        connection_lines_per_second: u32 = 5;
    }
}

/// A block list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DnsblZone {
    /// Its domain.
    pub zone: String,
    /// Points for a listed address; negative for a list of good addresses.
    #[serde(default = "dnsbl_points")]
    pub points: i32,
    /// Which answers count; all of 127.0.0.0/16 where empty.
    #[serde(default)]
    pub codes: Vec<String>,
}

fn dnsbl_points() -> i32 {
    6
}

/// What becomes of a letter that could not be scanned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// It is taken.
    #[default]
    Accept,
    /// `451`: the sender comes again.
    Defer,
}

/// A network from "192.0.2.0/24" or an address.
pub fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Answers of a block list from "127.0.0.2" or "127.0.0.4-7": their first and last address as numbers.
pub fn answers(text: &str) -> Option<(u32, u32)> {
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (first, last.parse::<u8>().ok()),
        None => (text, None),
    };
    if text.contains('-') && last.is_none() {
        return None;
    }
    let first: std::net::Ipv4Addr = first.trim().parse().ok().filter(std::net::Ipv4Addr::is_loopback)?;
    let [a, b, c, d] = first.octets();
    let last = std::net::Ipv4Addr::new(a, b, c, last.unwrap_or(d));
    (first <= last).then(|| (first.to_bits(), last.to_bits()))
}

/// What the types cannot say of these sections: key and problem.
pub(super) fn problems(config: &Config) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut demand = |holds: bool, key: &'static str, problem: String| {
        if !holds {
            found.push((key, problem));
        }
    };
    for text in &config.policy.trusted {
        demand(network(text).is_some(), "policy.trusted", format!("{text:?} is no network or address"));
    }
    let points = &config.policy;
    demand(points.tarpit_seconds <= 60, "policy.tarpit_seconds", "must be at most 60".to_owned());
    demand(points.greeting_delay_ms <= 10_000, "policy.greeting_delay_ms", "must be at most 10000".to_owned());
    demand(
        points.refuse_points == 0 || points.quarantine_points <= points.refuse_points,
        "policy.quarantine_points",
        "must not be above policy.refuse_points".to_owned(),
    );
    demand(config.dnsbl.zones.len() <= 20, "dnsbl.zones", "has more than 20 zones".to_owned());
    for zone in &config.dnsbl.zones {
        let named = super::checks::is_host_name(&zone.zone) && zone.zone.len() <= 180;
        demand(named, "dnsbl.zones", format!("{:?} is no domain", zone.zone));
        demand(zone.points.abs() <= 1000, "dnsbl.zones", format!("{}: points must be within 1000", zone.zone));
        for code in &zone.codes {
            demand(
                answers(code).is_some(),
                "dnsbl.zones",
                format!("{}: {code:?} is no answer like 127.0.0.2-4", zone.zone),
            );
        }
    }
    demand(config.dnsbl.timeout_ms > 0, "dnsbl.timeout_ms", "must be at least 1".to_owned());
    let grey = &config.greylist;
    demand(grey.keep_days > 0, "greylist.keep_days", "must be at least 1".to_owned());
    demand(
        grey.delay_seconds < grey.retry_hours.saturating_mul(3600),
        "greylist.delay_seconds",
        "must be shorter than greylist.retry_hours".to_owned(),
    );
    let scan = &config.scan;
    demand(scan.timeout_seconds > 0, "scan.timeout_seconds", "must be at least 1".to_owned());
    let reached = |address: &str| super::checks::is_host_and_port(address);
    demand(
        scan.rspamd.as_deref().is_none_or(reached),
        "scan.rspamd",
        "must be \"host:port\" with a port from 1 to 65535".to_owned(),
    );
    demand(
        scan.clamd.as_deref().is_none_or(|place| place.starts_with('/') || reached(place)),
        "scan.clamd",
        "must be \"host:port\" or the path of a socket".to_owned(),
    );
    demand(
        config.ledger.connection_lines_per_second > 0,
        "ledger.connection_lines_per_second",
        "must be at least 1".to_owned(),
    );
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("127.0.0.2", Some((0x7f00_0002, 0x7f00_0002)))]
    #[case("127.0.0.4-7", Some((0x7f00_0004, 0x7f00_0007)))]
    #[case("127.0.0.7-4", None)]
    #[case("127.0.0.4-", None)]
    #[case("127.0.0.4-300", None)]
    #[case("192.0.2.1", None)]
    #[case("hit", None)]
    fn answers_of_a_list_are_read(#[case] text: &str, #[case] expected: Option<(u32, u32)>) {
        assert_eq!(answers(text), expected);
    }

    #[rstest]
    #[case("[policy]\ntrusted = [\"10.0.0.0/33\"]\n", "policy.trusted: \"10.0.0.0/33\" is no network")]
    #[case("[policy]\nquarantine_points = 11\n", "policy.quarantine_points: must not be above")]
    #[case("[dnsbl]\nzones = [{ zone = \"no zone\" }]\n", "dnsbl.zones: \"no zone\" is no domain")]
    #[case("[dnsbl]\nzones = [{ zone = \"z.test\", codes = [\"1.2.3.4\"] }]\n", "dnsbl.zones: z.test: \"1.2.3.4\"")]
    #[case("[dnsbl]\nzones = [{ zone = \"z.test\", weight = 3 }]\n", "dnsbl.zones: unknown field `weight`")]
    #[case("[greylist]\ndelay_seconds = 999999999\n", "greylist.delay_seconds: must be shorter")]
    #[case("[scan]\nrspamd = \"http://x\"\n", "scan.rspamd: must be")]
    #[case("[scan]\nclamd = \"clamd\"\n", "scan.clamd: must be")]
    #[case("[scan]\non_failure = \"drop\"\n", "scan.on_failure: unknown variant `drop`")]
    #[case("[ledger]\nconnection_lines_per_second = 0\n", "ledger.connection_lines_per_second: must be")]
    fn a_bad_value_is_named_with_line_and_key(#[case] rest: &str, #[case] expected: &str) {
        let text = format!("data_dir = \"d\"\nhostname = \"mx.example.com\"\n{rest}");
        let errors = Config::parse(Path::new("f.toml"), &text).unwrap_err();
        assert!(errors[0].to_string().starts_with(&format!("f.toml:4: {expected}")), "{}", errors[0]);
    }
}
