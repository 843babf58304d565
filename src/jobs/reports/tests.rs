//! From a letter that comes in to the report that stands in the queue, over a real name server.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::Reports;
use crate::config::Config;
use crate::desk::queries::DmarcCounts;
use crate::desk::receive::{Transaction, Verdict};
use crate::desk::testing::{self, TestDesk};
use crate::desk::{
    Actor, Delivery, DsnRequest, Judged, Recipient, SessionFacts, StsMode, StsPolicy, TlsPolicyKind, TlsResult,
    TlsResultKind,
};
use crate::mail::dns::Dns;
use crate::mail::dns::signed_test_server::SignedDns;
use crate::mail::dns::test_server::TestDns;
use crate::mail::report::{DmarcReport, Report, recognise};
use crate::mail::{Address, AuthResult, Authentication, DkimFact, Letter};

struct Case {
    test: TestDesk,
    dns: TestDns,
    reports: Reports,
}

async fn case(section: &str) -> Case {
    let (test, dns) = (testing::desk().await, TestDns::start().await);
    let text = format!("data_dir = \"d\"\nhostname = \"mx.demo.test\"\n[reports]\n{section}\n");
    let config: Config = toml::from_str(&text).unwrap();
    let reports = Reports {
        desk: test.desk.clone(),
        dns: Dns::new(&[dns.address], Duration::from_secs(5)),
        config: Arc::new(config),
    };
    Case { test, dns, reports }
}

impl Case {
    /// A letter that names `domain` in From.
    async fn letter(&self, n: u32, domain: &str, peer: &str, result: AuthResult) {
        let mut authentication = Authentication::default();
        authentication.dmarc.result = result;
        authentication.dmarc.domain = domain.to_owned();
        let signature =
            DkimFact { result, domain: domain.to_owned(), selector: "s1".to_owned(), ..DkimFact::default() };
        authentication.dkim = vec![signature];
        let raw = format!("From: a@{domain}\r\nTo: help@demo.test\r\nMessage-ID: <{n}@{domain}>\r\n\r\nHello {n}\r\n");
        let transaction = Transaction {
            session: SessionFacts { peer: format!("{peer}:4711"), ..SessionFacts::default() },
            mail_from: Some(Address::parse(&format!("bounce@{domain}")).unwrap()),
            recipients: vec![Recipient {
                address: Address::parse("help@demo.test").unwrap(),
                mailbox: self.test.mailbox,
                sub_address: None,
            }],
            dsn: DsnRequest::default(),
            require_tls: false,
            raw: Bytes::from(raw),
            trace_header: String::new(),
            authentication,
            judged: Judged::default(),
        };
        assert!(matches!(self.test.desk.receive(transaction).await, Verdict::Accepted { .. }));
    }

    async fn queued(&self) -> Vec<Delivery> {
        self.test.desk.due_deliveries(u64::MAX - 1, (0, 0), 100).await.unwrap()
    }

    async fn report_of(&self, delivery: &Delivery) -> DmarcReport {
        let raw = self.test.desk.message_source(&Actor::System, delivery.message).await.unwrap();
        assert!(raw.starts_with(b"DKIM-Signature:"), "{}", String::from_utf8_lossy(&raw));
        match recognise(&Letter::parse(&raw), &raw) {
            Some(Report::Dmarc(report)) => report,
            other => panic!("{other:?}"),
        }
    }

    async fn counted(&self, domain: &str) -> DmarcCounts {
        self.test.desk.dmarc_counts(today(), domain).await.unwrap()
    }
}

fn today() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_second()).unwrap() / super::DAY
}

/// The day after the letters'.
fn tomorrow() -> u64 {
    today() + 2
}

