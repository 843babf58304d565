//! `mxdesk check`: validates a configuration file.

use super::{ConfigFile, say};

pub(super) fn run(config: &ConfigFile) -> anyhow::Result<()> {
    config.load()?;
    say(&format!("{} is valid", config.config.display()));
    Ok(())
}
