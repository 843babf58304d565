//! Recipients in every spelling that RFC 5321 and RFC 6531 know, against a mailbox with an internationalised address.

use super::client::Client;
use super::server::TestServer;
use crate::desk::Actor;
use crate::desk::commands::NewMailbox;

async fn server() -> TestServer {
    let server = TestServer::start().await;
    let mailbox = NewMailbox {
        name: "Помощь".to_owned(),
        prefix: "RU".to_owned(),
        addresses: vec!["помощь@пример.test".to_owned(), "help@пример.test".to_owned()],
        signature: String::new(),
    };
    server.desk.add_mailbox(&Actor::System, mailbox).await.unwrap();
    server
}

#[tokio::test]
async fn an_internationalised_address_is_reached_in_each_of_its_spellings() {
    let server = server().await;
    let mut client = Client::ready(&server).await;
    client.ask("MAIL FROM:<иван@client.test> SMTPUTF8", "250 2.1.0").await;
    for recipient in [
        "помощь@пример.test",
        "помощь@xn--e1afmkfd.test",
        "Помощь@ПРИМЕР.test",
        "help@пример.test",
        "\"помощь\"@пример.test",
    ] {
        client.ask(&format!("RCPT TO:<{recipient}>"), "250 2.1.5").await;
    }
    client.ask("RCPT TO:<postmaster@пример.test>", "250 2.1.5").await;
    client.ask("RCPT TO:<кто-то@пример.test>", "550 5.1.1").await;
    client.ask("DATA", "354 ").await;
    client.send("From: Иван <иван@client.test>\r\nSubject: Где он?\r\n\r\nx\r\n.\r\n".as_bytes()).await;
    client.expect("250 2.0.0").await;
    let message = server.messages().await.remove(0);
    // The first spelling of an address stands for all of them.
    assert_eq!(
        message.envelope_to,
        ["помощь@xn--e1afmkfd.test", "help@xn--e1afmkfd.test", "postmaster@xn--e1afmkfd.test"]
    );
    assert!(server.sources().await[0].contains("with UTF8SMTP\r\n"));
}

#[tokio::test]
async fn without_smtputf8_its_ascii_spelling_is_reached_and_no_other() {
    let server = server().await;
    let mut client = Client::ready(&server).await;
    client.ask("MAIL FROM:<a@client.test>", "250 2.1.0").await;
    client.ask("RCPT TO:<help@XN--E1AFMKFD.test>", "250 2.1.5").await;
    client.ask("RCPT TO:<help@пример.test>", "553 5.6.7").await;
    client.ask("RCPT TO:<помощь@xn--e1afmkfd.test>", "553 5.6.7").await;
}

#[tokio::test]
async fn senders_may_have_every_form_of_address() {
    let server = server().await;
    let mut client = Client::ready(&server).await;
    for sender in [
        "\"a b\"@client.test",
        "\"a\\\"b@c\"@client.test",
        "a@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]",
        "a+b=c@client.test",
        "@relay.test:a@client.test",
        "",
    ] {
        client.ask(&format!("MAIL FROM:<{sender}>"), "250 2.1.0").await;
        client.ask("RSET", "250 ").await;
    }
    client.ask("MAIL FROM:<\"a b\"@client.test>", "250 2.1.0").await;
    client.ask("RCPT TO:<postmaster>", "250 2.1.5").await;
    client.ask("DATA", "354 ").await;
    client.send(b"From: a@client.test\r\n\r\nx\r\n.\r\n").await;
    client.expect("250 2.0.0").await;
    assert!(server.sources().await[0].starts_with("Return-Path: <\"a b\"@client.test>\r\n"));
}
