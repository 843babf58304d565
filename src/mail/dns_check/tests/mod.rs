//! Every state of every check, asked of a real name server on loopback. Each test starts from a zone in which everything is
//! right, and changes one thing.

mod mail_records;
mod policies;
mod tls;
mod world;

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};

use super::certificate::key_sha256;
use super::{CheckKind, CheckState, DkimRecord, DomainReport, Extras, Finding, Https, Sender, Subject, check};
use crate::mail::dkim::KeyStage;
use crate::mail::dns::Dns;
use crate::mail::dns::test_server::TestDns;

const OURS: &str = "203.0.113.7";
const OURS_6: &str = "2a00:1450::7";
const KEY: &str = "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A";
const ED_KEY: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

/// A record of the test's zone.
#[derive(Clone, Debug)]
enum Entry {
    Host(&'static str, &'static str),
    Mx(&'static str, u16, &'static str),
    Txt(&'static str, String),
    Ptr(&'static str, &'static str),
    Alias(&'static str, &'static str),
    Caa(&'static str, &'static str),
    Tlsa(&'static str, [u8; 3], Vec<u8>),
    Zone(&'static str, bool),
}

/// A zone, and what we are.
struct World {
    entries: Vec<Entry>,
    subject: Subject,
    extras: Extras,
    https: Https,
}

/// A certificate for mx.demo.test, in DER.
static CERTIFICATE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let made = rcgen::generate_simple_self_signed(vec!["mx.demo.test".to_owned()]).unwrap();
    made.cert.der().to_vec()
});

fn txt(name: &'static str, value: &str) -> Entry {
    Entry::Txt(name, value.to_owned())
}

fn tls_without_authorities() -> Arc<ClientConfig> {
    tls_with(RootCertStore::empty())
}

fn tls_with(authorities: RootCertStore) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(authorities).with_no_client_auth())
}

impl World {
    /// Everything right, but for MTA-STS, whose policy needs a server of its own.
    fn right() -> Self {
        let subject = Subject {
            domain: "demo.test".to_owned(),
            hostname: "mx.demo.test".to_owned(),
            addresses: vec![OURS.parse().unwrap(), OURS_6.parse().unwrap()],
            senders: vec![Sender::Ourselves],
            null_senders: vec![Sender::Ourselves],
            policy: None,
            dkim: vec![
                DkimRecord { selector: "s1".to_owned(), value: KEY.to_owned(), stage: KeyStage::Active },
                DkimRecord { selector: "e1".to_owned(), value: ED_KEY.to_owned(), stage: KeyStage::Active },
            ],
            chain: vec![CERTIFICATE.clone()],
        };
        let entries = vec![
            Entry::Zone("demo.test", true),
            Entry::Host("mx.demo.test", OURS),
            Entry::Host("mx.demo.test", OURS_6),
            Entry::Ptr(OURS, "mx.demo.test"),
            Entry::Ptr(OURS_6, "mx.demo.test"),
            Entry::Mx("demo.test", 10, "mx.demo.test"),
            txt("demo.test", "v=spf1 mx -all"),
            txt("mx.demo.test", "v=spf1 a -all"),
            txt("s1._domainkey.demo.test", KEY),
            txt("e1._domainkey.demo.test", ED_KEY),
            txt("_dmarc.demo.test", "v=DMARC1; p=reject; rua=mailto:postmaster@demo.test"),
            txt("_smtp._tls.demo.test", "v=TLSRPTv1; rua=mailto:postmaster@demo.test"),
            Entry::Caa("demo.test", "letsencrypt.org"),
            Entry::Tlsa("_25._tcp.mx.demo.test", [3, 1, 1], key_sha256(&CERTIFICATE).unwrap()),
        ];
        let https = Https::with(tls_without_authorities(), 1);
        Self { entries, subject, extras: Extras::default(), https }
    }

    /// Without the entries that pass.
    fn without(mut self, is_gone: impl Fn(&Entry) -> bool) -> Self {
        self.entries.retain(|entry| !is_gone(entry));
        self
    }

    /// Without TXT records of a name.
    fn without_txt(self, name: &str) -> Self {
        self.without(|entry| matches!(entry, Entry::Txt(owner, _) if *owner == name))
    }

    fn with(mut self, entry: Entry) -> Self {
        self.entries.push(entry);
        self
    }

