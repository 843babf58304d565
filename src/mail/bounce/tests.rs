#![expect(clippy::disallowed_methods, reason = "a test may block")]

use super::{Bounce, Letter, detect};

fn report(status: &str) -> Vec<u8> {
    format!(
        "From: MAILER-DAEMON@example.com\r\nSubject: Undelivered Mail\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n{status}\r\n--b--\r\n"
    )
    .into_bytes()
}

fn read(raw: &[u8], null_sender: bool) -> Option<Bounce> {
    detect(&Letter::parse(raw), raw, null_sender)
}

#[test]
fn a_report_says_status_and_words() {
    let raw = report(
        "Final-Recipient: rfc822; x@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 <x@example.org>:\r\n no such user\r\n",
    );
    let expected =
        Bounce { status: Some("5.1.1".into()), diagnostic: Some("550 5.1.1 <x@example.org>: no such user".into()) };
    assert_eq!(read(&raw, true), Some(expected.clone()));
    assert_eq!(read(&raw, false), Some(expected), "the form alone is enough");
}

#[test]
fn the_failed_one_of_several_recipients_counts() {
    let raw = report(
        "Final-Recipient: rfc822; a@example.org\r\nAction: relayed\r\nStatus: 2.0.0\r\n\r\n\
         Final-Recipient: rfc822; b@example.org\r\nAction: Failed\r\nStatus: 4.4.7 (expired)\r\n",
    );
    assert_eq!(read(&raw, true), Some(Bounce { status: Some("4.4.7".into()), diagnostic: None }));
}

#[test]
fn delays_and_successes_are_no_bounces() {
    for action in ["delayed", "delivered", "relayed", "expanded"] {
        assert_eq!(read(&report(&format!("Action: {action}\r\nStatus: 4.0.0\r\n")), true), None, "{action}");
    }
}

#[test]
fn a_bounce_in_free_form_is_read_from_the_null_sender_only() {
    let raw = b"From: MAILER-DAEMON@example.com\r\nSubject: failure notice\r\n\r\nHi. This is the mail program.\r\n\
        <x@example.org>:\r\n192.0.2.1 failed after I sent the message.\r\nRemote host said: 550 5.7.1 Not wanted here\r\n";
    let expected = Bounce { status: Some("5.7.1".into()), diagnostic: Some("550 5.7.1 Not wanted here".into()) };
    assert_eq!(read(raw, true), Some(expected));
    assert_eq!(read(raw, false), None);
}

#[test]
fn other_letters_are_no_bounces() {
    for raw in [
        &b"From: a@example.com\r\nSubject: My order came back undelivered\r\n\r\n550 rubles"[..],
        b"From: a@example.com\r\nSubject: Hello\r\n\r\nx",
        b"",
    ] {
        assert_eq!(read(raw, false), None);
    }
    let absence =
        b"From: a@example.com\r\nAuto-Submitted: auto-replied\r\nSubject: Undelivered words: I am away\r\n\r\nx";
    assert_eq!(read(absence, true), None);
}

#[test]
fn real_reports_are_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/mail-gem/multipart_report_emails");
    let mut bounces = 0;
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let raw = std::fs::read(&path).unwrap();
        let bounce = read(&raw, true);
        println!("{}: {bounce:?}", path.display());
        let says_failed = String::from_utf8_lossy(&raw).to_lowercase().contains("\naction: failed");
        assert_eq!(bounce.is_some(), says_failed, "{path:?}");
        if let Some(bounce) = bounce {
            bounces += 1;
            assert!(bounce.status.is_some(), "{path:?}");
        }
    }
    assert!(bounces > 0 || !std::path::Path::new(folder).exists());
}
