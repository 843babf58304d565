use crate::desk::codec::{Record, encode};
use crate::desk::{
    Delivery, DeliveryState, MessageKind, Suppression, SuppressionReason, ThreadStep, Ticket, keys, tokens,
};
use crate::mail::Address;
use crate::mail::bounce::Action;
use crate::rules::Status;
use crate::store::{Batch, Store};

use super::{Mail, TestDesk, desk, mail};

impl TestDesk {
    /// A message of ours in a ticket that waits for the customer: the return path of its one delivery, and the delivery's id.
    async fn sent(&self, ticket: u64) -> (String, u64) {
        let (message, delivery) = (5_000, 6_000);
        let mailbox = Address::parse("help@demo.test").unwrap();
        let return_path = tokens::return_path(&self.desk.inner.secret, &mailbox, message, 0).unwrap();
        let record = Delivery {
            id: delivery,
            message,
            ticket,
            envelope_from: return_path.as_str().to_owned(),
            recipient: "ivan@shop.test".to_owned(),
            state: DeliveryState::Delivered,
            ..Delivery::default()
        };
        let pending = Ticket { status: Status::Pending, waiting_since: None, ..self.ticket_of(ticket).await };
        let mut batch = Batch::new();
        batch
            .put(keys::ticket(ticket), encode(&pending))
            .put(keys::message_ticket(message), encode(&ticket))
            .put(keys::delivery(delivery), encode(&record))
            .put(keys::message_delivery(message, delivery), Vec::new());
        self.store.commit(batch).await.unwrap();
        (return_path.as_str().to_owned(), delivery)
    }

    async fn suppression(&self) -> Option<Suppression> {
        self.desk.suppressed(&["ivan@shop.test".to_owned()], crate::desk::clock::now_ms()).await.unwrap().pop()
    }

    async fn delivery(&self, id: u64) -> Delivery {
        let stored = self.store.get(&keys::delivery(id)).await.unwrap().unwrap();
        Record::read(&stored).unwrap().value
    }
}

/// A report of this status (RFC 3464), from the null sender.
fn report(to: &str, action: &str, status: &str) -> Mail {
    let body = format!(
        "--b\r\nContent-Type: text/plain\r\n\r\nYour letter could not be delivered.\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.shop.test\r\n\r\n\
         Final-Recipient: rfc822; ivan@shop.test\r\nAction: {action}\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; 550 {status} no such user\r\n\r\n--b--"
    );
    mail("MAILER-DAEMON@mx.shop.test")
        .null_sender()
        .to(&[to])
        .subject("Undelivered Mail Returned to Sender")
        .field("MIME-Version", "1.0")
        .field("Content-Type", "multipart/report; report-type=delivery-status; boundary=b")
        .body(&body)
}

#[tokio::test]
async fn a_bounce_lands_on_the_message_that_bounced() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    let (return_path, delivery) = test.sent(number).await;
    assert_eq!(test.receive(&report(&return_path.to_uppercase(), "failed", "5.1.1")).await, number);
    let letter = test.last_letter(number).await;
    assert!(letter.bounce);
    assert_eq!(
        (letter.thread_step, letter.thread_why.as_str()),
        (Some(ThreadStep::SubAddress), format!("the bounce address of message 5000 names DEMO-{number}").as_str())
    );
    let ticket = test.ticket_of(number).await;
    assert_eq!(ticket.status, Status::Open);
    assert!(ticket.waiting_since.is_some());
    let delivery = test.delivery(delivery).await;
    assert_eq!(delivery.state, DeliveryState::Failed);
    let words = &delivery.attempts.last().unwrap().text;
    assert!(words.contains("5.1.1") && words.contains("no such user"), "{words}");
}

#[tokio::test]
async fn a_bounce_is_nobodys_contact() {
    let test = desk().await;
    let number = test.receive(&report("help@demo.test", "failed", "5.1.1")).await;
    assert_eq!(test.ticket_of(number).await.contact, None);
}

#[tokio::test]
async fn a_forged_bounce_address_fails_nothing() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    let (return_path, delivery) = test.sent(number).await;
    let forged = return_path.replace("b5000.0.", "b5000.1.");
    assert_ne!(test.receive(&report(&forged, "failed", "5.1.1")).await, number);
    assert_eq!(test.delivery(delivery).await.state, DeliveryState::Delivered);
    assert_eq!(test.ticket_of(number).await.status, Status::Pending);
}

#[tokio::test]
async fn a_report_of_delay_fails_nothing() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    let (return_path, delivery) = test.sent(number).await;
    assert_eq!(test.receive(&report(&return_path, "delayed", "4.4.1")).await, number);
    let delivery = test.delivery(delivery).await;
    assert_eq!(delivery.state, DeliveryState::Delivered);
    assert_eq!((delivery.reports[0].action, delivery.reports[0].status.as_deref()), (Action::Delayed, Some("4.4.1")));
    assert_eq!(test.ticket_of(number).await.status, Status::Pending, "nobody has to do anything");
    assert_eq!(test.suppression().await, None);
}

