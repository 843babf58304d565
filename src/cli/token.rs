//! `mxdesk token create`: prints the token alone.

use clap::Subcommand;

use super::control::{Reply, Request, perform};
use super::{ConfigFile, say};

/// API tokens.
#[derive(Subcommand)]
pub(super) enum Token {
    /// Make an API token with an operator's rights; it is printed once, alone on its line.
    Create {
        #[command(flatten)]
        config: ConfigFile,
        /// The operator's e-mail address.
        #[arg(long)]
        operator: String,
        /// What the token is for.
        #[arg(long, default_value = "command line")]
        name: String,
    },
}

impl Token {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Token::Create { config, operator, name } = self;
        if let Reply::Lines(lines) = perform(&config.load()?, Request::TokenCreate { operator, name })? {
            say(&lines.join("\n"));
        }
        Ok(())
    }
}
