use super::*;
use crate::mail::report::{DmarcReport, DmarcRow, write_dmarc};

#[tokio::test]
async fn a_received_report_is_listed_and_read() {
    let server = server().await;
    let row = DmarcRow { source: "192.0.2.9".to_owned(), letters: 3, ..DmarcRow::default() };
    let report = DmarcReport {
        organisation: "google.com".to_owned(),
        begin: 1_700_000_000,
        end: 1_700_086_399,
        domain: "demo.test".to_owned(),
        rows: vec![row],
        ..DmarcReport::default()
    };
    let xml = String::from_utf8(write_dmarc(&report).unwrap()).unwrap();
    let ticket = server
        .deliver(&format!(
            "From: noreply@google.com\nTo: help@demo.test\nSubject: Report domain: demo.test Submitter: google.com\n\
             Content-Type: application/xml; name=\"google.com!demo.test!1!2.xml\"\n\n{xml}\n"
        ))
        .await;
    let page = ok(server.get("/reports?domain=Demo.test")).await;
    let item = &page["items"][0];
    assert_eq!((&item["ticket"], &item["kind"], &item["failed"]), (&json!(ticket), &json!("dmarc"), &json!(3)));
    assert_eq!(item["begin"], "2023-11-14T22:13:20.000Z");
    assert_eq!(item["authenticated"], false);
    let whole = ok(server.get(&format!("/reports/{}", item["message"]))).await;
    assert_eq!(whole["dmarc"]["rows"][0]["source"], "192.0.2.9");
    assert_eq!(whole["summary"], item["summary"]);
    assert_eq!(ok(server.get("/reports?domain=other.test")).await["items"], json!([]));
    for (asked, found) in [
        ("kind=dmarc", 1),
        ("kind=tls", 0),
        ("since=2023-11-15T22:13:18Z", 1),
        ("since=2023-11-15T22:13:20Z", 0),
        ("until=2023-11-14T22:13:21Z", 1),
        ("until=2023-11-14T22:13:20Z", 0),
    ] {
        let page = ok(server.get(&format!("/reports?{asked}"))).await;
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{asked}");
    }
    let summary = ok(server.get("/reports/summary?domain=demo.test")).await;
    assert_eq!(summary, json!({ "domains": [], "unproven": 1, "whole": true }), "nothing proves who sent it");
    problem(server.get("/reports?kind=other"), 422).await;
    problem(server.get("/reports/summary?since=today"), 422).await;
    problem(server.bare(Method::GET, "/reports/summary"), 401).await;
    problem(server.get("/reports/1"), 404).await;
    problem(server.get("/reports?limit=0"), 422).await;
    problem(server.bare(Method::GET, "/reports"), 401).await;
}
