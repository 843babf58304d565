use serde_json::json;

use crate::desk_process::Desk;
use crate::smtp_client::SmtpClient;

const LETTER: &[u8] = b"From: Anna <anna@client.test>\r\nTo: help@demo.test\r\nSubject: Where is it?\r\nMessage-ID: <q@client.test>\r\n\r\nHello\r\n";

const TRUSTING: &str = "[automatic]\nonly_proven = false\nping_pong_seconds = 0\n";

async fn answer_everything(desk: &Desk) {
    let rule = json!({ "name": "We have it", "when": { "all": [] }, "then": [{ "action": "auto_reply", "text": "We have it." }] });
    desk.post("/rules", rule).await;
}

/// Two desks that answer every letter, over real SMTP: the first answer comes from the null sender, and there is no second.
#[tokio::test]
async fn two_desks_that_answer_every_letter_stop_after_one() {
    let (desk, other) = Desk::start_two("anna@client.test", TRUSTING).await;
    answer_everything(&other).await;
    answer_everything(&desk).await;

    let reply = SmtpClient::greet(desk.connect()).letter(LETTER);
    let display = reply.trim_end().rsplit(' ').next().expect("a number").to_owned();
    let path = format!("/tickets/{display}");
    let ticket = desk.eventually(&path, |ticket| ticket["messages"][1]["delivery"][0]["state"] == "delivered").await;
    assert_eq!((&ticket["messages"][1]["automatic"], &ticket["status"]), (&json!("auto_reply"), &json!("new")));

    let arrived = other.eventually("/tickets", |page| page["total"] == 1).await;
    let path = format!("/tickets/{}", arrived["items"][0]["number"]);
    let ticket = other.eventually(&path, |ticket| ticket["messages"][0]["held_back"] != json!(null)).await;
    let letter = &ticket["messages"][0];
    assert_eq!((&letter["envelope_from"], &letter["held_back"]), (&json!(""), &json!("null_sender")));
    assert_eq!(ticket["messages"].as_array().map(Vec::len), Some(1));
    assert_eq!(other.get("/queue").await["items"], json!([]));
}
