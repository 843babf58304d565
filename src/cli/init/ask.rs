//! Questions at a terminal.

use std::io::{BufRead, Read, Write};
use std::net::IpAddr;

use anyhow::{Context, bail};

use crate::cli::complain;

/// Octets of an answer.
const LONGEST: u64 = 4096;

/// One line; the default where it is empty, nothing where that is empty too.
pub(super) fn line(input: &mut impl BufRead, question: &str, default: &str) -> anyhow::Result<Option<String>> {
    if default.is_empty() {
        prompt(question)
    } else {
        prompt(&format!("{question} [{default}]"))
    }
    let mut answer = String::new();
    if input.by_ref().take(LONGEST).read_line(&mut answer).context("cannot read the answer")? == 0 {
        bail!("no answer");
    }
    let answer = if answer.trim().is_empty() { default } else { answer.trim() };
    Ok((!answer.is_empty()).then(|| answer.to_owned()))
}

/// Addresses, asked for again while one cannot be read.
pub(super) fn addresses(input: &mut impl BufRead, question: &str) -> anyhow::Result<Vec<IpAddr>> {
    loop {
        let answer = line(input, question, "")?.unwrap_or_default();
        match answer.split([' ', ',']).filter(|word| !word.is_empty()).map(str::parse).collect::<Result<Vec<_>, _>>() {
            Ok(addresses) => return Ok(addresses),
            Err(error) => complain(&format!("{answer}: {error}")),
        }
    }
}

#[expect(clippy::print_stdout, reason = "a question at a terminal")]
fn prompt(question: &str) {
    print!("{question}: ");
    // A terminal that cannot be written to shows nothing of what follows either.
    let _ = std::io::stdout().flush();
}
