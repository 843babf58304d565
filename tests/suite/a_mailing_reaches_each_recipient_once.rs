use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::desk_process::{DEADLINE, Desk, own_address};
use crate::smtp_client::SmtpClient;

/// A mail server that takes every letter and keeps it.
#[derive(Clone)]
struct Sink {
    address: SocketAddr,
    letters: Arc<Mutex<Vec<(String, String)>>>,
}

impl Sink {
    async fn start() -> Self {
        let listener = TcpListener::bind((own_address(), 0)).await.expect("a listener");
        let sink = Self { address: listener.local_addr().expect("an address"), letters: Arc::default() };
        let kept = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = kept.clone();
                // A client that breaks off is no fault of the sink's.
                tokio::spawn(async move { kept.talk(stream).await.is_ok() });
            }
        });
        sink
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 sink\r\n").await?;
        let mut recipients = Vec::new();
        while let Some(line) = lines.next_line().await? {
            let word = line.get(..4).unwrap_or(&line).to_ascii_uppercase();
            let reply: &[u8] = match word.as_str() {
                "EHLO" | "HELO" => b"250 sink\r\n",
                "MAIL" | "RSET" => {
                    recipients.clear();
                    b"250 2.0.0 ok\r\n"
                }
                "RCPT" => {
                    recipients.push(line.split(['<', '>']).nth(1).unwrap_or_default().to_owned());
                    b"250 2.1.5 ok\r\n"
                }
                "DATA" => {
                    write.write_all(b"354 go on\r\n").await?;
                    let mut letter = String::new();
                    loop {
                        // Whoever goes away in the middle of a letter has not delivered it.
                        let Some(line) = lines.next_line().await? else { return Ok(()) };
                        if line == "." {
                            break;
                        }
                        letter.push_str(line.strip_prefix('.').unwrap_or(&line));
                        letter.push_str("\r\n");
                    }
                    let mut letters = self.letters.lock().expect("nobody panics with it");
                    letters.extend(recipients.drain(..).map(|to| (to, letter.clone())));
                    b"250 2.0.0 kept\r\n"
                }
                "QUIT" => {
                    write.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                _ => b"502 5.5.1 no\r\n",
            };
            write.write_all(reply).await?;
        }
        Ok(())
    }

    fn letters(&self) -> Vec<(String, String)> {
        self.letters.lock().expect("nobody panics with it").clone()
    }

    /// The letters, once there are so many.
    async fn wait_for(&self, count: usize, desk: &Desk) -> Vec<(String, String)> {
        let began = Instant::now();
        while self.letters().len() < count {
            assert!(began.elapsed() < 4 * DEADLINE, "{} letters of {count}\n{}", self.letters().len(), desk.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.letters()
    }
}

async fn desk(sink: &Sink) -> Desk {
    let mut desk = Desk::prepare(&format!("[outbound]\nsmarthost = \"{}\"\ntls = \"never\"\n", sink.address));
    desk.add_http_key("public_url = \"https://desk.demo.test\"");
    desk.run(["mailbox", "add", "--name", "Demo support", "--prefix", "DEMO", "--address", "help@demo.test"]);
    desk.add_operator();
    desk.serve().await;
    desk
}

fn mailing(to: &[String]) -> Value {
    json!({ "mailbox": "DEMO", "subject": "We move", "text": "Our new address.", "tag": "autumn", "to": to })
}

/// The header fields of a letter, unfolded.
fn fields(letter: &str) -> Vec<(String, String)> {
    let head = letter.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n\t", " ").replace("\r\n ", " ");
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect()
}

fn field(letter: &str, name: &str) -> String {
    let found = fields(letter).into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("{name} in {letter}")).1
}

