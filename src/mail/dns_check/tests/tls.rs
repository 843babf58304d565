//! DNSSEC, TLSA, CAA, MTA-STS.

use std::net::Ipv4Addr;

use rstest::rstest;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::CheckState::{Error, Ok as Good, Unknown, Warning};
use super::*;
use crate::mail::dns::signed_test_server::SignedDns;

const CAA: &str = "mx.demo.test. IN CAA 0 issue \"letsencrypt.org\"";

fn is_zone(entry: &Entry) -> bool {
    matches!(entry, Entry::Zone(..))
}

fn is_tlsa(entry: &Entry) -> bool {
    matches!(entry, Entry::Tlsa(..))
}

fn tlsa_line() -> String {
    let pin = data_encoding::HEXLOWER.encode(&key_sha256(&CERTIFICATE).unwrap());
    format!("_25._tcp.mx.demo.test. IN TLSA 3 1 1 {pin}")
}

fn tlsa(usage: u8, selector: u8, matching: u8, data: Vec<u8>) -> World {
    World::right().without(is_tlsa).with(Entry::Tlsa("_25._tcp.mx.demo.test", [usage, selector, matching], data))
}

#[test]
fn an_unsigned_zone_is_told() {
    let world = World::right().without(is_zone).with(Entry::Zone("demo.test", false));
    world.expect(CheckKind::Dnssec, Warning, "demo.test can be forged", &[]);
    World::right().without(is_zone).expect(CheckKind::Dnssec, Warning, "can be forged", &[]);
}

#[tokio::test]
async fn signatures_that_do_not_hold_are_an_error() {
    let mut zone = SignedDns::zone();
    zone.apex("demo.test").unsigned_apex("broken.test");
    let other = SignedDns::zone().anchors();
    let zone = zone.serve().await;
    let dns = Dns::new(&[zone.address], Duration::from_secs(10));
    let mut world = World::right();
    for (domain, anchors, state, words) in [
        ("demo.test", &zone.anchors, Good, "signatures of demo.test hold"),
        ("broken.test", &zone.anchors, Error, "signatures of broken.test do not hold"),
        ("demo.test", &other, Unknown, "do not pass signatures on"),
    ] {
        (world.subject.domain, world.subject.hostname) = (domain.to_owned(), format!("mx.{domain}"));
        let report = check(&dns.clone().with_anchors(anchors), &world.https, &world.subject, &world.extras).await;
        let finding = report.checks.into_iter().find(|finding| finding.check == CheckKind::Dnssec).unwrap();
        assert!(finding.state == state && finding.meaning.contains(words), "{domain}: {finding:#?}");
    }
}

#[test]
fn tlsa_needs_a_signed_zone() {
    let unsigned = World::right().without(is_zone);
    unsigned.expect(CheckKind::Tlsa, Warning, "mean nothing", &[]);
    World::right().without(is_zone).without(is_tlsa).expect(CheckKind::Tlsa, Good, "not used", &[]);
    World::right().without(is_tlsa).expect(CheckKind::Tlsa, Warning, "publish the key", &[&tlsa_line()]);
}

#[test]
fn tlsa_that_fits_nothing_is_told() {
    tlsa(3, 1, 1, vec![7; 32]).expect(CheckKind::Tlsa, Error, "fits our certificate", &[&tlsa_line()]);
    tlsa(1, 1, 1, vec![7; 32]).expect(CheckKind::Tlsa, Warning, "Usages 0 and 1", &[&tlsa_line()]);
    let second = World::right().with(Entry::Tlsa("_25._tcp.mx.demo.test", [3, 1, 1], vec![7; 32]));
    second.expect(CheckKind::Tlsa, Good, "the others are for an earlier or a coming key", &[]);
}

#[test]
fn tlsa_fits_by_any_selector_and_matching() {
    let whole = CERTIFICATE.clone();
    let key = crate::mail::dns_check::certificate::key(&CERTIFICATE).unwrap();
    let sha512 = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, &key).as_ref().to_vec();
    for world in [tlsa(3, 0, 0, whole.clone()), tlsa(3, 1, 2, sha512), tlsa(2, 0, 0, whole)] {
        world.expect(CheckKind::Tlsa, Good, "fit our certificate", &[]);
    }
}

#[test]
fn without_a_certificate_tlsa_is_unknown() {
    let mut world = World::right();
    world.subject.chain.clear();
    world.expect(CheckKind::Tlsa, Unknown, "cannot be read", &[]);
}

#[test]
fn caa_is_judged() {
    let without = || World::right().without(|entry| matches!(entry, Entry::Caa(..)));
    without().expect(CheckKind::Caa, Warning, "Any authority", &[CAA]);
    without().with(Entry::Caa("mx.demo.test", "")).expect(CheckKind::Caa, Warning, "No authority", &[CAA]);
    let both = without().with(Entry::Caa("mx.demo.test", "")).with(Entry::Caa("mx.demo.test", "ca.test"));
    both.expect(CheckKind::Caa, Good, "Only ca.test", &[]);
}

