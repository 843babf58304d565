//! `mxdesk ledger`: "did a letter from x arrive?"

use anyhow::Context;
use clap::Args;

use super::control::{LedgerRequest, Reply, Request, perform};
use super::{ConfigFile, say};

/// What became of a letter: the lines that have everything which is given, newest first.
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
    /// Domain of the envelope sender.
    #[arg(long)]
    domain: Option<String>,
    /// Message-ID, with or without brackets.
    #[arg(long)]
    message_id: Option<String>,
    /// Number of the ticket (`1042` or `DEMO-1042`).
    #[arg(long)]
    ticket: Option<String>,
    /// IP address of the peer.
    #[arg(long)]
    peer: Option<std::net::IpAddr>,
    /// Not older than this (`2026-01-31T12:00:00Z`).
    #[arg(long)]
    since: Option<String>,
    /// Older than this (`2026-01-31T12:00:00Z`).
    #[arg(long)]
    until: Option<String>,
    /// How many lines at the most (1 to 500).
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

impl Ledger {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let since = self.since.as_deref().map(|text| milliseconds("--since", text)).transpose()?;
        let until = self.until.as_deref().map(|text| milliseconds("--until", text)).transpose()?;
        let ticket = self.ticket.as_deref().map(ticket).transpose()?;
        let bare = |id: String| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
        let request = Request::Ledger(Box::new(LedgerRequest {
            sender: self.sender.map(|address| address.to_lowercase()),
            recipient: self.recipient.map(|address| address.to_lowercase()),
            domain: self.domain.map(|domain| domain.trim_start_matches('@').to_lowercase()),
            message_id: self.message_id.map(bare),
            ticket,
            peer: self.peer,
            since,
            until,
            limit: self.limit,
        }));
        match perform(&self.config.load()?, request)? {
            Reply::Lines(lines) if lines.is_empty() => say("nothing found"),
            Reply::Lines(lines) => say(&lines.join("\n")),
            _ => {}
        }
        Ok(())
    }
}

fn milliseconds(option: &str, text: &str) -> anyhow::Result<u64> {
    let at: jiff::Timestamp =
        text.parse().with_context(|| format!("{option} {text}: no time like 2026-01-31T12:00:00Z"))?;
    u64::try_from(at.as_millisecond()).with_context(|| format!("{option} lies before 1970"))
}

fn ticket(text: &str) -> anyhow::Result<u64> {
    crate::desk::Directory::parse_number(text).with_context(|| format!("--ticket {text}: no number of a ticket"))
}
