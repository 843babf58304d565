use std::collections::HashSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::test_server::TestDns;
use super::{Dns, MailHosts};

const TIMEOUT: Duration = Duration::from_secs(10);

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

async fn server() -> (TestDns, Dns) {
    let server = TestDns::start().await;
    let dns = Dns::new(&[server.address], TIMEOUT);
    (server, dns)
}

fn hosts(names: &[&str]) -> MailHosts {
    MailHosts::Hosts(names.iter().map(|&name| name.to_owned()).collect())
}

#[tokio::test]
async fn hosts_come_by_preference() {
    let (server, dns) = server().await;
    for (preference, host) in [(20, "c.example.com"), (5, "A.example.com"), (10, "b.example.com")] {
        server.mx("example.com", preference, host).await;
    }
    let found = dns.mail_hosts("example.com").await.unwrap();
    assert_eq!(found, hosts(&["a.example.com", "b.example.com", "c.example.com"]));
}

#[tokio::test]
async fn hosts_of_equal_preference_come_in_any_order() {
    let (server, dns) = server().await;
    for n in 0..8 {
        server.mx("example.com", 10, &format!("mx{n}.example.com")).await;
    }
    let mut orders = HashSet::new();
    for _ in 0..50 {
        let MailHosts::Hosts(hosts) = dns.mail_hosts("example.com").await.unwrap() else { panic!("no hosts") };
        assert_eq!(hosts.len(), 8);
        orders.insert(hosts);
    }
    assert!(orders.len() > 1);
}

#[tokio::test]
async fn a_domain_with_an_address_alone_is_its_own_host() {
    let (server, dns) = server().await;
    server.host("example.com", ip("192.0.2.1")).await;
    assert_eq!(dns.mail_hosts("example.com").await.unwrap(), hosts(&["example.com"]));
    assert_eq!(dns.mail_hosts("[192.0.2.1]").await.unwrap(), hosts(&["[192.0.2.1]"]));
}

#[tokio::test]
async fn a_null_mx_accepts_no_mail() {
    let (server, dns) = server().await;
    server.mx("example.com", 0, ".").await;
    server.host("example.com", ip("192.0.2.1")).await;
    assert_eq!(dns.mail_hosts("example.com").await.unwrap(), MailHosts::NullMx);
}

#[tokio::test]
async fn what_does_not_exist_has_no_hosts() {
    let (server, dns) = server().await;
    server.txt("text.example.com", "x").await;
    for domain in ["nowhere.example.com", "text.example.com", "not a name", "", "[nonsense]"] {
        assert_eq!(dns.mail_hosts(domain).await.unwrap(), MailHosts::None, "{domain}");
        assert_eq!(dns.addresses(domain).await.unwrap(), Vec::<IpAddr>::new(), "{domain}");
    }
}

#[tokio::test]
async fn both_families_are_found() {
    let (server, dns) = server().await;
    server.host("mx.example.com", ip("192.0.2.1")).await;
    server.host("mx.example.com", ip("192.0.2.2")).await;
    server.host("mx.example.com", ip("2001:db8::1")).await;
    let found: HashSet<_> = dns.addresses("MX.example.com").await.unwrap().into_iter().collect();
    assert_eq!(found, HashSet::from([ip("192.0.2.1"), ip("192.0.2.2"), ip("2001:db8::1")]));
    assert_eq!(dns.addresses("[IPv6:2001:db8::9]").await.unwrap(), [ip("2001:db8::9")]);
}

#[tokio::test]
async fn answers_that_exceed_a_datagram_come_by_tcp() {
    let (server, dns) = server().await;
    for n in 0..250 {
        server.host("many.example.com", ip(&format!("192.0.2.{n}"))).await;
    }
    assert_eq!(dns.addresses("many.example.com").await.unwrap().len(), super::MAX_ADDRESSES);
}

#[tokio::test]
async fn answers_are_cached() {
    let (server, dns) = server().await;
    server.mx("example.com", 10, "mx.example.com").await;
    assert_eq!(dns.mail_hosts("example.com").await.unwrap(), hosts(&["mx.example.com"]));
    assert_eq!(dns.mail_hosts("nowhere.example.com").await.unwrap(), MailHosts::None);
    server.stop().await;
    assert_eq!(dns.mail_hosts("example.com").await.unwrap(), hosts(&["mx.example.com"]));
    assert_eq!(dns.mail_hosts("nowhere.example.com").await.unwrap(), MailHosts::None);
}

#[tokio::test]
async fn a_silent_server_is_an_error_within_the_timeout() {
    let (address, _socket) = TestDns::silent().await;
    let dns = Dns::new(&[address], Duration::from_millis(300));
    let start = Instant::now();
    assert!(dns.mail_hosts("example.com").await.is_err());
    assert!(dns.addresses("example.com").await.is_err());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