/// An HTTPS server for mta-sts.demo.test that answers with these octets, and a world that trusts it.
async fn policy_server(answer: String) -> (World, tokio::task::JoinHandle<()>) {
    let made = rcgen::generate_simple_self_signed(vec!["mta-sts.demo.test".to_owned()]).unwrap();
    let certificate = CertificateDer::from(made.cert.der().to_vec());
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..length]).to_lowercase();
            assert!(request.starts_with("get /.well-known/mta-sts.txt http/1.1\r\n"), "{request}");
            assert!(request.contains("host: mta-sts.demo.test\r\n"), "{request}");
            // A client that has heard enough may be gone.
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    let mut authorities = RootCertStore::empty();
    authorities.add(certificate).unwrap();
    let mut world = World::right().with(txt("_mta-sts.demo.test", "v=STSv1; id=20260101"));
    world = world.with(Entry::Host("mta-sts.demo.test", "127.0.0.1"));
    world.https = Https::with(tls_with(authorities), port);
    (world, server)
}

fn answer(status: &str, kind: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn policy(mode: &str, mx: &str, max_age: u32) -> String {
    answer("200 OK", "text/plain", &format!("version: STSv1\r\nmode: {mode}\r\nmx: {mx}\r\nmax_age: {max_age}\r\n"))
}

#[rstest]
#[case::enforced(policy("enforce", "mx.demo.test", 604_800), Good, "insist", false)]
#[case::wildcard(policy("enforce", "*.demo.test", 604_800), Good, "insist", false)]
#[case::testing(policy("testing", "mx.demo.test", 604_800), Warning, "Mode testing", false)]
#[case::switched_off(policy("none", "mx.demo.test", 604_800), Warning, "Mode none", true)]
#[case::short(policy("enforce", "mx.demo.test", 60), Warning, "below a day", false)]
#[case::another_mx(policy("enforce", "mx.other.test", 604_800), Error, "does not name mx.demo.test", true)]
#[case::broken(policy("strict", "mx.demo.test", 604_800), Error, "broken", true)]
#[case::not_found(answer("404 Not Found", "text/plain", ""), Error, "404", true)]
#[case::moved(answer("301 Moved Permanently\r\nLocation: /x", "text/plain", ""), Error, "301", true)]
#[case::page(answer("200 OK", "text/html", "version: STSv1"), Error, "content type", true)]
#[case::endless(answer("200 OK", "text/plain", &"x".repeat(70_000)), Error, "cannot be fetched", true)]
#[case::no_http("SSH-2.0-x\r\n".to_owned(), Error, "cannot be fetched", true)]
#[tokio::test]
async fn mta_sts_policies_are_fetched_and_judged(
    #[case] answer: String,
    #[case] state: CheckState,
    #[case] words: &str,
    #[case] serves: bool,
) {
    let (world, _server) = policy_server(answer).await;
    let finding = world.finding(CheckKind::MtaSts).await;
    assert_eq!(finding.state, state, "{finding:#?}");
    assert!(finding.meaning.contains(words), "{finding:#?}");
    assert_eq!(finding.serve.is_some(), serves, "{finding:#?}");
}

#[tokio::test]
async fn a_policy_under_a_false_certificate_does_not_count() {
    let (mut world, _server) = policy_server(policy("enforce", "mx.demo.test", 604_800)).await;
    let (other, _other) = policy_server(String::new()).await;
    // The authority of another server, at the port of this one.
    world.https = other.https.at_port_of(&world.https);
    let finding = world.finding(CheckKind::MtaSts).await;
    assert!(finding.state == Error && finding.meaning.contains("certificate"), "{finding:#?}");
}

#[test]
fn mta_sts_records_are_judged() {
    let record = |value: &str| World::right().with(txt("_mta-sts.demo.test", value));
    let wanted = World::right();
    let id = crate::mail::dns_check::records::mta_sts(
        "demo.test",
        &crate::mail::dns_check::policy::suggested("mx.demo.test"),
    );
    let lines = ["mta-sts.demo.test. IN CNAME mx.demo.test.".to_owned(), id.to_string()];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    wanted.expect(CheckKind::MtaSts, Warning, "no MTA-STS record", &lines);
    record("v=STSv1; id=a-b").expect(CheckKind::MtaSts, Error, "id=", &lines);
    record("v=STSv1; id").expect(CheckKind::MtaSts, Error, "broken", &lines);
    record("v=STSv1; id=1").with(txt("_mta-sts.demo.test", "v=STSv1; id=2")).expect(
        CheckKind::MtaSts,
        Error,
        "several records",
        &lines,
    );
    record("v=STSv1; id=1").expect(CheckKind::MtaSts, Error, "has no address", &lines[..1]);
}
