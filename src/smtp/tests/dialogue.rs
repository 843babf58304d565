//! The format of `fixtures/dialogues/*.dialogue`, one step a line:
//!
//! ```text
//! # comment
//! ehlo x           the client says EHLO x, and the server's reply is read to its end
//! c: NOOP          the client sends a line (with CRLF)
//! c~ a\r\n\x00     the client sends these octets
//! s: 250-PIPE      the server's next line begins so
//! s~ ^250 .*$      the server's next line matches
//! *100 c: RCPT…    a step so many times; {n} is its number
//! tls              the client begins TLS
//! close            the server has closed
//! connect          the client connects again
//! letters 1        so many letters have become messages since the beginning
//! ```

use regex::Regex;

use super::client::Client;
use super::server::TestServer;

/// Runs a dialogue; says in which line it went wrong.
pub(super) async fn run(text: &str, server: &TestServer) -> Result<(), String> {
    let before = server.letters().await;
    let mut client = Client::connect(server).await;
    for (index, line) in text.lines().enumerate() {
        let (times, step) = match line.strip_prefix('*').and_then(|rest| rest.split_once(' ')) {
            Some((times, step)) => (times.parse().map_err(|error| format!("line {}: {error}", index + 1))?, step),
            None => (1, line),
        };
        for number in 1..=times {
            let step = if times > 1 { step.replace("{n}", &number.to_string()) } else { step.to_owned() };
            take(&step, &mut client, server, before)
                .await
                .map_err(|problem| format!("line {}: {step}\n  {problem}", index + 1))?;
        }
    }
    Ok(())
}

async fn take(step: &str, client: &mut Client, server: &TestServer, before: usize) -> Result<(), String> {
    let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
    match verb {
        "" | "#" => {}
        "c:" => client.say(rest).await,
        "ehlo" => {
            client.say(&format!("EHLO {rest}")).await;
            while client.try_line().await?.ok_or("the server has closed")?.starts_with("250-") {}
        }
        "c~" => client.send(&unescape(rest)?).await,
        "s:" => {
            let line = client.try_line().await?.ok_or("the server has closed")?;
            if !line.starts_with(rest) {
                return Err(format!("the server says: {line}"));
            }
        }
        "s~" => {
            let line = client.try_line().await?.ok_or("the server has closed")?;
            if !Regex::new(rest).map_err(|error| error.to_string())?.is_match(&line) {
                return Err(format!("the server says: {line}"));
            }
        }
        "tls" => client.start_tls(server).await,
        "close" => {
            if let Some(line) = client.try_line().await? {
                return Err(format!("the server says: {line}"));
            }
        }
        "connect" => *client = Client::connect(server).await,
        "letters" => {
            let found = server.letters().await - before;
            if rest.parse() != Ok(found) {
                return Err(format!("there are {found}"));
            }
        }
        _ => return Err("no such step".to_owned()),
    }
    Ok(())
}

/// `\r`, `\n`, `\t`, `\\`, `\x00`.
fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut octets = Vec::new();
    let mut symbols = text.chars();
    while let Some(symbol) = symbols.next() {
        if symbol != '\\' {
            octets.extend_from_slice(symbol.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        octets.push(match symbols.next() {
            Some('r') => b'\r',
            Some('n') => b'\n',
            Some('t') => b'\t',
            Some('\\') => b'\\',
            Some('x') => {
                let digits: String = symbols.by_ref().take(2).collect();
                u8::from_str_radix(&digits, 16).map_err(|error| error.to_string())?
            }
            other => return Err(format!("no such escape: {other:?}")),
        });
    }
    Ok(octets)
}
