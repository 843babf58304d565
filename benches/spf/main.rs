//! What an SPF evaluation costs in processor time when the answers of DNS are cached, for records like those of large senders.
//!
//! One thread does everything, and its own time is what counts. Prints; asserts nothing about time. `make bench-spf` runs it.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../../src/mail/dns/test_server.rs"]
mod test_server;

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use mxdesk::mail::AuthResult;
use mxdesk::mail::dns::Dns;
use mxdesk::mail::spf::{Query, check};

use test_server::TestDns;

const ROUNDS: u32 = 20_000;

/// A small record, one that includes three providers as companies do, and one that uses up its ten lookups.
const RECORDS: [(&str, &str); 10] = [
    ("small.test", "v=spf1 ip4:192.0.2.0/24 mx -all"),
    (
        "shop.test",
        "v=spf1 include:_spf.mail.test include:spf.office.test include:servers.list.test ip4:203.0.113.7 ~all",
    ),
    (
        "_spf.mail.test",
        "v=spf1 include:_netblocks.mail.test include:_netblocks2.mail.test include:_netblocks3.mail.test ~all",
    ),
    (
        "_netblocks.mail.test",
        "v=spf1 ip4:35.190.247.0/24 ip4:64.233.160.0/19 ip4:66.102.0.0/20 ip4:66.249.80.0/20 ip4:72.14.192.0/18 ip4:74.125.0.0/16 ip4:108.177.8.0/21 ip4:173.194.0.0/16 ip4:209.85.128.0/17 ip4:216.58.192.0/19 ip4:216.239.32.0/19 ~all",
    ),
    (
        "_netblocks2.mail.test",
        "v=spf1 ip6:2001:4860:4000::/36 ip6:2404:6800:4000::/36 ip6:2607:f8b0:4000::/36 ip6:2800:3f0:4000::/36 ip6:2a00:1450:4000::/36 ip6:2c0f:fb50:4000::/36 ~all",
    ),
    (
        "_netblocks3.mail.test",
        "v=spf1 ip4:172.217.0.0/19 ip4:172.217.32.0/20 ip4:172.217.128.0/19 ip4:172.217.160.0/20 ip4:172.217.192.0/19 ip4:172.253.56.0/21 ip4:172.253.112.0/20 ip4:108.177.96.0/19 ip4:35.191.0.0/16 ip4:130.211.0.0/22 ~all",
    ),
    (
        "spf.office.test",
        "v=spf1 ip4:40.92.0.0/15 ip4:40.107.0.0/16 ip4:52.100.0.0/15 ip4:52.102.0.0/16 ip4:52.103.0.0/17 ip4:104.47.0.0/17 ip6:2a01:111:f400::/48 ip6:2a01:111:f403::/49 -all",
    ),
    ("servers.list.test", "v=spf1 ip4:205.201.128.0/20 ip4:198.2.128.0/18 ip4:148.105.8.0/21 ?all"),
    (
        "ten.test",
        "v=spf1 include:_spf.mail.test include:spf.office.test include:servers.list.test a mx a:mail.ten.test exists:%{ir}.sender.ten.test -all",
    ),
    (
        "long.test",
        "v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 ip4:192.0.2.3 ip4:192.0.2.4 ip4:192.0.2.5 ip4:192.0.2.6 ip4:192.0.2.7 ip4:192.0.2.8 ip4:192.0.2.9 ip4:192.0.2.10 ip4:192.0.2.11 ip4:192.0.2.12 ip4:192.0.2.13 ip4:192.0.2.14 ip4:192.0.2.15 ip4:192.0.2.16 -all",
    ),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let server = TestDns::start().await;
    for (name, record) in RECORDS {
        server.txt(name, record).await;
    }
    for name in ["small.test", "ten.test"] {
        server.mx(name, 10, "mx.small.test").await;
        server.host(name, "198.51.100.10".parse()?).await;
    }
    for name in ["mx.small.test", "mail.ten.test"] {
        server.host(name, "198.51.100.11".parse()?).await;
    }
    let dns = Dns::new(&[server.address], Duration::from_secs(5));
    println!("SPF, answers cached, {ROUNDS} evaluations each:");
    for (what, domain, client, result) in [
        ("the first term matches", "small.test", "192.0.2.7", AuthResult::Pass),
        ("sixteen addresses, none matches", "long.test", "198.51.100.1", AuthResult::Fail),
        ("three providers, the first one's third block matches", "shop.test", "172.253.56.9", AuthResult::Pass),
        ("three providers, none matches", "shop.test", "198.51.100.1", AuthResult::SoftFail),
        ("ten lookups, none matches", "ten.test", "198.51.100.1", AuthResult::Fail),
    ] {
        let client: IpAddr = client.parse()?;
        let query = Query { client, helo: "mx.sender.test", local: "ann", domain, receiver: "desk.test" };
        let first = check(&dns, query).await;
        ensure!(first.result == result, "{what}: {first:?}");
        let before = processor_time()?;
        for _ in 0..ROUNDS {
            let found = check(&dns, query).await;
            ensure!(found.result == result, "{what}: {found:?}");
        }
        let each = (processor_time()? - before) / ROUNDS;
        println!("  {what:54}{:8.1} µs, {} lookups", each.as_secs_f64() * 1e6, first.lookups);
    }
    Ok(())
}

/// What this thread has used so far.
#[expect(clippy::disallowed_methods, reason = "the kernel answers at once, and nothing else runs here")]
fn processor_time() -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = text.split_whitespace().next().context("an empty schedstat")?.parse()?;
    Ok(Duration::from_nanos(nanoseconds))
}
