//! Trusted sealers and forwarders.

use std::net::IpAddr;
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::dkim_vectors::python;
use super::{LETTER, key, publish};
use crate::config::Trust;
use crate::mail::dns::Dns;
use crate::mail::dns::test_server::TestDns;
use crate::mail::verify::{Arrival, Verifier};
use crate::mail::{Address, AuthResult, Authentication, DmarcPolicy};

const SCRIPT: &str = include_str!("arc_seal.py");
const KEY_FILE: &str = "/usr/lib/python3/dist-packages/dkim/tests/data/2048_testkey_wo_markers.pub.txt";
const PASSED: &str = "spf=pass; dmarc=pass (p=reject) header.from=example.com";

struct Desk {
    server: TestDns,
    verifier: Verifier,
}

impl Desk {
    async fn trusting(sealers: &[&str], forwarders: &[&str]) -> Self {
        let server = TestDns::start().await;
        let dns = Dns::new(&[server.address], Duration::from_secs(10));
        let trust = Trust {
            arc_sealers: sealers.iter().map(|&domain| domain.to_owned()).collect(),
            forwarders: forwarders.iter().map(|entry| entry.parse().unwrap()).collect(),
        };
        let record: String = tokio::fs::read_to_string(KEY_FILE).await.unwrap().split('\n').collect();
        for sealer in ["list.test", "other.test"] {
            server.txt(&format!("sel._domainkey.{sealer}"), &record).await;
        }
        server.txt("_dmarc.example.com", "v=DMARC1; p=reject").await;
        server.txt("example.com", "v=spf1 ip4:203.0.113.5 -all").await;
        let verifier = Verifier::trusting(dns, "desk.example.org", Duration::from_secs(20), trust);
        Self { server, verifier }
    }

    fn sealed(seals: &[Value]) -> Vec<u8> {
        let seals = Value::from(seals).to_string();
        BASE64.decode(python(SCRIPT, &[&BASE64.encode(LETTER), &seals]).trim().as_bytes()).unwrap()
    }

    async fn verify(&self, peer: &str, helo: &str, raw: &[u8]) -> Authentication {
        let sender = Address::parse("ann@example.com").unwrap();
        let peer: IpAddr = peer.parse().unwrap();
        self.verifier.verify(Arrival { peer, helo, mail_from: Some(&sender) }, raw).await
    }
}

#[tokio::test]
async fn a_trusted_sealer_gives_a_changed_letter_its_pass_back() {
    let desk = Desk::trusting(&["list.test"], &[]).await;
    let raw = Desk::sealed(&[json!({"domain": "list.test", "says": PASSED, "adds": "footer\r\n"})]);
    let found = desk.verify("192.0.2.7", "mx.list.test", &raw).await;
    assert_eq!((found.spf.result, found.arc.result, found.arc.trusted), (AuthResult::Fail, AuthResult::Pass, true));
    assert_eq!((found.dmarc.result, found.dmarc.policy), (AuthResult::Pass, DmarcPolicy::Reject));
    assert_eq!(found.dmarc.restored_by.as_deref(), Some("list.test"));
    assert!(found.dmarc.reason.as_deref().is_some_and(|why| why.contains("list.test")), "{:?}", found.dmarc);

    let altered = String::from_utf8(raw).unwrap().replace("Hello", "Evil!");
    let found = desk.verify("192.0.2.7", "mx.list.test", altered.as_bytes()).await;
    assert_eq!((found.arc.result, found.dmarc.result), (AuthResult::Fail, AuthResult::Fail));
}

