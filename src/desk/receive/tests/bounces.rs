use crate::desk::codec::{Record, encode};
use crate::desk::{Delivery, DeliveryState, ThreadStep, Ticket, keys, tokens};
use crate::mail::Address;
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
    assert_eq!(test.delivery(delivery).await.state, DeliveryState::Delivered);
}
