//! Who the client is: TLS from the beginning, balancers with the PROXY protocol, XCLIENT; and what a letter keeps of it.

use std::net::SocketAddr;

use proxy_header::{ProxiedAddress, ProxyHeader};
use rstest::rstest;

use super::client::Client;
use super::server::TestServer;
use crate::config::DnsblZone;
use crate::desk::{DsnReturn, Reason};

const LETTER: &[u8] = b"From: a@client.test\r\nSubject: x\r\n\r\nx\r\n.\r\n";

/// A header of version 2.
fn binary_header(client: &str) -> Vec<u8> {
    let source: SocketAddr = client.parse().unwrap();
    let mut octets = Vec::new();
    ProxyHeader::with_address(ProxiedAddress::stream(source, source)).encode_v2(&mut octets).unwrap();
    octets
}

async fn proxied_server() -> TestServer {
    TestServer::start_with(|config| {
        config.smtp.proxy_from = vec!["127.0.0.1".parse().unwrap()];
        config.limits.connections_per_address = 2;
    })
    .await
}

/// Each letter has its own subject: the same letter again would be the same ticket.
async fn deliver(client: &mut Client, subject: &str) {
    client.hello().await;
    client.envelope().await;
    client.send(format!("From: a@client.test\r\nSubject: {subject}\r\n\r\nx\r\n.\r\n").as_bytes()).await;
    client.expect("250 2.0.0 ").await;
}

#[tokio::test]
async fn tls_may_begin_at_once() {
    let server = TestServer::start().await;
    let mut client = Client::connect_to(server.tls_address).await;
    client.start_tls(&server).await;
    client.expect("220 desk.demo.test ESMTP").await;
    client.ask("STARTTLS", "503 5.5.1").await;
    client.hello().await;
    client.ask("MAIL FROM:<a@client.test> REQUIRETLS", "250 ").await;
    client.ask("RCPT TO:<help@demo.test>", "250 ").await;
    client.ask("DATA", "354 ").await;
    client.send(LETTER).await;
    client.expect("250 2.0.0 ").await;
    let message = server.messages().await.remove(0);
    assert_eq!(message.session.unwrap().tls.unwrap().version, "TLSv1.3");
    assert!(message.require_tls);
    assert!(server.sources().await[0].contains("with ESMTPS\r\n"));
}

#[tokio::test]
async fn who_speaks_in_the_clear_to_a_port_of_tls_hears_nothing_of_a_letter() {
    let server = TestServer::start().await;
    let mut client = Client::connect_to(server.tls_address).await;
    client.send(b"EHLO client.test\r\nMAIL FROM:<a@client.test>\r\n").await;
    assert_eq!(server.ledger(1).await[0].reason, Reason::TlsHandshake);
}

#[tokio::test]
async fn a_balancer_names_the_client_in_either_version() {
    let server = proxied_server().await;
    let text = b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\r\n".to_vec();
    for (header, subject) in [(text, "one"), (binary_header("192.0.2.7:4711"), "two")] {
        let mut client = Client::connect_to(server.address).await;
        let balancer = client.local_address();
        client.send(&header).await;
        client.expect("220 ").await;
        deliver(&mut client, subject).await;
        let session = server.messages().await.pop().unwrap().session.unwrap();
        assert_eq!((session.peer.as_str(), session.proxy), ("192.0.2.7:4711", Some(balancer.to_string())));
    }
    assert!(server.sources().await.iter().all(|source| source.contains(" [192.0.2.7])\r\n")));
}

#[tokio::test]
async fn the_header_of_a_balancer_comes_before_tls() {
    let server = proxied_server().await;
    let mut client = Client::connect_to(server.tls_address).await;
    client.send(&binary_header("[2001:db8::7]:4711")).await;
    client.start_tls(&server).await;
    client.expect("220 ").await;
    deliver(&mut client, "x").await;
    let session = server.messages().await.pop().unwrap().session.unwrap();
    assert_eq!(session.peer, "[2001:db8::7]:4711");
    assert!(server.sources().await[0].contains(" [IPv6:2001:db8::7])\r\n"));
}

#[tokio::test]
async fn a_balancer_must_say_for_whom_it_speaks() {
    let server = proxied_server().await;
    let mut client = Client::connect_to(server.address).await;
    client.send(b"EHLO client.test\r\nQUIT\r\n").await;
    client.expect("421 4.3.5 PROXY header expected").await;
    assert_eq!(server.ledger(1).await[0].reason, Reason::ProxyHeader);
}

#[tokio::test]
async fn a_balancers_health_check_is_greeted() {
    let server = proxied_server().await;
    let mut client = Client::connect_to(server.address).await;
    client.send(b"PROXY UNKNOWN\r\n").await;
    client.expect("220 ").await;
    client.ask("QUIT", "221 ").await;
}

#[tokio::test]
async fn behind_a_balancer_each_client_is_counted() {
    let server = proxied_server().await;
    let mut clients = Vec::new();
    for (address, reply) in
        [("192.0.2.7:1", "220 "), ("192.0.2.7:2", "220 "), ("192.0.2.7:3", "421 4.7.0"), ("192.0.2.8:1", "220 ")]
    {
        let mut client = Client::connect_to(server.address).await;
        client.send(&binary_header(address)).await;
        client.expect(reply).await;
        clients.push(client);
    }
}

