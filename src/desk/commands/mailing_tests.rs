use std::collections::HashSet;

use super::*;
use crate::desk::commands::{AttemptOutcome, NewMailing};
use crate::desk::queries::MailingCounts;
use crate::desk::testing::{self, TestDesk};
use crate::desk::{Attempt, SuppressionReason};
use crate::mail::Letter;
use crate::store::Store;

fn new(to: &[&str]) -> NewMailing {
    NewMailing {
        mailbox: "DEMO".to_owned(),
        subject: "We move".to_owned(),
        text: "Our new address is below.".to_owned(),
        tag: "autumn".to_owned(),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        idempotency_key: None,
    }
}

async fn order(test: &TestDesk, new: NewMailing) -> u64 {
    test.desk.order_mailing(&test.admin, new).await.unwrap().value
}

async fn write_all(test: &TestDesk, id: u64) {
    while test.desk.write_mailing(id).await.unwrap() {}
}

async fn counts(test: &TestDesk, id: u64) -> MailingCounts {
    test.desk.mailing(&test.actor, id).await.unwrap().counts
}

/// The recipients with their rows, in order.
async fn recipients(test: &TestDesk, id: u64) -> Vec<MailingRecipient> {
    let page = test.store.scan(&keys::recipients_of(id), 1_000).await.unwrap();
    page.rows.iter().map(|(_, stored)| decode(&stored.value).unwrap()).collect()
}

/// The letter that a recipient gets.
async fn letter(test: &TestDesk, to: &MailingRecipient) -> Letter {
    let message = test.desk.messages(to.ticket.unwrap()).await.unwrap().remove(0);
    Letter::parse(&test.desk.message_source(&test.actor, message.id).await.unwrap())
}

/// The token of a letter's List-Unsubscribe.
fn token(letter: &Letter) -> String {
    let field = letter.header("List-Unsubscribe").unwrap();
    field.split("/unsubscribe/").nth(1).unwrap().split('>').next().unwrap().to_owned()
}

