//! `mxdesk dns`: prints the records that the desk's domains need, ready to paste into a zone; `mxdesk dns check` compares
//! them with what stands in DNS.

mod check;

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Subcommand};

use super::control::{Reply, Request, perform};
use super::{Cli, ConfigFile, say};
use crate::config::Config;
use crate::mail::dns_check::{DkimRecord, RecordGroup, Subject, read_chain, wanted};

/// The DNS records that the desk's domains need.
#[derive(Args)]
pub(super) struct Dns {
    /// The configuration file.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Compare what stands in DNS with what should; exits with 1 where mail is lost, refused or taken for forged.
    Check(check::Check),
}

impl Dns {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Some(config) = self.config else {
            Cli::command().error(ErrorKind::MissingRequiredArgument, "--config <FILE> is missing").exit();
        };
        let config = ConfigFile { config }.load()?;
        match self.what {
            Some(What::Check(check)) => check.run(&config),
            None => print(&config),
        }
    }
}

fn print(config: &Config) -> anyhow::Result<()> {
    let domains = domains(config)?;
    for domain in &domains {
        print_records(domain, &wanted(&subject(config, domain)?));
    }
    if domains.is_empty() {
        say("; no mailbox yet: `mxdesk mailbox add` comes first");
    }
    Ok(())
}

/// A domain's records, each group below what it is for, as a zone file's lines.
pub(super) fn print_records(domain: &str, groups: &[RecordGroup]) {
    say(&format!("; {domain}"));
    for group in groups {
        say(&format!("; {}", group.about));
        for record in &group.records {
            say(&record.to_string());
        }
    }
}

fn domains(config: &Config) -> anyhow::Result<Vec<String>> {
    match perform(config, Request::Domains)? {
        Reply::Lines(domains) => Ok(domains),
        _ => anyhow::bail!("the server answered something else than was asked"),
    }
}

/// A domain with its keys and our certificate.
fn subject(config: &Config, domain: &str) -> anyhow::Result<Subject> {
    let Reply::Keys(keys) = perform(config, Request::DkimKeys { domain: domain.to_owned() })? else {
        anyhow::bail!("the server answered something else than was asked");
    };
    let dkim = keys.into_iter().map(DkimRecord::from).collect();
    let Reply::Lines(mailboxes) = perform(config, Request::MailboxesIn { domain: domain.to_owned() })? else {
        anyhow::bail!("the server answered something else than was asked");
    };
    Ok(Subject { dkim, chain: chain(config), ..Subject::new(config, domain, &mailboxes) })
}

/// Our certificate; empty where it is not there or cannot be read: its records are left out then.
pub(in crate::cli) fn chain(config: &Config) -> Vec<Vec<u8>> {
    #[expect(clippy::disallowed_methods, reason = "no runtime runs here")]
    let pem = config.certificate_files().iter().find_map(|file| std::fs::read(file).ok());
    read_chain(&pem.unwrap_or_default())
}
