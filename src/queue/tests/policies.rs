//! What a domain's own records demand: DANE and MTA-STS.

use aws_lc_rs::digest::{SHA256, digest};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::protection::Authority;
use super::*;
use crate::desk::{TlsPolicyKind, TlsResultKind};
use crate::mail::dns::signed_test_server::SignedDns;

fn tls_server(authority: &Authority, name: &str) -> (Behaviour, Vec<u8>) {
    let (tls, key) = authority.server_and_key(name);
    (Behaviour { tls: Some(tls), extensions: vec!["STARTTLS"], ..Behaviour::default() }, key)
}

/// One delivery to shop.test, whose signed zone names this hash of a key.
async fn deliver_with_dane(behaviour: Behaviour, hash: impl Fn(&[u8]) -> [u8; 32], key: &[u8]) -> (Setting, Delivery) {
    let setting = Setting::new(behaviour, "").await;
    let port = setting.server.address.port();
    let mut zone = SignedDns::zone();
    zone.mx("shop.test", "mx.shop.test").host("mx.shop.test", "127.0.0.1");
    zone.tlsa(&format!("_{port}._tcp.mx.shop.test"), 3, hash(key));
    let names = zone.serve().await;
    let dns = Dns::new(&[names.address], Duration::from_secs(5)).with_anchors(&names.anchors);
    let number = setting.reply(&[]).await;
    setting.start_with(dns, no_trust(), 443);
    let delivery = setting.attempted(number).await.remove(0);
    (setting, delivery)
}

fn sha256(octets: &[u8]) -> [u8; 32] {
    digest(&SHA256, octets).as_ref().try_into().unwrap()
}

async fn results(setting: &Setting) -> Vec<(TlsPolicyKind, TlsResultKind, u64)> {
    let day = u64::try_from(jiff::Timestamp::now().as_second()).unwrap() / 86_400;
    let results = setting.test.desk.tls_results(day).await.unwrap();
    results.into_iter().map(|(result, count)| (result.policy, result.kind, count)).collect()
}

#[tokio::test]
async fn a_certificate_that_a_signed_record_names_is_enough() {
    // Neither its issuer nor its name would do.
    let (behaviour, key) = tls_server(&Authority::new(), "other.test");
    let (setting, delivery) = deliver_with_dane(behaviour, sha256, &key).await;
    let attempt = &delivery.attempts[0];
    assert_eq!(delivery.state, DeliveryState::Delivered, "{attempt:?}");
    assert_eq!(
        (attempt.tls_policy.as_deref(), attempt.certificate.as_deref()),
        (Some("dane"), Some("verified (dane)"))
    );
    assert_eq!(results(&setting).await, [(TlsPolicyKind::Tlsa, TlsResultKind::Success, 1)]);
}

#[tokio::test]
async fn another_certificate_gets_no_letter() {
    let (behaviour, key) = tls_server(&Authority::new(), "mx.shop.test");
    let (setting, delivery) = deliver_with_dane(behaviour, |_| [0; 32], &key).await;
    assert_eq!(delivery.state, DeliveryState::Deferred, "{:?}", delivery.attempts);
    assert!(setting.server.log().letters.is_empty());
    assert_eq!(results(&setting).await, [(TlsPolicyKind::Tlsa, TlsResultKind::ValidationFailure, 1)]);
}

#[tokio::test]
async fn a_server_that_hides_starttls_gets_no_letter_where_records_demand_it() {
    let (setting, delivery) = deliver_with_dane(Behaviour::default(), |_| [0; 32], &[]).await;
    assert_eq!(delivery.state, DeliveryState::Deferred, "{:?}", delivery.attempts);
    assert!(setting.server.log().commands.iter().all(|command| !command.starts_with("MAIL")));
    assert_eq!(results(&setting).await, [(TlsPolicyKind::Tlsa, TlsResultKind::StarttlsNotSupported, 1)]);
}

/// Serves a policy over HTTPS. Answers the port.
pub(super) async fn policy_host(authority: &Authority, name: &str, status: &'static str, policy: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(authority.server(name));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            while stream.read_line(&mut line).await.is_ok_and(|read| read > 2) {}
            assert!(line.starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\r\n"), "{line}");
            let length = policy.len();
            let response = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{policy}");
            stream.write_all(response.as_bytes()).await.ok();
            stream.flush().await.ok();
        }
    });
    port
}