#[tokio::test]
async fn a_domain_that_asks_for_it_is_told_what_came_in_its_name() {
    let case = case("send_dmarc = true").await;
    case.dns.txt("_dmarc.shop.test", "v=DMARC1; p=quarantine; adkim=s; rua=mailto:dmarc@shop.test").await;
    for n in 0..3 {
        case.letter(n, "mail.shop.test", "192.0.2.1", AuthResult::Pass).await;
    }
    case.letter(9, "mail.shop.test", "203.0.113.7", AuthResult::Fail).await;
    assert_eq!(case.counted("mail.shop.test").await.rows.len(), 2);
    assert_eq!(case.reports.send_before(today()).await.unwrap(), 0, "the day is not over");
    assert_eq!(case.reports.send_before(tomorrow()).await.unwrap(), 1);
    let queued = case.queued().await;
    assert_eq!(queued.len(), 1);
    assert_eq!((queued[0].recipient.as_str(), queued[0].envelope_from.as_str()), ("dmarc@shop.test", ""));
    let report = case.report_of(&queued[0]).await;
    assert_eq!((report.organisation.as_str(), report.email.as_str()), ("mx.demo.test", "postmaster@demo.test"));
    assert_eq!(
        (report.domain.as_str(), report.policy.as_str(), report.dkim_alignment.as_str()),
        ("shop.test", "quarantine", "s")
    );
    assert_eq!((report.letters, report.passed, report.rows.len()), (4, 3, 2));
    let passed = report.rows.iter().find(|row| row.passed()).unwrap();
    assert_eq!(
        (passed.source.as_str(), passed.letters, passed.header_from.as_str()),
        ("192.0.2.1", 3, "mail.shop.test")
    );
    assert_eq!((passed.envelope_from.as_str(), passed.dkim[0].selector.as_str()), ("mail.shop.test", "s1"));
    assert_eq!(case.reports.send_before(tomorrow()).await.unwrap(), 0, "once");
    assert!(case.counted("mail.shop.test").await.rows.is_empty());
}

#[tokio::test]
async fn a_stranger_gets_reports_only_where_he_wants_them() {
    let case = case("send_dmarc = true").await;
    case.dns.txt("_dmarc.a.test", "v=DMARC1; p=none; rua=mailto:x@victim.test").await;
    case.dns.txt("_dmarc.b.test", "v=DMARC1; p=none; rua=mailto:x@collector.test!1k,mailto:b@collector.test").await;
    case.dns.txt("b.test._report._dmarc.collector.test", "v=DMARC1;").await;
    for (n, domain) in ["a.test", "b.test", "silent.test"].into_iter().enumerate() {
        case.letter(u32::try_from(n).unwrap(), domain, "192.0.2.1", AuthResult::Pass).await;
    }
    case.reports.send_before(tomorrow()).await.unwrap();
    let recipients: Vec<String> = case.queued().await.into_iter().map(|delivery| delivery.recipient).collect();
    assert!(recipients.contains(&"b@collector.test".to_owned()), "{recipients:?}");
    assert!(!recipients.iter().any(|recipient| recipient.ends_with("victim.test")), "{recipients:?}");
    for domain in ["a.test", "b.test", "silent.test"] {
        assert!(case.counted(domain).await.rows.is_empty(), "{domain}");
    }
}

#[tokio::test]
async fn nothing_is_sent_unless_it_is_asked_for() {
    let case = case("").await;
    case.dns.txt("_dmarc.shop.test", "v=DMARC1; p=none; rua=mailto:dmarc@shop.test").await;
    case.letter(1, "shop.test", "192.0.2.1", AuthResult::Pass).await;
    assert_eq!(case.reports.send_before(tomorrow()).await.unwrap(), 0);
    assert!(case.queued().await.is_empty() && case.counted("shop.test").await.rows.is_empty());
}

#[tokio::test]
async fn silent_name_servers_are_asked_again_and_not_for_ever() {
    let mut case = case("send_dmarc = true").await;
    let (silent, _socket) = TestDns::silent().await;
    case.reports.dns = Dns::new(&[silent], Duration::from_millis(300));
    case.letter(1, "shop.test", "192.0.2.1", AuthResult::Pass).await;
    assert_eq!(case.reports.send_before(tomorrow()).await.unwrap(), 0);
    assert_eq!(case.counted("shop.test").await.rows.len(), 1, "kept for the next time");
    assert_eq!(case.reports.send_before(tomorrow() + 3).await.unwrap(), 0);
    assert!(case.counted("shop.test").await.rows.is_empty(), "too old");
}

#[tokio::test]
async fn letters_without_a_policy_are_not_counted() {
    let case = case("send_dmarc = true").await;
    case.letter(1, "shop.test", "192.0.2.1", AuthResult::None).await;
    case.letter(2, "shop.test", "192.0.2.1", AuthResult::TempError).await;
    assert!(case.counted("shop.test").await.rows.is_empty());
}

