use std::fmt::Write;
use std::time::Instant;

use rstest::rstest;

use crate::desk_process::Desk;
use crate::smtp_client::SmtpClient;

/// A second letter hidden behind a false end of data.
const SMUGGLED: &str =
    "MAIL FROM:<evil@client.test>\r\nRCPT TO:<help@demo.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n";

#[rstest]
#[case::lf_dot_lf("\n.\n")]
#[case::lf_dot_cr("\n.\r")]
#[case::cr_dot_lf("\r.\n")]
#[case::cr_dot_cr("\r.\r")]
#[case::lf_dot_crlf("\n.\r\n")]
#[case::cr_dot_crlf("\r.\r\n")]
#[case::crlf_dot_lf("\r\n.\n")]
#[case::crlf_dot_cr("\r\n.\r")]
#[case::nul("\r\n\0.\r\n")]
#[case::crlf_dot_cr_crlf("\r\n.\r\r\n")]
#[case::cr_crlf_dot_crlf("\r\r\n.\r\r\n")]
#[tokio::test]
async fn a_false_end_of_data_never_splits_a_letter(#[case] end: &str) {
    let mut desk = Desk::start().await;
    let mut client = SmtpClient::greet(desk.connect());
    client.envelope();
    client.send(format!("Subject: outer\r\n\r\nbody{end}{SMUGGLED}").as_bytes());
    let reply = client.reply();
    assert!(!reply.starts_with("250"), "{reply}");
    // Whatever is said next belongs to the outer letter or to nothing.
    client.send(b"\r\n.\r\nQUIT\r\n");
    while !client.reply().is_empty() {}
    let reply = SmtpClient::greet(desk.connect()).letter(b"Subject: after\r\n\r\nstill here\r\n");
    assert!(reply.starts_with("250 "), "{reply}");
    let list = desk.eventually("/tickets", |page| page["total"] == 1).await;
    assert_eq!(list["items"][0]["subject"], "after");
    assert!(desk.is_alive());
}

#[tokio::test]
async fn a_letter_said_to_be_too_large_is_refused_before_its_data() {
    let desk = Desk::start_with("[limits]\nmessage_size = 100000\nmin_free_space = 1048576\n\n").await;
    let mut client = SmtpClient::greet(desk.connect());
    assert!(client.command("EHLO client.test").contains("250-SIZE 100000"));
    let reply = client.command("MAIL FROM:<anna@client.test> SIZE=100001");
    assert!(reply.starts_with("552 5.3.4 "), "{reply}");
}

#[tokio::test]
async fn a_letter_that_turns_out_too_large_is_refused_at_its_end() {
    let desk = Desk::start_with("[limits]\nmessage_size = 100000\nmin_free_space = 1048576\n\n").await;
    let mut client = SmtpClient::greet(desk.connect());
    let line = "x".repeat(98) + "\r\n";
    let reply = client.letter(format!("Subject: big\r\n\r\n{}", line.repeat(1100)).as_bytes());
    assert!(reply.starts_with("552 5.3.4 "), "{reply}");
    assert!(client.command("NOOP").starts_with("250 "), "the session goes on");
}

#[tokio::test]
async fn nesting_of_a_thousand_parts_is_a_ticket_that_needs_eyes() {
    let mut desk = Desk::start().await;
    let mut letter = String::from("From: a@client.test\r\nSubject: deep\r\n");
    for depth in 0..1000 {
        let _ = write!(letter, "Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n");
    }
    letter += "Content-Type: text/plain\r\n\r\nthe innermost\r\n";
    assert_kept(&mut desk, letter.as_bytes()).await;
}

#[tokio::test]
async fn a_hundred_thousand_header_fields_are_a_ticket_that_needs_eyes() {
    let mut desk = Desk::start().await;
    let mut letter = String::from("From: a@client.test\r\nSubject: many\r\n");
    for number in 0..100_000 {
        let _ = write!(letter, "X{number:x}:\r\n");
    }
    letter += "\r\nbody\r\n";
    assert_kept(&mut desk, letter.as_bytes()).await;
}

async fn assert_kept(desk: &mut Desk, letter: &[u8]) {
    let began = Instant::now();
    let reply = SmtpClient::greet(desk.connect()).letter(letter);
    assert!(reply.starts_with("250 2.0.0 "), "{reply}");
    println!("taken in {} ms", began.elapsed().as_millis());
    let list = desk.eventually("/tickets", |page| page["total"] == 1).await;
    assert_eq!(list["items"][0]["needs_eyes"], true);
    assert!(desk.is_alive(), "{}", desk.log());
}

#[tokio::test]
async fn a_client_that_stalls_is_let_go() {
    let desk = Desk::start().await;
    let mut client = SmtpClient::greet(desk.connect());
    client.envelope();
    client.send(b"Subject: half a le");
    let reply = client.reply();
    assert!(reply.starts_with("421 4.4.2 "), "{reply}");
    assert_eq!(client.reply(), "", "and the connection is closed");
}
