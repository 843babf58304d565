//! How sessions end: silence, disconnection, limits, a stopping server, letters beyond the memory.

use std::path::Path;
use std::time::Duration;

use super::client::Client;
use super::server::TestServer;
use crate::desk::Reason;

#[tokio::test]
async fn a_silent_client_is_told_so_and_closed() {
    let server = TestServer::start_with(|config| config.smtp.command_timeout_seconds = 1).await;
    let mut client = Client::connect(&server).await;
    client.expect("220 ").await;
    client.expect("421 4.4.2").await;
    client.expect_closed().await;
    assert_eq!(server.ledger(1).await[0].reason, Reason::Timeout);
}

#[tokio::test]
async fn single_octets_do_not_hold_a_session() {
    let server = TestServer::start_with(|config| config.smtp.command_timeout_seconds = 1).await;
    let mut client = Client::connect(&server).await;
    client.expect("220 ").await;
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_millis(1_500) {
        client.send(b"N").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    client.expect("421 4.4.2").await;
}

#[tokio::test]
async fn a_letter_that_stalls_is_put_off_and_noted() {
    let server = TestServer::start_with(|config| config.smtp.data_timeout_seconds = 1).await;
    let mut client = Client::ready(&server).await;
    client.envelope().await;
    client.send(b"Subject: x\r\n").await;
    client.expect("421 4.4.2").await;
    client.expect_closed().await;
    let lines = server.ledger(1).await;
    assert_eq!((lines[0].recipient.as_str(), lines[0].reason), ("help@demo.test", Reason::Timeout));
    assert_eq!(server.letters().await, 0);
}

#[tokio::test]
async fn a_letter_that_takes_too_long_is_put_off_though_it_moves() {
    let server = TestServer::start_with(|config| config.smtp.letter_timeout_seconds = 1).await;
    let mut client = Client::ready(&server).await;
    client.envelope().await;
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_millis(1_500) {
        client.send(b"x\r\n").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    client.expect("421 4.4.2").await;
}

#[tokio::test]
async fn a_sender_that_believes_in_bare_line_ends_is_told_without_a_long_wait() {
    let server = TestServer::start().await;
    let mut client = Client::ready(&server).await;
    client.envelope().await;
    client.send(b"Subject: x\n\nx\n.\n").await;
    client.expect("521 5.5.2").await;
    client.expect_closed().await;
    assert_eq!(server.ledger(1).await[0].reason, Reason::BareLineEnd);
}

#[tokio::test]
async fn a_client_that_leaves_within_a_letter_is_noted() {
    let server = TestServer::start().await;
    let mut client = Client::ready(&server).await;
    client.envelope().await;
    client.send(b"Subject: x\r\n\r\nx\r\n.").await;
    drop(client);
    let lines = server.ledger(1).await;
    assert_eq!(lines[0].reason, Reason::Disconnected);
    assert_eq!(lines[0].sender, "a@client.test");
    assert_eq!(server.letters().await, 0);
}

#[tokio::test]
async fn a_failed_handshake_is_noted() {
    let server = TestServer::start().await;
    let mut client = Client::ready(&server).await;
    client.ask("STARTTLS", "220 ").await;
    client.send(b"MAIL FROM:<a@client.test>\r\n").await;
    assert_eq!(server.ledger(1).await[0].reason, Reason::TlsHandshake);
}

#[tokio::test]
async fn connections_beyond_the_limit_are_turned_away() {
    let server = TestServer::start_with(|config| config.limits.connections_per_address = 1).await;
    let client = Client::ready(&server).await;
    let mut second = Client::connect(&server).await;
    second.expect("421 4.7.0 Too many connections").await;
    second.expect_closed().await;
    drop(client);
    // The place is given back when the server has seen that the first is gone.
    let deadline = std::time::Instant::now() + Duration::from_secs(5);
    while !Client::connect(&server).await.line().await.unwrap().starts_with("220 ") {
        assert!(std::time::Instant::now() < deadline);
    }
}

#[tokio::test]
async fn a_stopping_server_finishes_letters_and_sends_idle_clients_away() {
    let server = TestServer::start().await;
    let mut idle = Client::ready(&server).await;
    let mut busy = Client::ready(&server).await;
    busy.envelope().await;
    busy.send(b"Subject: x\r\n").await;
    server.stop();
    idle.expect("421 4.3.2").await;
    idle.expect_closed().await;
    busy.send(b"\r\nx\r\n.\r\n").await;
    busy.expect("250 2.0.0 ").await;
    busy.expect("421 4.3.2").await;
    busy.expect_closed().await;
    assert_eq!(server.letters().await, 1);
    server.stopped().await;
}

#[tokio::test]
async fn letters_beyond_the_memory_go_through_files_and_arrive_whole() {
    let server = TestServer::start_with(|config| {
        config.limits.memory = 64 * 1024;
        config.limits.message_size = 1_000_000;
    })
    .await;
    let body = "0123456789abcdef\r\n".repeat(20_000);
    let mut clients = [Client::ready(&server).await, Client::ready(&server).await];
    for client in &mut clients {
        client.envelope().await;
    }
    let letter = |number: usize| format!("Message-ID: <{number}@client.test>\r\n\r\n{body}.\r\n");
    let [one, two] = &mut clients;
    let (first, second) = (letter(1), letter(2));
    tokio::join!(one.send(first.as_bytes()), two.send(second.as_bytes()));
    one.expect("250 2.0.0 ").await;
    two.expect("250 2.0.0 ").await;
    let sources = server.sources().await;
    assert_eq!(sources.len(), 2);
    assert!(sources.iter().all(|source| source.ends_with(&body)));
    let left = server.data_dir.path().read_dir().unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file());
    assert_eq!(left.count(), 0);
}

#[tokio::test]
async fn every_letter_of_the_corpus_is_taken_or_refused_with_a_reason() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/mail-gem");
    let Ok(folders) = corpus.read_dir() else { return };
    let server = TestServer::start_with(|config| config.limits.message_size = 10_000_000).await;
    let mut client = Client::ready(&server).await;
    let mut taken = 0;
    for file in folders.flat_map(|folder| folder.unwrap().path().read_dir().unwrap()) {
        let file = file.unwrap().path();
        let raw = tokio::fs::read(&file).await.unwrap();
        client.envelope().await;
        client.send(&stuffed(&raw)).await;
        let reply = client.line().await.unwrap();
        let nul = raw.contains(&0);
        assert!(reply.starts_with(if nul { "554 5.6.0" } else { "250 2.0.0" }), "{}: {reply}", file.display());
        taken += usize::from(!nul);
    }
    assert!(taken > 50, "{taken}");
}

/// With CRLF line ends and stuffed dots, as an honest client sends it.
fn stuffed(raw: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    for line in raw.split(|octet| *octet == b'\n') {
        let line: Vec<u8> = line.iter().copied().filter(|octet| *octet != b'\r').collect();
        if line.first() == Some(&b'.') {
            data.push(b'.');
        }
        data.extend_from_slice(&line);
        data.extend_from_slice(b"\r\n");
    }
    data.extend_from_slice(b".\r\n");
    data
}
