//! The openspf test suite for RFC 7208 as Debian's python3-spf installs it, served by a name server of the test's own.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures_util::future::join_all;
use serde::Deserialize;

use crate::mail::AuthResult;
use crate::mail::dns::Dns;
use crate::mail::dns::test_server::TestDns;
use crate::mail::spf::{Query, check};

const SUITE: &str = "/usr/share/doc/python3-spf/rfc7208-tests.yml.gz";
const CASES: usize = 203;

#[derive(Deserialize)]
struct Scenario {
    description: String,
    tests: BTreeMap<String, Case>,
    zonedata: BTreeMap<String, Vec<Entry>>,
}

#[derive(Deserialize)]
struct Case {
    helo: String,
    host: String,
    mailfrom: String,
    result: OneOrMany,
    explanation: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    /// `TIMEOUT`: what stands beside it is answered, the rest is not.
    Timeout(String),
    Record(BTreeMap<String, Data>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Data {
    Text(String),
    Exchange(u16, String),
    Strings(Vec<String>),
}

#[tokio::test]
async fn the_rfc_7208_suite_passes_whole() {
    let (mut passed, mut failed) = (0, Vec::new());
    for scenario in scenarios() {
        let (_server, dns) = serve(&scenario.zonedata).await;
        let runs = scenario.tests.iter().map(async |(id, case)| (id, run(&dns, case).await));
        for (id, outcome) in join_all(runs).await {
            match outcome {
                Ok(()) => passed += 1,
                Err(why) => failed.push(format!("{} / {id}: {why}", scenario.description)),
            }
        }
    }
    println!("RFC 7208 suite: {passed} of {} pass", passed + failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(passed, CASES);
}

fn scenarios() -> Vec<Scenario> {
    assert!(Path::new(SUITE).exists(), "{SUITE} is missing: apt-get install python3-spf");
    let output = Command::new("gzip").args(["-dc", SUITE]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_saphyr::from_multiple(&text).unwrap()
}

async fn run(dns: &Dns, case: &Case) -> Result<(), String> {
    let (local, domain) = case.mailfrom.rsplit_once('@').unwrap_or(("", &case.helo));
    let client: IpAddr = case.host.parse().unwrap();
    let query = Query { client, helo: &case.helo, local, domain, receiver: "desk.example.org" };
    let outcome = check(dns, query).await;
    let found = match outcome.result {
        AuthResult::None => "none",
        AuthResult::Pass => "pass",
        AuthResult::Fail => "fail",
        AuthResult::SoftFail => "softfail",
        AuthResult::Neutral => "neutral",
        AuthResult::TempError => "temperror",
        AuthResult::PermError => "permerror",
    };
    let is_expected = match &case.result {
        OneOrMany::One(expected) => expected == found,
        OneOrMany::Many(expected) => expected.iter().any(|one| one == found),
    };
    if !is_expected {
        return Err(format!("{found} ({:?})", outcome.problem));
    }
    // The suite's word for "none that the domain gave".
    match case.explanation.as_deref() {
        None => Ok(()),
        Some("DEFAULT") if outcome.explanation.is_none() => Ok(()),
        expected if expected == outcome.explanation.as_deref() => Ok(()),
        expected => Err(format!("explains {:?}, not {expected:?}", outcome.explanation)),
    }
}

/// Records of type SPF, which RFC 7208 does not know, stand for TXT where a name has no TXT entry of its own.
async fn serve(zone: &BTreeMap<String, Vec<Entry>>) -> (TestDns, Dns) {
    let server = TestDns::start().await;
    for (name, entries) in zone {
        let kinds = |wanted: &str| {
            entries.iter().any(|entry| matches!(entry, Entry::Record(record) if record.contains_key(wanted)))
        };
        let has_texts = kinds("TXT");
        let is_silent = entries.iter().any(|entry| matches!(entry, Entry::Timeout(word) if word == "TIMEOUT"));
        let mut answers = 0;
        for entry in entries {
            let Entry::Record(record) = entry else { continue };
            for (kind, data) in record {
                if matches!(data, Data::Text(text) if text == "NONE") || (kind == "SPF" && has_texts) {
                    continue;
                }
                answers += 1;
                put(&server, name, kind, data).await;
            }
        }
        if is_silent && answers == 0 {
            server.silence(name);
        }
    }
    let dns = Dns::new(&[server.address], Duration::from_millis(900));
    (server, dns)
}

async fn put(server: &TestDns, name: &str, kind: &str, data: &Data) {
    match (kind, data) {
        ("TXT" | "SPF", Data::Text(text)) => server.txt(name, text).await,
        // A record without any string cannot be sent; one empty string says the same.
        ("TXT" | "SPF", Data::Strings(texts)) if texts.is_empty() => server.txt_strings(name, &[b""]).await,
        ("TXT" | "SPF", Data::Strings(texts)) => {
            server.txt_strings(name, &texts.iter().map(String::as_bytes).collect::<Vec<_>>()).await;
        }
        ("A" | "AAAA", Data::Text(address)) => server.host(name, address.parse().unwrap()).await,
        ("MX", Data::Exchange(preference, host)) => server.mx(name, *preference, host).await,
        ("PTR", Data::Text(host)) => server.ptr_at(name, host).await,
        ("CNAME", Data::Text(target)) => server.cname(name, target).await,
        _ => panic!("{name} has an unknown {kind}"),
    }
}
