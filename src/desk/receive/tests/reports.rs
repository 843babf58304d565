//! Letters that bring reports about our mail.

use super::*;
use crate::desk::DeskError;
use crate::desk::queries::ReportQuery;
use crate::mail::report::{DmarcReport, DmarcRow, TlsPolicy, TlsReport, pack, write_dmarc, write_tls};
use crate::rules::Status;

fn xml(domain: &str) -> Vec<u8> {
    let row = |source: &str, letters, dkim_aligned| DmarcRow {
        source: source.to_owned(),
        letters,
        dkim_aligned,
        header_from: domain.to_owned(),
        ..DmarcRow::default()
    };
    write_dmarc(&DmarcReport {
        organisation: "google.com".to_owned(),
        report_id: "8293".to_owned(),
        begin: 1_700_000_000,
        end: 1_700_086_399,
        domain: domain.to_owned(),
        rows: vec![row("192.0.2.1", 118, true), row("192.0.2.9", 2, false)],
        ..DmarcReport::default()
    })
    .unwrap()
}

/// A report as Google sends it: the letter is the packed file.
fn report(domain: &str, content: &[u8]) -> Mail {
    let mut mail = mail("noreply-dmarc-support@google.com")
        .subject(&format!("Report domain: {domain} Submitter: google.com Report-ID: 8293"))
        .field("MIME-Version", "1.0")
        .field("Content-Type", "application/gzip; name=\"google.com!demo.test!1700000000!1700086399.xml.gz\"")
        .field("Content-Disposition", "attachment; filename=\"google.com!demo.test!1700000000!1700086399.xml.gz\"")
        .field("Content-Transfer-Encoding", "base64")
        .dmarc(AuthResult::Pass);
    mail.body = data_encoding::BASE64.encode(content);
    mail
}

async fn reports(test: &TestDesk) -> Vec<crate::desk::ReceivedReport> {
    let query = ReportQuery { limit: 100, ..ReportQuery::default() };
    test.desk.reports(&test.actor, &query).await.unwrap().0
}

#[tokio::test]
async fn a_dmarc_report_is_kept_and_summed_up_and_bothers_nobody() {
    let test = desk().await;
    let number = test.receive(&report("demo.test", &pack(&xml("demo.test")).unwrap())).await;
    let ticket = test.ticket_of(number).await;
    assert_eq!((ticket.status, ticket.waiting_since), (Status::Closed, None));
    assert_eq!(ticket.tags, ["report/dmarc"]);
    let says = "DMARC report of google.com for demo.test: 120 letters, 118 passed, 2 failed (from 192.0.2.9: 2)";
    assert_eq!(ticket.snippet, says);
    let messages = test.messages_of(number).await;
    assert_eq!((messages.len(), messages[1].kind, messages[1].text.as_str()), (2, MessageKind::System, says));
    let kept = reports(&test).await;
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].ticket, kept[0].message, kept[0].authenticated), (number, messages[0].id, true));
    assert_eq!(kept[0].from, "noreply-dmarc-support@google.com");
    assert_eq!(kept[0].dmarc.as_ref().unwrap().letters, 120);
    assert_eq!(test.desk.report(&test.actor, messages[0].id).await.unwrap(), kept[0]);
    assert!(matches!(test.desk.report(&test.actor, 999_999).await, Err(DeskError::NotFound(_))));
}

#[tokio::test]
async fn a_tls_report_to_several_mailboxes_is_kept_once() {
    let test = desk().await;
    let policy =
        TlsPolicy { kind: "sts".to_owned(), domain: "demo.test".to_owned(), succeeded: 7, ..TlsPolicy::default() };
    let tls = TlsReport {
        organisation: "Company-X".to_owned(),
        begin: 1_700_000_000,
        end: 1_700_086_399,
        policies: vec![policy],
        ..TlsReport::default()
    };
    let mut mail = report("demo.test", &pack(&write_tls(&tls)).unwrap()).to(&["help@demo.test", "sam@demo.test"]);
    mail.fields = mail.fields.replace("application/gzip", "application/tlsrpt+gzip");
    test.receive_all(&mail).await;
    let kept = reports(&test).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].tls.as_ref().unwrap().totals(), (7, 0));
}

#[tokio::test]
async fn what_is_no_report_of_ours_is_a_ticket_like_any_other() {
    let test = desk().await;
    let bomb = pack(&vec![b' '; 40 * 1024 * 1024]).unwrap();
    for (subject, content) in
        [("other.test", pack(&xml("other.test")).unwrap()), ("demo.test", bomb), ("demo.test", b"damaged".to_vec())]
    {
        let mail = report(subject, &content).id(&format!("{}@google.com", content.len()));
        let number = test.receive(&mail).await;
        assert_eq!(test.ticket_of(number).await.status, Status::New);
    }
    assert!(reports(&test).await.is_empty());
}

#[tokio::test]
async fn a_person_who_asks_about_a_report_is_not_sent_away() {
    let test = desk().await;
    let content = pack(&xml("demo.test")).unwrap();
    let mut question = report("demo.test", &content).subject("What is this file?");
    question.from = "Ivan <ivan@shop.test>".to_owned();
    let number = test.receive(&question).await;
    assert_eq!(test.ticket_of(number).await.status, Status::New);
    assert_eq!(reports(&test).await.len(), 1);
}

#[tokio::test]
async fn reports_come_in_pages_and_by_domain() {
    let test = desk().await;
    let content = pack(&xml("demo.test")).unwrap();
    for n in 0..5 {
        test.receive(&report("demo.test", &content).id(&format!("{n}@google.com"))).await;
    }
    let page = async |before, domain: Option<&str>| {
        let query = ReportQuery { limit: 2, before, domain: domain.map(str::to_owned), ..ReportQuery::default() };
        test.desk.reports(&test.actor, &query).await.unwrap()
    };
    let (first, next) = page(None, Some("demo.test")).await;
    let (second, next) = page(next, None).await;
    let (third, end) = page(next, None).await;
    let ids: Vec<u64> = [first, second, third].concat().iter().map(|report| report.message).collect();
    assert_eq!((ids.len(), end), (5, None));
    assert!(ids.is_sorted_by(|one, other| one > other), "newest first: {ids:?}");
    assert_eq!(page(None, Some("other.test")).await, (Vec::new(), None));
}

#[tokio::test]
async fn reports_of_a_time_are_summed_up_per_domain() {
    let test = desk().await;
    test.receive(&report("demo.test", &pack(&xml("demo.test")).unwrap())).await;
    let again = report("demo.test", &pack(&xml("demo.test")).unwrap()).field("X-Copy", "2");
    test.receive(&again).await;
    let summary = |since: u64| {
        let query = ReportQuery { since: Some(since), ..ReportQuery::default() };
        let desk = &test;
        async move { desk.desk.report_summary(&desk.actor, &query).await.unwrap() }
    };
    let found = summary(1_700_000_000_000).await;
    assert!(found.whole && found.unproven == 0, "{found:?}");
    let demo = &found.domains[0];
    assert_eq!((demo.domain.as_str(), demo.dmarc_reports, demo.letters, demo.passed), ("demo.test", 1, 120, 118));
    assert_eq!((demo.sources[0].source.as_str(), demo.sources[0].letters), ("192.0.2.9", 2));
    assert!(summary(1_700_086_400_000).await.domains.is_empty(), "that time was over");
}
