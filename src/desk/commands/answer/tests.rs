use bytes::Bytes;

use super::*;
use crate::config::Automatic;
use crate::desk::receive::{Transaction, Verdict};
use crate::desk::testing::{self, TestDesk};
use crate::desk::{
    Actor, AutomaticKind, Directory, DsnNotify, DsnRecipient, DsnRequest, HeldBack, Judged, OriginalRecipient,
    SessionFacts,
};
use crate::mail::{AuthResult, Authentication, Letter};
use crate::store::Store;

const RULE: &str = r#"{ "name": "We have it", "when": { "all": [] }, "then": [{ "action": "auto_reply", "text": "We have your letter." }] }"#;

/// A desk that answers every letter, with these limits.
async fn answering(domain: &str, limits: Automatic) -> TestDesk {
    let test = testing::desk_at(domain, |settings| settings.automatic = limits).await;
    test.desk.add_rule(&test.admin, serde_json::from_str(RULE).unwrap()).await.unwrap();
    test
}

fn generous() -> Automatic {
    Automatic { ping_pong_seconds: 0, ..Automatic::default() }
}

/// Hands a letter over as the sending server would, proven by SPF; answers the ticket's number.
async fn deliver(test: &TestDesk, from: Option<&str>, to: &str, raw: Bytes) -> u64 {
    deliver_asking(test, from, to, raw, DsnRequest::default()).await
}

/// The same, with what the sender asks about reports.
async fn deliver_asking(test: &TestDesk, from: Option<&str>, to: &str, raw: Bytes, dsn: DsnRequest) -> u64 {
    deliver_demanding(test, from, to, raw, dsn, false).await
}

/// The same, with REQUIRETLS or without.
async fn deliver_demanding(
    test: &TestDesk,
    from: Option<&str>,
    to: &str,
    raw: Bytes,
    dsn: DsnRequest,
    require_tls: bool,
) -> u64 {
    let mut authentication = Authentication::default();
    authentication.spf.result = AuthResult::Pass;
    let Resolution::Mailbox(recipient) = test.desk.directory().resolve(&Address::parse(to).unwrap()) else {
        panic!("{to} is no address of the desk")
    };
    let transaction = Transaction {
        session: SessionFacts::default(),
        mail_from: from.map(|from| Address::parse(from).unwrap()),
        recipients: vec![recipient],
        dsn,
        require_tls,
        raw,
        trace_header: String::new(),
        authentication,
        judged: Judged::default(),
    };
    let Verdict::Accepted { tickets } = test.desk.receive(transaction).await else { panic!("not accepted") };
    settled(test).await;
    Directory::parse_number(&tickets[0]).unwrap()
}

/// Waits until every wish is carried out.
async fn settled(test: &TestDesk) {
    test.desk.answer_what_is_due().await.unwrap();
    assert!(test.store.scan(&keys::all(Space::AutomaticDue), 1).await.unwrap().rows.is_empty());
}

/// A letter of a person, or of a machine that hides.
fn letter(from: &str, to: &str, id: u64) -> Bytes {
    Bytes::from(format!(
        "From: {from}\r\nTo: {to}\r\nSubject: Letter {id}\r\nMessage-ID: <{id}@robot.test>\r\n\r\nHello {id}.\r\n"
    ))
}

/// Takes what is in the queue as the other server would: envelope sender, recipient, source.
async fn leaving(test: &TestDesk) -> Vec<(String, String, Bytes)> {
    let mut taken = Vec::new();
    for due in test.desk.due_deliveries(u64::MAX, (0, 0), 100).await.unwrap() {
        let raw = test.desk.message_source(&Actor::System, due.message).await.unwrap();
        test.desk
            .record_attempt(due.id, Default::default(), crate::desk::commands::AttemptOutcome::Delivered)
            .await
            .unwrap();
        taken.push((due.envelope_from, due.recipient, raw));
    }
    taken
}

async fn held_back(test: &TestDesk, ticket: u64) -> Option<HeldBack> {
    let messages = test.desk.messages(ticket).await.unwrap();
    messages.iter().rev().find(|message| message.kind == MessageKind::Inbound).unwrap().held_back
}

