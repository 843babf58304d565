use std::time::Instant;

use crate::desk_process::Desk;
use crate::smtp_client::SmtpClient;

const LETTER: &[u8] = b"From: =?utf-8?B?0JDQvdC90LA=?= <anna@client.test>\r\nTo: help@demo.test\r\nSubject: Order SO-2024/000123 is late\r\n\
Message-ID: <one@client.test>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nWhere are my \xd0\xb7\xd0\xb0\xd0\xba\xd0\xb0\xd0\xb7\xd1\x8b?\r\n";

#[tokio::test]
async fn the_250_names_the_ticket_and_the_ticket_holds_the_letter() {
    let desk = Desk::start().await;
    let reply = SmtpClient::greet(desk.connect()).letter(LETTER);
    assert!(reply.starts_with("250 2.0.0 "), "{reply}");
    let display = reply.trim_end().rsplit(' ').next().expect("a number").to_owned();
    assert!(display.starts_with("DEMO-"), "{reply}");

    let ticket = desk.get(&format!("/tickets/{display}")).await;
    assert_eq!(ticket["display"], display.as_str());
    assert_eq!(ticket["subject"], "Order SO-2024/000123 is late");
    assert_eq!(ticket["status"], "new");
    assert_eq!(ticket["references"], serde_json::json!(["SO-2024/000123"]));
    let message = &ticket["messages"][0];
    assert_eq!(message["from"]["name"], "Анна");
    assert_eq!(message["text"].as_str().map(str::trim_end), Some("Where are my заказы?"));
    assert_eq!(message["thread_step"], "new");
    assert_eq!(message["kind"], "inbound");

    let raw = desk.request(reqwest::Method::GET, &format!("/messages/{}/raw", message["id"])).send().await;
    let raw = raw.expect("an answer").bytes().await.expect("a body");
    assert!(raw.ends_with(LETTER), "the source ends with the letter as sent");
}

#[tokio::test]
async fn a_new_letter_is_found_within_a_second() {
    let desk = Desk::start().await;
    let mut client = SmtpClient::greet(desk.connect());
    for (query, expected) in
        [("000123", true), ("SO2024000123", true), ("заказ", true), ("anna@client.test", true), ("elephant", false)]
    {
        let letter = String::from_utf8_lossy(LETTER).replace("one@", &format!("{}@", query.len()));
        let reply = client.letter(letter.as_bytes());
        assert!(reply.starts_with("250 "), "{reply}");
        let display = reply.trim_end().rsplit(' ').next().expect("a number").to_owned();
        let accepted = Instant::now();
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let finds = |answer: &serde_json::Value| {
            answer["items"].as_array().is_some_and(|hits| hits.iter().any(|hit| hit["display"] == display.as_str()))
        };
        if expected {
            desk.eventually(&format!("/search?q={encoded}"), finds).await;
            println!("{query}: found {} ms after the 250", accepted.elapsed().as_millis());
        } else {
            let number = display.rsplit('-').next().expect("digits");
            desk.eventually(&format!("/search?q={number}"), finds).await;
            assert!(!finds(&desk.get(&format!("/search?q={encoded}")).await));
        }
    }
}

#[tokio::test]
async fn a_retry_after_a_lost_250_gives_the_same_number() {
    let mut desk = Desk::start().await;
    let first = SmtpClient::greet(desk.connect()).letter(LETTER);
    assert_eq!(SmtpClient::greet(desk.connect()).letter(LETTER), first);
    desk.kill();
    desk.serve().await;
    assert_eq!(SmtpClient::greet(desk.connect()).letter(LETTER), first);
    assert_eq!(desk.get("/tickets").await["total"], 1);
}

#[tokio::test]
async fn a_refusal_is_as_findable_as_a_ticket() {
    let desk = Desk::start().await;
    let mut client = SmtpClient::greet(desk.connect());
    client.command("EHLO client.test");
    client.command("MAIL FROM:<anna@client.test>");
    assert!(client.command("RCPT TO:<nobody@demo.test>").starts_with("550 5.1.1 "));
    assert!(client.command("RCPT TO:<bob@elsewhere.test>").starts_with("550 5.7.1 "));
    client.command("QUIT");
    let lines = desk
        .eventually("/ledger?sender=anna@client.test", |answer| {
            answer["items"].as_array().is_some_and(|lines| lines.len() == 2)
        })
        .await;
    let mut reasons: Vec<_> =
        lines["items"].as_array().expect("lines").iter().map(|line| line["reason"].to_string()).collect();
    reasons.sort();
    assert_eq!(reasons, ["\"relay_denied\"", "\"unknown_recipient\""]);
}