#[tokio::test]
async fn a_chain_is_believed_only_as_far_as_every_later_sealer_is_trusted() {
    let set = |domain: &str, says: &str| json!({"domain": domain, "says": says, "adds": ""});
    let failed = "dmarc=fail header.from=example.com";
    let elsewhere = "dmarc=pass header.from=example.org";
    for (trusted, seals, expected) in [
        (vec![], vec![set("list.test", PASSED)], None),
        (vec!["other.test"], vec![set("list.test", PASSED)], None),
        (vec!["list.test"], vec![set("list.test", failed)], None),
        (vec!["list.test"], vec![set("list.test", elsewhere)], None),
        (vec!["list.test"], vec![set("list.test", PASSED), set("other.test", failed)], None),
        (vec!["other.test"], vec![set("list.test", PASSED), set("other.test", failed)], None),
        (vec!["other.test"], vec![set("list.test", failed), set("other.test", PASSED)], Some("other.test")),
        (vec!["list.test", "other.test"], vec![set("list.test", PASSED), set("other.test", failed)], Some("list.test")),
    ] {
        let desk = Desk::trusting(&trusted, &[]).await;
        let found = desk.verify("192.0.2.7", "mx.list.test", &Desk::sealed(&seals)).await;
        assert_eq!(found.arc.result, AuthResult::Pass, "{:?}", found.arc);
        assert_eq!(found.dmarc.restored_by.as_deref(), expected, "{trusted:?} {seals:?}");
        assert_eq!(found.dmarc.result == AuthResult::Pass, expected.is_some());
    }
}

fn through(fields: &str) -> Vec<u8> {
    [fields.as_bytes(), LETTER].concat()
}

const GOOGLE: &str = "Received: by 2002:a05:6a10 with SMTP id x; Tue, 3 Jan 2017 12:22:54 -0800\r\n\
    Received: from inside.fwd.test (inside.fwd.test. [10.1.2.3])\r\n by mx.fwd.test with ESMTPS id a;\r\n\
    Received: from mail.example.com (mail.example.com. [203.0.113.5])\r\n by mx.fwd.test with ESMTPS id b;\r\n\
    Received: from home (evil [198.51.100.66]) by mail.example.com;\r\n";

#[tokio::test]
async fn behind_a_forwarder_spf_is_asked_for_its_client() {
    let desk = Desk::trusting(&[], &["192.0.2.0/24"]).await;
    let found = desk.verify("192.0.2.7", "mx.fwd.test", &through(GOOGLE)).await;
    let forwarder = found.forwarder.unwrap();
    assert_eq!(
        (forwarder.entry.as_str(), forwarder.client.as_deref(), forwarder.helo.as_deref()),
        ("192.0.2.0/24", Some("203.0.113.5"), Some("mail.example.com"))
    );
    assert_eq!((found.spf.result, found.spf.forgiven), (AuthResult::Pass, None));
    assert_eq!(found.dmarc.result, AuthResult::Pass);
    // The same letter from anyone else is what it is.
    let found = desk.verify("198.51.100.7", "mx.fwd.test", &through(GOOGLE)).await;
    assert_eq!((found.spf.result, found.forwarder), (AuthResult::Fail, None));
}

#[tokio::test]
async fn a_forwarder_s_way_is_not_held_against_a_letter() {
    let desk = Desk::trusting(&[], &["192.0.2.0/24"]).await;
    let evil = GOOGLE.replace("203.0.113.5", "198.51.100.66");
    for fields in [evil.as_str(), "Received: from x by mx.fwd.test;\r\n", ""] {
        let found = desk.verify("192.0.2.7", "mx.fwd.test", &through(fields)).await;
        assert!(!matches!(found.spf.result, AuthResult::Fail | AuthResult::Pass), "{:?}", found.spf);
        assert_eq!(found.dmarc.result, AuthResult::Fail);
        assert!(found.spf.reason.as_deref().is_some_and(|why| why.contains("192.0.2.0/24")), "{:?}", found.spf);
    }
    let found = desk.verify("192.0.2.7", "mx.fwd.test", &through(&evil)).await;
    assert_eq!((found.spf.result, found.spf.forgiven), (AuthResult::Neutral, Some(AuthResult::Fail)));
}

