use super::*;
use crate::desk::testing::{self, TestDesk};
use crate::desk::{Change, DeliveryState, MessageKind};
use crate::mail::{Address, Letter};
use crate::store::{FeedPosition, Store};

fn reply(text: &str) -> NewMessage {
    NewMessage { text: text.to_owned(), ..NewMessage::default() }
}

/// A field of a letter as it stands in the bytes, unfolded.
fn field(raw: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(raw);
    let header = text.split("\r\n\r\n").next()?.replace("\r\n\t", " ").replace("\r\n ", " ");
    let prefix = format!("{}:", name.to_lowercase());
    let line = header.lines().find(|line| line.to_lowercase().starts_with(&prefix))?;
    Some(line[prefix.len()..].trim().to_owned())
}

async fn source(test: &TestDesk, message: u64) -> bytes::Bytes {
    test.desk.message_source(&test.actor, message).await.unwrap()
}

#[tokio::test]
async fn a_reply_is_a_letter_that_continues_the_thread() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    let id = test.desk.reply(&test.actor, number, reply("It is on its way.")).await.unwrap().value;

    let raw = source(&test, id).await;
    let letter = Letter::parse(&raw);
    assert_eq!(letter.needs_eyes, None);
    assert_eq!(letter.from.unwrap().address, "help@demo.test");
    assert_eq!(letter.to[0].address, "ivan@shop.test");
    assert_eq!(letter.subject, format!("Re: Where is my order? [DEMO-{number}]"));
    assert_eq!(letter.in_reply_to, ["1@shop.test"]);
    assert_eq!(letter.references, ["0@shop.test", "1@shop.test"]);
    assert!(letter.text.contains("It is on its way."), "{}", letter.text);
    assert!(letter.text.contains("Your Demo team"), "{}", letter.text);

    let own = letter.message_id.unwrap();
    assert_eq!(crate::desk::tokens::parse_message_id(&test.desk.inner.secret, &own), Some((number, id)));
    let reply_to = Address::parse(&letter.reply_to.unwrap().address).unwrap();
    let crate::desk::Resolution::Mailbox(recipient) = test.desk.directory().resolve(&reply_to) else {
        panic!("{reply_to} is ours")
    };
    assert_eq!(recipient.mailbox, test.mailbox);
    let token = recipient.sub_address.unwrap();
    let named = crate::desk::tokens::parse_sub_address(&test.desk.inner.secret, &token);
    assert_eq!(named, Some(crate::desk::tokens::SubAddress::Ticket(number)));
}

#[tokio::test]
async fn a_reply_is_signed_for_the_mailboxs_domain() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    let id = test.desk.reply(&test.actor, number, reply("Hello")).await.unwrap().value;
    let signature = field(&source(&test, id).await, "DKIM-Signature").unwrap();
    assert!(signature.contains("d=demo.test") && signature.contains("s=mxdesk"), "{signature}");
}

#[tokio::test]
async fn a_reply_sets_the_ticket_queues_each_recipient_and_tells_the_feed() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    let (before, version) = test.state(number).await;
    let start = *test.store.feed_hint().borrow();
    let cc = ["olga@shop.test", "OLGA@shop.test", "ivan@shop.test"].map(str::to_owned).to_vec();
    let written = test.desk.reply(&test.actor, number, NewMessage { cc, ..reply("Hello") }).await.unwrap();
    let id = written.value;

    let (ticket, now_version) = test.state(number).await;
    assert_ne!(version, now_version);
    assert_eq!((ticket.status, ticket.waiting_since), (Status::Pending, None));
    assert_eq!(ticket.message_count, before.message_count + 1);
    assert_eq!(ticket.snippet, "Hello");
    assert_eq!(ticket.participants, ["ivan@shop.test", "olga@shop.test"]);

    let view = test.desk.ticket_view(&test.actor, number).await.unwrap();
    let sent = view.messages.last().unwrap();
    assert_eq!(
        (sent.message.id, sent.message.kind, sent.message.author),
        (id, MessageKind::Outbound, Some(test.operator))
    );
    let recipients: Vec<_> = sent.deliveries.iter().map(|delivery| delivery.recipient.as_str()).collect();
    assert_eq!(recipients, ["ivan@shop.test", "olga@shop.test"]);
    assert!(sent.deliveries.iter().all(|delivery| delivery.state == DeliveryState::Queued));

    let due = test.desk.due_deliveries(now_ms(), (0, 0), 10).await.unwrap();
    assert_eq!(due, sent.deliveries);
    // One return path for all: they can share a transaction, and a bounce names the one that it is about.
    for delivery in &due {
        let path = Address::parse(&delivery.envelope_from).unwrap();
        let (_, token) = path.local().split_once('+').unwrap();
        let named = crate::desk::tokens::parse_sub_address(&test.desk.inner.secret, token);
        assert_eq!(named, Some(crate::desk::tokens::SubAddress::Bounce { message: id, recipient: 0 }));
    }

    let feed = test.store.feed(start, 10).await.unwrap();
    let changes: Vec<Change> = feed.iter().map(|record| Change::from_entry(&record.entry).unwrap()).collect();
    let delivery = |index: usize| Change::DeliveryChanged { ticket: number, message: id, delivery: due[index].id };
    let expected = [
        Change::TicketUpdated { ticket: number },
        Change::MessageAdded { ticket: number, message: id },
        delivery(0),
        delivery(1),
    ];
    assert_eq!(changes, expected);
    assert_eq!(written.position, FeedPosition(start.0 + 4));
}

