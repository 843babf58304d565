//! `mxdesk ledger`: "did a letter from x arrive?"

use anyhow::Context;
use clap::Args;

use super::control::{Reply, Request, perform};
use super::{ConfigFile, say};

/// What became of a letter: newest first.
#[derive(Args)]
pub(super) struct Ledger {
    #[command(flatten)]
    config: ConfigFile,
    /// Envelope sender.
    #[arg(long)]
    sender: Option<String>,
    /// Recipient.
    #[arg(long)]
    recipient: Option<String>,
    /// Not older than this (`2026-01-31T12:00:00Z`).
    #[arg(long)]
    since: Option<String>,
    /// How many lines at the most (1 to 500).
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

impl Ledger {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let since = self.since.as_deref().map(milliseconds).transpose()?;
        let request = Request::Ledger {
            sender: self.sender.map(|address| address.to_lowercase()),
            recipient: self.recipient.map(|address| address.to_lowercase()),
            since,
            limit: self.limit,
        };
        match perform(&self.config.load()?, request)? {
            Reply::Lines(lines) if lines.is_empty() => say("nothing found"),
            Reply::Lines(lines) => say(&lines.join("\n")),
            _ => {}
        }
        Ok(())
    }
}

fn milliseconds(text: &str) -> anyhow::Result<u64> {
    let at: jiff::Timestamp =
        text.parse().with_context(|| format!("--since {text}: no time like 2026-01-31T12:00:00Z"))?;
    u64::try_from(at.as_millisecond()).context("--since lies before 1970")
}