#[tokio::test]
async fn who_may_unsubscribe_with_one_click_and_whose_answer_is_counted() {
    let sink = Sink::start().await;
    let desk = desk(&sink).await;
    let to = ["Anna <anna@client.test>", "boris@client.test"].map(str::to_owned);
    let ordered = desk.post("/mailings", mailing(&to)).await;
    let path = format!("/mailings/{}", ordered["id"]);
    let letters: HashMap<String, String> = sink.wait_for(2, &desk).await.into_iter().collect();
    desk.eventually(&path, |mailing| mailing["counts"]["delivered"] == 2).await;

    // Each letter: its own recipient, both fields, and each of its signatures covers both, twice (RFC 8058 §4).
    let letter = &letters["anna@client.test"];
    assert!(field(letter, "to").contains("anna@client.test") && !field(letter, "to").contains("boris"));
    assert_eq!(field(letter, "list-unsubscribe-post"), "List-Unsubscribe=One-Click");
    let unsubscribe = field(letter, "list-unsubscribe");
    let url = unsubscribe.split(['<', '>']).nth(1).expect("a URL").to_owned();
    let address = unsubscribe.split("mailto:").nth(1).and_then(|rest| rest.split('?').next()).expect("an address");
    let signatures: Vec<_> = fields(letter).into_iter().filter(|(name, _)| name == "dkim-signature").collect();
    assert_eq!(signatures.len(), 2);
    for (_, signature) in signatures {
        let signed =
            signature.split("h=").nth(1).and_then(|rest| rest.split(';').next()).expect("fields").to_lowercase();
        for name in ["list-unsubscribe", "list-unsubscribe-post"] {
            assert_eq!(signed.split(':').filter(|field| field.trim() == name).count(), 2, "{name} in {signed}");
        }
    }

    // As a mail client does it: a POST to the URL, no redirect, nothing else.
    let link = url.strip_prefix("https://desk.demo.test").expect("our URL");
    let client = reqwest::Client::new();
    let post = || client.post(format!("http://{}{link}", desk.http)).header("host", "desk.demo.test");
    let page = client.get(format!("http://{}{link}", desk.http)).send().await.expect("an answer");
    assert!(page.status() == 200 && page.text().await.expect("a page").contains("anna@client.test"));
    assert_eq!(desk.get(&path).await["counts"]["unsubscribed"], 0, "a look does not unsubscribe");
    let done = post().form(&[("List-Unsubscribe", "One-Click")]).send().await.expect("an answer");
    assert_eq!(done.status(), 200);
    assert_eq!(desk.get(&path).await["counts"]["unsubscribed"], 1);

    // The next mailing leaves her out.
    let next = desk.post("/mailings", mailing(&to)).await;
    assert_eq!(next["held_back"], json!([{ "address": "anna@client.test", "reason": "unsubscribed" }]));
    let letters = sink.wait_for(3, &desk).await;
    assert_eq!(letters[2].0, "boris@client.test");

    // His answer opens the ticket; hers to the address of the field unsubscribes and opens nothing.
    let id = field(&letters[2].1, "message-id");
    let answer = format!(
        "From: boris@client.test\r\nTo: help@demo.test\r\nSubject: Re: We move\r\nMessage-ID: <b@client.test>\r\n\
         In-Reply-To: {id}\r\n\r\nWhere to?\r\n"
    );
    let reply = SmtpClient::greet(desk.connect()).letter(answer.as_bytes());
    let display = reply.trim_end().rsplit(' ').next().expect("a number");
    let ticket = desk.get(&format!("/tickets/{display}")).await;
    assert_eq!((&ticket["status"], &ticket["tags"]), (&json!("open"), &json!(["autumn", "autumn/answered"])));
    desk.eventually("/tickets?tag=autumn/answered", |page| page["total"] == 1).await;
    desk.eventually("/tickets?tag=autumn", |page| page["total"] == 3).await;
    let next = desk.get(&format!("/mailings/{}", next["id"])).await;
    assert_eq!((&next["counts"]["answered"], &next["counts"]["written"]), (&json!(1), &json!(1)));

    desk.request(reqwest::Method::DELETE, "/suppressions/anna@client.test").send().await.expect("an answer");
    let mut by_letter = SmtpClient::greet(desk.connect());
    by_letter.command("EHLO client.test");
    by_letter.command("MAIL FROM:<anna@client.test>");
    assert!(by_letter.command(&format!("RCPT TO:<{address}>")).starts_with("250 "));
    by_letter.command("DATA");
    by_letter.send(b"From: anna@client.test\r\nSubject: unsubscribe\r\nMessage-ID: <u@client.test>\r\n\r\n\r\n.\r\n");
    let reply = by_letter.reply();
    let display = reply.trim_end().rsplit(' ').next().expect("a number");
    assert_eq!(desk.get(&format!("/tickets/{display}")).await["status"], "closed");
    assert_eq!(desk.get("/suppressions").await["items"][0]["reason"], "unsubscribed");
}