#[tokio::test]
async fn the_header_is_no_command_for_others() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server).await;
    client.expect("220 ").await;
    client.ask("PROXY TCP4 192.0.2.7 198.51.100.1 4711 25", "500 5.5.1").await;
    deliver(&mut client, "x").await;
    let session = server.messages().await.pop().unwrap().session.unwrap();
    assert!(session.peer.starts_with("127.0.0.1:") && session.proxy.is_none());
}

#[tokio::test]
async fn a_trusted_client_speaks_for_another() {
    let server = TestServer::start_with(|config| config.smtp.xclient_from = vec!["127.0.0.0/8".parse().unwrap()]).await;
    let mut client = Client::ready(&server).await;
    let filter: SocketAddr = client.local_address();
    client.ask("XCLIENT ADDR=192.0.2.9 PORT=77 NAME=[UNAVAILABLE]", "220 desk.demo.test ESMTP").await;
    client.ask("MAIL FROM:<a@client.test>", "503 5.5.1").await;
    deliver(&mut client, "x").await;
    let session = server.messages().await.pop().unwrap().session.unwrap();
    assert_eq!((session.peer.as_str(), session.proxy), ("192.0.2.9:77", Some(filter.to_string())));
    assert!(server.sources().await[0].contains(" [192.0.2.9])\r\n"));
}

/// Two ways to speak for another: each names this client, and answers how it is greeted.
async fn named(server: &TestServer, by_xclient: bool, address: &str, reply: &str) -> Client {
    let mut client = Client::connect(server).await;
    if by_xclient {
        client.expect("220 ").await;
        client.hello().await;
        client.ask(&format!("XCLIENT ADDR={address}"), reply).await;
    } else {
        client.send(format!("PROXY TCP4 {address} 198.51.100.1 4711 25\r\n").as_bytes()).await;
        client.expect(reply).await;
    }
    client
}

#[rstest]
#[tokio::test]
async fn the_client_that_is_named_is_judged_not_the_one_who_names_it(#[values(true, false)] by_xclient: bool) {
    let server = TestServer::start_with(|config| {
        // The one who names is trusted, as loopback is.
        match by_xclient {
            true => config.smtp.xclient_from = vec!["127.0.0.1".parse().unwrap()],
            false => config.smtp.proxy_from = vec!["127.0.0.1".parse().unwrap()],
        }
        config.policy.greeting_delay_ms = 0;
        config.policy.tarpit_seconds = 0;
        config.rates.connections_per_address_minute = 1;
        config.dnsbl.zones = vec![DnsblZone { zone: "bl.test".to_owned(), points: 12, codes: Vec::new() }];
    })
    .await;
    server.name_server.host("9.2.0.192.bl.test", "127.0.0.2".parse().unwrap()).await;
    named(&server, by_xclient, "192.0.2.7", "220 ").await;
    let mut again = named(&server, by_xclient, "192.0.2.7", "421 4.7.0 Too many connections").await;
    again.expect_closed().await;
    // The first client's line says that it brought no letter.
    let lines = server.ledger(2).await;
    let line = lines.iter().find(|line| line.reason == Reason::ConnectionRate).unwrap();
    assert!(line.peer.starts_with("192.0.2.7:"), "{line:?}");

    let mut listed = named(&server, by_xclient, "192.0.2.9", "220 ").await;
    listed.hello().await;
    listed.ask("MAIL FROM:<a@client.test>", "250 ").await;
    listed.ask("RCPT TO:<help@demo.test>", "550 5.7.1").await;
    let mut other = named(&server, by_xclient, "198.51.100.7", "220 ").await;
    deliver(&mut other, "x").await;
}

#[tokio::test]
async fn a_message_keeps_what_was_asked_for_its_mailbox() {
    let server = TestServer::start().await;
    let mut client = Client::ready(&server).await;
    client.ask("MAIL FROM:<a@client.test> RET=FULL ENVID=x1", "250 ").await;
    client.ask("RCPT TO:<help@demo.test> NOTIFY=SUCCESS ORCPT=rfc822;list@client.test", "250 ").await;
    client.ask("RCPT TO:<sam@demo.test> NOTIFY=NEVER", "250 ").await;
    client.ask("DATA", "354 ").await;
    client.send(LETTER).await;
    client.expect("250 2.0.0 ").await;
    let asked: Vec<_> = server.messages().await.into_iter().map(|message| message.dsn.unwrap()).collect();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|dsn| dsn.ret == Some(DsnReturn::Full) && dsn.envid.as_deref() == Some("x1")));
    let of_help = &asked[0].recipients[..];
    assert_eq!((of_help.len(), of_help[0].address.as_str()), (1, "help@demo.test"));
    assert!(of_help[0].notify.unwrap().success && of_help[0].original.as_ref().unwrap().address == "list@client.test");
    assert_eq!(asked[1].recipients[0].address, "sam@demo.test");

    let mut client = Client::connect(&server).await;
    client.expect("220 ").await;
    deliver(&mut client, "another").await;
    assert!(server.messages().await.pop().unwrap().dsn.is_none());
}
