use crate::desk::codec::{Record, encode};
use crate::desk::commands::NewMailing;
use crate::desk::{MailingRecipient, ThreadStep, keys, tokens};
use crate::mail::Address;
use crate::rules::Status;
use crate::store::{Batch, Store};

use super::{TestDesk, desk, mail};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

impl TestDesk {
    /// A mailing to ivan@shop.test, written: its id and his ticket.
    async fn mailing(&self) -> (u64, u64) {
        let new = NewMailing {
            mailbox: "DEMO".to_owned(),
            subject: "We move".to_owned(),
            text: "Our new address.".to_owned(),
            tag: "autumn".to_owned(),
            to: vec!["ivan@shop.test".to_owned()],
            idempotency_key: None,
        };
        let id = self.desk.order_mailing(&self.admin, new).await.unwrap().value;
        while self.desk.write_mailing(id).await.unwrap() {}
        (id, self.mailing_recipient(id).await.ticket.unwrap())
    }

    async fn mailing_recipient(&self, id: u64) -> MailingRecipient {
        let stored = self.store.get(&keys::mailing_recipient(id, 0)).await.unwrap().unwrap();
        Record::read(&stored).unwrap().value
    }

    /// The Message-ID of the mailing's letter.
    async fn mailed_id(&self, ticket: u64) -> String {
        self.messages_of(ticket).await[0].message_id.clone().unwrap()
    }

    fn unsubscribe_address(&self, mailing: u64) -> String {
        let mailbox = Address::parse("help@demo.test").unwrap();
        tokens::unsubscribe_address(&self.desk.inner.secret, &mailbox, mailing, 0).unwrap().as_str().to_owned()
    }

    async fn answered(&self, mailing: u64) -> (u32, u32) {
        let counts = self.desk.mailing(&self.actor, mailing).await.unwrap().counts;
        (counts.answered, counts.unsubscribed)
    }
}

#[tokio::test]
async fn an_answer_opens_the_ticket_with_a_tag_of_its_own_and_is_counted_once() {
    let test = desk().await;
    let (id, ticket) = test.mailing().await;
    let answer = mail("Ivan <ivan@shop.test>").answers(&test.mailed_id(ticket).await).subject("Re: We move");
    for (n, name) in ["1@shop.test", "2@shop.test"].into_iter().enumerate() {
        assert_eq!(test.receive(&answer.clone().id(name).body(&format!("Thanks {n}"))).await, ticket);
    }
    let state = test.ticket_of(ticket).await;
    assert_eq!((state.status, state.tags), (Status::Open, vec!["autumn".to_owned(), "autumn/answered".to_owned()]));
    assert!(state.contact.is_some() && state.mailing.is_some_and(|part| part.answered_at.is_some()));
    assert_eq!(test.answered(id).await, (1, 0));
}

#[tokio::test]
async fn a_holiday_notice_is_no_answer_and_a_bounce_opens_nothing() {
    let test = desk().await;
    let (id, ticket) = test.mailing().await;
    let notice = mail("ivan@shop.test")
        .answers(&test.mailed_id(ticket).await)
        .field("Auto-Submitted", "auto-replied")
        .subject("I am away");
    assert_eq!(test.receive(&notice).await, ticket);
    let return_path = {
        let message = test.messages_of(ticket).await[0].clone();
        test.desk.deliveries(&message).await.unwrap()[0].envelope_from.clone()
    };
    let body = "--b\r\nContent-Type: text/plain\r\n\r\nNo.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
                Reporting-MTA: dns; mx.shop.test\r\n\r\nFinal-Recipient: rfc822; ivan@shop.test\r\nAction: failed\r\n\
                Status: 5.1.1\r\n\r\n--b--";
    let bounce = mail("MAILER-DAEMON@mx.shop.test")
        .null_sender()
        .to(&[&return_path])
        .field("MIME-Version", "1.0")
        .field("Content-Type", "multipart/report; report-type=delivery-status; boundary=b")
        .body(body);
    assert_eq!(test.receive(&bounce).await, ticket);
    assert_eq!(test.ticket_of(ticket).await.status, Status::Closed);
    let counts = test.desk.mailing(&test.actor, id).await.unwrap().counts;
    assert_eq!((counts.failed, counts.answered), (1, 0));
}

#[tokio::test]
async fn an_answer_after_long_is_a_ticket_of_its_own_that_is_counted_and_tagged() {
    let test = desk().await;
    let (id, first) = test.mailing().await;
    let mut long_ago = test.ticket_of(first).await;
    long_ago.closed_at = long_ago.closed_at.map(|at| at - 31 * DAY_MS);
    let mut batch = Batch::new();
    batch.put(keys::ticket(first), encode(&long_ago));
    test.store.commit(batch).await.unwrap();
    let answer = mail("ivan@shop.test").answers(&test.mailed_id(first).await).subject("Re: We move").id("1@shop.test");
    let second = test.receive(&answer).await;
    assert_ne!(second, first);
    let state = test.ticket_of(second).await;
    assert_eq!((state.follows, state.status), (Some(first), Status::New));
    assert_eq!(state.tags, ["autumn", "autumn/answered"]);
    assert_eq!(test.answered(id).await, (1, 0));
    assert_eq!(test.ticket_of(first).await.status, Status::Closed);
}

#[tokio::test]
async fn a_letter_to_the_unsubscribe_address_unsubscribes_and_opens_nothing() {
    let test = desk().await;
    let rule = serde_json::json!({
        "name": "Thanks",
        "when": { "field": "from", "op": "ends", "value": "shop.test" },
        "then": [{ "action": "auto_reply", "text": "We have it." }],
    });
    test.rule(rule).await;
    let (id, ticket) = test.mailing().await;
    let forged = test.unsubscribe_address(id + 1).replace("+u", "+ua");
    let stranger = mail("ivan@shop.test").to(&[&forged]).subject("unsubscribe").id("0@shop.test");
    assert_ne!(test.receive(&stranger).await, ticket);
    assert_eq!(test.answered(id).await, (0, 0));

    let wish = mail("ivan@shop.test").to(&[&test.unsubscribe_address(id).to_uppercase()]).subject("unsubscribe");
    assert_eq!(test.receive(&wish.id("1@shop.test")).await, ticket);
    assert_eq!(test.answered(id).await, (0, 1));
    let state = test.ticket_of(ticket).await;
    assert_eq!((state.status, state.tags.as_slice()), (Status::Closed, ["autumn".to_owned()].as_slice()));
    let letter = test.last_letter(ticket).await;
    assert_eq!(letter.thread_step, Some(ThreadStep::SubAddress));
    assert!(letter.thread_why.contains("unsubscribe address"), "{}", letter.thread_why);
    assert!(test.store.get(&keys::automatic_due(letter.id)).await.unwrap().is_none(), "nobody answers it");
    assert!(test.desk.unsubscribed(&["ivan@shop.test".to_owned()]).await.unwrap().len() == 1);

    // Also when the ticket was closed long ago.
    let mut long_ago = test.ticket_of(ticket).await;
    long_ago.closed_at = long_ago.closed_at.map(|at| at - 31 * DAY_MS);
    let mut batch = Batch::new();
    batch.put(keys::ticket(ticket), encode(&long_ago));
    test.store.commit(batch).await.unwrap();
    let again = mail("ivan@shop.test").to(&[&test.unsubscribe_address(id)]).subject("unsubscribe").id("2@shop.test");
    assert_eq!(test.receive(&again).await, ticket);
}