#[tokio::test]
async fn each_recipient_gets_a_letter_of_his_own_in_a_closed_ticket_with_the_tag() {
    let test = testing::desk().await;
    let id = order(&test, new(&["Ivan <Ivan@shop.test>", "olga@shop.test", "IVAN@SHOP.test"])).await;
    assert_eq!(counts(&test, id).await, MailingCounts { waiting: 2, ..MailingCounts::default() });
    write_all(&test, id).await;
    assert!(test.desk.mailings_to_write().await.unwrap().is_empty());
    let to = recipients(&test, id).await;
    assert_eq!(to.len(), 2);
    let mut seen = HashSet::new();
    for (to, address) in to.iter().zip(["Ivan@shop.test", "olga@shop.test"]) {
        let (ticket, _) = test.state(to.ticket.unwrap()).await;
        assert_eq!((ticket.status, ticket.tags.as_slice()), (Status::Closed, ["autumn".to_owned()].as_slice()));
        assert_eq!(ticket.requester_address, address);
        let letter = letter(&test, to).await;
        assert_eq!(letter.to.iter().map(|to| to.address.as_str()).collect::<Vec<_>>(), [address]);
        assert_eq!((letter.subject.as_str(), letter.header("Precedence")), ("We move", Some("bulk")));
        assert_eq!(letter.header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
        assert!(token(&letter).len() == 32 && seen.insert(token(&letter)) && seen.insert(letter.message_id.unwrap()));
        let delivery = test.desk.delivery(to.delivery.unwrap()).await.unwrap().unwrap();
        assert!(delivery.envelope_from.starts_with("help+b") && seen.insert(delivery.envelope_from));
        assert_eq!(delivery.recipient, address);
    }
    assert_eq!(counts(&test, id).await, MailingCounts { queued: 2, written: 2, ..MailingCounts::default() });
}

#[tokio::test]
async fn only_administrators_order_and_everything_is_checked() {
    let test = testing::desk().await;
    let refused = test.desk.order_mailing(&test.actor, new(&["a@shop.test"])).await;
    assert!(matches!(refused, Err(DeskError::Forbidden)), "{refused:?}");
    for wrong in [
        NewMailing { mailbox: "NONE".to_owned(), ..new(&["a@shop.test"]) },
        NewMailing { subject: "a\nBcc: b@x.test".to_owned(), ..new(&["a@shop.test"]) },
        NewMailing { text: " ".to_owned(), ..new(&["a@shop.test"]) },
        NewMailing { tag: "a b".to_owned(), ..new(&["a@shop.test"]) },
        NewMailing { tag: "1/2/3/4/5/6/7/8/9/10".to_owned(), ..new(&["a@shop.test"]) },
        new(&["nobody"]),
        new(&["help@demo.test"]),
        new(&[]),
    ] {
        let outcome = test.desk.order_mailing(&test.admin, wrong.clone()).await;
        assert!(matches!(outcome, Err(DeskError::Invalid { .. })), "{wrong:?}: {outcome:?}");
    }
    for url in ["", "http://desk.test", "https://"] {
        let test = testing::desk_with(|settings| settings.public_url = url.to_owned()).await;
        let outcome = test.desk.order_mailing(&test.admin, new(&["a@shop.test"])).await;
        let Err(DeskError::NotPossible(why)) = outcome else { panic!("{outcome:?}") };
        assert!(why.contains("http.public_url"), "{why}");
    }
}

#[tokio::test]
async fn the_same_key_gives_the_same_mailing() {
    let test = testing::desk().await;
    let keyed = |text: &str| NewMailing {
        idempotency_key: Some("k".to_owned()),
        text: text.to_owned(),
        ..new(&["a@shop.test"])
    };
    let id = order(&test, keyed("one")).await;
    assert_eq!(order(&test, keyed("one")).await, id);
    let other = test.desk.order_mailing(&test.admin, keyed("two")).await;
    assert!(matches!(other, Err(DeskError::Invalid { .. })), "{other:?}");
    assert_eq!(test.desk.mailings(&test.actor, None, 10).await.unwrap().0.len(), 1);
}

#[tokio::test]
async fn what_is_suppressed_is_held_back_and_named() {
    let test = testing::desk().await;
    test.desk.suppress(&test.actor, "ivan@shop.test", "", None).await.unwrap();
    let id = order(&test, new(&["Ivan@shop.test", "olga@shop.test", "eva@shop.test"])).await;
    let held_back = test.desk.mailing(&test.actor, id).await.unwrap().held_back;
    assert_eq!(held_back, [("Ivan@shop.test".to_owned(), SuppressionReason::ByHand)]);
    // It is asked again when the letters are written.
    test.desk.suppress(&test.actor, "eva@shop.test", "", None).await.unwrap();
    write_all(&test, id).await;
    let expected = MailingCounts { held_back: 2, queued: 1, written: 1, ..MailingCounts::default() };
    assert_eq!(counts(&test, id).await, expected);
}

#[tokio::test]
async fn while_it_is_held_it_is_recalled_as_a_whole() {
    let test = testing::desk_with(|settings| settings.hold_seconds = 60).await;
    let id = order(&test, new(&["ivan@shop.test", "olga@shop.test"])).await;
    assert!(!test.desk.write_mailing(id).await.unwrap());
    let view = test.desk.mailing(&test.actor, id).await.unwrap();
    assert!(view.recallable_ms.is_some_and(|left| left > 50_000), "{view:?}");
    let refused = test.desk.recall_mailing(&test.actor, id).await;
    assert!(matches!(refused, Err(DeskError::Forbidden)), "{refused:?}");
    test.desk.recall_mailing(&test.admin, id).await.unwrap();
    test.desk.recall_mailing(&test.admin, id).await.unwrap();
    write_all(&test, id).await;
    assert_eq!(counts(&test, id).await, MailingCounts { recalled: 2, ..MailingCounts::default() });
    assert!(test.desk.mailings_to_write().await.unwrap().is_empty());
    assert_eq!(test.desk.next_due().await.unwrap(), None);

    let test = testing::desk().await;
    let id = order(&test, new(&["ivan@shop.test"])).await;
    let late = test.desk.recall_mailing(&test.admin, id).await;
    assert!(matches!(late, Err(DeskError::NotPossible(_))), "{late:?}");
}

#[tokio::test]
async fn a_large_mailing_takes_several_commits_and_two_writers_double_nothing() {
    let test = testing::desk().await;
    let to: Vec<String> = (0..120).map(|n| format!("{n}@shop.test")).collect();
    let id = order(&test, NewMailing { text: "ж".repeat(8_000), to, ..new(&[]) }).await;
    assert!(test.desk.write_mailing(id).await.unwrap(), "not all in one commit");
    let some = counts(&test, id).await;
    assert!(some.written > 0 && some.waiting > 0, "{some:?}");
    // As after a crash: another process goes on where the store says.
    let other = test.reopen().await;
    let (one, two) = tokio::join!(write_from(&test.desk, id), write_from(&other, id));
    assert!(one.is_ok() && two.is_ok());
    let counts = counts(&test, id).await;
    assert_eq!((counts.written, counts.queued, counts.waiting), (120, 120, 0));
    let due = test.desk.due_deliveries(u64::MAX, (0, 0), 1_000).await.unwrap();
    let addresses: HashSet<&str> = due.iter().map(|delivery| delivery.recipient.as_str()).collect();
    assert_eq!((due.len(), addresses.len()), (120, 120));
}

async fn write_from(desk: &Desk, id: u64) -> Result<(), DeskError> {
    while desk.write_mailing(id).await? {}
    Ok(())
}

#[tokio::test]
async fn one_who_unsubscribed_gets_no_mailing_but_answers() {
    let test = testing::desk().await;
    let id = order(&test, new(&["Ivan@shop.test", "olga@shop.test"])).await;
    write_all(&test, id).await;
    let to = recipients(&test, id).await.remove(0);
    let token = token(&letter(&test, &to).await);
    let asked = test.desk.unsubscribing(&token).await.unwrap();
    assert_eq!((asked.address.as_str(), asked.mailbox.as_str()), ("Ivan@shop.test", "Demo Support"));
    assert_eq!(counts(&test, id).await.unsubscribed, 0, "a look changes nothing");
    for token in ["", "x", &token[1..], &token.replace(&token[..1], if token.starts_with('b') { "c" } else { "b" })] {
        assert!(matches!(test.desk.unsubscribe(token).await, Err(DeskError::NotFound(_))), "{token}");
    }
    test.desk.unsubscribe(&token).await.unwrap();
    test.desk.unsubscribe(&token.to_uppercase()).await.unwrap();
    assert_eq!(counts(&test, id).await.unsubscribed, 1);

    let next = order(&test, new(&["ivan@SHOP.test", "olga@shop.test"])).await;
    let held_back = test.desk.mailing(&test.actor, next).await.unwrap().held_back;
    assert_eq!(held_back, [("ivan@shop.test".to_owned(), SuppressionReason::Unsubscribed)]);
    // An answer to his own letter goes out, and a bounce does not make him a subscriber again.
    let (number, _) = test.ticket().await;
    let hello = crate::desk::commands::NewMessage { text: "Hello".to_owned(), ..Default::default() };
    test.desk.reply(&test.actor, number, hello).await.unwrap();
    test.desk.suppress(&test.actor, "ivan@shop.test", "", Some(1)).await.unwrap();
    let listed = test.desk.suppressions(&test.actor, None, 1).await.unwrap();
    assert_eq!((listed.0.len(), listed.1), (2, None));
    test.desk.sweep(u64::MAX).await.unwrap();
    let listed = test.desk.suppressions(&test.actor, None, 10).await.unwrap().0;
    assert_eq!(listed.iter().map(|found| found.reason).collect::<Vec<_>>(), [SuppressionReason::Unsubscribed]);
    test.desk.unsuppress(&test.actor, "Ivan@shop.test").await.unwrap();
    assert!(test.desk.suppressions(&test.actor, None, 10).await.unwrap().0.is_empty());
}

#[tokio::test]
async fn a_failure_is_counted_and_opens_nothing() {
    let test = testing::desk().await;
    let id = order(&test, new(&["ivan@shop.test", "olga@shop.test"])).await;
    write_all(&test, id).await;
    let to = recipients(&test, id).await;
    let failed = Attempt { code: Some(550), text: "550 5.1.1 no such user".to_owned(), ..Attempt::default() };
    test.desk.record_attempt(to[0].delivery.unwrap(), failed, AttemptOutcome::Failed).await.unwrap();
    test.desk.record_attempt(to[1].delivery.unwrap(), Attempt::default(), AttemptOutcome::Delivered).await.unwrap();
    let counts = counts(&test, id).await;
    assert_eq!((counts.failed, counts.delivered, counts.queued, counts.written), (1, 1, 0, 2));
    assert_eq!(test.state(to[0].ticket.unwrap()).await.0.status, Status::Closed);
}

#[tokio::test]
async fn the_suppression_list_has_whole_pages() {
    let test = testing::desk().await;
    let id = order(&test, new(&["a@shop.test", "b@shop.test", "c@shop.test"])).await;
    write_all(&test, id).await;
    for to in recipients(&test, id).await {
        test.desk.unsubscribe(&token(&letter(&test, &to).await)).await.unwrap();
    }
    test.desk.suppress(&test.actor, "b@shop.test", "", None).await.unwrap();
    test.desk.suppress(&test.actor, "d@shop.test", "", None).await.unwrap();
    let (mut found, mut cursor) = (Vec::new(), None);
    for _ in 0..10 {
        let (page, next) = test.desk.suppressions(&test.actor, cursor.as_deref(), 1).await.unwrap();
        found.extend(page.into_iter().map(|found| found.address));
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, ["a@shop.test", "b@shop.test", "b@shop.test", "c@shop.test", "d@shop.test"]);
}