#[tokio::test]
async fn a_reply_that_has_not_seen_the_newest_letter_is_stopped() {
    let test = testing::desk().await;
    let (number, first) = test.ticket().await;
    let second = test.letter(number, "2@shop.test", "ivan@shop.test", "").await;
    let blind = NewMessage { seen: Some(first), ..reply("Hello") };
    let outcome = test.desk.reply(&test.actor, number, blind).await;
    let (_, version) = test.state(number).await;
    assert!(matches!(outcome, Err(DeskError::Stale { current }) if current == version), "{outcome:?}");
    assert!(test.desk.due_deliveries(now_ms(), (0, 0), 10).await.unwrap().is_empty());
    test.desk.reply(&test.actor, number, NewMessage { seen: Some(second), ..reply("Hello") }).await.unwrap();
}

#[tokio::test]
async fn a_note_written_since_does_not_stop_a_reply() {
    let test = testing::desk().await;
    let (number, first) = test.ticket().await;
    test.desk.note(&test.admin, number, reply("be kind")).await.unwrap();
    test.desk.reply(&test.actor, number, NewMessage { seen: Some(first), ..reply("Hello") }).await.unwrap();
}

#[tokio::test]
async fn the_same_idempotency_key_twice_is_one_reply() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    let keyed = || NewMessage { idempotency_key: Some("k1".to_owned()), ..reply("Hello") };
    let (one, two) =
        tokio::join!(test.desk.reply(&test.actor, number, keyed()), test.desk.reply(&test.actor, number, keyed()));
    let three = test.reopen().await.reply(&test.actor, number, keyed()).await.unwrap();
    assert_eq!(one.unwrap().value, three.value);
    assert_eq!(two.unwrap().value, three.value);
    assert_eq!(test.desk.messages(number).await.unwrap().len(), 2);
    assert_eq!(test.desk.due_deliveries(now_ms(), (0, 0), 10).await.unwrap().len(), 1);

    let other = NewMessage { text: "Something else".to_owned(), ..keyed() };
    let outcome = test.desk.reply(&test.actor, number, other).await;
    assert!(matches!(&outcome, Err(DeskError::Invalid { field, .. }) if field == "idempotency_key"), "{outcome:?}");
    let of_another = test.desk.reply(&test.admin, number, keyed()).await.unwrap();
    assert_ne!(of_another.value, three.value);
}

#[tokio::test]
async fn replies_at_the_same_time_are_all_kept() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    let replies = (0..10).map(|n| test.desk.reply(&test.actor, number, reply(&format!("Hello {n}"))));
    for outcome in futures_util::future::join_all(replies).await {
        outcome.unwrap();
    }
    assert_eq!(test.state(number).await.0.message_count, 11);
    assert_eq!(test.desk.messages(number).await.unwrap().len(), 11);
}

#[tokio::test]
async fn the_customers_reply_to_is_followed_and_a_strangers_is_not() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    test.letter(number, "2@shop.test", "Ivan@Shop.test", "Reply-To: <ivan@home.test>\r\n").await;
    let id = test.desk.reply(&test.actor, number, reply("Hello")).await.unwrap().value;
    assert_eq!(Letter::parse(&source(&test, id).await).to[0].address, "ivan@home.test");

    test.letter(number, "3@evil.test", "stranger@evil.test", "Reply-To: <thief@evil.test>\r\n").await;
    let id = test.desk.reply(&test.actor, number, reply("Hello")).await.unwrap().value;
    assert_eq!(Letter::parse(&source(&test, id).await).to[0].address, "ivan@shop.test");
}

#[tokio::test]
async fn a_reply_to_that_points_at_the_desk_is_not_followed() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    test.letter(number, "2@shop.test", "ivan@shop.test", "Reply-To: <help@demo.test>\r\n").await;
    let id = test.desk.reply(&test.actor, number, reply("Hello")).await.unwrap().value;
    assert_eq!(Letter::parse(&source(&test, id).await).to[0].address, "ivan@shop.test");
}

#[tokio::test]
async fn a_ticket_without_a_usable_address_cannot_be_answered() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    for address in ["", "undisclosed", "help@demo.test"] {
        let (ticket, _) = test.state(number).await;
        let ticket = Ticket { requester_address: address.to_owned(), ..ticket };
        let mut batch = Batch::new();
        batch.put(keys::ticket(number), encode(&ticket));
        test.store.commit(batch).await.unwrap();
        let outcome = test.desk.reply(&test.actor, number, reply("Hello")).await;
        assert!(matches!(&outcome, Err(DeskError::Invalid { field, .. }) if field == "to"), "{address}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_wrong_reply_is_refused_field_by_field() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    let cases = [
        ("text", reply(" \n ")),
        ("text", reply(&"x".repeat(16 * 1024 + 1))),
        ("cc", NewMessage { cc: vec!["x@y.test\r\nBcc: z@y.test".to_owned()], ..reply("Hello") }),
        ("cc", NewMessage { cc: (0..21).map(|n| format!("c{n}@y.test")).collect(), ..reply("Hello") }),
        ("idempotency_key", NewMessage { idempotency_key: Some(String::new()), ..reply("Hello") }),
    ];
    for (expected, wrong) in cases {
        let outcome = test.desk.reply(&test.actor, number, wrong).await;
        assert!(matches!(&outcome, Err(DeskError::Invalid { field, .. }) if field == expected), "{outcome:?}");
    }
    let missing = test.desk.reply(&test.actor, 999_999, reply("Hello")).await;
    assert!(matches!(missing, Err(DeskError::NotFound("ticket"))), "{missing:?}");
}

#[tokio::test]
async fn a_reply_may_close_the_ticket() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    let closing = NewMessage { status: Some(Status::Solved), ..reply("Done.") };
    test.desk.reply(&test.actor, number, closing).await.unwrap();
    let (ticket, _) = test.state(number).await;
    assert_eq!((ticket.status, ticket.waiting_since), (Status::Solved, None));
    assert!(ticket.closed_at.is_some());
}