#[tokio::test]
async fn domains_are_told_how_tls_with_their_servers_was() {
    let case = case("send_tlsrpt = true").await;
    case.dns.txt("_smtp._tls.shop.test", "v=TLSRPTv1; rua=mailto:tls@collector.test").await;
    let result = |domain: &str, kind| TlsResult {
        day: today(),
        domain: domain.to_owned(),
        policy: TlsPolicyKind::Sts,
        kind,
        host: "mx.shop.test".to_owned(),
        address: "192.0.2.25".to_owned(),
    };
    let policy = StsPolicy {
        id: "a".to_owned(),
        mode: StsMode::Testing,
        mx: vec!["*.shop.test".to_owned()],
        until: 0,
        max_age: Some(86_400),
    };
    case.test.desk.keep_sts_policy("shop.test", &policy).await.unwrap();
    case.test.desk.count_tls(&result("shop.test", TlsResultKind::Success), 5).await;
    case.test.desk.count_tls(&result("shop.test", TlsResultKind::CertificateExpired), 2).await;
    case.test.desk.count_tls(&result("silent.test", TlsResultKind::Success), 1).await;
    assert_eq!(case.reports.send_tls_before(today()).await.unwrap(), 0, "the day is not over");
    assert_eq!(case.reports.send_tls_before(tomorrow()).await.unwrap(), 1);
    let queued = case.queued().await;
    assert_eq!(queued.iter().map(|delivery| delivery.recipient.as_str()).collect::<Vec<_>>(), ["tls@collector.test"]);
    let raw = case.test.desk.message_source(&Actor::System, queued[0].message).await.unwrap();
    let letter = Letter::parse(&raw);
    assert_eq!(letter.header("TLS-Report-Domain"), Some("shop.test"));
    let Some(Report::Tls(report)) = recognise(&letter, &raw) else { panic!("a TLS report") };
    assert_eq!((report.domain(), report.totals()), ("shop.test", (5, 2)));
    assert_eq!(report.policies[0].kind, "sts");
    assert_eq!(report.policies[0].lines, ["version: STSv1", "mode: testing", "mx: *.shop.test", "max_age: 86400"]);
    assert_eq!(report.policies[0].mx, ["*.shop.test"]);
    assert_eq!(report.policies[0].failures[0].result, "certificate-expired");
    assert_eq!(case.reports.send_tls_before(tomorrow()).await.unwrap(), 0, "once");
    assert!(case.test.desk.tls_results(today()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_report_quotes_the_records_that_dane_went_by() {
    let mut case = case("send_tlsrpt = true").await;
    let mut zone = SignedDns::zone();
    zone.mx("shop.test", "mx.shop.test").host("mx.shop.test", "127.0.0.1");
    zone.tlsa("_25._tcp.mx.shop.test", 3, [0xab; 32]).txt("_smtp._tls.shop.test", "v=TLSRPTv1; rua=mailto:t@shop.test");
    let names = zone.serve().await;
    case.reports.dns = Dns::new(&[names.address], Duration::from_secs(5)).with_anchors(&names.anchors);
    let result = TlsResult {
        day: today(),
        domain: "shop.test".to_owned(),
        policy: TlsPolicyKind::Tlsa,
        kind: TlsResultKind::Success,
        host: "mx.shop.test".to_owned(),
        address: "192.0.2.25".to_owned(),
    };
    case.test.desk.count_tls(&result, 1).await;
    assert_eq!(case.reports.send_tls_before(tomorrow()).await.unwrap(), 1);
    let delivery = case.queued().await.remove(0);
    let raw = case.test.desk.message_source(&Actor::System, delivery.message).await.unwrap();
    let Some(Report::Tls(report)) = recognise(&Letter::parse(&raw), &raw) else { panic!("a TLS report") };
    let expected = format!("_25._tcp.mx.shop.test. IN TLSA 3 1 1 {}", "AB".repeat(32));
    assert_eq!((report.policies[0].kind.as_str(), report.policies[0].lines.as_slice()), ("tlsa", &[expected][..]));
    assert!(report.policies[0].mx.is_empty());
}