#[tokio::test]
async fn good_news_are_shown_on_the_delivery() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    let (return_path, delivery) = test.sent(number).await;
    for action in ["relayed", "delivered"] {
        let news = report(&return_path, action, "2.0.0").id(&format!("{action}@mx.shop.test"));
        assert_eq!(test.receive(&news).await, number);
    }
    let delivery = test.delivery(delivery).await;
    let actions: Vec<Action> = delivery.reports.iter().map(|report| report.action).collect();
    assert_eq!((delivery.state, actions), (DeliveryState::Delivered, vec![Action::Relayed, Action::Delivered]));
    assert_eq!(test.ticket_of(number).await.status, Status::Pending);
}

#[tokio::test]
async fn a_hard_bounce_suppresses_the_address_and_a_full_mailbox_does_not() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    let (return_path, _) = test.sent(number).await;
    test.receive(&report(&return_path, "failed", "5.2.2").id("1@mx.shop.test")).await;
    assert_eq!(test.suppression().await, None);
    test.receive(&report(&return_path, "failed", "5.1.1").id("2@mx.shop.test")).await;
    let found = test.suppression().await.unwrap();
    assert_eq!((found.reason, found.ticket), (SuppressionReason::Bounced, Some(number)));
    assert!(found.detail.contains("no such user") && found.expires_at.is_some(), "{found:?}");
}

#[tokio::test]
async fn a_forged_report_suppresses_nobody() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    let (return_path, delivery) = test.sent(number).await;
    let forged = return_path.replace("b5000.0.", "b5000.1.");
    for to in ["help@demo.test", &forged] {
        test.receive(&report(to, "failed", "5.1.1").id(&format!("{}@mx.shop.test", to.len()))).await;
    }
    assert_eq!(test.suppression().await, None);
    assert!(test.delivery(delivery).await.reports.is_empty());
}

#[tokio::test]
async fn a_report_on_a_letter_under_one_return_path_finds_each_recipient() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    let (return_path, first) = test.sent(number).await;
    let second = Delivery { id: first + 1, recipient: "olga@shop.test".to_owned(), ..test.delivery(first).await };
    let mut batch = Batch::new();
    batch
        .put(keys::delivery(second.id), encode(&second))
        .put(keys::message_delivery(second.message, second.id), Vec::new());
    test.store.commit(batch).await.unwrap();
    test.receive(&report(&return_path, "failed", "5.1.1")).await;
    assert_eq!(test.delivery(first).await.state, DeliveryState::Failed);
    assert_eq!(test.delivery(second.id).await.state, DeliveryState::Delivered);
}

/// A complaint about a letter of ours, as a provider sends it to those who asked for it.
fn complaint(message_id: &str, from: &str) -> Mail {
    let body = format!(
        "--b\r\nContent-Type: text/plain\r\n\r\nAn abuse report.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n\
         Feedback-Type: abuse\r\nUser-Agent: Provider/1\r\nVersion: 1\r\nOriginal-Mail-From: <{from}>\r\n--b\r\n\
         Content-Type: message/rfc822\r\n\r\nFrom: help@demo.test\r\nMessage-ID: <{message_id}>\r\n\r\nHello\r\n--b--"
    );
    mail("fbl@provider.test")
        .subject("complaint about message from 192.0.2.1")
        .field("MIME-Version", "1.0")
        .field("Content-Type", "multipart/report; report-type=feedback-report; boundary=b")
        .body(&body)
}

#[tokio::test]
async fn a_complaint_suppresses_who_complained_and_the_ticket_says_so() {
    let test = desk().await;
    for by_sender in [true, false] {
        let number = test.receive(&mail("ivan@shop.test").id(&format!("{by_sender}@shop.test"))).await;
        let (return_path, _) = test.sent(number).await;
        let id = tokens::message_id(&test.desk.inner.secret, number, 5_000, "mx.demo.test");
        let complaint = if by_sender { complaint("x@y.test", &return_path) } else { complaint(&id, "gone@demo.test") };
        assert_eq!(test.receive(&complaint).await, number);
        let found = test.suppression().await.unwrap();
        assert_eq!((found.reason, found.ticket), (SuppressionReason::Complained, Some(number)));
        let messages = test.messages_of(number).await;
        let system = messages.iter().find(|message| message.kind == MessageKind::System).unwrap();
        assert!(system.text.starts_with("ivan@shop.test complained about a message"), "{}", system.text);
        assert_eq!(test.ticket_of(number).await.status, Status::Pending);
        test.desk.unsuppress(&test.actor, "ivan@shop.test").await.unwrap();
    }
}

#[tokio::test]
async fn a_complaint_without_our_mark_is_only_a_letter() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    test.sent(number).await;
    let forged =
        complaint(&format!("{number}.5000.aaaaaaaaaaaaaaaa@mx.demo.test"), "help+b5000.0.aaaaaaaaaaaaaaaa@demo.test");
    assert_ne!(test.receive(&forged).await, number);
    assert_eq!(test.suppression().await, None);
}
