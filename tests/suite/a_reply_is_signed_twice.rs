use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::desk_process::Desk;
use crate::smtp_client::SmtpClient;

const LETTER: &[u8] = b"From: Anna <anna@client.test>\r\nTo: help@demo.test\r\nSubject: Where is it?\r\nMessage-ID: <s@client.test>\r\n\r\nHello\r\n";

/// Debian's python3-dkim, a verifier that knows nothing of us: the verdict of each of the first three signatures.
const VERIFIER: &str = "
import json, sys
import dkim
keys, raw = json.loads(sys.argv[1]), sys.stdin.buffer.read()
lookup = lambda name, timeout=5: keys.get(name.rstrip(b'.').decode(), '').encode() or None
def verdict(index):
    try:
        return dkim.DKIM(raw).verify(idx=index, dnsfunc=lookup)
    except dkim.ValidationError:
        return False
print(json.dumps([verdict(index) for index in range(3)]))
";

fn verdicts(keys: &serde_json::Value, raw: &[u8]) -> Vec<bool> {
    let mut python = Command::new("/usr/bin/python3")
        .args(["-c", VERIFIER, &keys.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("/usr/bin/python3 runs");
    python.stdin.take().expect("a pipe").write_all(raw).expect("it reads");
    let output = python.wait_with_output().expect("it ends");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let words = String::from_utf8_lossy(&output.stderr);
        panic!("apt-get install python3-dkim python3-nacl ({error}):\n{words}")
    })
}

#[tokio::test]
async fn with_rsa_and_ed25519_and_python_verifies_both() {
    let (desk, customer) = Desk::start_two("anna@client.test", "").await;
    let reply = SmtpClient::greet(desk.connect()).letter(LETTER);
    let display = reply.trim_end().rsplit(' ').next().expect("a number").to_owned();
    let body = json!({"kind": "reply", "text": "It is on its way."});
    desk.post(&format!("/tickets/{display}/messages"), body).await;

    let arrived = customer.eventually("/tickets", |page| page["total"] == 1).await;
    let arrived = customer.get(&format!("/tickets/{}", arrived["items"][0]["number"])).await;
    let path = format!("/messages/{}/raw", arrived["messages"][0]["id"]);
    let raw = customer.request(reqwest::Method::GET, &path).send().await.expect("an answer");
    let raw = raw.bytes().await.expect("a body").to_vec();

    let printed = String::from_utf8(desk.run(["dns"]).stdout).expect("text");
    let records = printed.lines().filter_map(|line| line.split_once(". IN TXT "));
    let keys: serde_json::Map<String, serde_json::Value> = records
        .filter(|(name, _)| name.contains("._domainkey."))
        .map(|(name, text)| (name.to_owned(), text.trim_matches('"').replace("\" \"", "").into()))
        .collect();
    let keys = serde_json::Value::Object(keys);
    assert_eq!(
        verdicts(&keys, &raw),
        [true, true, false],
        "two signatures, both good\n{}",
        String::from_utf8_lossy(&raw)
    );

    // Over-signed: an added field breaks both, also one that the letter did not have.
    let text = String::from_utf8(raw).expect("seven bits");
    for added in ["Subject: another", "From: evil@client.test", "To: evil@client.test", "Cc: evil@client.test"] {
        let forged = text.replacen("\r\nSubject:", &format!("\r\n{added}\r\nSubject:"), 1);
        assert_eq!(verdicts(&keys, forged.as_bytes()), [false; 3], "{added}");
    }
    let forged = text.replacen("It is on its way", "It is not on its way", 1);
    assert_eq!(verdicts(&keys, forged.as_bytes()), [false; 3], "another body");
}
