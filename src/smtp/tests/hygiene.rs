//! What a letter must be to be taken, and what is taken out of it.

use super::client::Client;
use super::server::TestServer;
use crate::config::BadFrom;
use crate::desk::Reason;
use crate::mail::NeedsEyes;

async fn reply_to(server: &TestServer, letter: &str) -> String {
    let mut client = Client::ready(server).await;
    client.envelope().await;
    client.send(letter.as_bytes()).await;
    client.send(b"\r\n.\r\n").await;
    client.line().await.unwrap()
}

#[tokio::test]
async fn fields_written_in_our_name_do_not_reach_the_store() {
    let server = TestServer::start().await;
    let reply = reply_to(
        &server,
        "Return-Path: <evil@client.test>\r\nAuthentication-Results: desk.demo.test; dmarc=pass\r\n\
         Authentication-Results: mx.client.test; spf=pass\r\nFrom: a@client.test\r\n\r\nx",
    )
    .await;
    assert!(reply.starts_with("250 2.0.0"), "{reply}");
    let source = server.sources().await.remove(0);
    assert_eq!(source.matches("Return-Path:").count(), 1, "{source}");
    assert_eq!(source.matches("Authentication-Results: desk.demo.test").count(), 1, "{source}");
    assert!(!source.contains("dmarc=pass") && source.contains("mx.client.test; spf=pass"), "{source}");
    assert!(source.ends_with("From: a@client.test\r\n\r\nx\r\n"));
}

#[tokio::test]
async fn a_letter_without_one_from_needs_eyes_or_is_refused_as_configured() {
    let bad = [
        "Subject: x\r\n\r\nx",
        "From: a@a.test\r\nFrom: b@a.test\r\n\r\nx",
        "From: a@a.test, b@a.test\r\n\r\nx",
        "From: a\r\n\r\nx",
    ];
    let server = TestServer::start().await;
    for letter in bad {
        assert!(reply_to(&server, letter).await.starts_with("250 2.0.0"));
    }
    assert!(server.messages().await.iter().all(|message| message.needs_eyes == Some(NeedsEyes::From)));

    let server = TestServer::start_with(|config| config.smtp.bad_from = BadFrom::Reject).await;
    for letter in bad {
        assert_eq!(reply_to(&server, letter).await, "554 5.6.0 Exactly one From field with one address is needed");
    }
    assert_eq!(server.ledger(4).await[0].reason, Reason::BadFrom);
    assert!(reply_to(&server, "From: A <a@a.test>\r\n\r\nx").await.starts_with("250 2.0.0"));
    assert_eq!(server.letters().await, 1);
}

#[tokio::test]
async fn bare_line_ends_are_mended_for_those_who_cannot_help_it() {
    let server = TestServer::start_with(|config| {
        config.smtp.bare_line_end_from = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut client = Client::ready(&server).await;
    client.envelope().await;
    client.send(b"From: a@client.test\nSubject: x\n\none\n.\nMAIL FROM:<evil@client.test>\n\rtwo\r\n.\r\n").await;
    client.expect("250 2.0.0 ").await;
    client.ask("MAIL FROM:<a@client.test>", "250 ").await;
    client.ask("RCPT TO:<help@demo.test>", "250 ").await;
    client.send(b"BDAT 31 LAST\r\nFrom: a@client.test\nSubject: y\r").await;
    client.expect("250 2.0.0 ").await;
    let sources = server.sources().await;
    assert!(sources[0].ends_with("\r\n\r\none\r\n\r\nMAIL FROM:<evil@client.test>\r\n\r\ntwo\r\n"), "{:?}", sources[0]);
    assert!(sources[1].ends_with("From: a@client.test\r\nSubject: y\r\n"), "{:?}", sources[1]);
    client.ask("NOOP\nNOOP", "500 5.5.2").await;
}

#[tokio::test]
async fn a_header_has_a_limit_of_its_own() {
    let server = TestServer::start_with(|config| config.limits.message_size = 4 * 1024 * 1024).await;
    let field = format!("X-Filler: {}\r\n", "x".repeat(60_000));
    let header = field.repeat(18);
    assert_eq!(reply_to(&server, &header).await, "552 5.3.4 Message header too large");
    assert!(reply_to(&server, &format!("{}\r\n{header}", field.repeat(2))).await.starts_with("250 2.0.0"));
}

#[tokio::test]
async fn a_letter_may_come_over_a_hundred_servers_and_not_over_more() {
    let server = TestServer::start().await;
    let hops = |count: usize| "Received: from x by y; now\r\n".repeat(count) + "\r\nx";
    assert!(reply_to(&server, &hops(100)).await.starts_with("250 2.0.0"));
    assert_eq!(reply_to(&server, &hops(101)).await, "554 5.4.6 Too many hops");
}
