//! Block lists and the way out.

use std::net::Ipv4Addr;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::CheckState::{Error, Ok as Good, Unknown};
use super::*;

const LISTED: &str = "7.113.0.203.bl.test";

fn asked() -> World {
    let mut world = World::right();
    world.extras.block_lists = vec!["bl.test".to_owned()];
    world
}

#[test]
fn an_address_that_is_not_listed_is_right() {
    asked().expect(CheckKind::BlockList, Good, "None of our addresses", &[]);
}

#[tokio::test]
async fn a_listed_address_is_told_with_the_lists_words() {
    let world = asked().with(Entry::Host(LISTED, "127.0.0.2")).with(txt(LISTED, "see https://bl.test/7"));
    let finding = world.finding(CheckKind::BlockList).await;
    assert_eq!(finding.state, Error, "{finding:#?}");
    assert!(finding.found.iter().any(|line| line.contains("see https://bl.test/7")), "{finding:#?}");
}

#[test]
fn a_list_that_refuses_to_answer_is_unknown() {
    for answer in ["127.255.255.254", "192.0.2.1"] {
        asked().with(Entry::Host(LISTED, answer)).expect(CheckKind::BlockList, Unknown, "no listing", &[]);
    }
}

/// A server that says one line to everybody.
async fn greeter(greeting: &'static str) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // The client may be gone.
            let _ = stream.write_all(greeting.as_bytes()).await;
        }
    });
    port
}

#[tokio::test]
async fn the_way_out_is_tried_where_asked() {
    let port = greeter("220 mx.peer.test ESMTP\r\n").await;
    let mut world = World::right().with(Entry::Mx("peer.test", 10, "mx.peer.test"));
    world = world.with(Entry::Host("mx.peer.test", "127.0.0.1"));
    world.extras.way_out = Some(("peer.test".to_owned(), port));
    let finding = world.finding(CheckKind::Port25).await;
    assert_eq!(finding.state, Good, "{finding:#?}");
    assert!(finding.found[0].ends_with(": 220 mx.peer.test ESMTP"), "{finding:#?}");

    let silent = greeter("").await;
    world.extras.way_out = Some(("peer.test".to_owned(), silent));
    let finding = world.finding(CheckKind::Port25).await;
    assert!(finding.state == Error && finding.found[0].contains("without a greeting"), "{finding:#?}");
}

#[tokio::test]
async fn a_closed_way_out_does_not_matter_where_smarthosts_take_everything_and_answer() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let closed = listener.local_addr().unwrap().port();
    drop(listener);
    let relay = |port| Sender::Smarthost { host: "127.0.0.1".to_owned(), port, is_implicit: false };
    let mut world = World::right().with(Entry::Host("mx.peer.test", "127.0.0.1"));
    world.extras.way_out = Some(("mx.peer.test".to_owned(), closed));
    let open = relay(greeter("220 relay.test ESMTP\r\n").await);
    (world.subject.senders, world.subject.null_senders) = (vec![open.clone()], vec![open]);
    let finding = world.finding(CheckKind::Port25).await;
    assert!(finding.state == Good && finding.meaning.contains("all leave through a smarthost"), "{finding:#?}");
    world.subject.null_senders = vec![Sender::Ourselves];
    let finding = world.finding(CheckKind::Port25).await;
    assert!(finding.state == Error && finding.meaning.contains("that no smarthost takes"), "{finding:#?}");
    (world.subject.senders, world.subject.null_senders) = (vec![relay(closed)], vec![relay(closed)]);
    let finding = world.finding(CheckKind::Port25).await;
    assert!(
        finding.state == Error && finding.meaning.contains("smarthost 127.0.0.1 cannot be reached"),
        "{finding:#?}"
    );
}

#[tokio::test]
async fn a_closed_way_out_is_told() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut world = World::right().with(Entry::Host("mx.peer.test", "127.0.0.1"));
    world.extras.way_out = Some(("mx.peer.test".to_owned(), port));
    let finding = world.finding(CheckKind::Port25).await;
    assert!(finding.state == Error && finding.meaning.contains("outbound.smarthost"), "{finding:#?}");
    world.extras.way_out = Some(("nowhere.test".to_owned(), port));
    assert_eq!(world.finding(CheckKind::Port25).await.state, Unknown);
}
