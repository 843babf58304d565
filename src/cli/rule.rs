//! `mxdesk rule add`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;

use super::control::{Reply, Request, perform};
use super::{ConfigFile, say};

/// Rules.
#[derive(Subcommand)]
pub(super) enum Rule {
    /// Add a rule from a JSON file (`schema/rule.schema.json` describes it).
    Add {
        #[command(flatten)]
        config: ConfigFile,
        /// The rule.
        #[arg(long)]
        file: PathBuf,
    },
}

impl Rule {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Rule::Add { config, file } = self;
        #[expect(clippy::disallowed_methods, reason = "no runtime runs here")]
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let rule = serde_json::from_str(&text).with_context(|| format!("{} is no rule", file.display()))?;
        if let Reply::Lines(lines) = perform(&config.load()?, Request::RuleAdd { rule })? {
            say(&lines.join("\n"));
        }
        Ok(())
    }
}
