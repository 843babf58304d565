//! `mxdesk mailing`: one text to many addresses.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::control::{Reply, Request, perform};
use super::{ConfigFile, say};

/// Mailings.
#[derive(Subcommand)]
pub(super) enum Mailing {
    /// Write one text to many addresses, each in a letter of its own. Needs `http.public_url`.
    Send(Send),
    /// What became of a mailing's letters.
    Show(Which),
    /// Recall a mailing whose hold time is not over.
    Recall(Which),
}

#[derive(Args)]
pub(super) struct Send {
    #[command(flatten)]
    config: ConfigFile,
    /// The prefix of the mailbox that writes.
    #[arg(long)]
    mailbox: String,
    /// The letters' subject.
    #[arg(long)]
    subject: String,
    /// File with the letters' text, UTF-8, at most 16 KiB.
    #[arg(long)]
    text: PathBuf,
    /// File with the addresses, one on each line, with or without a name: `Ivan <ivan@shop.example>`. At most 1,000.
    #[arg(long)]
    to: PathBuf,
    /// The tag of the mailing's tickets; those that are answered get `TAG/answered` too.
    #[arg(long)]
    tag: String,
}

#[derive(Args)]
pub(super) struct Which {
    #[command(flatten)]
    config: ConfigFile,
    /// The mailing's id.
    id: u64,
}

impl Mailing {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let (config, request) = match self {
            Self::Send(Send { config, mailbox, subject, text, to, tag }) => {
                let text = read(&text)?;
                let to = read(&to)?.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
                (config, Request::MailingSend { mailbox, subject, text, tag, to })
            }
            Self::Show(Which { config, id }) => (config, Request::MailingShow { id }),
            Self::Recall(Which { config, id }) => (config, Request::MailingRecall { id }),
        };
        if let Reply::Lines(lines) = perform(&config.load()?, request)? {
            say(&lines.join("\n"));
        }
        Ok(())
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    #[expect(clippy::disallowed_methods, reason = "no runtime runs here")]
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
