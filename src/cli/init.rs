//! `mxdesk init`: writes a commented configuration file.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::say;
use crate::config::example;

/// Write a commented configuration file.
#[derive(Args)]
pub(super) struct Init {
    /// Where to write it. An existing file is left alone.
    #[arg(long = "config", value_name = "FILE")]
    file: PathBuf,
    /// The folder that holds everything; relative to the file's folder.
    #[arg(long, default_value = "/var/lib/mxdesk")]
    data_dir: String,
    /// This machine's name as others see it.
    #[arg(long)]
    hostname: Option<String>,
}

impl Init {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let hostname = self.hostname.unwrap_or_else(system_host_name);
        let text = example(&self.data_dir, &hostname);
        crate::config::Config::parse(&self.file, &text)
            .map_err(|errors| anyhow::anyhow!("{}", errors.first().map(ToString::to_string).unwrap_or_default()))?;
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let mut file = std::fs::File::create_new(&self.file)
            .with_context(|| format!("cannot write {} (an existing file is left alone)", self.file.display()))?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).context("cannot write the file")?;
        say(&format!(
            "wrote {file}\nnext:\n  mxdesk check --config {file}\n  mxdesk mailbox add --config {file} --name Support --prefix SUP --address support@{hostname}\n  mxdesk serve --config {file}",
            file = self.file.display()
        ));
        Ok(())
    }
}

/// The kernel's host name, or `localhost` where that is no usable name.
fn system_host_name() -> String {
    #[expect(clippy::disallowed_methods, reason = "no runtime runs here")]
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_lowercase();
    let usable =
        name.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    if usable { name } else { "localhost".to_owned() }
}
