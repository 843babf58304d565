//! Every case of `fixtures/refusals/*.toml`, against the real server, each on a connection of its own.
//!
//! `after` is how far the session has come: `connect`, `helo`, `ehlo`, `tls`, `mail`, `mail SMTPUTF8`, `rcpt`, `data`. Then `send` is
//! sent as it stands (`{x:100}` is a hundred times `x`), and the server must answer exactly the lines of `reply` (a line that begins
//! with `~` is only a beginning). With `close` it must close then, else obey the next command. No letter may come of it, but where
//! a `250` to one is expected.

use std::path::Path;

use regex::{Captures, Regex};
use serde::Deserialize;

use super::client::Client;
use super::server::TestServer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    after: String,
    send: String,
    reply: Vec<String>,
    #[serde(default)]
    close: bool,
}

#[tokio::test]
async fn every_case_is_answered_as_written() {
    let server = TestServer::start().await;
    let (mut count, mut failures) = (0, Vec::new());
    for (file, case) in cases().await {
        count += 1;
        if let Err(problem) = run(&case, &server).await {
            failures.push(format!("{file}: {}: {problem}", case.name));
        }
    }
    assert!(count >= 150, "{count} cases");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn a_case_that_is_answered_otherwise_is_noticed() {
    let server = TestServer::start().await;
    let case = |reply: &str, close| Case {
        name: String::new(),
        after: "ehlo".to_owned(),
        send: "RSET\r\n".to_owned(),
        reply: vec![reply.to_owned()],
        close,
    };
    assert_eq!(run(&case("250 2.0.0 OK", false), &server).await, Ok(()));
    assert!(run(&case("250 2.0.0", false), &server).await.is_err());
    assert!(run(&case("250 2.0.0 OK", true), &server).await.is_err());
}

async fn cases() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/refusals");
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let table: Table = toml::from_str(&tokio::fs::read_to_string(&file).await.unwrap()).unwrap();
        cases.extend(table.case.into_iter().map(|case| (name.clone(), case)));
    }
    cases
}

async fn run(case: &Case, server: &TestServer) -> Result<(), String> {
    let before = server.letters().await;
    let mut client = reach(&case.after, server).await?;
    client.send(repeated(&case.send).as_bytes()).await;
    for expected in &case.reply {
        let line = client.try_line().await?.ok_or(format!("closed instead of {expected}"))?;
        let is_expected = match expected.strip_prefix('~') {
            Some(start) => line.starts_with(start),
            None => line == *expected,
        };
        if !is_expected {
            return Err(format!("the server says {line:?} and not {expected:?}"));
        }
    }
    if case.close {
        if let Some(line) = client.try_line().await? {
            return Err(format!("the server says {line:?} and does not close"));
        }
    } else {
        client.say("NOOP").await;
        let line = client.try_line().await?;
        if line.as_deref() != Some("250 2.0.0 OK") {
            return Err(format!("the server says {line:?} to the next command"));
        }
    }
    let expected = case.reply.iter().filter(|line| *line == "~250 2.0.0").count();
    let letters = server.letters().await - before;
    if letters == expected { Ok(()) } else { Err(format!("{letters} letters came of it")) }
}

/// A client whose session has come so far.
async fn reach(after: &str, server: &TestServer) -> Result<Client, String> {
    let mut client = Client::connect(server).await;
    client.expect("220 ").await;
    match after {
        "connect" => return Ok(client),
        "helo" => {
            client.ask("HELO client.test", "250 ").await;
            return Ok(client);
        }
        _ => client.hello().await,
    }
    let steps = match after {
        "ehlo" => 0,
        "tls" => {
            client.ask("STARTTLS", "220 ").await;
            client.start_tls(server).await;
            client.hello().await;
            0
        }
        "mail" | "mail SMTPUTF8" => 1,
        "rcpt" => 2,
        "data" => 3,
        _ => return Err(format!("nobody comes as far as {after:?}")),
    };
    let mail =
        if after == "mail SMTPUTF8" { "MAIL FROM:<a@client.test> SMTPUTF8" } else { "MAIL FROM:<a@client.test>" };
    for (line, reply) in
        [(mail, "250 "), ("RCPT TO:<help@demo.test>", "250 "), ("DATA", "354 ")].into_iter().take(steps)
    {
        client.ask(line, reply).await;
    }
    Ok(client)
}

/// `{x:3}` → `xxx`.
fn repeated(text: &str) -> String {
    let pattern = Regex::new(r"\{([^{}]+):([0-9]+)\}").unwrap();
    let write_out = |found: &Captures<'_>| found[1].repeat(found[2].parse().unwrap());
    pattern.replace_all(text, write_out).into_owned()
}
