use std::fmt::Write as _;

use serde_json::json;

use crate::desk::receive::arrival::Arrival;
use crate::mail::{AuthResult, Authentication, DkimFact};
use crate::store::{Space, Store, limits};

use super::{TestDesk, desk, mail, numbers, transaction};
use crate::desk::keys;

impl TestDesk {
    /// The largest value in the store, in octets.
    async fn largest(&self) -> usize {
        let mut largest = 0;
        let spaces = [Space::Ticket, Space::Message, Space::Trace, Space::Contact, Space::Ledger];
        for space in spaces {
            let page = self.store.scan(&keys::all(space), 1000).await.unwrap();
            assert!(page.next.is_none());
            largest = page.rows.iter().map(|(_, stored)| stored.value.len()).max().unwrap_or(0).max(largest);
        }
        largest
    }
}

fn long_list(count: usize) -> String {
    let mut list = String::new();
    for n in 0..count {
        let name = format!("=?utf-8?B?{}?=", data_encoding::BASE64.encode("ж".repeat(20).as_bytes()));
        let local = format!("{n}{}", "a".repeat(58));
        let label = "b".repeat(60);
        let _ = write!(list, "{name} <{local}@{label}.{label}.{label}.test>,\r\n ");
    }
    list.trim_end().trim_end_matches(',').to_owned()
}

#[tokio::test]
async fn records_of_a_monstrous_letter_stay_small() {
    let test = desk().await;
    let when = json!({"any": [{"field": "body", "op": "contains", "value": "ж"}]});
    for n in 0..60 {
        let then = json!([{"action": "add_tags", "value": [format!("tag{n}")]}, {"action": "add_note", "text": "ж".repeat(900)}]);
        test.rule(json!({"name": "ж".repeat(150), "when": when, "then": then})).await;
    }
    let ids: Vec<_> = (0..300).map(|n| format!("<{n}{}@shop.test>", "i".repeat(600))).collect();
    let mut mail = mail("ivan@shop.test")
        .id(&"m".repeat(5_000))
        .subject(&"ж".repeat(500_000))
        .field("Cc", &long_list(1_000))
        .field("Reply-To", &long_list(3))
        .field("References", &ids.join("\r\n "))
        .body(&"ж SO-2024/000123 ".repeat(200_000));
    for n in 0..600 {
        mail = mail.field(&format!("X-{n}"), &"v".repeat(900));
    }
    let mut transaction = mail.transaction(&test.desk);
    let fact = DkimFact {
        key_bits: None,
        weaknesses: Vec::new(),
        result: AuthResult::Fail,
        domain: "d".repeat(5_000),
        selector: "s".repeat(5_000),
        algorithm: "a".repeat(5_000),
        reason: Some("r".repeat(5_000)),
    };
    transaction.authentication =
        Authentication { dkim: vec![fact; 50], header: "h".repeat(100_000), ..Authentication::default() };
    transaction.authentication.arc.sealers = vec!["x".repeat(1_000); 200];
    transaction.session.helo = "h".repeat(50_000);
    let number = numbers(&test.desk.receive(transaction).await)[0];
    let largest = test.largest().await;
    assert!(largest < limits::MAX_VALUE, "{largest}");
    let message = test.last_letter(number).await;
    assert!(message.truncated && message.text.len() > 10_000, "{}", message.text.len());
    assert!(!message.cc.is_empty());
    let ticket = test.ticket_of(number).await;
    assert_eq!((ticket.subject.chars().count(), ticket.snippet.chars().count()), (998, 200));
}

#[tokio::test]
async fn a_letter_with_a_thousand_attachments_and_names_is_kept() {
    let test = desk().await;
    let mut raw = String::from("From: ivan@shop.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n");
    for n in 0..1_000 {
        let name = format!("{n}{}", "n".repeat(900));
        let _ = write!(
            raw,
            "--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\nx\r\n"
        );
    }
    raw.push_str("--b--\r\n");
    let to = ["help@demo.test".to_owned()];
    let number = numbers(&test.desk.receive(transaction(&test.desk, &to, raw.into_bytes())).await)[0];
    let largest = test.largest().await;
    assert!(largest < limits::MAX_VALUE, "{largest}");
    assert!(test.ticket_of(number).await.has_attachments);
    assert!(!test.last_letter(number).await.attachments.is_empty());
}

#[tokio::test]
async fn a_letter_to_so_many_mailboxes_that_one_batch_is_too_small_is_kept_in_all() {
    let test = desk().await;
    let mut to = Vec::new();
    for n in 0..40 {
        let mailbox = crate::desk::commands::NewMailbox {
            name: format!("Shop {n}"),
            prefix: format!("S{n}"),
            addresses: vec![format!("shop{n}@demo.test")],
            signature: String::new(),
        };
        test.desk.add_mailbox(&crate::desk::Actor::CommandLine, mailbox).await.unwrap();
        to.push(format!("shop{n}@demo.test"));
    }
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let mail = mail("ivan@shop.test").to(&to).field("Cc", &long_list(100)).body(&"ж".repeat(40_000));
    let numbers = test.receive_all(&mail).await;
    assert_eq!(numbers.len(), 40);
    assert_eq!(test.receive_all(&mail).await, numbers, "and is known again in all");
}

#[tokio::test]
async fn a_ticket_that_is_full_still_takes_letters() {
    let test = desk().await;
    let first = mail("ivan@shop.test").id("1@shop.test");
    let number = test.receive(&first).await;
    for n in 0..60 {
        let references: Vec<_> = (0..100).map(|r| format!("SO-{n:03}{r:03}-{}", "9".repeat(40))).collect();
        let answer =
            mail(&format!("{}{n}@shop.test", "p".repeat(50))).answers("1@shop.test").body(&references.join(" "));
        assert_eq!(test.receive(&answer).await, number);
    }
    let ticket = test.ticket_of(number).await;
    assert_eq!((ticket.message_count, ticket.participants.len(), ticket.references.len()), (61, 50, 100));
    assert!(test.largest().await < limits::MAX_VALUE);
}

#[tokio::test]
async fn a_usual_letter_is_read_without_waiting() {
    let test = desk().await;
    let mail = mail("ivan@shop.test").body(&"Where is my order 4711-0815? ".repeat(200));
    let transaction = mail.transaction(&test.desk);
    let arrival = futures_util::FutureExt::now_or_never(Arrival::of(transaction, 1));
    assert!(arrival.is_some(), "a letter of 6 KB is not handed to another thread");
}
