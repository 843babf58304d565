//! `mxdesk suppression`: addresses that get no automatic mail, and of which operators are warned.

use clap::Subcommand;

use super::control::{Reply, Request, perform};
use super::{ConfigFile, say};

/// Addresses that get no automatic mail.
#[derive(Subcommand)]
pub(super) enum Suppression {
    /// Every suppressed address: why, since when, until when.
    List {
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Suppress an address.
    Add {
        #[command(flatten)]
        config: ConfigFile,
        /// The address.
        address: String,
        /// Why, for people.
        #[arg(long, default_value = "")]
        detail: String,
        /// For how many days (1 to 3650); without it, until it is removed.
        #[arg(long)]
        days: Option<u32>,
    },
    /// Take an address off the list.
    Remove {
        #[command(flatten)]
        config: ConfigFile,
        /// The address.
        address: String,
    },
}

impl Suppression {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let (config, request) = match self {
            Self::List { config } => (config, Request::SuppressionList),
            Self::Add { config, address, detail, days } => (config, Request::SuppressionAdd { address, detail, days }),
            Self::Remove { config, address } => (config, Request::SuppressionRemove { address }),
        };
        match perform(&config.load()?, request)? {
            Reply::Lines(lines) if lines.is_empty() => say("nobody is suppressed"),
            Reply::Lines(lines) => say(&lines.join("\n")),
            _ => {}
        }
        Ok(())
    }
}
