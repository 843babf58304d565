//! The cases of espoofer ("Composition Kills", USENIX Security 2020), read from its package.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use data_encoding::BASE64;
use serde::Deserialize;

use super::dkim_vectors::python;
use crate::mail::dns::Dns;
use crate::mail::dns::test_server::TestDns;
use crate::mail::verify::{Arrival, Verifier};
use crate::mail::{Address, AuthResult, Letter};

const SCRIPT: &str = include_str!("espoofer.py");
const ATTACKER: &str = "192.0.2.66";

#[derive(Deserialize)]
struct Case {
    name: String,
    helo: String,
    sender: String,
    letter: String,
}

/// What becomes of each: whether its sender is refused at `MAIL FROM`, and DMARC's result for the letter.
const EXPECTED: [(&str, bool, AuthResult); 22] = [
    ("client_a1", false, AuthResult::PermError),
    ("client_a2", false, AuthResult::PermError),
    ("client_a3", false, AuthResult::Fail),
    ("server_a1", false, AuthResult::Fail),
    ("server_a10", false, AuthResult::PermError),
    ("server_a11", false, AuthResult::PermError),
    ("server_a12", false, AuthResult::PermError),
    ("server_a13", false, AuthResult::PermError),
    ("server_a14", false, AuthResult::PermError),
    ("server_a15", false, AuthResult::PermError),
    ("server_a16", false, AuthResult::PermError),
    ("server_a17", false, AuthResult::PermError),
    ("server_a18", false, AuthResult::PermError),
    ("server_a19", false, AuthResult::Fail),
    ("server_a2", true, AuthResult::Fail),
    ("server_a3", false, AuthResult::Fail),
    ("server_a4", false, AuthResult::Fail),
    ("server_a5", true, AuthResult::Fail),
    ("server_a6", true, AuthResult::Fail),
    ("server_a7", true, AuthResult::Fail),
    ("server_a8", false, AuthResult::PermError),
    ("server_a9", false, AuthResult::PermError),
];

#[tokio::test]
async fn no_case_of_espoofer_passes_for_its_victim() {
    let wheel = wheel();
    assert!(wheel.exists(), "{} is missing: scripts/setup test", wheel.display());
    let cases: Vec<Case> = serde_json::from_str(&python(SCRIPT, &[wheel.to_str().unwrap()])).unwrap();
    let mut as_expected = 0;
    let mut wrong = Vec::new();
    for case in &cases {
        let (_server, verifier) = attacker_and_victims().await;
        let raw = BASE64.decode(case.letter.as_bytes()).unwrap();
        let sender = Address::parse(&case.sender);
        let peer: IpAddr = ATTACKER.parse().unwrap();
        let arrival = Arrival { peer, helo: &case.helo, mail_from: sender.as_ref().ok() };
        let found = verifier.verify(arrival, &raw).await;
        let shown = Letter::parse(&raw).from.map(|from| from.address).unwrap_or_default();
        let is_pass = found.dmarc.result == AuthResult::Pass;
        let domain = shown.rsplit_once('@').map_or("", |(_, domain)| domain);
        assert!(!is_pass || found.dmarc.domain.eq_ignore_ascii_case(domain), "{}: shows {shown}, {found:?}", case.name);
        assert!(!is_pass || domain == "attack.com", "{}: passes for {shown}", case.name);
        for trap in ["header.from=legitimate.com", "mailfrom=any@legitimate.com "] {
            assert!(!is_pass || !found.header.contains(trap), "{}: {}", case.name, found.header);
        }
        let outcome = (case.name.as_str(), sender.is_err(), found.dmarc.result);
        if EXPECTED.contains(&outcome) {
            as_expected += 1;
        } else {
            wrong.push(format!("{outcome:?}: {:?}", found.dmarc));
        }
    }
    println!("espoofer: {as_expected} of {} cases as expected", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(as_expected, EXPECTED.len());
}

/// The attacker's domain, with all that it can publish, and those that it pretends to be.
async fn attacker_and_victims() -> (TestDns, Verifier) {
    let server = TestDns::start().await;
    let file = "/usr/lib/python3/dist-packages/dkim/tests/data/2048_testkey_wo_markers.pub.txt";
    let key: String = tokio::fs::read_to_string(file).await.unwrap().split('\n').collect();
    for domain in ["attack.com", "helo.attack.com", "33.attack.com", "any.attack.com", "a.attack.com"] {
        server.txt(domain, "v=spf1 ip4:192.0.2.66 -all").await;
    }
    server.txt("legitimate.com(a.attack.com", "v=spf1 ip4:192.0.2.66 -all").await;
    server.txt("_dmarc.attack.com", "v=DMARC1; p=reject").await;
    for name in ["attack.com", "legitimate.com'a.attack.com", "33.attack.com"] {
        server.txt(&format!("selector._domainkey.{name}"), &key).await;
    }
    for victim in ["legitimate.com", "example.com", "sender.legitimate.com"] {
        server.txt(victim, "v=spf1 ip4:203.0.113.5 -all").await;
    }
    server.txt("_dmarc.legitimate.com", "v=DMARC1; p=reject").await;
    server.txt("_dmarc.example.com", "v=DMARC1; p=reject").await;
    let dns = Dns::new(&[server.address], Duration::from_secs(10));
    (server, Verifier::new(dns, "desk.example.org", Duration::from_secs(20)))
}

/// Where `scripts/setup test` puts it.
fn wheel() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    cache.join("mxdesk/espoofer/espoofer-0.9.1-py3-none-any.whl")
}
