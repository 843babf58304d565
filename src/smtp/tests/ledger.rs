//! What a session leaves in the ledger, and in the letter's header.

use super::client::Client;
use super::server::TestServer;
use crate::desk::{LedgerVerdict, Reason};

#[tokio::test]
async fn refused_senders_and_recipients_can_be_looked_up() {
    let server = TestServer::start().await;
    let mut client = Client::ready(&server).await;
    client.ask("MAIL FROM:<not an address>", "553 5.1.7").await;
    client.ask("MAIL FROM:<A@Client.Test> SIZE=200001", "552 5.3.4").await;
    client.ask("MAIL FROM:<A@Client.Test>", "250 ").await;
    client.ask("RCPT TO:<Nobody@demo.test>", "550 5.1.1").await;
    client.ask("RCPT TO:<x@elsewhere.test>", "550 5.7.1").await;
    client.ask("QUIT", "221 ").await;
    let mut lines = server.ledger(4).await;
    lines.sort_by_key(|line| line.reason.code());
    let seen: Vec<_> = lines
        .iter()
        .map(|line| (line.sender.as_str(), line.recipient.as_str(), line.reason, line.reply.as_str()))
        .collect();
    assert!(
        seen.contains(&("not an address", "", Reason::BadSender, "553 5.1.7 Sender address not valid")),
        "{seen:?}"
    );
    assert!(seen.contains(&("a@client.test", "", Reason::TooLarge, "552 5.3.4 Message too large")));
    assert!(seen.contains(&(
        "a@client.test",
        "nobody@demo.test",
        Reason::UnknownRecipient,
        "550 5.1.1 No such mailbox here"
    )));
    assert!(seen.contains(&("a@client.test", "x@elsewhere.test", Reason::RelayDenied, "550 5.7.1 Relaying denied")));
    assert!(lines.iter().all(|line| line.helo == "client.test" && line.peer.starts_with("127.0.0.1:")));
    assert!(lines.iter().all(|line| line.verdict == LedgerVerdict::Refused && line.session < 1 << 53));
}

#[tokio::test]
async fn the_reply_names_the_ticket_and_the_letter_its_way() {
    let server = TestServer::start().await;
    let mut client = Client::ready(&server).await;
    client.ask("STARTTLS", "220 ").await;
    client.start_tls(&server).await;
    client.say("EHLO client.test").await;
    while client.line().await.unwrap().starts_with("250-") {}
    client.envelope().await;
    client.send(b"From: a@client.test\r\nSubject: x\r\n\r\n..x\r\n.\r\n").await;
    let reply = client.expect("250 2.0.0 ").await;
    assert!(reply.contains("ticket DEMO-"), "{reply}");
    let source = server.sources().await.remove(0);
    // The name behind the address is the machine's own affair.
    assert!(source.starts_with("Return-Path: <a@client.test>\r\nReceived: from client.test ("), "{source}");
    assert!(source.contains(" [127.0.0.1])\r\n\tby desk.demo.test"), "{source}");
    assert!(source.contains("\tby desk.demo.test with ESMTPS\r\n\t(TLSv1.3 TLS13_"), "{source}");
    assert!(source.contains("\r\nAuthentication-Results: desk.demo.test;"), "{source}");
    assert!(source.ends_with("Subject: x\r\n\r\n.x\r\n"), "{source}");
    let lines = server.ledger(1).await;
    assert_eq!((lines.len(), lines[0].reason, lines[0].verdict), (1, Reason::Accepted, LedgerVerdict::Accepted));
    assert_eq!((lines[0].reply.as_str(), lines[0].tls.as_deref()), (reply.as_str(), Some("TLSv1.3")));
}

#[tokio::test]
async fn a_letter_in_a_circle_is_stopped() {
    let server = TestServer::start().await;
    let mut client = Client::ready(&server).await;
    client.envelope().await;
    client.send("Received: from x by y; now\r\n".repeat(101).as_bytes()).await;
    client.send(b"\r\nx\r\n.\r\n").await;
    client.expect("554 5.4.6").await;
    assert_eq!(server.ledger(1).await[0].reason, Reason::Loop);
    assert_eq!(server.letters().await, 0);
}