#[tokio::test]
async fn an_automatic_answer_is_one_that_no_machine_answers() {
    let test = answering("demo.test", Automatic::default()).await;
    let number =
        deliver(&test, Some("ivan@shop.test"), "help@demo.test", letter("Ivan <boss@shop.test>", "help@demo.test", 1))
            .await;
    let left = leaving(&test).await;
    assert_eq!(left.len(), 1);
    let (sender, recipient, raw) = &left[0];
    assert_eq!(
        (sender.as_str(), recipient.as_str()),
        ("", "ivan@shop.test"),
        "to the envelope sender, from the null sender"
    );
    let answer = Letter::parse(raw);
    assert_eq!(answer.header("Auto-Submitted"), Some("auto-replied"));
    assert_eq!(answer.header("X-Auto-Response-Suppress"), Some("All"));
    assert_eq!(answer.subject, format!("Auto: Letter 1 [DEMO-{number}]"));
    assert_eq!(
        (answer.in_reply_to.as_slice(), answer.references.last().unwrap().as_str()),
        (&["1@robot.test".to_owned()][..], "1@robot.test")
    );
    assert!(answer.text.contains("We have your letter."));
    assert!(crate::mail::robot::detect(&answer, false).is_some());

    let view = test.desk.ticket_view(&test.actor, number).await.unwrap();
    assert_eq!(view.ticket.status, crate::rules::Status::New, "a person has still to answer");
    assert!(view.ticket.waiting_since.is_some());
    let sent = view.messages.last().unwrap();
    assert_eq!((sent.message.automatic, sent.message.author), (Some(AutomaticKind::AutoReply), None));
    assert_eq!(held_back(&test, number).await, None);
}

#[tokio::test]
async fn machines_reports_and_strangers_get_no_answer_and_the_letter_says_why() {
    let test = answering("demo.test", generous()).await;
    let to = "help@demo.test";
    let number = deliver(&test, None, to, letter("x@shop.test", to, 1)).await;
    assert_eq!(held_back(&test, number).await, Some(HeldBack::NullSender));
    let robot = Bytes::from("From: x@shop.test\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nAway\r\n");
    let number = deliver(&test, Some("x@shop.test"), to, robot).await;
    assert_eq!(held_back(&test, number).await, Some(HeldBack::Robot));
    let number = deliver(&test, Some("help@demo.test"), to, letter("help@demo.test", to, 2)).await;
    assert_eq!(held_back(&test, number).await, Some(HeldBack::OwnAddress));
    test.desk.suppress(&test.actor, "gone@shop.test", "", None).await.unwrap();
    let number = deliver(&test, Some("gone@shop.test"), to, letter("gone@shop.test", to, 3)).await;
    assert_eq!(held_back(&test, number).await, Some(HeldBack::Suppressed));
    assert!(leaving(&test).await.is_empty());
}

#[tokio::test]
async fn two_desks_that_answer_each_other_stop_at_once() {
    let (one, two) = (answering("demo.test", generous()).await, answering("robot.test", generous()).await);
    // A person's letter at one desk whose envelope sender is the other desk's mailbox.
    deliver(&one, Some("help@robot.test"), "help@demo.test", letter("help@robot.test", "help@demo.test", 1)).await;
    let mut letters = 0;
    for _ in 0..20 {
        for (from, to) in [(&one, &two), (&two, &one)] {
            for (sender, recipient, raw) in leaving(from).await {
                letters += 1;
                deliver(to, Some(sender.as_str()).filter(|sender| !sender.is_empty()), &recipient, raw).await;
            }
        }
    }
    assert_eq!(letters, 1);
}

/// A machine that hides: an envelope sender, no sign in its letters, another Message-ID each time.
#[tokio::test]
async fn a_hidden_machine_stops_at_the_address_budget() {
    let test = answering("demo.test", generous()).await;
    let to = "help@demo.test";
    deliver(&test, Some("bot@robot.test"), to, letter("bot@robot.test", to, 0)).await;
    let (mut answers, mut last) = (0, 0);
    for id in 1..=30 {
        // It begins another ticket each time.
        answers += leaving(&test).await.len();
        last = deliver(&test, Some("bot@robot.test"), to, letter("bot@robot.test", to, id)).await;
    }
    assert_eq!(answers, 3);
    assert_eq!(held_back(&test, last).await, Some(HeldBack::AddressBudget));
}

/// It answers under another address each time, into the same ticket.
#[tokio::test]
async fn a_hidden_machine_of_many_addresses_stops_at_the_tickets_budget() {
    let test = answering("demo.test", generous()).await;
    let mut to = "help@demo.test".to_owned();
    let (mut answers, mut last) = (0, 0);
    for id in 0..30 {
        let from = format!("bot{id}@robot.test");
        last = deliver(&test, Some(&from), &to, letter(&from, &to, id)).await;
        for (_, _, raw) in leaving(&test).await {
            answers += 1;
            to = Letter::parse(&raw).reply_to.unwrap().address;
        }
    }
    assert_eq!(answers, 2);
    assert_eq!(held_back(&test, last).await, Some(HeldBack::TicketBudget));
}