#[tokio::test]
async fn a_forwarder_s_name_counts_only_where_dns_confirms_it() {
    let desk = Desk::trusting(&[], &["fwd.test"]).await;
    let (peer, liar, by_helo): (IpAddr, IpAddr, IpAddr) =
        ("192.0.2.7".parse().unwrap(), "192.0.2.8".parse().unwrap(), "192.0.2.9".parse().unwrap());
    desk.server.ptr(peer, "out.fwd.test").await;
    desk.server.host("out.fwd.test", peer).await;
    desk.server.ptr(liar, "out.fwd.test").await;
    desk.server.host("helo.fwd.test", by_helo).await;
    for (peer, helo, expected) in [
        ("192.0.2.7", "anything", true),
        ("192.0.2.8", "out.fwd.test", false),
        ("192.0.2.9", "helo.fwd.test", true),
        ("192.0.2.9", "out.fwd.test", false),
        ("192.0.2.10", "fwd.test.evil.test", false),
    ] {
        let found = desk.verify(peer, helo, &through(GOOGLE)).await;
        assert_eq!(found.forwarder.is_some(), expected, "{peer} {helo}");
    }
}

#[tokio::test]
async fn what_the_client_wrote_below_is_not_believed() {
    let desk = Desk::trusting(&[], &["fwd.test"]).await;
    let peer = "192.0.2.7".parse().unwrap();
    desk.server.ptr(peer, "out.fwd.test").await;
    desk.server.host("out.fwd.test", peer).await;
    // The client calls itself by the forwarder's name and brings a field that looks like the forwarder's.
    let fields = "Received: from out.fwd.test (out.fwd.test [198.51.100.66]) by mx.fwd.test;\r\n\
        Received: from mail.example.com (mail.example.com [203.0.113.5]) by mx.fwd.test;\r\n";
    let found = desk.verify("192.0.2.7", "out.fwd.test", &through(fields)).await;
    assert_eq!(found.forwarder.unwrap().client.as_deref(), Some("198.51.100.66"));
    assert_ne!(found.dmarc.result, AuthResult::Pass);
}

#[tokio::test]
async fn a_forwarder_s_own_seal_is_believed() {
    let desk = Desk::trusting(&[], &["192.0.2.0/24"]).await;
    let raw = Desk::sealed(&[json!({"domain": "list.test", "says": PASSED, "adds": "footer\r\n"})]);
    for peer in ["192.0.2.7", "198.51.100.7"] {
        let peer = peer.parse().unwrap();
        desk.server.ptr(peer, "out.list.test").await;
        desk.server.host("out.list.test", peer).await;
    }
    let found = desk.verify("192.0.2.7", "mx.list.test", &raw).await;
    assert_eq!((found.dmarc.result, found.dmarc.restored_by.as_deref()), (AuthResult::Pass, Some("list.test")));
    let found = desk.verify("198.51.100.7", "mx.list.test", &raw).await;
    assert_eq!((found.dmarc.result, found.arc.trusted), (AuthResult::Fail, false));
    // What a forwarder without a seal of its own lets through may be sealed by anyone.
    let found = desk.verify("192.0.2.8", "mx.list.test", &raw).await;
    assert!(found.forwarder.is_some());
    assert_eq!((found.dmarc.result, found.arc.trusted), (AuthResult::Fail, false));
}

#[tokio::test]
async fn a_letter_that_passes_by_itself_needs_nobody_s_word() {
    let desk = Desk::trusting(&["list.test"], &[]).await;
    let key = key("example.com");
    publish(&desk.server, &key).await;
    let found = desk.verify("192.0.2.7", "mx.list.test", &key.sign(LETTER).unwrap()).await;
    assert_eq!((found.dmarc.result, found.dmarc.restored_by), (AuthResult::Pass, None));
    assert_eq!(found.dmarc.aligned.as_deref(), Some("example.com"));
}
