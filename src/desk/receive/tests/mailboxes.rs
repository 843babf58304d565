use crate::store::{BlobHash, Blobs};

use super::{desk, mail};

#[tokio::test]
async fn a_letter_to_two_mailboxes_is_a_ticket_in_each_with_one_source() {
    let test = desk().await;
    let both = mail("ivan@shop.test").id("1@shop.test").to(&["help@demo.test", "sam@demo.test"]);
    let verdict = test.verdict(&both).await;
    assert_eq!(verdict.reply(), "250 2.0.0 OK tickets DEMO-1001, SAM-1002");
    let (first, second) = (test.last_letter(1001).await, test.last_letter(1002).await);
    assert_eq!(first.raw, second.raw);
    assert!(test.store.fetch(BlobHash(first.raw.unwrap())).await.unwrap().is_some());
    assert_eq!(
        (first.envelope_to, second.envelope_to),
        (vec!["help@demo.test".to_owned()], vec!["sam@demo.test".to_owned()])
    );
    let contacts = (test.ticket_of(1001).await.contact, test.ticket_of(1002).await.contact);
    assert!(contacts.0.is_some() && contacts.0 == contacts.1);
}

#[tokio::test]
async fn each_mailbox_keeps_its_own_thread() {
    let test = desk().await;
    let both = mail("ivan@shop.test").id("1@shop.test").to(&["help@demo.test", "sam@demo.test"]);
    let numbers = test.receive_all(&both).await;
    let answer = both.clone().id("2@shop.test").answers("1@shop.test").body("and now?");
    assert_eq!(test.receive_all(&answer).await, numbers);
    assert_eq!(test.verdict(&answer).await, test.verdict(&answer).await);
}

#[tokio::test]
async fn two_addresses_of_one_mailbox_are_one_message() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test").to(&["help@demo.test", "postmaster@demo.test"])).await;
    assert_eq!(test.messages_of(number).await.len(), 1);
    assert_eq!(test.last_letter(number).await.envelope_to, ["help@demo.test", "postmaster@demo.test"]);
}

#[tokio::test]
async fn one_letter_never_joins_one_ticket_twice() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    let own = crate::desk::tokens::message_id(&test.desk.inner.secret, number, 5, "mx.demo.test");
    let both = mail("ivan@shop.test").answers(&own).to(&["sam@demo.test", "help@demo.test"]);
    let numbers = test.receive_all(&both).await;
    assert_eq!(numbers[1], number);
    assert_ne!(numbers[0], number);
    assert_eq!(test.messages_of(number).await.len(), 2);
}
