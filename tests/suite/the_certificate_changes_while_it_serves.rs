//! A certificate in files is replaced while the server runs; what cannot be used replaces nothing.

use std::time::Instant;

use rcgen::generate_simple_self_signed;

use super::desk_process::{DEADLINE, Desk};
use super::tls_client::shown_by_smtp;

fn put(folder: &std::path::Path, name: &str) {
    let made = generate_simple_self_signed(vec![name.to_owned()]).expect("a certificate");
    std::fs::write(folder.join("chain.pem"), made.cert.pem()).expect("written");
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
}

async fn shows(desk: &Desk, name: &str) {
    let began = Instant::now();
    while shown_by_smtp(desk.smtp).names != [name] {
        assert!(began.elapsed() < DEADLINE, "{name} is not shown:\n{}", desk.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_files_are_taken_and_broken_ones_are_not() {
    let files = tempfile::tempdir().expect("a folder");
    put(files.path(), "first.test");
    let path = |name: &str| files.path().join(name).display().to_string();
    let tls = format!("[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n", path("chain.pem"), path("key.pem"));
    let mut desk = Desk::start_with(&tls).await;
    shows(&desk, "first.test").await;

    put(files.path(), "second.test");
    desk.signal("HUP");
    shows(&desk, "second.test").await;

    std::fs::write(files.path().join("key.pem"), "no key").expect("written");
    desk.signal("HUP");
    let began = Instant::now();
    while !desk.log().contains("the changed certificate cannot be used") {
        assert!(began.elapsed() < DEADLINE, "{}", desk.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    shows(&desk, "second.test").await;

    // Without a signal, too.
    put(files.path(), "third.test");
    shows(&desk, "third.test").await;
    assert!(desk.is_alive());
    assert_eq!(desk.log().matches("the changed certificate cannot be used").count(), 1, "{}", desk.log());
    assert!(!desk.log().contains("PRIVATE KEY"));
}