#[tokio::test]
async fn a_machine_that_answers_within_seconds_stops_after_one() {
    let test = answering("demo.test", Automatic::default()).await;
    let to = "help@demo.test";
    let mut answers = 0;
    let mut last = 0;
    for id in 0..10 {
        last = deliver(&test, Some("bot@robot.test"), to, letter("bot@robot.test", to, id)).await;
        answers += leaving(&test).await.len();
    }
    assert_eq!(answers, 1);
    assert_eq!(held_back(&test, last).await, Some(HeldBack::PingPong));
}

#[tokio::test]
async fn an_answer_that_a_crash_left_behind_is_given_once() {
    let test = answering("demo.test", generous()).await;
    let number =
        deliver(&test, Some("ivan@shop.test"), "help@demo.test", letter("ivan@shop.test", "help@demo.test", 1)).await;
    assert_eq!(leaving(&test).await.len(), 1);
    // The wish as it lies in the store behind a crash before the answer.
    let message = test.desk.messages(number).await.unwrap()[0].id;
    let due = AutomaticDue { ticket: number, kind: AutomaticKind::AutoReply, text: "Again".to_owned() };
    let mut batch = Batch::new();
    batch.put(keys::automatic_due(message), encode(&due));
    test.store.commit(batch).await.unwrap();
    let desk = test.desk.clone();
    let (a, b) = tokio::join!(desk.answer_what_is_due(), desk.answer_automatically(message));
    assert!(a.is_ok() && b.is_ok());
    assert_eq!(leaving(&test).await.len(), 1);
}

/// `NOTIFY=SUCCESS ORCPT=rfc822;list@shop.test`, `ENVID=QQ314159`.
fn asking() -> DsnRequest {
    let notify = DsnNotify { success: true, ..DsnNotify::default() };
    let original = OriginalRecipient { kind: "rfc822".to_owned(), address: "list@shop.test".to_owned() };
    let recipient =
        DsnRecipient { address: "help@demo.test".to_owned(), notify: Some(notify), original: Some(original) };
    DsnRequest { envid: Some("QQ314159".to_owned()), recipients: vec![recipient], ..DsnRequest::default() }
}

#[tokio::test]
async fn a_sender_who_asked_gets_a_report_of_delivery_and_the_rules_answer_behind_it() {
    let test = answering("demo.test", generous()).await;
    let to = "help@demo.test";
    let number = deliver_asking(&test, Some("ivan@shop.test"), to, letter("ivan@shop.test", to, 1), asking()).await;
    let left = leaving(&test).await;
    assert_eq!(left.len(), 2);
    let (sender, recipient, raw) = &left[0];
    assert_eq!((sender.as_str(), recipient.as_str()), ("", "ivan@shop.test"));
    let report = crate::mail::bounce::detect(&Letter::parse(raw), raw, true).unwrap();
    assert_eq!(report.outcomes[0].action, crate::mail::bounce::Action::Delivered);
    assert_eq!(report.outcomes[0].recipients, ["help@demo.test", "list@shop.test"]);
    let text = String::from_utf8_lossy(raw);
    assert!(text.contains("Original-Envelope-Id: QQ314159\r\n") && text.contains("DKIM-Signature:"), "{text}");
    assert!(text.contains("Subject: Letter 1") && !text.contains("Hello 1."), "only the header comes back: {text}");
    assert!(Letter::parse(&left[1].2).text.contains("We have your letter."));
    let messages = test.desk.messages(number).await.unwrap();
    let kinds: Vec<_> = messages.iter().filter_map(|message| message.automatic).collect();
    assert_eq!(kinds, [AutomaticKind::DeliveryReport, AutomaticKind::AutoReply]);
}

#[tokio::test]
async fn no_report_goes_to_the_null_sender_or_to_ourselves() {
    let test = testing::desk_at("demo.test", |settings| settings.automatic = generous()).await;
    let to = "help@demo.test";
    deliver_asking(&test, None, to, letter("x@shop.test", to, 1), asking()).await;
    let number = deliver_asking(&test, Some("help@demo.test"), to, letter("x@shop.test", to, 2), asking()).await;
    assert_eq!(held_back(&test, number).await, Some(HeldBack::OwnAddress));
    assert!(leaving(&test).await.is_empty());
}

#[tokio::test]
async fn reports_and_answers_of_rules_are_protected_as_the_letter_was() {
    let test = answering("demo.test", generous()).await;
    let to = "help@demo.test";
    for (id, require_tls) in [(1, true), (2, false)] {
        let from = format!("ivan{id}@shop.test");
        deliver_demanding(&test, Some(&from), to, letter(&from, to, id), asking(), require_tls).await;
        let due = test.desk.due_deliveries(u64::MAX, (0, 0), 100).await.unwrap();
        let demands: Vec<bool> = due.iter().filter(|due| due.recipient == from).map(|due| due.require_tls).collect();
        assert_eq!(demands, [require_tls; 2], "a report and an answer");
    }
}
