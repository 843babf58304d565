use std::net::IpAddr;
use std::time::{Duration, Instant};

mod arc_suite;
mod dkim_vectors;
mod espoofer;
mod trust;

use super::{Arrival, Verifier};
use crate::mail::dkim::DkimKey;
use crate::mail::dns::Dns;
use crate::mail::dns::test_server::TestDns;
use crate::mail::{Address, AuthResult, Authentication, DmarcPolicy};

const LETTER: &[u8] =
    b"From: Ann <ann@example.com>\r\nTo: desk@example.org\r\nSubject: Hi\r\nMessage-ID: <1@example.com>\r\n\r\nHello\r\n";
const PEER: &str = "192.0.2.7";

async fn verify(verifier: &Verifier, mail_from: Option<&str>, raw: &[u8]) -> Authentication {
    let mail_from = mail_from.map(|text| Address::parse(text).unwrap());
    let arrival = Arrival { peer: PEER.parse().unwrap(), helo: "mx.example.com", mail_from: mail_from.as_ref() };
    verifier.verify(arrival, raw).await
}

async fn server() -> (TestDns, Verifier) {
    let server = TestDns::start().await;
    let dns = Dns::new(&[server.address], Duration::from_secs(10));
    (server, Verifier::new(dns, "desk.example.org", Duration::from_secs(20)))
}

fn key(domain: &str) -> DkimKey {
    DkimKey::generate(domain, "s1").unwrap()
}

async fn publish(server: &TestDns, key: &DkimKey) {
    server.txt(&format!("{}._domainkey.{}", key.selector, key.domain), &key.dns_record().unwrap()).await;
}

#[tokio::test]
async fn spf_passes_fails_and_is_silent() {
    let (server, verifier) = server().await;
    server.txt("good.example", "v=spf1 ip4:192.0.2.0/24 -all").await;
    server.txt("bad.example", "v=spf1 ip4:198.51.100.1 -all").await;
    server.txt("soft.example", "v=spf1 ~all").await;
    for (domain, expected) in [
        ("good.example", AuthResult::Pass),
        ("bad.example", AuthResult::Fail),
        ("soft.example", AuthResult::SoftFail),
        ("none.example", AuthResult::None),
    ] {
        let found = verify(&verifier, Some(&format!("ann@{domain}")), LETTER).await;
        assert_eq!((found.spf.result, found.spf.domain.as_str()), (expected, domain));
    }
}

#[tokio::test]
async fn the_null_sender_is_checked_by_its_helo() {
    let (server, verifier) = server().await;
    server.txt("mx.example.com", "v=spf1 ip4:192.0.2.7 -all").await;
    let found = verify(&verifier, None, LETTER).await;
    assert_eq!((found.spf.result, found.spf.domain.as_str()), (AuthResult::Pass, "mx.example.com"));
}

#[tokio::test]
async fn a_signed_letter_passes_and_an_altered_one_does_not() {
    let (server, verifier) = server().await;
    let key = key("example.com");
    publish(&server, &key).await;
    server.txt("_dmarc.example.com", "v=DMARC1; p=reject").await;
    let signed = key.sign(LETTER).unwrap();
    let found = verify(&verifier, Some("bounce@other.example"), &signed).await;
    assert_eq!(found.dkim.len(), 1);
    let dkim = &found.dkim[0];
    assert_eq!((dkim.result, dkim.reason.as_deref(), dkim.key_bits), (AuthResult::Pass, None, Some(2_048)));
    assert_eq!(
        (dkim.domain.as_str(), dkim.selector.as_str(), dkim.algorithm.as_str()),
        ("example.com", "s1", "rsa-sha256")
    );
    assert_eq!((found.dmarc.result, found.dmarc.policy), (AuthResult::Pass, DmarcPolicy::Reject));
    assert!(found.header.starts_with("desk.example.org;"), "{}", found.header);
    assert!(found.header.contains("dkim=pass") && found.header.contains("dmarc=pass"), "{}", found.header);
    assert!(!found.header.contains(char::is_control));

    let text = String::from_utf8(signed).unwrap();
    let altered = [
        (text.replace("Hello", "Hallo"), AuthResult::Neutral),
        (text.replace("Subject: Hi", "Subject: Ha"), AuthResult::Fail),
        (text.replace("\r\nSubject: Hi", "\r\nSubject: Evil\r\nSubject: Hi"), AuthResult::Fail),
        (text.replace("\r\nTo:", "\r\nReply-To: evil@example.net\r\nTo:"), AuthResult::Fail),
    ];
    for (letter, expected) in altered {
        assert_ne!(letter, text);
        let found = verify(&verifier, Some("bounce@other.example"), letter.as_bytes()).await;
        assert_eq!((found.dkim[0].result, found.dmarc.result), (expected, AuthResult::Fail), "{letter}");
    }
}

#[tokio::test]
async fn a_signature_without_a_key_is_a_permanent_error() {
    let (_server, verifier) = server().await;
    let found = verify(&verifier, None, &key("example.com").sign(LETTER).unwrap()).await;
    assert_eq!(found.dkim[0].result, AuthResult::PermError);
    assert_eq!(found.dmarc.result, AuthResult::None);
}

#[tokio::test]
async fn at_most_eight_signatures_are_checked() {
    let (server, verifier) = server().await;
    let key = key("example.com");
    publish(&server, &key).await;
    let signed = key.sign(LETTER).unwrap();
    let field = &signed[..signed.len() - LETTER.len()];
    let broken = b"DKIM-Signature: nonsense\r\n".repeat(20);
    let found = verify(&verifier, None, &[broken, field.repeat(12), LETTER.to_vec()].concat()).await;
    assert_eq!(found.dkim.len(), 8);
    assert!(found.dkim.iter().all(|dkim| dkim.result == AuthResult::Pass), "{:?}", found.dkim);
}

