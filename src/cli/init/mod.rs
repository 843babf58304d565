//! `mxdesk init`: writes a commented configuration file, makes the first domain's keys, and prints the records to publish.

mod ask;

use std::io::{BufRead, IsTerminal, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use super::dns::{chain, print_records};
use super::{ConfigFile, say};
use crate::config::{Config, example_with};
use crate::desk::make_first_keys;
use crate::mail::Address;
use crate::mail::dkim::KeyStage;
use crate::mail::dns_check::{DkimRecord, Subject, wanted};

/// Where everything lies unless somebody says otherwise.
const DATA_DIR: &str = "/var/lib/mxdesk";

/// Write a commented configuration file.
#[derive(Args)]
pub(super) struct Init {
    /// Where to write it. An existing file is left alone.
    #[command(flatten)]
    file: ConfigFile,
    /// The folder that holds everything; relative to the file's folder. Default: /var/lib/mxdesk.
    #[arg(long)]
    data_dir: Option<String>,
    /// This machine's name as others see it. Default: the system's host name.
    #[arg(long)]
    hostname: Option<String>,
    /// The first domain that letters come to: its DKIM keys are made, its records are printed.
    #[arg(long)]
    domain: Option<String>,
    /// A public address of this machine.
    #[arg(long)]
    ip: Vec<IpAddr>,
    /// PEM file with the certificate chain.
    #[arg(long, requires = "key")]
    certificate: Option<PathBuf>,
    /// PEM file with the certificate's private key.
    #[arg(long, requires = "certificate")]
    key: Option<PathBuf>,
}

impl Init {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let file = self.file.config.clone();
        if file.exists() {
            bail!("cannot write {} (an existing file is left alone)", file.display());
        }
        let input = std::io::stdin();
        let init = if input.is_terminal() { self.ask(&mut input.lock())? } else { self };
        let hostname = init.hostname.clone().unwrap_or_else(system_host_name);
        let text = init.text(&hostname);
        let config = Config::parse(&file, &text)
            .map_err(|errors| anyhow::anyhow!("{}", errors.first().map(ToString::to_string).unwrap_or_default()))?;
        let subject = match &init.domain {
            Some(domain) => Some(subject(&config, domain)?),
            None => None,
        };
        write(&file, &text)?;
        let domain = subject.as_ref().map_or(&hostname, |subject| &subject.domain);
        say(&format!(
            "wrote {file}\nnext:\n  mxdesk check --config {file}\n  mxdesk mailbox add --config {file} --name Support --prefix SUP --address support@{domain}\n  mxdesk serve --config {file}",
            file = file.display()
        ));
        if let Some(subject) = subject {
            say(&format!(
                "  mxdesk dns check --config {} {}\n\npublish these records:",
                file.display(),
                subject.domain
            ));
            print_records(&subject.domain, &wanted(&subject));
            if subject.chain.is_empty() {
                say("; DANE: once the server has its certificate, `mxdesk dns` prints the TLSA record as well");
            }
        }
        Ok(())
    }

    /// Asks for what no flag said.
    fn ask(mut self, input: &mut impl BufRead) -> anyhow::Result<Self> {
        say("Press Enter to take what stands in brackets.");
        if self.hostname.is_none() {
            self.hostname = ask::line(input, "This machine's name as others see it", &system_host_name())?;
        }
        let host = self.hostname.clone().unwrap_or_else(system_host_name);
        if self.domain.is_none() {
            let parent = host.split_once('.').map_or("", |(_, parent)| parent);
            self.domain = ask::line(input, "The domain of your support addresses", parent)?;
        }
        if self.ip.is_empty() {
            self.ip = ask::addresses(input, "Its public addresses, separated by spaces (may be empty)")?;
        }
        if self.data_dir.is_none() {
            self.data_dir = ask::line(input, "The folder that holds everything", DATA_DIR)?;
        }
        Ok(self)
    }

    fn text(&self, hostname: &str) -> String {
        let addresses: Vec<String> = self.ip.iter().map(ToString::to_string).collect();
        let mut set = Vec::new();
        if !addresses.is_empty() {
            set.push(("identity", "addresses", toml::Value::from(addresses)));
        }
        for (key, file) in [("certificate", &self.certificate), ("key", &self.key)] {
            if let Some(file) = file {
                set.push(("tls", key, toml::Value::from(file.display().to_string())));
            }
        }
        example_with(self.data_dir.as_deref().unwrap_or(DATA_DIR), hostname, &set)
    }
}

/// The domain with its keys: those that lie in the data folder already, else new ones. A mailbox of the domain takes them over.
fn subject(config: &Config, domain: &str) -> anyhow::Result<Subject> {
    let address = Address::parse(&format!("postmaster@{domain}")).with_context(|| format!("{domain} is no domain"))?;
    let folder = config.data_dir.join("dkim");
    let (domain, keys) = make_first_keys(&folder, address.domain())
        .with_context(|| format!("cannot make DKIM keys in {}", folder.display()))?;
    let dkim = keys
        .iter()
        .map(|key| {
            let value = key.dns_record()?;
            Ok(DkimRecord { selector: key.selector.clone(), value, stage: KeyStage::Active })
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Subject { dkim, chain: chain(config), ..Subject::new(config, &domain, &[]) })
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut created = std::fs::File::create_new(file)
        .with_context(|| format!("cannot write {} (an existing file is left alone)", file.display()))?;
    created.write_all(text.as_bytes()).and_then(|()| created.sync_all()).context("cannot write the file")
}

/// The kernel's host name, or `localhost` where that is no usable name.
fn system_host_name() -> String {
    #[expect(clippy::disallowed_methods, reason = "no runtime runs here")]
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_lowercase();
    let usable =
        name.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    if usable { name } else { "localhost".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn init(hostname: Option<&str>) -> Init {
        Init {
            file: ConfigFile { config: PathBuf::from("/nowhere/mxdesk.toml") },
            data_dir: None,
            hostname: hostname.map(str::to_owned),
            domain: None,
            ip: Vec::new(),
            certificate: None,
            key: None,
        }
    }

    #[test]
    fn what_no_flag_says_is_asked() {
        let mut input: &[u8] = b"\n203.0.113.7 nonsense\n203.0.113.7 2a00:1450::7\n/srv/desk\n";
        let answered = init(Some("mx.demo.test")).ask(&mut input).unwrap();
        assert_eq!(answered.hostname.as_deref(), Some("mx.demo.test"), "it is not asked for again");
        assert_eq!(answered.domain.as_deref(), Some("demo.test"));
        assert_eq!(answered.ip, ["203.0.113.7".parse::<IpAddr>().unwrap(), "2a00:1450::7".parse().unwrap()]);
        assert_eq!(answered.data_dir.as_deref(), Some("/srv/desk"));
        let config = Config::parse(Path::new("f.toml"), &answered.text("mx.demo.test")).unwrap();
        assert_eq!(config.identity.addresses, answered.ip);
        assert_eq!(config.data_dir, Path::new("/srv/desk"));
    }

    #[test]
    fn an_end_of_input_is_an_error_and_no_answer() {
        assert!(init(None).ask(&mut &b"mx.demo.test\n"[..]).is_err());
    }
}