pub(super) const ENFORCE: &str = "version: STSv1\r\nmode: enforce\r\nmx: *.shop.test\r\nmax_age: 86400\r\n";
const TESTING: &str = "version: STSv1\r\nmode: testing\r\nmx: *.shop.test\r\nmax_age: 86400\r\n";
const ELSEWHERE: &str = "version: STSv1\r\nmode: enforce\r\nmx: mx.else.test\r\nmax_age: 86400\r\n";

struct Case {
    /// The name in the mail host's certificate.
    name: &'static str,
    policy: &'static str,
    status: &'static str,
    /// The name in the policy host's certificate.
    policy_name: &'static str,
}

const GOOD: Case = Case { name: "mx.shop.test", policy: ENFORCE, status: "200 OK", policy_name: "mta-sts.shop.test" };

async fn deliver_with_sts(case: Case) -> (Setting, Delivery) {
    let authority = Authority::new();
    let (behaviour, _) = tls_server(&authority, case.name);
    let setting = Setting::new(behaviour, "").await;
    setting.names.txt("_mta-sts.shop.test", "v=STSv1; id=1;").await;
    setting.names.host("mta-sts.shop.test", "127.0.0.1".parse().unwrap()).await;
    let port = policy_host(&authority, case.policy_name, case.status, case.policy).await;
    let number = setting.reply(&[]).await;
    let dns = Dns::new(&[setting.names.address], Duration::from_secs(5));
    setting.start_with(dns, authority.trust(), port);
    let delivery = setting.attempted(number).await.remove(0);
    (setting, delivery)
}

#[tokio::test]
async fn a_policy_in_force_is_followed_and_kept() {
    let (setting, delivery) = deliver_with_sts(GOOD).await;
    let attempt = &delivery.attempts[0];
    assert_eq!(delivery.state, DeliveryState::Delivered, "{attempt:?}");
    assert_eq!((attempt.tls_policy.as_deref(), attempt.certificate.as_deref()), (Some("mta-sts"), Some("verified")));
    let kept = setting.test.desk.sts_policy("shop.test").await.unwrap().unwrap();
    assert_eq!((kept.id.as_str(), kept.mx), ("1", vec!["*.shop.test".to_owned()]));
    assert_eq!(results(&setting).await, [(TlsPolicyKind::Sts, TlsResultKind::Success, 1)]);
}

#[tokio::test]
async fn a_policy_in_force_refuses_a_certificate_for_another_name() {
    let (setting, delivery) = deliver_with_sts(Case { name: "other.test", ..GOOD }).await;
    assert_eq!(delivery.state, DeliveryState::Deferred, "{:?}", delivery.attempts);
    assert!(setting.server.log().letters.is_empty());
    assert_eq!(results(&setting).await, [(TlsPolicyKind::Sts, TlsResultKind::CertificateHostMismatch, 1)]);
}

#[tokio::test]
async fn a_policy_in_force_refuses_a_host_that_it_does_not_name() {
    let (setting, delivery) = deliver_with_sts(Case { policy: ELSEWHERE, ..GOOD }).await;
    assert_eq!(delivery.state, DeliveryState::Deferred, "{:?}", delivery.attempts);
    assert_eq!(setting.server.log().connections, 0);
}

#[tokio::test]
async fn a_policy_that_is_tried_out_refuses_nothing_and_is_counted() {
    let (setting, delivery) = deliver_with_sts(Case { name: "other.test", policy: TESTING, ..GOOD }).await;
    assert_eq!(delivery.state, DeliveryState::Delivered, "{:?}", delivery.attempts);
    assert_eq!(delivery.attempts[0].tls_policy.as_deref(), Some("mta-sts testing"));
    assert_eq!(results(&setting).await, [(TlsPolicyKind::Sts, TlsResultKind::CertificateHostMismatch, 1)]);
}

#[tokio::test]
async fn a_policy_that_cannot_be_fetched_is_none_and_is_counted() {
    let cases = [
        (Case { status: "404 Not Found", ..GOOD }, TlsResultKind::StsPolicyFetchError),
        (Case { policy_name: "other.test", ..GOOD }, TlsResultKind::StsWebpkiInvalid),
        (Case { policy: "<html>", ..GOOD }, TlsResultKind::StsPolicyInvalid),
    ];
    for (case, kind) in cases {
        let (setting, delivery) = deliver_with_sts(case).await;
        assert_eq!(delivery.state, DeliveryState::Delivered, "{:?}", delivery.attempts);
        assert_eq!(delivery.attempts[0].tls_policy.as_deref(), Some("opportunistic"));
        let results = results(&setting).await;
        assert!(results.contains(&(TlsPolicyKind::Sts, kind, 1)), "{results:?}");
    }
}
