//! Attempts, as they stand in the store afterwards.

use super::*;
use crate::desk::clock::now_ms;
use crate::desk::commands::NewMessage;
use crate::desk::testing::{self, TestDesk};
use crate::desk::{Message, MessageKind, TlsPolicyKind, TlsResultKind};
use crate::store::Store;

/// A queued reply to ivan@shop.test: its ticket and its delivery.
async fn queued(test: &TestDesk) -> (u64, Delivery) {
    let (number, _) = test.ticket().await;
    let hello = NewMessage { text: "Hello".to_owned(), ..NewMessage::default() };
    test.desk.reply(&test.actor, number, hello).await.unwrap();
    let due = test.desk.due_deliveries(now_ms(), (0, 0), 10).await.unwrap();
    (number, due.into_iter().next().unwrap())
}

fn attempt(text: &str) -> Attempt {
    Attempt { at: now_ms(), server: "mx.shop.test".to_owned(), text: text.to_owned(), ..Attempt::default() }
}

async fn delivery(test: &TestDesk, number: u64) -> Delivery {
    let view = test.desk.ticket_view(&test.actor, number).await.unwrap();
    view.messages.into_iter().find_map(|message| message.deliveries.into_iter().next()).unwrap()
}

#[tokio::test]
async fn a_delivered_letter_leaves_the_queue_for_good() {
    let test = testing::desk().await;
    let (number, queued) = queued(&test).await;
    let start = *test.store.feed_hint().borrow();
    test.desk.record_attempt(queued.id, attempt("250 ok"), AttemptOutcome::Delivered).await.unwrap();
    assert_eq!(test.desk.next_due().await.unwrap(), None);
    let after = delivery(&test, number).await;
    assert_eq!((after.state, after.attempts[0].text.as_str()), (DeliveryState::Delivered, "250 ok"));
    let feed = test.store.feed(start, 10).await.unwrap();
    let change = Change::DeliveryChanged { ticket: number, message: queued.message, delivery: queued.id };
    assert_eq!(feed.len(), 1);
    assert_eq!(Change::from_entry(&feed[0].entry).unwrap(), change);
    // A late word changes nothing.
    test.desk.record_attempt(queued.id, attempt("?"), AttemptOutcome::Retry { due_at: 1 }).await.unwrap();
    assert_eq!(test.desk.next_due().await.unwrap(), None);
    assert_eq!(delivery(&test, number).await, after);
    assert_eq!(test.desk.delivery(queued.id).await.unwrap(), Some(after));
}

#[tokio::test]
async fn a_deferred_letter_moves_in_the_queue() {
    let test = testing::desk().await;
    let (number, queued) = queued(&test).await;
    let due_at = queued.due_at + 60_000;
    test.desk.record_attempt(queued.id, attempt("451 later"), AttemptOutcome::Retry { due_at }).await.unwrap();
    assert!(test.desk.due_deliveries(due_at - 1, (0, 0), 10).await.unwrap().is_empty());
    let due = test.desk.due_deliveries(due_at, (0, 0), 10).await.unwrap();
    assert_eq!((due.len(), due[0].state), (1, DeliveryState::Deferred));
    assert_eq!(test.desk.next_due().await.unwrap(), Some(due_at));
    // Behind the cursor there is nothing.
    assert!(test.desk.due_deliveries(due_at, (due_at, queued.id), 10).await.unwrap().is_empty());
    assert_eq!(delivery(&test, number).await.due_at, due_at);
}

