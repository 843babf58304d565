use serde_json::json;

use crate::desk::queries::LedgerQuery;
use crate::desk::{Actor, LedgerVerdict, MessageKind, Reason, keys};
use crate::mail::{ArcFact, AuthResult};
use crate::rules::{Priority, Status};
use crate::store::{Space, Store};

use super::{TestDesk, desk, mail};

impl TestDesk {
    /// A rule for letters with this word in the subject.
    async fn on_subject(&self, word: &str, mailboxes: &[&str], then: serde_json::Value) -> u64 {
        let when = json!({"field": "subject", "op": "contains", "value": word});
        self.rule(json!({"name": word, "mailboxes": mailboxes, "when": when, "then": then})).await
    }

    async fn tickets(&self) -> usize {
        self.store.scan(&keys::all(Space::Ticket), 100).await.unwrap().rows.len()
    }
}

#[tokio::test]
async fn a_refused_letter_leaves_no_ticket_and_a_line_in_the_ledger() {
    let test = desk().await;
    let rule = test.on_subject("casino", &[], json!([{"action": "reject", "text": "No gambling here"}])).await;
    let verdict = test.verdict(&mail("ivan@shop.test").subject("Casino!")).await;
    assert_eq!(verdict.reply(), "550 5.7.1 No gambling here");
    assert_eq!(test.tickets().await, 0);
    let query = LedgerQuery { recipient: Some("help@demo.test".to_owned()), limit: 10, ..LedgerQuery::default() };
    let (lines, _) = test.desk.ledger(&test.actor, &query).await.unwrap();
    assert_eq!(
        (lines[0].verdict, lines[0].reason, lines[0].rule),
        (LedgerVerdict::Refused, Reason::RuleRejected, Some(rule))
    );
    assert_eq!(lines[0].reply, "550 5.7.1 No gambling here");
}

#[tokio::test]
async fn a_deferred_letter_is_asked_to_come_again() {
    let test = desk().await;
    let rule = test.on_subject("later", &[], json!([{"action": "defer", "text": "Not now"}])).await;
    let verdict = test.verdict(&mail("ivan@shop.test").subject("Later")).await;
    assert_eq!(verdict.reply(), "451 4.7.1 Not now");
    assert_eq!(test.tickets().await, 0);
    let (lines, _) = test.desk.ledger(&test.actor, &LedgerQuery { limit: 1, ..LedgerQuery::default() }).await.unwrap();
    assert_eq!((lines[0].verdict, lines[0].rule), (LedgerVerdict::Deferred, Some(rule)));
}

#[tokio::test]
async fn what_one_mailbox_refuses_and_another_takes_is_kept_closed() {
    let test = desk().await;
    let rule = test.on_subject("casino", &["SAM"], json!([{"action": "reject", "text": "No"}])).await;
    let both = mail("ivan@shop.test").subject("Casino").to(&["help@demo.test", "sam@demo.test"]);
    let numbers = test.receive_all(&both).await;
    let (taken, refused) = (test.ticket_of(numbers[0]).await, test.ticket_of(numbers[1]).await);
    assert_eq!((taken.status, refused.status), (Status::New, Status::Closed));
    let messages = test.messages_of(refused.number).await;
    assert!(messages[1].kind == MessageKind::Note && messages[1].text.contains("casino"), "{messages:?}");
    let view = test.desk.ticket_view(&test.actor, refused.number).await.unwrap();
    assert!(view.messages[0].traces.iter().any(|trace| trace.rule == rule && trace.acted));
}

#[tokio::test]
async fn where_one_mailbox_asks_to_come_again_nothing_is_kept_yet() {
    let test = desk().await;
    test.on_subject("later", &["SAM"], json!([{"action": "defer", "text": "Not now"}])).await;
    let both = mail("ivan@shop.test").subject("Later").to(&["help@demo.test", "sam@demo.test"]);
    assert_eq!(test.verdict(&both).await.reply(), "451 4.7.1 Not now");
    assert_eq!(test.tickets().await, 0);
}

