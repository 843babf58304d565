use std::net::IpAddr;
use std::time::Duration;

use proptest::prelude::*;

use super::{Outcome, Query, Record, check, macros};
use crate::mail::AuthResult;
use crate::mail::dns::Dns;
use crate::mail::dns::test_server::TestDns;

mod suite;

async fn server(records: &[(&str, &str)]) -> (TestDns, Dns) {
    let server = TestDns::start().await;
    for (name, record) in records {
        server.txt(name, record).await;
    }
    let dns = Dns::new(&[server.address], Duration::from_secs(10));
    (server, dns)
}

async fn ask(dns: &Dns, client: &str, sender: &str) -> Outcome {
    let (local, domain) = sender.rsplit_once('@').unwrap();
    let client: IpAddr = client.parse().unwrap();
    check(dns, Query { client, helo: "mx.example.com", local, domain, receiver: "desk.example.org" }).await
}

#[tokio::test]
async fn what_matched_is_told_through_inclusions() {
    let (_server, dns) = server(&[
        ("example.com", "v=spf1 a:mail.example.com include:one.example -all"),
        ("one.example", "v=spf1 include:two.example ~all"),
        ("two.example", "v=spf1 ip4:192.0.2.0/24 -all"),
    ])
    .await;
    let found = ask(&dns, "192.0.2.7", "ann@example.com").await;
    assert_eq!(found.result, AuthResult::Pass);
    assert_eq!(found.matched.as_deref(), Some("include:one.example > include:two.example > ip4:192.0.2.0/24"));
    assert_eq!((found.lookups, found.void_lookups), (3, 1));
    let found = ask(&dns, "198.51.100.1", "ann@example.com").await;
    assert_eq!((found.result, found.matched.as_deref()), (AuthResult::Fail, Some("-all")));
}

#[tokio::test]
async fn a_wrong_term_is_named() {
    let (_server, dns) = server(&[
        ("example.com", "v=spf1 ip4:192.0.2.0/33 -all"),
        ("two.example", "v=spf1 -all"),
        ("two.example", "v=spf1 +all"),
    ])
    .await;
    for (domain, problem) in [
        ("example.com", "example.com: not a prefix length: ip4:192.0.2.0/33"),
        ("two.example", "two.example has several SPF records"),
    ] {
        let found = ask(&dns, "192.0.2.7", &format!("ann@{domain}")).await;
        assert_eq!((found.result, found.problem.as_deref()), (AuthResult::PermError, Some(problem)));
    }
}

#[tokio::test]
async fn a_record_that_includes_itself_ends() {
    let (_server, dns) = server(&[
        ("loop.example", "v=spf1 include:loop.example"),
        ("wide.example", "v=spf1 include:wide.example include:wide.example redirect=wide.example"),
    ])
    .await;
    for domain in ["loop.example", "wide.example"] {
        let found = ask(&dns, "192.0.2.7", &format!("ann@{domain}")).await;
        assert_eq!((found.result, found.lookups), (AuthResult::PermError, 10), "{domain}");
    }
}

#[tokio::test]
async fn a_cached_answer_costs_little() {
    let (server, dns) = server(&[
        ("example.com", "v=spf1 include:_spf.example.com include:other.example ip4:203.0.113.0/24 mx ~all"),
        ("_spf.example.com", "v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 ~all"),
        ("other.example", "v=spf1 ip4:192.0.2.0/24 -all"),
    ])
    .await;
    assert_eq!(ask(&dns, "192.0.2.7", "ann@example.com").await.result, AuthResult::Pass);
    server.stop().await;
    let rounds = 1_000_u32;
    let start = std::time::Instant::now();
    for _ in 0..rounds {
        assert_eq!(ask(&dns, "192.0.2.7", "ann@example.com").await.result, AuthResult::Pass);
    }
    let each = start.elapsed() / rounds;
    println!("SPF with cached answers: {each:?} for three records");
    // Unoptimised, on a busy machine; what is printed is what matters.
    assert!(each < Duration::from_millis(2), "{each:?}");
}

proptest! {
    #[test]
    fn no_record_makes_it_panic(text in "v=spf1[ -~]{0,200}") {
        let _ = Record::parse(text.as_bytes());
    }

    #[test]
    fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        let octets = [b"v=spf1 ".as_slice(), &octets].concat();
        let _ = Record::parse(&octets);
    }

    #[test]
    fn what_parses_expands_within_bounds(
        text in "([a-z.:/]|%%|%_|%-|%\\{[slodipvhcrtSLODI][0-9]{0,3}r?[-.+,/_=]{0,3}\\}){0,60}",
        local in "\\PC{0,64}",
        helo in "\\PC{0,80}",
    ) {
        let values = macros::Values {
            local: &local,
            sender_domain: "example.com",
            domain: "spf.example.com",
            client: IpAddr::from([192, 0, 2, 7]),
            helo: &helo,
            receiver: "desk.example.org",
            name: "unknown",
        };
        if macros::check_text(&text).is_ok() {
            prop_assert!(macros::expand(&text, &values).len() <= 4_096);
        }
        prop_assert!(macros::check_domain(&text).is_err() || macros::expand_domain(&text, &values).len() <= 4_096);
    }
}