#[tokio::test]
async fn the_last_twenty_attempts_are_kept_whatever_the_server_says() {
    let test = testing::desk().await;
    let (number, queued) = queued(&test).await;
    for n in 0..25 {
        let words = attempt(&format!("{n:02}{}", "😀".repeat(5_000)));
        let outcome = AttemptOutcome::Retry { due_at: queued.due_at + n };
        test.desk.record_attempt(queued.id, words, outcome).await.unwrap();
    }
    let after = delivery(&test, number).await;
    assert_eq!((after.attempts.len(), after.attempt_count), (20, 25));
    assert!(after.attempts[0].text.starts_with("05") && after.attempts[19].text.starts_with("24"));
    assert!(after.attempts.iter().all(|attempt| attempt.text.chars().count() <= 1_000));
    assert_eq!(test.desk.due_deliveries(u64::MAX, (0, 0), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_failed_letter_opens_its_ticket_with_the_remotes_words() {
    let test = testing::desk().await;
    let (number, queued) = queued(&test).await;
    assert_eq!(test.state(number).await.0.status, Status::Pending);
    let refused = Attempt { code: Some(550), ..attempt("5.1.1 no such user") };
    test.desk.record_attempt(queued.id, refused, AttemptOutcome::Failed).await.unwrap();
    let (ticket, _) = test.state(number).await;
    assert_eq!(ticket.status, Status::Open);
    assert!(ticket.waiting_since.is_some());
    let messages: Vec<Message> = test.desk.messages(number).await.unwrap();
    let last = messages.last().unwrap();
    assert_eq!(last.kind, MessageKind::System);
    let words = "Not delivered to ivan@shop.test: mx.shop.test said: 550 5.1.1 no such user";
    assert_eq!((last.text.as_str(), ticket.snippet.as_str()), (words, words));
    assert_eq!(test.desk.next_due().await.unwrap(), None);
    assert_eq!(delivery(&test, number).await.state, DeliveryState::Failed);
}

#[tokio::test]
async fn attempts_of_two_recipients_failing_at_once_are_both_told() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    let cc = vec!["olga@shop.test".to_owned()];
    let hello = NewMessage { text: "Hello".to_owned(), cc, ..NewMessage::default() };
    test.desk.reply(&test.actor, number, hello).await.unwrap();
    let due = test.desk.due_deliveries(now_ms(), (0, 0), 10).await.unwrap();
    let (one, two) = tokio::join!(
        test.desk.record_attempt(due[0].id, attempt("550 no"), AttemptOutcome::Failed),
        test.desk.record_attempt(due[1].id, attempt("550 no"), AttemptOutcome::Failed),
    );
    assert!(one.is_ok() && two.is_ok());
    let messages = test.desk.messages(number).await.unwrap();
    assert_eq!(messages.iter().filter(|message| message.kind == MessageKind::System).count(), 2);
}

#[tokio::test]
async fn attempts_of_one_transaction_are_written_down_together() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    let cc = (0..20).map(|n| format!("copy{n}@shop.test")).collect();
    let hello = NewMessage { text: "Hello".to_owned(), cc, ..NewMessage::default() };
    test.desk.reply(&test.actor, number, hello).await.unwrap();
    let due = test.desk.due_deliveries(now_ms(), (0, 0), 100).await.unwrap();
    assert_eq!(due.len(), 21);
    let outcomes = [AttemptOutcome::Delivered, AttemptOutcome::Failed, AttemptOutcome::Retry { due_at: 5 }];
    let attempted: Vec<Attempted> = due
        .iter()
        .enumerate()
        .map(|(n, delivery)| Attempted {
            delivery: delivery.id,
            attempt: attempt("words"),
            outcome: outcomes[n % 3],
            notice: true,
        })
        .collect();
    test.desk.record_attempts(&attempted, &[]).await.unwrap();
    let messages = test.desk.messages(number).await.unwrap();
    let told = |start: &str| messages.iter().filter(|message| message.text.starts_with(start)).count();
    assert_eq!((told("Not delivered to "), told("Not yet delivered to ")), (7, 7));
    assert_eq!(test.state(number).await.0.status, Status::Open);
    let left = test.desk.due_deliveries(now_ms(), (0, 0), 100).await.unwrap();
    assert_eq!(left.len(), 7);
    assert!(left.iter().all(|delivery| delivery.delay_noticed_at.is_some()));
    // Told once.
    let again =
        Attempted { outcome: AttemptOutcome::Retry { due_at: 6 }, delivery: left[0].id, ..attempted[0].clone() };
    test.desk.record_attempts(&[again], &[]).await.unwrap();
    assert_eq!(test.desk.messages(number).await.unwrap().len(), messages.len());
}

#[tokio::test]
async fn what_tls_was_like_is_counted_with_the_attempt() {
    let test = testing::desk().await;
    let (_, queued) = queued(&test).await;
    let result = TlsResult {
        day: 3,
        domain: "shop.test".to_owned(),
        policy: TlsPolicyKind::NoPolicyFound,
        kind: TlsResultKind::Success,
        host: "mx.shop.test".to_owned(),
        address: "192.0.2.1".to_owned(),
    };
    let attempted =
        Attempted { delivery: queued.id, attempt: attempt("ok"), outcome: AttemptOutcome::Delivered, notice: false };
    test.desk.record_attempts(&[attempted], std::slice::from_ref(&result)).await.unwrap();
    assert_eq!(test.desk.tls_results(3).await.unwrap(), [(result, 1)]);
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_suppressed_and_a_full_mailbox_is_not() {
    let test = testing::desk().await;
    for (words, expected) in [("5.2.2 mailbox full", 0), ("5.7.1 not wanted", 0), ("5.1.1 no such user", 1)] {
        let (_, queued) = queued(&test).await;
        let refused = Attempt { code: Some(550), ..attempt(words) };
        test.desk.record_attempt(queued.id, refused, AttemptOutcome::Failed).await.unwrap();
        let found = test.desk.suppressed(&["ivan@shop.test".to_owned()], now_ms()).await.unwrap();
        assert_eq!(found.len(), expected, "{words}");
    }
}
