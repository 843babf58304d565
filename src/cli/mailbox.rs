//! `mxdesk mailbox add`.

use clap::Subcommand;

use super::control::{Reply, Request, perform};
use super::{ConfigFile, say};

/// Mailboxes.
#[derive(Subcommand)]
pub(super) enum Mailbox {
    /// Add a mailbox; makes DKIM keys for its domains where there are none.
    Add {
        #[command(flatten)]
        config: ConfigFile,
        /// The sender name of answers.
        #[arg(long)]
        name: String,
        /// Shown before ticket numbers: 1 to 10 of A-Z and 0-9.
        #[arg(long)]
        prefix: String,
        /// An address of the mailbox; `*@domain` takes everything else of that domain. The first one is the sender of answers.
        #[arg(long, required = true)]
        address: Vec<String>,
        /// Below every answer.
        #[arg(long, default_value = "")]
        signature: String,
    },
}

impl Mailbox {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Mailbox::Add { config, name, prefix, address, signature } = self;
        let request = Request::MailboxAdd { name, prefix, addresses: address, signature };
        if let Reply::Lines(lines) = perform(&config.load()?, request)? {
            say(&lines.join("\n"));
        }
        Ok(())
    }
}
