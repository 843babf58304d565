use std::process::{Child, Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::Method;
use serde_json::json;

use crate::desk_process::{Desk, own_address, own_port};
use crate::smtp_client::SmtpClient;

const LETTER: &[u8] = b"From: Anna <anna@client.test>\r\nTo: help@demo.test\r\nSubject: Where is it?\r\nMessage-ID: <q@client.test>\r\n\r\nHello\r\n";

/// A second desk is the customer's mail server: what it takes can be read over its API.
#[tokio::test]
async fn and_its_delivery_line_holds_the_remote_servers_words() {
    let (desk, customer) = Desk::start_two("anna@client.test", "").await;

    let reply = SmtpClient::greet(desk.connect()).letter(LETTER);
    let display = reply.trim_end().rsplit(' ').next().expect("a number").to_owned();
    desk.post(&format!("/tickets/{display}/messages"), json!({"kind": "reply", "text": "It is on its way."})).await;
    let path = format!("/tickets/{display}");
    let ticket = desk.eventually(&path, |ticket| ticket["messages"][1]["delivery"][0]["state"] == "delivered").await;
    let attempt = &ticket["messages"][1]["delivery"][0]["attempts"][0];
    assert_eq!(attempt["code"], 250);
    assert!(attempt["text"].as_str().is_some_and(|words| words.contains("ticket ANNA-")), "{attempt}");
    assert_eq!(ticket["status"], "pending");
    // The customer's certificate is self-signed, which is a fact of the attempt, and no error of ours.
    assert_eq!((&attempt["tls"], &attempt["tls_policy"]), (&json!("TLSv1.3"), &json!("opportunistic")));
    assert!(attempt["certificate"].as_str().is_some_and(|verdict| verdict.starts_with("not verified")), "{attempt}");
    assert!(!desk.log().contains("ERROR") && !desk.log().contains("WARN"), "{}", desk.log());

    // What arrived threads with what was sent, and the customer's answer finds its ticket again.
    let arrived = customer.eventually("/tickets", |page| page["total"] == 1).await;
    let arrived = customer.get(&format!("/tickets/{}", arrived["items"][0]["number"])).await;
    let letter = &arrived["messages"][0];
    assert_eq!(letter["from"]["address"], "help@demo.test");
    assert!(letter["subject"].as_str().is_some_and(|subject| subject.contains(&display)), "{letter}");
    let answer = format!(
        "From: anna@client.test\r\nSubject: Re: x\r\nMessage-ID: <a@client.test>\r\nIn-Reply-To: <{}>\r\n\r\nThank you!\r\n",
        letter["message_id"].as_str().expect("a Message-ID")
    );
    let reply = SmtpClient::greet(desk.connect()).letter(answer.as_bytes());
    assert!(reply.trim_end().ends_with(&display), "{reply}");
    let ticket = desk.get(&path).await;
    assert_eq!(ticket["messages"][2]["thread_step"], "own_message_id");
    assert_eq!(ticket["status"], "open");
}

/// Two desks that have each other's certificates verified, and a thread that never leaves verified TLS (RFC 8689).
#[tokio::test]
async fn what_must_not_leave_verified_tls_arrives_marked_so_and_is_answered_so() {
    let files = tempfile::tempdir().expect("a folder");
    let at = |name: &str| files.path().join(name).display().to_string();
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().expect("a key");
    std::fs::write(at("ca.pem"), root.self_signed(&root_key).expect("a root").pem()).expect("written");
    let key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new(vec![own_address().to_string()]).expect("parameters");
    let own = own.signed_by(&key, &Issuer::new(root, root_key)).expect("a certificate");
    std::fs::write(at("cert.pem"), own.pem()).expect("written");
    std::fs::write(at("key.pem"), key.serialize_pem()).expect("written");
    let tls = format!("[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n", at("cert.pem"), at("key.pem"));

    let mut customer = Desk::prepare(&tls);
    customer.run(["mailbox", "add", "--name", "Anna", "--prefix", "ANNA", "--address", "anna@client.test"]);
    customer.add_operator();
    customer.serve().await;
    let outbound = format!("smarthost = \"{}\"\nauthorities = \"{}\"\n", customer.smtp, at("ca.pem"));
    let desk = Desk::start_with(&format!("[outbound]\n{outbound}")).await;

    let reply = SmtpClient::greet(desk.connect()).letter(LETTER);
    let display = reply.trim_end().rsplit(' ').next().expect("a number").to_owned();
    let path = format!("/tickets/{display}");
    let body = json!({"kind": "reply", "text": "Between us.", "require_tls": true});
    desk.post(&format!("{path}/messages"), body).await;
    let ticket = desk.eventually(&path, |ticket| ticket["messages"][1]["delivery"][0]["state"] == "delivered").await;
    let attempt = &ticket["messages"][1]["delivery"][0]["attempts"][0];
    assert_eq!((&attempt["tls_policy"], &attempt["certificate"]), (&json!("requiretls"), &json!("verified")));

    let arrived = customer.eventually("/tickets", |page| page["total"] == 1).await;
    let path = format!("/tickets/{}", arrived["items"][0]["number"]);
    assert_eq!(customer.get(&path).await["messages"][0]["require_tls"], true);
    // The customer's answer demands it, too: his way out leads nowhere that could have it.
    customer.post(&format!("{path}/messages"), json!({"kind": "reply", "text": "Thank you."})).await;
    let ticket = customer.get(&path).await;
    assert_eq!(ticket["messages"][1]["require_tls"], true);
}

#[tokio::test]
async fn a_server_that_says_no_for_good_is_quoted_on_the_message() {
    let (desk, _stranger) = Desk::start_two("other@client.test", "").await;
    let reply = SmtpClient::greet(desk.connect()).letter(LETTER);
    let display = reply.trim_end().rsplit(' ').next().expect("a number").to_owned();
    let path = format!("/tickets/{display}");
    desk.post(&format!("{path}/messages"), json!({"kind": "reply", "text": "It is on its way."})).await;
    let ticket = desk.eventually(&path, |ticket| ticket["messages"][1]["delivery"][0]["state"] == "failed").await;
    let attempt = &ticket["messages"][1]["delivery"][0]["attempts"][0];
    assert_eq!(attempt["code"], 550);
    assert!(attempt["text"].as_str().is_some_and(|words| words.contains("No such mailbox here")), "{attempt}");
    assert_eq!(ticket["status"], "open", "an operator must see it");
}

#[tokio::test]
async fn what_cannot_be_delivered_now_survives_a_kill_and_is_tried_again() {
    let port = own_port();
    let smarthost = format!("{}:{port}", own_address());
    let mut desk = Desk::start_with(&format!("[outbound]\nsmarthost = \"{smarthost}\"\nretry_seconds = [1]\n")).await;
    let reply = SmtpClient::greet(desk.connect()).letter(LETTER);
    let display = reply.trim_end().rsplit(' ').next().expect("a number").to_owned();
    let path = format!("/tickets/{display}");
    desk.post(&format!("{path}/messages"), json!({"kind": "reply", "text": "It is on its way."})).await;
    desk.eventually(&path, |ticket| ticket["messages"][1]["delivery"][0]["state"] == "deferred").await;
    desk.kill();
    let _sink = Sink::start(&smarthost);
    desk.serve().await;
    let ticket = desk.eventually(&path, |ticket| ticket["messages"][1]["delivery"][0]["state"] == "delivered").await;
    assert!(ticket["messages"][1]["delivery"][0]["attempts"].as_array().is_some_and(|attempts| attempts.len() >= 2));
}

/// Postfix's smtp-sink: takes every letter.
struct Sink(Child);

impl Sink {
    fn start(listen: &str) -> Self {
        let binary = ["/usr/sbin/smtp-sink", "smtp-sink"].into_iter().find(|path| std::path::Path::new(path).exists());
        let child = Command::new(binary.unwrap_or("smtp-sink"))
            .args(["-u", "nobody", &format!("inet:{listen}"), "100"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.expect("smtp-sink (Debian's package postfix) starts"))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn with_its_file_octet_for_octet_in_chunks() {
    let mut customer = Desk::prepare("");
    customer.run(["mailbox", "add", "--name", "Anna", "--prefix", "ANNA", "--address", "anna@client.test"]);
    customer.add_operator();
    customer.serve().await;
    let desk = Desk::start_with(&format!("[outbound]\nsmarthost = \"{}\"\n", customer.smtp)).await;
    let reply = SmtpClient::greet(desk.connect()).letter(LETTER);
    let display = reply.trim_end().rsplit(' ').next().expect("a number").to_owned();

    let content: Vec<u8> = (0_u8..251).cycle().take(3_000_000).collect();
    let upload = desk.request(Method::POST, "/attachments?name=%D1%84.bin").body(content.clone()).send().await;
    let upload: serde_json::Value = upload.expect("an answer").json().await.expect("an upload");
    let body = json!({"kind": "reply", "text": "See the file.", "attachments": [upload["id"]]});
    desk.post(&format!("/tickets/{display}/messages"), body).await;
    let path = format!("/tickets/{display}");
    let ticket = desk.eventually(&path, |ticket| ticket["messages"][1]["delivery"][0]["state"] == "delivered").await;
    // 3,000,000 octets are 4.1 MB of base64: four chunks of 1 MiB.
    assert_eq!(ticket["messages"][1]["delivery"][0]["attempts"][0]["chunks"], 4, "{ticket}");

    let arrived = customer.eventually("/tickets", |page| page["total"] == 1).await;
    let arrived = customer.get(&format!("/tickets/{}", arrived["items"][0]["number"])).await;
    let letter = &arrived["messages"][0];
    assert_eq!(letter["attachments"], ticket["messages"][1]["attachments"]);
    assert_eq!(letter["attachments"][0]["name"], "ф.bin");
    let path = format!("/messages/{}/attachments/{}", letter["id"], letter["attachments"][0]["part"]);
    let file = customer.request(Method::GET, &path).send().await.expect("an answer").bytes().await.expect("a file");
    assert!(file == content);
}
