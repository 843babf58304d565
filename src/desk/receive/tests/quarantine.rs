//! Letters that are kept apart.

use crate::desk::receive::Verdict;
use crate::desk::{DeskError, Directory, Finding, Judged, Reason, Stage, ThreadStep};
use crate::rules::Status;

use super::{Mail, TestDesk, desk, mail};

impl TestDesk {
    /// Delivers a letter that the policy keeps apart; answers its ticket's number and its message's id.
    async fn keep_apart(&self, mail: &Mail) -> (u64, u64) {
        let mut transaction = mail.transaction(&self.desk);
        let findings = vec![Finding::new(Stage::Dmarc, 6, "DMARC fails for shop.test")];
        transaction.judged = Judged { findings, quarantine: Some(Reason::Quarantined) };
        let Verdict::Accepted { tickets } = self.desk.receive(transaction).await else { panic!("it is taken") };
        let number = Directory::parse_number(&tickets[0]).unwrap();
        (number, self.desk.messages(number).await.unwrap()[0].id)
    }
}

#[tokio::test]
async fn a_letter_kept_apart_disturbs_no_ticket_and_makes_nobody_known() {
    let test = desk().await;
    let first = test.receive_all(&mail("ivan@shop.test").id("1@shop.test")).await[0];
    let before = test.state(first).await;
    let answer = mail("eva@shop.test").id("2@shop.test").answers("1@shop.test");
    let (apart, _) = test.keep_apart(&answer).await;
    assert_ne!(apart, first);
    assert_eq!(test.state(first).await, before);
    let (ticket, _) = test.state(apart).await;
    assert_eq!((ticket.status, ticket.follows, ticket.contact), (Status::Spam, Some(first), None));
    let message = test.desk.messages(apart).await.unwrap().remove(0);
    assert_eq!(message.thread_step, Some(ThreadStep::New));
    assert!(!message.first_time);
    assert_eq!(message.quarantine.unwrap().findings.len(), 1);

    // Whoever writes for the first time is marked, and becomes known.
    let honest = test.receive_all(&mail("eva@shop.test").id("3@shop.test")).await[0];
    assert!(test.desk.messages(honest).await.unwrap()[0].first_time);
    let again = test.receive_all(&mail("eva@shop.test").id("4@shop.test")).await[0];
    assert!(!test.desk.messages(again).await.unwrap()[0].first_time);
}

#[tokio::test]
async fn the_rules_are_asked_at_the_release_and_a_refusal_then_refuses_nothing() {
    let test = desk().await;
    test.rule(serde_json::json!({
        "name": "No shop",
        "when": { "field": "from", "op": "ends", "value": "shop.test" },
        "then": [{ "action": "add_note", "text": "look twice" }, { "action": "reject", "text": "no" }],
    }))
    .await;
    let (number, id) = test.keep_apart(&mail("ivan@shop.test").id("1@shop.test")).await;
    assert_eq!(test.desk.messages(number).await.unwrap().len(), 1);
    assert!(test.desk.message_view(&test.actor, id).await.unwrap().traces.is_empty());
    test.desk.release(&test.actor, id).await.unwrap();
    let (ticket, _) = test.state(number).await;
    assert_eq!(ticket.status, Status::New);
    let messages = test.desk.messages(number).await.unwrap();
    let texts: Vec<_> = messages[1..].iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert_eq!(texts[0], "look twice");
    assert!(texts[1].starts_with("released from quarantine (6 points)\nrule "), "{texts:?}");
    let view = test.desk.message_view(&test.actor, id).await.unwrap();
    assert_eq!(view.traces.len(), 1);
    assert_eq!(view.message.quarantine.unwrap().released_by, Some(test.operator));
}

#[tokio::test]
async fn only_what_is_kept_apart_can_be_released() {
    let test = desk().await;
    let number = test.receive_all(&mail("ivan@shop.test").id("1@shop.test")).await[0];
    let id = test.desk.messages(number).await.unwrap()[0].id;
    assert!(matches!(test.desk.release(&test.actor, id).await, Err(DeskError::NotFound(_))));
    assert!(matches!(test.desk.release(&test.actor, 999_999).await, Err(DeskError::NotFound(_))));
}

#[tokio::test]
async fn the_quarantine_is_listed_newest_first_page_by_page() {
    let test = desk().await;
    for number in 0..5 {
        test.keep_apart(&mail("ivan@shop.test").id(&format!("{number}@shop.test"))).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let (page, next) = test.desk.quarantine(&test.actor, 2, cursor.as_deref()).await.unwrap();
        seen.extend(page.into_iter().filter_map(|kept| kept.message.message_id));
        match next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, ["4@shop.test", "3@shop.test", "2@shop.test", "1@shop.test", "0@shop.test"]);
    assert!(test.desk.quarantine(&test.actor, 2, Some("x")).await.is_err());
}
