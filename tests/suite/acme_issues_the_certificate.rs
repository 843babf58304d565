//! Certificates by ACME, issued by pebble: HTTP-01 and TLS-ALPN-01, kept over a restart, renewed when they are old.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};

use super::desk_process::{DEADLINE, Desk, own_address, own_port};
use super::pebble::Pebble;
use super::tls_client::{Shown, https_get, shown_by_smtp};

async fn issued(desk: &Desk, pebble: &Pebble) -> Shown {
    let began = Instant::now();
    loop {
        let shown = shown_by_smtp(desk.smtp);
        if shown.issuer.contains("Pebble") {
            return shown;
        }
        assert!(began.elapsed() < DEADLINE, "{}\n{}", desk.log(), pebble.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_01_proves_several_names_and_the_certificate_outlives_a_restart() {
    let pebble = Pebble::start(&["desk.test", "mta-sts.demo.test"]).await;
    let https = std::net::SocketAddr::from((own_address(), own_port()));
    let extra = format!(
        "{}names = [\"desk.test\", \"mta-sts.demo.test\"]\nhttp_listen = \"{}\"\n[mta_sts]\nmode = \"enforce\"\n",
        pebble.section(),
        pebble.http
    );
    let mut desk = Desk::prepare(&extra);
    desk.add_http_key(&format!("tls_listen = \"{https}\""));
    desk.run(["mailbox", "add", "--name", "Demo support", "--prefix", "DEMO", "--address", "help@demo.test"]);
    desk.serve().await;
    let mut shown = issued(&desk, &pebble).await;
    shown.names.sort();
    assert_eq!(shown.names, ["desk.test", "mta-sts.demo.test"]);

    // A sender's fetch of the policy (RFC 8461 §3.3), which believes nothing but pebble's root.
    let root = pebble.root();
    let path = "/.well-known/mta-sts.txt";
    let (status, policy) = https_get(https, "mta-sts.demo.test", path, &root).expect("a trusted certificate");
    assert_eq!(status, 200, "{policy}");
    assert_eq!(policy, "version: STSv1\r\nmode: enforce\r\nmx: desk.test\r\nmax_age: 604800\r\n");
    assert_eq!(https_get(https, "desk.test", path, &root).expect("a trusted certificate").0, 404);
    let figures =
        reqwest::get(format!("http://{}/metrics", desk.http)).await.expect("figures").text().await.expect("text");
    assert!(figures.contains("mxdesk_acme_orders_total{outcome=\"issued\"} 1"), "{figures}");
    assert!(figures.contains("mxdesk_certificate_days_left "), "{figures}");

    // Nobody else may read what is kept, and it is enough for a start without the directory.
    let mut files = 0;
    for file in std::fs::read_dir(desk.data_dir().join("acme")).expect("the folder").flatten() {
        assert_eq!(file.metadata().expect("metadata").permissions().mode() & 0o777, 0o600, "{file:?}");
        files += 1;
    }
    assert_eq!(files, 2, "account and certificate");
    pebble.stop().await;
    desk.kill();
    desk.serve().await;
    assert!(shown_by_smtp(desk.smtp).issuer.contains("Pebble"));
    assert!(!desk.log().contains("PRIVATE KEY"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_alpn_01_renews_a_certificate_past_two_thirds_of_its_time() {
    let pebble = Pebble::start(&["desk.test"]).await;
    let mut desk = Desk::prepare(&format!("{}tls_listen = \"{}\"\n", pebble.section(), pebble.tls));
    let in_days = |days: i64| {
        let date = jiff::Zoned::now().date().saturating_add(jiff::Span::new().days(days));
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    let mut old = CertificateParams::new(vec!["desk.test".to_owned()]).expect("parameters");
    (old.not_before, old.not_after) = (in_days(-80), in_days(10));
    let key = KeyPair::generate().expect("a key");
    let old = old.self_signed(&key).expect("a certificate");
    let bundle = key.serialize_pem() + &old.pem();
    std::fs::create_dir_all(desk.data_dir().join("acme")).expect("a folder");
    std::fs::write(desk.data_dir().join("acme/certificate.pem"), bundle).expect("written");
    desk.serve().await;
    let shown = issued(&desk, &pebble).await;
    assert_eq!(shown.names, ["desk.test"]);
    let (_, old) = x509_parser::parse_x509_certificate(old.der()).expect("X.509");
    assert_eq!(shown.key, old.public_key().raw, "the key stays: a TLSA record names it");
    pebble.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_cannot_be_reached_does_not_keep_the_desk_from_serving() {
    let nobody = format!("https://{}:{}/dir", own_address(), own_port());
    let listen = std::net::SocketAddr::from((own_address(), own_port()));
    let mut desk = Desk::prepare(&format!("[acme]\ndirectory = \"{nobody}\"\nhttp_listen = \"{listen}\"\n"));
    desk.serve().await;
    assert_eq!(shown_by_smtp(desk.smtp).names, ["desk.test"]);
    let began = Instant::now();
    while !desk.log().contains("no certificate was issued") {
        assert!(began.elapsed() < DEADLINE, "{}", desk.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(desk.is_alive());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_wants_an_account_of_its_own_gets_its_name_and_key() {
    const KEY: &str = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
    let pebble = Pebble::start_bound(&["desk.test"], "kid-1", KEY).await;
    let without = format!("{}http_listen = \"{}\"\n", pebble.section(), pebble.http);
    let mut desk = Desk::prepare(&without);
    desk.serve().await;
    let began = Instant::now();
    while !desk.log().contains("externalAccountRequired") {
        assert!(began.elapsed() < DEADLINE, "{}", desk.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(desk);

    let mut desk = Desk::prepare(&format!("{without}eab_key_id = \"kid-1\"\neab_key = \"eab.secret\"\n"));
    let file = desk.config().with_file_name("eab.secret");
    std::fs::write(&file, format!("{KEY}\n")).expect("written");
    desk.serve().await;
    assert_eq!(issued(&desk, &pebble).await.names, ["desk.test"]);
    assert!(!desk.log().contains(KEY) && !desk.log().contains("ERROR"), "{}", desk.log());
    pebble.stop().await;
}
