use super::*;

const RICH: &str = "From: Ivan <ivan@customer.test>\nTo: help@demo.test\nSubject: A picture\n\
    Message-ID: <rich@customer.test>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n\
    --b\nContent-Type: text/html; charset=utf-8\n\n\
    <p onclick=\"steal()\">Hello</p><script>steal()</script><img src=\"cid:logo@x\"><img src=\"https://evil.test/p.gif\">\
    <a href=\"javascript:steal()\">x</a>\n\
    --b\nContent-Type: image/png; name=\"logo.png\"\nContent-ID: <logo@x>\nContent-Disposition: inline\n\
    Content-Transfer-Encoding: base64\n\niVBORw0KGgo=\n\
    --b\nContent-Type: image/svg+xml; name=\"drawing.svg\"\nContent-ID: <drawing@x>\nContent-Disposition: inline\n\n\
    <svg onload=\"steal()\"/>\n\
    --b\nContent-Type: text/html; name=\"=?utf-8?B?0YfQtdC6Lmh0bWw=?=\"\n\
    Content-Disposition: attachment; filename=\"=?utf-8?B?0YfQtdC6Lmh0bWw=?=\"\n\n<script>steal()</script>\n--b--\n";

async fn rich(server: &Server) -> (u64, Value) {
    let number = server.deliver(RICH).await;
    let page = ok(server.get(&format!("/tickets/{number}"))).await;
    let message = page["messages"][0].clone();
    (message["id"].as_u64().unwrap(), message)
}

#[tokio::test]
async fn a_reply_is_made_queued_and_found_at_its_location() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let body = json!({ "kind": "reply", "text": "It is on its way.", "cc": ["boss@customer.test"] });
    let response = server.post(&format!("/tickets/DEMO-{number}/messages"), body).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert!(position(&response) > 0);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let message: Value = response.json().await.unwrap();

    assert_eq!(location, format!("/api/v1/messages/{}", message["id"]));
    assert_eq!((&message["kind"], &message["ticket"]), (&json!("outbound"), &json!(number)));
    assert_eq!(message["author"], json!({ "id": server.test.operator, "name": "Anna" }));
    let recipients: Vec<_> = message["delivery"]
        .as_array()
        .unwrap()
        .iter()
        .map(|delivery| delivery["recipient"].as_str().unwrap())
        .collect();
    assert_eq!(recipients, ["ivan@customer.test", "boss@customer.test"]);
    assert_eq!(message["delivery"][0]["state"], "queued");
    assert!(message["delivery"][0]["next_attempt_at"].is_string());

    let read = server.client.get(format!("{}{location}", server.base)).bearer_auth(&server.operator);
    assert_eq!(ok(read).await, message);
    assert_eq!(ok(server.get(&format!("/tickets/{number}"))).await["status"], "pending");
}

#[tokio::test]
async fn a_note_goes_to_nobody() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let note =
        ok(server.post(&format!("/tickets/{number}/messages"), json!({ "kind": "note", "text": "Ask Bob." }))).await;
    assert_eq!((&note["kind"], &note["delivery"]), (&json!("note"), &json!([])));
    problem(server.get(&format!("/messages/{}/raw", note["id"])), 404).await;
    let text = ok(server.get(&format!("/messages/{}/text", note["id"]))).await;
    assert_eq!(text, json!({ "text": "Ask Bob.", "quoted": "" }));
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_message() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let send = || {
        let body = json!({ "kind": "reply", "text": "It is on its way." });
        ok(server.post(&format!("/tickets/{number}/messages"), body).header("idempotency-key", "k-1"))
    };
    let (first, second) = (send().await, send().await);
    assert_eq!(first["id"], second["id"]);
    assert_eq!(server.messages(number).await.len(), 2);
}

#[tokio::test]
async fn a_reply_stops_when_the_customer_wrote_meanwhile() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let seen = server.messages(number).await[0];
    let reference = blake3::hash(b"A parcel").to_hex();
    let again = letter("Re: A parcel", "Never mind.")
        .replace("To: help", &format!("In-Reply-To: <{reference}@customer.test>\nTo: help"));
    assert_eq!(server.deliver(&again).await, number);
    let arrived = server.messages(number).await[1];

    let path = format!("/tickets/{number}/messages");
    let body = json!({ "kind": "reply", "text": "It is on its way.", "seen": seen });
    let stopped = problem(server.post(&path, body), 409).await;
    assert_eq!(stopped["arrived"], json!([arrived]));
    assert!(stopped["detail"].as_str().unwrap().contains("ivan@customer.test"), "{stopped}");
    assert_eq!(server.messages(number).await.len(), 2);

    let body = json!({ "kind": "reply", "text": "It is on its way.", "seen": arrived });
    assert_eq!(server.post(&path, body).send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_wrong_message_is_refused() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let path = format!("/tickets/{number}/messages");
    problem(server.post(&path, json!({ "kind": "reply", "text": "" })), 422).await;
    problem(server.post(&path, json!({ "kind": "reply", "text": "x", "cc": ["nobody"] })), 422).await;
    problem(server.post(&path, json!({ "kind": "note", "text": "x" })).header("idempotency-key", ""), 422).await;
    problem(server.post("/tickets/9999/messages", json!({ "kind": "note", "text": "x" })), 404).await;
}

