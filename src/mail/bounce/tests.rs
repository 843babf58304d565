#![expect(clippy::disallowed_methods, reason = "a test may block")]

use proptest::prelude::*;
use rstest::rstest;

use super::{Action, Complaint, Letter, Outcome, Report, complaint, detect, is_hard};

fn report(status: &str) -> Vec<u8> {
    format!(
        "From: MAILER-DAEMON@example.com\r\nSubject: Undelivered Mail\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n{status}\r\n--b--\r\n"
    )
    .into_bytes()
}

fn read(raw: &[u8], null_sender: bool) -> Option<Report> {
    detect(&Letter::parse(raw), raw, null_sender)
}

/// The only outcome of a letter from the null sender.
fn outcome(raw: &[u8]) -> Option<Outcome> {
    let mut outcomes = read(raw, true)?.outcomes;
    assert_eq!(outcomes.len(), 1);
    outcomes.pop()
}

#[test]
fn a_report_says_recipient_status_server_and_words() {
    let raw = report(
        "Original-Recipient: rfc822; <y@example.org>\r\nFinal-Recipient: rfc822; x@example.org\r\nAction: failed\r\n\
         Status: 5.1.1\r\nRemote-MTA: dns; mx.example.org\r\nDiagnostic-Code: smtp; 550 5.1.1 <x@example.org>:\r\n no such user\r\n",
    );
    let expected = Outcome {
        action: Action::Failed,
        recipients: vec!["x@example.org".into(), "y@example.org".into()],
        status: Some("5.1.1".into()),
        diagnostic: Some("550 5.1.1 <x@example.org>: no such user".into()),
        server: Some("mx.example.org".into()),
    };
    assert_eq!(outcome(&raw), Some(expected.clone()));
    assert_eq!(read(&raw, false).unwrap().outcomes, std::slice::from_ref(&expected), "the form alone is enough");
    assert!(expected.is_hard());
}

#[test]
fn each_recipient_has_an_outcome_and_the_failed_one_is_the_failure() {
    let raw = report(
        "Final-Recipient: rfc822; a@example.org\r\nAction: relayed\r\nStatus: 2.0.0\r\n\r\n\
         Final-Recipient: rfc822; b@example.org\r\nAction: Failed (expired)\r\nStatus: 4.4.7 (expired)\r\n",
    );
    let report = read(&raw, true).unwrap();
    assert_eq!(report.outcomes.iter().map(|one| one.action).collect::<Vec<_>>(), [Action::Relayed, Action::Failed]);
    let failure = report.failure().unwrap();
    assert_eq!((failure.status.as_deref(), failure.recipients[0].as_str()), (Some("4.4.7"), "b@example.org"));
    assert!(!failure.is_hard(), "the address may be fine");
}

#[rstest]
#[case("delayed", Action::Delayed)]
#[case("delivered", Action::Delivered)]
#[case("relayed (to non-DSN-aware mailer)", Action::Relayed)]
#[case("Expanded", Action::Expanded)]
fn delays_and_good_news_are_no_failures(#[case] word: &str, #[case] action: Action) {
    let report = read(&report(&format!("Action: {word}\r\nStatus: 4.0.0\r\n")), true).unwrap();
    assert_eq!((report.outcomes[0].action, report.failure()), (action, None));
}

#[rstest]
#[case("5.0.0", Action::Failed)]
#[case("4.2.2", Action::Delayed)]
#[case("2.1.5", Action::Delivered)]
fn without_an_action_the_class_of_the_status_tells(#[case] status: &str, #[case] action: Action) {
    let raw = report(&format!("Final-Recipient: rfc822; x@example.org\r\nStatus: {status}\r\n"));
    assert_eq!(outcome(&raw).unwrap().action, action);
}

#[test]
fn a_report_without_an_outcome_is_none() {
    assert_eq!(read(&report("Action: pondered\r\n"), true), None);
    assert_eq!(read(&report("Final-Recipient: rfc822; x@example.org\r\nStatus: five\r\n"), true), None);
}

const QMAIL: &str = "From: MAILER-DAEMON@example.com\r\nSubject: failure notice\r\n\r\nHi. This is the qmail-send program.\r\n\
    <x@example.org>:\r\n192.0.2.1 failed after I sent the message.\r\nRemote host said: 550 5.7.1 Not wanted here\r\n";
const EXIM: &str = "From: Mail Delivery System <Mailer-Daemon@example.com>\r\nX-Failed-Recipients: x@example.org, z@example.org\r\n\
    Auto-Submitted: auto-replied\r\nSubject: Mail delivery failed: returning message to sender\r\n\r\n\
    A message that you sent could not be delivered to one or more of its recipients.\r\n\
    \u{20} x@example.org\r\n    host mx.example.org [192.0.2.1]\r\n    SMTP error: 550 5.1.1 User unknown\r\n";
const EXIM_WARNING: &str = "From: Mailer-Daemon@example.com\r\nSubject: Warning: message 1a2b3c-4d5e6f delayed 24 hours\r\n\r\n\
    This message was created automatically.\r\nNo action is required on your part. Delivery attempts will continue.\r\n";
const EXCHANGE: &str = "From: postmaster@example.com\r\nSubject: Undeliverable: Your order\r\n\r\n\
    Your message did not reach some or all of the intended recipients.\r\n\
    \u{20}  x@example.org on 1/2/2006\r\n   550 5.1.1 RESOLVER.ADR.RecipNotFound; not found\r\n";