#[tokio::test]
async fn rules_set_what_they_say_and_leave_their_traces() {
    let test = desk().await;
    test.desk.add_group(&Actor::CommandLine, "Warranty", vec![test.operator]).await.unwrap();
    let rule = test
        .on_subject(
            "broken",
            &[],
            json!([
                {"action": "set_priority", "value": "high"},
                {"action": "set_group", "value": "Warranty"},
                {"action": "set_assignee", "value": "anna@demo.test"},
                {"action": "set_category", "value": "warranty"},
                {"action": "add_tags", "value": ["warranty/broken", "a"]},
                {"action": "add_note", "text": "Ask for a photo."},
                {"action": "close"},
            ]),
        )
        .await;
    let number = test.receive(&mail("ivan@shop.test").subject("It came broken")).await;
    let ticket = test.ticket_of(number).await;
    assert_eq!((ticket.priority, ticket.status), (Priority::High, Status::Closed));
    assert!(ticket.group.is_some() && ticket.closed_at.is_some() && ticket.waiting_since.is_none());
    assert_eq!((ticket.assignee, ticket.category.as_deref()), (Some(test.operator), Some("warranty")));
    assert_eq!(ticket.tags, ["a", "warranty/broken"]);
    let view = test.desk.ticket_view(&test.actor, number).await.unwrap();
    assert_eq!(view.messages.len(), 2);
    assert_eq!((view.messages[1].message.kind, view.messages[1].message.author), (MessageKind::Note, None));
    assert_eq!(view.messages[1].message.text, "Ask for a photo.");
    assert_eq!(ticket.message_count, 2);
    assert_eq!((view.messages[0].traces[0].rule, view.messages[0].traces[0].acted), (rule, true));
}

#[tokio::test]
async fn what_a_rule_says_of_an_answer_wins_over_opening_again() {
    let test = desk().await;
    test.on_subject("thanks", &[], json!([{"action": "set_status", "value": "solved"}])).await;
    let number = test.receive(&mail("ivan@shop.test").id("1@shop.test")).await;
    assert_eq!(test.receive(&mail("ivan@shop.test").answers("1@shop.test").subject("Thanks")).await, number);
    assert_eq!(test.ticket_of(number).await.status, Status::Solved);
}

#[tokio::test]
async fn a_captured_number_is_a_reference_of_the_ticket() {
    let test = desk().await;
    let when = json!({"field": "subject", "op": "matches", "value": "cert (X[a-z]+Y)", "capture": true});
    test.rule(json!({"name": "cert", "when": when, "then": [{"action": "close"}]})).await;
    let number = test.receive(&mail("ivan@shop.test").subject("my cert XabcY")).await;
    assert_eq!(test.ticket_of(number).await.references, ["XabcY"]);
}

#[tokio::test]
async fn a_rule_may_trust_whoever_sealed_the_letter_and_the_trace_shows_what_it_saw() {
    let test = desk().await;
    let when = json!({"all": [
        {"field": "arc", "op": "is", "value": "pass"},
        {"field": "arc_sealer", "op": "is", "value": "lists.test"},
    ]});
    let then = json!([{"action": "add_tags", "value": ["list"]}]);
    test.rule(json!({"name": "Of the list", "mailboxes": [], "when": when, "then": then})).await;
    let sealed = |result| {
        let sealers = vec!["Lists.test".to_owned(), "relay.test".to_owned()];
        mail("ivan@shop.test").id(&format!("{result:?}@shop.test")).arc(ArcFact {
            result,
            sealers,
            ..ArcFact::default()
        })
    };
    for (result, tags) in [(AuthResult::Pass, vec!["list"]), (AuthResult::Fail, vec![]), (AuthResult::None, vec![])] {
        let number = test.receive(&sealed(result)).await;
        assert_eq!(test.ticket_of(number).await.tags, tags, "{result:?}");
        let view = test.desk.ticket_view(&test.actor, number).await.unwrap();
        let predicates = &view.messages[0].traces[0].predicates;
        assert_eq!(predicates[0].field, "arc");
        if result == AuthResult::Pass {
            assert_eq!((predicates[1].field.as_str(), predicates[1].saw.as_str()), ("arc_sealer", "Lists.test"));
        }
    }
}
