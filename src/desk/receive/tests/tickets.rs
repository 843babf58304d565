use crate::desk::{Change, MessageKind, ThreadStep, keys};
use crate::rules::Status;
use crate::store::{BlobHash, Blobs, Range, Space, Store};

use super::{desk, mail, transaction};

#[tokio::test]
async fn a_letter_becomes_a_ticket_with_its_source() {
    let test = desk().await;
    let before = *test.store.feed_hint().borrow();
    let mail = mail("Ivan Petrov <ivan@shop.test>").id("1@shop.test").body("Hello,\r\n\r\nwhere is SO-2024/000123?");
    let raw = mail.raw();
    let verdict = test.verdict(&mail).await;
    assert_eq!(verdict.reply(), "250 2.0.0 OK ticket DEMO-1001");

    let ticket = test.ticket_of(1001).await;
    assert_eq!((ticket.status, ticket.message_count, ticket.mailbox), (Status::New, 1, test.mailbox));
    assert_eq!((ticket.requester.as_str(), ticket.requester_address.as_str()), ("Ivan Petrov", "ivan@shop.test"));
    assert_eq!((ticket.subject.as_str(), ticket.snippet.as_str()), ("Where is my parcel?", "Hello,"));
    assert_eq!(ticket.participants, ["ivan@shop.test"]);
    assert_eq!(ticket.references, ["SO-2024/000123"]);
    assert!(ticket.waiting_since.is_some() && ticket.contact.is_some());

    let message = test.last_letter(1001).await;
    assert_eq!((message.kind, message.thread_step), (MessageKind::Inbound, Some(ThreadStep::New)));
    assert_eq!(message.message_id.as_deref(), Some("1@shop.test"));
    assert!(message.text.contains("SO-2024/000123") && !message.truncated);
    let source = test.store.fetch(BlobHash(message.raw.unwrap())).await.unwrap().unwrap();
    assert_eq!(source, format!("Return-Path: <ivan@shop.test>\r\n{raw}"));
    assert_eq!(message.size, raw.len() as u64);

    let feed = test.store.feed(before, 10).await.unwrap();
    let changes: Vec<_> = feed.iter().map(|record| Change::from_entry(&record.entry).unwrap()).collect();
    let added = Change::MessageAdded { ticket: 1001, message: message.id };
    assert_eq!(changes, [Change::TicketCreated { ticket: 1001 }, added]);
}

#[tokio::test]
async fn an_order_number_leads_to_its_tickets() {
    let test = desk().await;
    let first = test.receive(&mail("ivan@shop.test").subject("Order SO-2024/000123")).await;
    let second = test.receive(&mail("olga@shop.test").body("it is about so-2024/000123")).await;
    let range = Range::prefix(&keys::reference("SO2024000123", 0)[..14]);
    let rows = test.store.scan(&range, 10).await.unwrap().rows;
    let found: Vec<_> = rows.iter().filter_map(|(key, _)| keys::last_id(key)).collect();
    assert_eq!(found, [first, second]);
}

#[tokio::test]
async fn one_who_writes_twice_is_one_contact() {
    let test = desk().await;
    let first = test.receive(&mail("Ivan <ivan@shop.test>")).await;
    let second = test.receive(&mail("IVAN@SHOP.TEST").subject("Another matter")).await;
    let (first, second) = (test.ticket_of(first).await, test.ticket_of(second).await);
    assert_ne!(first.number, second.number);
    assert_eq!(first.contact, second.contact);
    let rows = test.store.scan(&keys::all(Space::Contact), 10).await.unwrap().rows;
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn a_letter_that_cannot_be_read_is_a_ticket_that_needs_eyes() {
    let test = desk().await;
    let to = ["help@demo.test".to_owned()];
    for raw in [&b""[..], b"\x00\xff\xfe", b"no header at all", b"\r\n\r\n", &[0xc3; 5000]] {
        let verdict = test.desk.receive(transaction(&test.desk, &to, raw.to_vec())).await;
        let number = super::numbers(&verdict)[0];
        let ticket = test.ticket_of(number).await;
        assert!(ticket.needs_eyes, "{raw:?}");
        assert_eq!(ticket.requester, "ivan@shop.test");
        assert_eq!(test.last_letter(number).await.size, raw.len() as u64);
    }
}

#[tokio::test]
async fn a_letter_without_any_sender_is_from_unknown() {
    let test = desk().await;
    let to = ["help@demo.test".to_owned()];
    let mut transaction = transaction(&test.desk, &to, b"Subject: Hi\r\n\r\nHi\r\n".to_vec());
    transaction.mail_from = None;
    let verdict = test.desk.receive(transaction).await;
    let ticket = test.ticket_of(super::numbers(&verdict)[0]).await;
    assert_eq!((ticket.requester.as_str(), ticket.requester_address.as_str()), ("(unknown)", ""));
    assert_eq!(ticket.contact, None);
}

#[tokio::test]
async fn a_letter_without_subject_or_text_is_a_ticket() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test").subject("").body("")).await;
    let ticket = test.ticket_of(number).await;
    assert_eq!((ticket.subject.as_str(), ticket.snippet.as_str()), ("", ""));
}

#[tokio::test]
async fn quoted_history_is_kept_apart_from_what_is_new() {
    let test = desk().await;
    let body = "Thanks, got it.\r\n\r\nOn 21 Nov 2026, Demo wrote:\r\n> Where should it go?\r\n";
    let number = test.receive(&mail("ivan@shop.test").body(body)).await;
    let message = test.last_letter(number).await;
    assert!(message.text.starts_with("Thanks, got it.") && !message.text.contains("Where should"), "{message:?}");
    assert!(message.quoted.contains("Where should it go?") && !message.truncated);
    assert_eq!(test.ticket_of(number).await.snippet, "Thanks, got it.");
}
