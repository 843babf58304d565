use std::time::Duration;

use serde_json::json;

use crate::desk_process::{DEADLINE, Desk};
use crate::smtp_client::SmtpClient;

/// A ticket with a reply that waits for a server which nobody runs. Answers the delivery's id.
async fn with_reply(desk: &Desk) -> String {
    let mut client = SmtpClient::greet(desk.connect());
    client.command("EHLO client.test");
    client.command("MAIL FROM:<ivan@client.test>");
    client.command("RCPT TO:<help@demo.test>");
    client.command("DATA");
    client.send(b"From: ivan@client.test\r\nSubject: Where is it?\r\n\r\nHello.\r\n.\r\n");
    let reply = client.reply();
    let display = reply.trim_end().rsplit(' ').next().expect("a number").to_owned();
    let body = json!({ "kind": "reply", "text": "It comes." });
    let message = desk.post(&format!("/tickets/{display}/messages"), body).await;
    message["delivery"][0]["id"].to_string()
}

/// Waits until a delivery was attempted in vain.
async fn until_attempted(desk: &Desk, id: &str) {
    let began = std::time::Instant::now();
    while !says(desk, &["queue", "list"]).contains(&format!("{id} deferred ")) {
        assert!(began.elapsed() < DEADLINE, "{}", says(desk, &["queue", "list"]));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn says(desk: &Desk, words: &[&str]) -> String {
    let done = desk.try_run(words, "");
    assert_eq!(done.status.code(), Some(0), "{words:?}: {done:?}");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[tokio::test]
async fn the_queue_is_handled_with_and_without_a_server() {
    let mut desk = Desk::start_with("[outbound]\nsmarthost = \"127.0.0.1:9\"\nretry_seconds = [3600]\n").await;
    let id = with_reply(&desk).await;
    until_attempted(&desk, &id).await;
    let line = says(&desk, &["queue", "list", "--domain", "client.test"]);
    assert!(line.contains(" ivan@client.test ticket ") && line.contains(" attempts 1: 127.0.0.1"), "{line}");
    assert_eq!(says(&desk, &["queue", "hold", &id]), format!("{id} held\n"));
    assert!(says(&desk, &["queue", "list", "--state", "held"]).starts_with(&format!("{id} held - ")));
    assert_eq!(desk.try_run(&["queue", "hold"], "").status.code(), Some(1), "says which");
    assert_eq!(desk.try_run(&["queue", "hold", "999999"], "").status.code(), Some(1));

    desk.kill();
    assert!(says(&desk, &["queue", "list"]).starts_with(&format!("{id} held - ")));
    assert_eq!(says(&desk, &["queue", "release", "--all"]), "1 changed, 0 left alone (delivered or under way)\n");
    assert!(says(&desk, &["queue", "list"]).starts_with(&format!("{id} queued 2")));
    assert_eq!(says(&desk, &["queue", "cancel", "--domain", "client.test"]).split(',').next(), Some("1 changed"));
    assert_eq!(says(&desk, &["queue", "list"]), "the queue is empty\n");
    assert!(says(&desk, &["queue", "list", "--state", "cancelled"]).starts_with(&format!("{id} cancelled - ")));
}

#[tokio::test]
async fn a_reply_that_was_taken_back_is_not_sent_after_a_restart() {
    let mut desk = Desk::start_with("[outbound]\nsmarthost = \"127.0.0.1:9\"\nhold_seconds = 2\n").await;
    let id = with_reply(&desk).await;
    let message = desk.get("/queue").await["items"][0]["message"].to_string();
    desk.post(&format!("/messages/{message}/recall"), json!({})).await;
    desk.kill();
    desk.serve().await;
    // A later reply is due later: once it was attempted, the queue has gone past the place of the one that was taken back.
    let later = with_reply(&desk).await;
    until_attempted(&desk, &later).await;
    let message = desk.get(&format!("/messages/{message}")).await;
    assert_eq!((&message["delivery"][0]["id"].to_string(), &message["delivery"][0]["attempts"]), (&id, &json!([])));
    assert_eq!(message["delivery"][0]["state"], "cancelled");
}
