use crate::desk::queries::LedgerQuery;
use crate::desk::{Reason, keys};
use crate::store::{Space, Store};

use super::{desk, mail};

#[tokio::test]
async fn the_same_letter_again_is_the_same_ticket() {
    let test = desk().await;
    let letter = mail("ivan@shop.test").id("1@shop.test");
    let number = test.receive(&letter).await;
    let position = *test.store.feed_hint().borrow();
    assert_eq!(test.receive(&letter).await, number);
    assert_eq!(*test.store.feed_hint().borrow(), position, "nothing changed");
    assert_eq!(test.ticket_of(number).await.message_count, 1);
    let query = LedgerQuery { sender: Some("ivan@shop.test".to_owned()), limit: 10, ..LedgerQuery::default() };
    let (lines, _) = test.desk.ledger(&test.actor, &query).await.unwrap();
    let summary: Vec<_> = lines.iter().map(|line| (line.reason, line.ticket)).collect();
    assert_eq!(summary, [(Reason::Duplicate, Some(number)), (Reason::Accepted, Some(number))]);
}

#[tokio::test]
async fn a_letter_without_message_id_is_known_again_by_its_octets() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    assert_eq!(test.receive(&mail("ivan@shop.test")).await, number);
    assert_ne!(test.receive(&mail("ivan@shop.test").body("Hello again")).await, number);
}

#[tokio::test]
async fn the_same_letter_to_another_mailbox_is_a_ticket_there() {
    let test = desk().await;
    let letter = mail("ivan@shop.test").id("1@shop.test");
    let number = test.receive(&letter).await;
    let both = test.receive_all(&letter.to(&["help@demo.test", "sam@demo.test"])).await;
    assert_eq!(both[0], number);
    assert_ne!(both[1], number);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_copies_at_once_are_one_ticket() {
    let test = desk().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let transaction = mail("ivan@shop.test").id("1@shop.test").transaction(&test.desk);
        let desk = test.desk.clone();
        tasks.spawn(async move { desk.receive(transaction).await });
    }
    let tickets: Vec<Vec<u64>> = tasks.join_all().await.iter().map(super::numbers).collect();
    assert!(tickets.iter().all(|numbers| numbers == &tickets[0]), "{tickets:?}");
    assert_eq!(test.store.scan(&keys::all(Space::Ticket), 10).await.unwrap().rows.len(), 1);
    assert_eq!(test.messages_of(tickets[0][0]).await.len(), 1);
}
