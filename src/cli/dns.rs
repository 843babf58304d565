//! `mxdesk dns`: prints the records that the desk's domains need, ready to paste into a zone.

use super::control::{Reply, Request, perform};
use super::{ConfigFile, say};

pub(super) fn run(config: &ConfigFile) -> anyhow::Result<()> {
    let config = config.load()?;
    let (Reply::Lines(domains), Reply::Records(dkim)) =
        (perform(&config, Request::Domains)?, perform(&config, Request::DkimRecords)?)
    else {
        anyhow::bail!("the server answered something else than was asked");
    };
    let host = &config.hostname;
    for domain in &domains {
        say(&format!("; {domain}"));
        say(&format!("{domain}. IN MX 10 {host}."));
        say(&format!("{domain}. IN TXT \"v=spf1 mx -all\""));
        say(&format!("_dmarc.{domain}. IN TXT \"v=DMARC1; p=none; rua=mailto:postmaster@{domain}\""));
        if let Some(record) = config.mta_sts_record() {
            say(&format!("mta-sts.{domain}. IN CNAME {host}."));
            say(&format!("_mta-sts.{domain}. IN TXT \"{record}\""));
        }
        say(&format!("_smtp._tls.{domain}. IN TXT \"v=TLSRPTv1; rua=mailto:postmaster@{domain}\""));
        for (name, value) in dkim.iter().filter(|(name, _)| name.ends_with(&format!("._domainkey.{domain}"))) {
            say(&format!("{name}. IN TXT {}", quoted(value)));
        }
    }
    if domains.is_empty() {
        say("; no mailbox yet: `mxdesk mailbox add` comes first");
    }
    Ok(())
}

/// A TXT value in strings of at most 255 octets (RFC 1035 §3.3).
fn quoted(value: &str) -> String {
    value
        .as_bytes()
        .chunks(255)
        .map(|chunk| format!("\"{}\"", String::from_utf8_lossy(chunk)))
        .collect::<Vec<_>>()
        .join(" ")
}