const RUSSIAN: &str = "From: mailer-daemon@example.com\r\nSubject: Недоставленное сообщение\r\n\r\nПочтовый ящик переполнен: 552 5.2.2 mailbox full\r\n";

#[rstest]
#[case(QMAIL, Action::Failed, Some("5.7.1"), false)]
#[case(EXIM, Action::Failed, Some("5.1.1"), true)]
#[case(EXIM_WARNING, Action::Delayed, None, false)]
#[case(EXCHANGE, Action::Failed, Some("5.1.1"), true)]
#[case(RUSSIAN, Action::Failed, Some("5.2.2"), false)]
fn a_report_in_free_form_is_read_from_the_null_sender_only(
    #[case] raw: &str,
    #[case] action: Action,
    #[case] status: Option<&str>,
    #[case] hard: bool,
) {
    let found = outcome(raw.as_bytes()).unwrap();
    assert_eq!((found.action, found.status.as_deref(), found.is_hard()), (action, status, hard));
    assert_eq!(read(raw.as_bytes(), false), None);
}

#[test]
fn exims_field_names_the_recipients() {
    assert_eq!(outcome(EXIM.as_bytes()).unwrap().recipients, ["x@example.org", "z@example.org"]);
}

#[test]
fn other_letters_are_no_reports() {
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

#[rstest]
#[case("5.1.1", true)]
#[case("5.1.10", true)]
#[case("5.2.1", true)]
#[case("5.2.2", false)]
#[case("5.7.1", false)]
#[case("5.1.0", false)]
#[case("4.1.1", false)]
fn only_what_the_address_is_to_blame_for_is_hard(#[case] status: &str, #[case] hard: bool) {
    assert_eq!(is_hard(status), hard);
}

fn feedback(fields: &str, original: &str) -> Vec<u8> {
    format!(
        "From: fbl@provider.test\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
         This is an abuse report.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n{fields}\r\n--b\r\n{original}\r\n--b--\r\n"
    )
    .into_bytes()
}

fn complained(raw: &[u8]) -> Option<Complaint> {
    complaint(&Letter::parse(raw), raw)
}

#[test]
fn a_complaint_says_kind_senders_recipient_and_message() {
    let fields = "Feedback-Type: Abuse\r\nUser-Agent: SomeProvider/1.0\r\nVersion: 1\r\n\
        Original-Mail-From: <help+b1.0.mac@demo.test>\r\nOriginal-Rcpt-To: <ivan@provider.test>\r\n";
    let original = "Content-Type: message/rfc822\r\n\r\nReturn-Path: <help+b1.1.mac@demo.test>\r\nFrom: help@demo.test\r\n\
        Message-ID: <1.2.mac@mx.demo.test>\r\nSubject: Re: x\r\n\r\nHello";
    let expected = Complaint {
        kind: "abuse".into(),
        senders: vec!["help+b1.0.mac@demo.test".into(), "help+b1.1.mac@demo.test".into()],
        recipients: vec!["ivan@provider.test".into()],
        message_id: Some("1.2.mac@mx.demo.test".into()),
        reporter: Some("SomeProvider/1.0".into()),
    };
    let raw = feedback(fields, original);
    assert_eq!(complained(&raw), Some(expected));
    assert_eq!(read(&raw, true), None, "it is no report of delivery");
}

#[test]
fn headers_alone_are_enough_and_not_spam_is_no_complaint() {
    let headers =
        "Content-Type: text/rfc822-headers\r\n\r\nFrom: help@demo.test\r\nMessage-ID: <1.2.mac@mx.demo.test>\r\n";
    let found = complained(&feedback("Feedback-Type: abuse\r\n", headers)).unwrap();
    assert_eq!(found.message_id.as_deref(), Some("1.2.mac@mx.demo.test"));
    assert_eq!(complained(&feedback("Feedback-Type: not-spam\r\n", headers)), None);
    assert_eq!(complained(&feedback("User-Agent: x\r\n", headers)), None);
    assert_eq!(complained(b"From: a@b.test\r\nSubject: I complain\r\n\r\nFeedback-Type: abuse"), None);
}

#[test]
fn real_reports_are_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/mail-gem/multipart_report_emails");
    let mut failures = 0;
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let raw = std::fs::read(&path).unwrap();
        let report = read(&raw, true);
        println!("{}: {report:?}", path.display());
        let says_failed = String::from_utf8_lossy(&raw).to_lowercase().contains("\naction: failed");
        let failure = report.as_ref().and_then(Report::failure);
        assert_eq!(failure.is_some(), says_failed, "{path:?}");
        if let Some(failure) = failure {
            failures += 1;
            assert!(failure.status.is_some(), "{path:?}");
        }
    }
    assert!(failures > 0 || !std::path::Path::new(folder).exists());
}

proptest! {
    #[test]
    fn any_fields_give_bounded_outcomes(fields in "(?s)([A-Za-z-]{0,20}:? ?[ -~\r\n]{0,40}){0,40}") {
        if let Some(report) = read(&report(&fields), true) {
            prop_assert!(!report.outcomes.is_empty() && report.outcomes.len() <= 200);
            for outcome in report.outcomes {
                prop_assert!(outcome.diagnostic.is_none_or(|words| words.chars().count() <= 1_000));
            }
        }
        let _ = complained(&feedback(&fields, &fields));
    }

    #[test]
    fn any_octets_are_read(raw in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = read(&raw, true);
        let _ = complained(&raw);
    }
}
