//! `mxdesk dkim list|rotate|activate|remove`: the life of a domain's keys.

use clap::{Args, Subcommand};

use super::control::{Reply, Request, perform};
use super::{ConfigFile, say};
use crate::config::Config;
use crate::desk::PublicKey;
use crate::mail::dkim::KeyStage;
use crate::mail::dns_check::{DkimRecord, dkim_record};

/// Milliseconds of a day.
const DAY: u64 = 86_400_000;

/// DKIM keys.
#[derive(Subcommand)]
pub(super) enum Dkim {
    /// A domain's keys: which sign, which are to come, which may be removed.
    List(Domain),
    /// Make a domain's next keys, and print the records to publish. They are used once the records are seen in DNS.
    Rotate(Domain),
    /// Use the next keys at once: their records are published.
    Activate(Domain),
    /// Remove a key that signs no more.
    Remove {
        #[command(flatten)]
        domain: Domain,
        /// Its selector.
        #[arg(long)]
        selector: String,
    },
}

#[derive(Args)]
pub(super) struct Domain {
    #[command(flatten)]
    config: ConfigFile,
    /// A domain of one of the desk's mailboxes.
    #[arg(long)]
    domain: String,
}

impl Dkim {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Dkim::List(Domain { config, domain }) => {
                let config = config.load()?;
                print(&config, &domain, Request::DkimKeys { domain: domain.clone() })
            }
            Dkim::Rotate(Domain { config, domain }) => rotate(&config.load()?, &domain),
            Dkim::Activate(Domain { config, domain }) => {
                let config = config.load()?;
                print(&config, &domain, Request::DkimActivate { domain: domain.clone() })
            }
            Dkim::Remove { domain: Domain { config, domain }, selector } => {
                let config = config.load()?;
                let kept_days = config.identity.dkim_keep_days;
                print(&config, &domain, Request::DkimRemove { domain: domain.clone(), selector, kept_days })?;
                say("; its record may be taken out of the zone");
                Ok(())
            }
        }
    }
}

fn rotate(config: &Config, domain: &str) -> anyhow::Result<()> {
    let keys = perform_keys(config, Request::DkimRotate { domain: domain.to_owned() })?;
    say("; publish these records; leave those of the other keys where they are");
    for key in keys.into_iter().filter(|key| key.stage == KeyStage::Pending) {
        say(&dkim_record(domain, &DkimRecord::from(key)).to_string());
    }
    say(&format!(
        "; a running server signs with the new keys as soon as it sees their records (it looks every five minutes);\n\
         ; `mxdesk dkim activate --domain {domain}` does so at once"
    ));
    Ok(())
}

fn print(config: &Config, domain: &str, request: Request) -> anyhow::Result<()> {
    for key in perform_keys(config, request)? {
        say(&line(domain, &key, config.identity.dkim_keep_days, now_ms()));
    }
    Ok(())
}

fn perform_keys(config: &Config, request: Request) -> anyhow::Result<Vec<PublicKey>> {
    match perform(config, request)? {
        Reply::Keys(keys) => Ok(keys),
        _ => anyhow::bail!("the server answered something else than was asked"),
    }
}

fn line(domain: &str, key: &PublicKey, keep_days: u32, now: u64) -> String {
    let stage = match key.stage {
        KeyStage::Pending => "to be published; not used yet".to_owned(),
        KeyStage::Active => "letters are signed with it".to_owned(),
        KeyStage::Retired => {
            let free_at = key.since.saturating_add(u64::from(keep_days).saturating_mul(DAY));
            match free_at.saturating_sub(now).div_ceil(DAY) {
                0 => "used no more; may be removed: `mxdesk dkim remove`, then its record".to_owned(),
                days => format!("used no more; leave its record for {days} days"),
            }
        }
    };
    let lost = if key.usable { "" } else { "; ITS FILE IS NOT THERE" };
    format!("{}._domainkey.{domain} {}: {stage}{lost}", key.selector, key.algorithm.word())
}

fn now_ms() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::dkim::Algorithm;

    #[test]
    fn a_key_says_when_it_may_be_removed() {
        let key = PublicKey {
            selector: "s".to_owned(),
            algorithm: Algorithm::Rsa,
            value: String::new(),
            stage: KeyStage::Retired,
            since: DAY,
            usable: true,
        };
        assert!(line("demo.test", &key, 14, DAY).ends_with("leave its record for 14 days"));
        assert!(line("demo.test", &key, 14, 15 * DAY - 1).ends_with("leave its record for 1 days"));
        assert!(line("demo.test", &key, 14, 15 * DAY).contains("may be removed"));
    }
}