#[tokio::test]
async fn through_a_kill_in_the_middle_of_a_thousand() {
    let sink = Sink::start().await;
    let mut desk = desk(&sink).await;
    let to: Vec<String> = (0..1_000).map(|n| format!("c{n}@client.test")).collect();
    let path = format!("/mailings/{}", desk.post("/mailings", mailing(&to)).await["id"]);
    let mut kills = 0;
    for _ in 0..3 {
        let before = desk.get(&path).await["counts"]["written"].as_u64().expect("a number");
        let moved = |counts: &Value| counts["written"].as_u64() > Some(before) || counts["waiting"] == 0;
        let now = desk.eventually(&path, |mailing| moved(&mailing["counts"])).await;
        kills += usize::from(now["counts"]["waiting"].as_u64() > Some(0));
        desk.kill();
        desk.serve().await;
    }
    assert!(kills > 0, "no kill came in the middle");
    sink.wait_for(1_000, &desk).await;
    let counts = desk.eventually(&path, |mailing| mailing["counts"]["delivered"] == 1_000).await["counts"].clone();
    assert_eq!((&counts["written"], &counts["waiting"], &counts["queued"]), (&json!(1_000), &json!(0), &json!(0)));
    // Each has one letter; only what was on the line at a kill may have come twice, and then it is the very same letter.
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (to, letter) in sink.letters() {
        ids.entry(to).or_default().push(field(&letter, "message-id"));
    }
    assert_eq!(ids.len(), 1_000);
    for (to, ids) in &mut ids {
        ids.dedup();
        assert_eq!(ids.len(), 1, "{to} has two letters");
    }
    assert_eq!(desk.eventually("/tickets?tag=autumn", |page| page["total"] == 1_000).await["total"], 1_000);
    println!("{kills} of 3 kills came while letters were being written; {} letters for 1000", sink.letters().len());
}

#[tokio::test]
async fn the_command_line_orders_one_and_shows_it() {
    let sink = Sink::start().await;
    let desk = desk(&sink).await;
    let (text, to) = (desk.data_dir().join("text"), desk.data_dir().join("to"));
    std::fs::write(&text, "Our new address.\n").expect("a file");
    std::fs::write(&to, "Anna <anna@client.test>\n\nboris@client.test\n").expect("a file");
    desk.run(["suppression", "add", "boris@client.test"]);
    let (text, to) = (text.to_str().expect("a path"), to.to_str().expect("a path"));
    let ordered = desk.run([
        "mailing",
        "send",
        "--mailbox",
        "DEMO",
        "--subject",
        "We move",
        "--text",
        text,
        "--to",
        to,
        "--tag",
        "autumn",
    ]);
    let told = String::from_utf8(ordered.stdout).expect("text");
    assert!(told.contains("2 recipients: We move") && told.contains("held back boris@client.test: by_hand"), "{told}");
    let id = told.split(' ').nth(1).expect("an id");
    sink.wait_for(1, &desk).await;
    desk.eventually(&format!("/mailings/{id}"), |mailing| mailing["counts"]["delivered"] == 1).await;
    let shown = String::from_utf8(desk.run(["mailing", "show", id]).stdout).expect("text");
    assert!(shown.contains("waiting 0 written 1 queued 0 delivered 1"), "{shown}");
    let late = desk.try_run(&["mailing", "recall", id], "");
    assert!(String::from_utf8_lossy(&late.stderr).contains("have left"), "{late:?}");
}
