use crate::desk::queries::LedgerQuery;
use crate::desk::{DeskError, LedgerLine, LedgerVerdict, Reason};

use super::{TestDesk, desk, mail};

fn line(at: u64, sender: &str, recipient: &str) -> LedgerLine {
    LedgerLine {
        at,
        session: 1,
        peer: "127.0.0.1:1".to_owned(),
        helo: "mx".to_owned(),
        tls: None,
        sender: sender.to_owned(),
        recipient: recipient.to_owned(),
        verdict: LedgerVerdict::Refused,
        reason: Reason::UnknownRecipient,
        reply: "550 5.1.1 No such mailbox here".to_owned(),
        rule: None,
        ticket: None,
        message_id: None,
        score: 0,
        findings: Vec::new(),
        count: None,
    }
}

impl TestDesk {
    async fn times(&self, query: &LedgerQuery) -> (Vec<u64>, Option<String>) {
        let (lines, next) = self.desk.ledger(&self.actor, query).await.unwrap();
        (lines.iter().map(|line| line.at).collect(), next)
    }
}

fn query(sender: Option<&str>, recipient: Option<&str>, limit: usize) -> LedgerQuery {
    LedgerQuery {
        sender: sender.map(str::to_owned),
        recipient: recipient.map(str::to_owned),
        limit,
        ..LedgerQuery::default()
    }
}

#[tokio::test]
async fn every_recipient_of_an_accepted_letter_has_a_line() {
    let test = desk().await;
    let both = mail("ivan@shop.test").id("1@shop.test").to(&["help@demo.test", "sam@demo.test"]);
    let numbers = test.receive_all(&both).await;
    let (lines, _) = test.desk.ledger(&test.actor, &query(Some("IVAN@shop.test"), None, 10)).await.unwrap();
    let mut tickets: Vec<_> = lines.iter().filter_map(|line| line.ticket).collect();
    tickets.sort_unstable();
    assert_eq!(tickets, numbers);
    assert_eq!((lines[0].verdict, lines[0].reason), (LedgerVerdict::Accepted, Reason::Accepted));
    assert_eq!(lines[0].reply, "250 2.0.0 OK tickets DEMO-1001, SAM-1002");
    assert_eq!(lines[0].message_id.as_deref(), Some("1@shop.test"));
}

#[tokio::test]
async fn lines_are_found_newest_first_page_by_page() {
    let test = desk().await;
    test.desk.record((1..=5).map(|at| line(at, "a@x.test", "b@demo.test")).collect()).await;
    test.desk.record(vec![line(3, "other@x.test", "b@demo.test")]).await;
    let mut asked = query(Some("a@x.test"), None, 2);
    assert_eq!(test.times(&asked).await.0, [5, 4]);
    let mut all = Vec::new();
    loop {
        let (times, next) = test.times(&asked).await;
        all.extend(times);
        match next {
            Some(next) => asked.cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(all, [5, 4, 3, 2, 1]);
    assert_eq!(test.times(&query(None, Some("b@demo.test"), 10)).await.0, [5, 4, 3, 3, 2, 1]);
    assert_eq!(test.times(&query(None, None, 500)).await.0.len(), 6);
}

#[tokio::test]
async fn sender_recipient_and_time_narrow_the_lines_together() {
    let test = desk().await;
    let lines = (1..=50).map(|at| line(at, if at % 10 == 0 { "a@x.test" } else { "z@x.test" }, "b@demo.test"));
    test.desk.record(lines.collect()).await;
    let both = query(Some("a@x.test"), Some("b@demo.test"), 3);
    let (times, next) = test.times(&both).await;
    assert_eq!(times, [50, 40, 30]);
    let rest = LedgerQuery { cursor: next, ..both.clone() };
    assert_eq!(test.times(&rest).await.0, [20, 10]);
    assert_eq!(test.times(&LedgerQuery { since: Some(40), ..both }).await.0, [50, 40]);
}

#[tokio::test]
async fn one_address_is_not_found_under_another_that_begins_like_it() {
    let test = desk().await;
    test.desk.record(vec![line(1, "a@x.test", ""), line(2, "a@x.test.evil.test", "")]).await;
    assert_eq!(test.times(&query(Some("a@x.test"), None, 10)).await.0, [1]);
}

#[tokio::test]
async fn a_wrong_cursor_is_refused() {
    let test = desk().await;
    for cursor in ["", "x", "1", "1.", ".1", "1.2.3", "1.g", "-1.2", "11111111111111111.1"] {
        let asked = LedgerQuery { cursor: Some(cursor.to_owned()), ..query(None, None, 10) };
        let answer = test.desk.ledger(&test.actor, &asked).await;
        assert!(matches!(answer, Err(DeskError::Invalid { .. })), "{cursor}: {answer:?}");
    }
    assert!(test.desk.ledger(&test.actor, &query(Some(""), None, 10)).await.is_err());
}

#[tokio::test]
async fn a_line_of_monstrous_texts_is_kept() {
    let test = desk().await;
    let long = "ж".repeat(100_000);
    let monster = LedgerLine { helo: long.clone(), reply: long.clone(), ..line(9, &long, &long) };
    test.desk.record(vec![monster]).await;
    let (lines, _) = test.desk.ledger(&test.actor, &query(None, None, 10)).await.unwrap();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].sender.len() <= 320 && lines[0].helo.len() <= 200);
}