#[tokio::test]
async fn the_source_is_downloaded_as_it_came() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let id = server.messages(number).await[0];
    let response = server.get(&format!("/messages/{id}/raw")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "message/rfc822");
    assert_eq!(response.headers()["content-disposition"], format!("attachment; filename=\"message-{id}.eml\""));
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let source = response.text().await.unwrap();
    let sent = letter("A parcel", "Where is my parcel?").replace('\n', "\r\n");
    assert!(source.starts_with("Return-Path:") && source.ends_with(&sent), "{source}");
}

#[tokio::test]
async fn html_is_shown_without_anything_that_runs_or_tells() {
    let server = server().await;
    let (id, message) = rich(&server).await;
    assert_eq!(message["has_html"], true);
    let response = server.get(&format!("/messages/{id}/html")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert_eq!(response.headers()["referrer-policy"], "no-referrer");
    let policies: Vec<_> = response.headers().get_all("content-security-policy").iter().collect();
    assert_eq!(policies.len(), 1);
    let policy = policies[0].to_str().unwrap().to_owned();
    assert!(policy.starts_with("sandbox ") && policy.contains("default-src 'none'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'self'") && !policy.contains("https:"), "{policy}");
    let html = response.text().await.unwrap();
    assert!(html.contains("Hello"), "{html}");
    for evil in ["<script", "steal", "onclick", "javascript:", "evil.test"] {
        assert!(!html.contains(evil), "{evil} in {html}");
    }
    assert!(html.contains(&format!("/api/v1/messages/{id}/cid/logo")), "{html}");

    let response = server.get(&format!("/messages/{id}/html?remote_images=true")).send().await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("img-src 'self' data: https:;"), "{policy}");
    assert!(response.text().await.unwrap().contains("https://evil.test/p.gif"));
}

#[tokio::test]
async fn a_letter_without_html_has_no_page() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let id = server.messages(number).await[0];
    problem(server.get(&format!("/messages/{id}/html")), 404).await;
}

#[tokio::test]
async fn only_pictures_that_cannot_run_are_shown() {
    let server = server().await;
    let (id, _) = rich(&server).await;
    let response = server.get(&format!("/messages/{id}/cid/logo%40x")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "image/png");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert_eq!(&response.bytes().await.unwrap()[..], b"\x89PNG\r\n\x1a\n");
    problem(server.get(&format!("/messages/{id}/cid/drawing%40x")), 404).await;
    problem(server.get(&format!("/messages/{id}/cid/nothing")), 404).await;
}

#[tokio::test]
async fn an_attachment_is_only_ever_a_download() {
    let server = server().await;
    let (id, message) = rich(&server).await;
    let attachments = message["attachments"].as_array().unwrap();
    let page = attachments.iter().find(|attachment| attachment["name"] == "чек.html").unwrap();
    let response = server.get(&format!("/messages/{id}/attachments/{}", page["part"])).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/octet-stream");
    let disposition = response.headers()["content-disposition"].to_str().unwrap();
    assert_eq!(disposition, "attachment; filename=\"___.html\"; filename*=UTF-8''%D1%87%D0%B5%D0%BA.html");
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("sandbox; default-src 'none'"), "{policy}");
    assert!(response.text().await.unwrap().contains("<script>"));
    problem(server.get(&format!("/messages/{id}/attachments/99")), 404).await;
}

#[tokio::test]
async fn the_whole_text_is_read_from_the_source() {
    let server = server().await;
    let long = "A line of forty characters, more or less.\n".repeat(1_000);
    let number = server.deliver(&letter("Long", &long)).await;
    let message = ok(server.get(&format!("/tickets/{number}"))).await["messages"][0].clone();
    assert_eq!(message["truncated"], true);
    let text = ok(server.get(&format!("/messages/{}/text", message["id"]))).await;
    assert_eq!(text["text"].as_str().unwrap().matches("forty").count(), 1_000);
}