    /// Another TXT record instead of a name's.
    fn txt(self, name: &'static str, value: &str) -> Self {
        self.without_txt(name).with(txt(name, value))
    }

    async fn serve(&self) -> TestDns {
        let server = TestDns::start().await;
        for entry in &self.entries {
            match entry {
                Entry::Host(name, address) => server.host(name, ip(address)).await,
                Entry::Mx(name, preference, host) => server.mx(name, *preference, host).await,
                Entry::Txt(name, value) => server.txt(name, value).await,
                Entry::Ptr(address, name) => server.ptr(ip(address), name).await,
                Entry::Alias(name, target) => server.alias(name, target).await,
                Entry::Caa(name, issuer) => server.caa(name, issuer).await,
                Entry::Tlsa(name, [usage, selector, matching], data) => {
                    server.tlsa(name, *usage, *selector, *matching, data).await;
                }
                Entry::Zone(name, signed) => server.zone(name, *signed).await,
            }
        }
        server
    }

    async fn report(&self) -> DomainReport {
        let server = self.serve().await;
        let dns = Dns::new(&[server.address], Duration::from_secs(10));
        check(&dns, &self.https, &self.subject, &self.extras).await
    }

    async fn finding(&self, kind: CheckKind) -> Finding {
        let report = self.report().await;
        report.checks.into_iter().find(|finding| finding.check == kind).expect("it is checked")
    }

    /// The state of one check, with words that its meaning must hold, and the lines to publish.
    #[track_caller]
    fn expect(&self, kind: CheckKind, state: CheckState, words: &str, publish: &[&str]) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let finding = runtime.block_on(self.finding(kind));
        let published: Vec<String> = finding.publish.iter().map(ToString::to_string).collect();
        assert_eq!(finding.state, state, "{finding:#?}");
        assert!(finding.meaning.contains(words), "{finding:#?}");
        assert_eq!(published, publish, "{finding:#?}");
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_right_zone_is_right_in_everything() {
    let report = World::right().report().await;
    for finding in &report.checks {
        let expected = if finding.check == CheckKind::MtaSts { CheckState::Warning } else { CheckState::Ok };
        assert_eq!(finding.state, expected, "{finding:#?}");
        assert!(!finding.meaning.is_empty(), "{finding:#?}");
        assert_eq!(finding.publish.is_empty(), expected == CheckState::Ok, "{finding:#?}");
    }
    assert_eq!(report.state, CheckState::Warning);
}

#[tokio::test]
async fn a_silent_name_server_makes_everything_unknown_in_time() {
    let (address, _socket) = TestDns::silent().await;
    let dns = Dns::new(&[address], Duration::from_millis(300));
    let world = World::right();
    let began = std::time::Instant::now();
    let report = check(&dns, &world.https, &world.subject, &world.extras).await;
    assert!(began.elapsed() < super::DEADLINE, "{:?}", began.elapsed());
    for finding in &report.checks {
        assert_eq!(finding.state, CheckState::Unknown, "{finding:#?}");
    }
}

#[test]
fn every_record_that_is_wanted_makes_its_check_right() {
    let groups = super::wanted(&World::right().subject);
    let lines: Vec<String> = groups.iter().flat_map(|group| &group.records).map(ToString::to_string).collect();
    for line in [
        "demo.test. IN MX 10 mx.demo.test.",
        "mx.demo.test. IN A 203.0.113.7",
        "7.113.0.203.in-addr.arpa. IN PTR mx.demo.test.",
        "demo.test. IN TXT \"v=spf1 mx -all\"",
        "e1._domainkey.demo.test. IN TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
        "_dmarc.demo.test. IN TXT \"v=DMARC1; p=none; rua=mailto:postmaster@demo.test\"",
        "_smtp._tls.demo.test. IN TXT \"v=TLSRPTv1; rua=mailto:postmaster@demo.test\"",
        "mta-sts.demo.test. IN CNAME mx.demo.test.",
        "mx.demo.test. IN CAA 0 issue \"letsencrypt.org\"",
    ] {
        assert!(lines.iter().any(|known| known == line), "{line} is in {lines:#?}");
    }
    assert!(lines.iter().any(|line| line.starts_with("_25._tcp.mx.demo.test. IN TLSA 3 1 1 ")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("_mta-sts.demo.test. IN TXT \"v=STSv1; id=")), "{lines:#?}");
}