#[tokio::test]
async fn the_policy_of_the_from_domain_applies() {
    let (server, verifier) = server().await;
    server.txt("_dmarc.example.com", "v=DMARC1; p=quarantine; sp=reject").await;
    server.txt("other.example", "v=spf1 +all").await;
    server.txt("example.com", "v=spf1 +all").await;
    let found = verify(&verifier, Some("x@other.example"), LETTER).await;
    assert_eq!((found.dmarc.result, found.dmarc.policy), (AuthResult::Fail, DmarcPolicy::Quarantine));
    assert_eq!(found.dmarc.domain, "example.com");
    let found = verify(&verifier, Some("x@example.com"), LETTER).await;
    assert_eq!(found.dmarc.result, AuthResult::Pass);
    let from_below = b"From: a@sub.example.com\r\nSubject: x\r\n\r\nx\r\n";
    let found = verify(&verifier, Some("x@other.example"), from_below).await;
    assert_eq!((found.dmarc.result, found.dmarc.policy), (AuthResult::Fail, DmarcPolicy::Reject));
}

#[tokio::test]
async fn two_authors_never_pass() {
    let (server, verifier) = server().await;
    server.txt("_dmarc.example.com", "v=DMARC1; p=reject").await;
    server.txt("example.com", "v=spf1 +all").await;
    for from in
        ["From: a@example.com, b@example.com", "From: a@example.com\r\nFrom: b@example.com", "Sender: a@example.com"]
    {
        let raw = format!("{from}\r\nSubject: x\r\n\r\nx\r\n");
        let found = verify(&verifier, Some("a@example.com"), raw.as_bytes()).await;
        assert_eq!(found.dmarc.result, AuthResult::PermError, "{from}");
    }
}

#[tokio::test]
async fn nobody_can_switch_a_policy_off_through_the_cache() {
    let (server, verifier) = server().await;
    server.txt("_dmarc.example.com", "v=DMARC1; p=reject").await;
    server.txt("evil.example", "v=spf1 include:_dmarc.example.com -all").await;
    let _ = verify(&verifier, Some("x@evil.example"), LETTER).await;
    let found = verify(&verifier, Some("x@evil.example"), LETTER).await;
    assert_eq!((found.dmarc.result, found.dmarc.policy), (AuthResult::Fail, DmarcPolicy::Reject));
}

#[tokio::test]
async fn the_reverse_name_is_confirmed() {
    let (server, verifier) = server().await;
    let peer: IpAddr = PEER.parse().unwrap();
    server.ptr(peer, "mx.example.com").await;
    assert_ne!(verify(&verifier, None, LETTER).await.iprev.result, AuthResult::Pass);

    let (server, verifier) = self::server().await;
    server.ptr(peer, "mx.example.com").await;
    server.host("mx.example.com", peer).await;
    let found = verify(&verifier, None, LETTER).await.iprev;
    assert_eq!((found.result, found.name.as_deref()), (AuthResult::Pass, Some("mx.example.com")));
}

#[tokio::test]
async fn a_second_letter_asks_no_server() {
    let (server, verifier) = server().await;
    let key = key("example.com");
    publish(&server, &key).await;
    server.txt("example.com", "v=spf1 mx -all").await;
    server.mx("example.com", 10, "mx.example.com").await;
    server.host("mx.example.com", PEER.parse().unwrap()).await;
    server.ptr(PEER.parse().unwrap(), "mx.example.com").await;
    server.txt("_dmarc.example.com", "v=DMARC1; p=reject").await;
    let signed = key.sign(LETTER).unwrap();
    let first = verify(&verifier, Some("ann@example.com"), &signed).await;
    assert_eq!((first.spf.result, first.dmarc.result), (AuthResult::Pass, AuthResult::Pass));
    server.stop().await;
    assert_eq!(verify(&verifier, Some("ann@example.com"), &signed).await, first);
}

#[tokio::test]
async fn silence_is_a_temporary_error_within_the_deadline() {
    let (address, _socket) = TestDns::silent().await;
    let dns = Dns::new(&[address], Duration::from_secs(30));
    let verifier = Verifier::new(dns, "desk.example.org", Duration::from_millis(500));
    let signed = key("example.com").sign(LETTER).unwrap();
    let start = Instant::now();
    let found = verify(&verifier, Some("ann@example.com"), &signed).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(found.spf.result, AuthResult::TempError);
    assert_eq!((found.dkim[0].result, found.dkim[0].domain.as_str()), (AuthResult::TempError, "example.com"));
    assert_eq!((found.dmarc.result, found.dmarc.domain.as_str()), (AuthResult::TempError, "example.com"));
    assert_eq!(found.iprev.result, AuthResult::TempError);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_letter_is_hashed_beside_the_workers() {
    let (server, verifier) = server().await;
    let key = key("example.com");
    publish(&server, &key).await;
    let raw = [LETTER, b"A line of text, and another.\r\n".repeat(100_000).as_slice()].concat();
    let found = verify(&verifier, None, &key.sign(&raw).unwrap()).await;
    assert_eq!(found.dkim[0].result, AuthResult::Pass);
}

#[tokio::test]
async fn what_is_no_letter_is_verified_too() {
    let (_server, verifier) = server().await;
    for raw in [&b""[..], b"\r\n\r\n", b"no header", b"\0\xff\r\n"] {
        assert_eq!(verify(&verifier, None, raw).await.dmarc.result, AuthResult::PermError);
    }
}
