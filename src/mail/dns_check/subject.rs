//! What we are and want to be seen as: what every answer of DNS is compared with.

use std::net::IpAddr;

use crate::config::{Config, TlsDemand};
use crate::mail::dkim::KeyStage;

/// One of our domains, with what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The domain in A-labels.
    pub domain: String,
    /// Our host name.
    pub hostname: String,
    /// Our public addresses; empty where they are not configured: then those of the host name count.
    pub addresses: Vec<IpAddr>,
    /// Who hands the letters of the domain's mailboxes to others; none twice.
    pub senders: Vec<Sender>,
    /// The same for letters without an envelope sender: automatic answers and reports.
    pub null_senders: Vec<Sender>,
    /// The MTA-STS policy that we serve, where there is one.
    pub policy: Option<String>,
    /// Our keys' records.
    pub dkim: Vec<DkimRecord>,
    /// Our certificate and its authorities, in DER, our own first; empty where it is not known.
    pub chain: Vec<Vec<u8>>,
}

/// A key's record as it should stand in DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DkimRecord {
    /// `s=`: the record stands at `{selector}._domainkey.{domain}`.
    pub selector: String,
    /// The TXT record's value.
    pub value: String,
    /// Whether we sign with it.
    pub stage: KeyStage,
}

/// Who hands letters of ours to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// We ourselves, from our own addresses, to the recipients' mail hosts.
    Ourselves,
    /// A smarthost.
    Smarthost {
        /// Its name or address.
        host: String,
        /// Its port.
        port: u16,
        /// It speaks TLS from the first octet (RFC 8314 §3.3).
        is_implicit: bool,
    },
}

impl Sender {
    fn of(smarthost: Option<&str>, tls: TlsDemand, default_port: u16) -> Self {
        let Some(smarthost) = smarthost else { return Self::Ourselves };
        let (host, port) = smarthost.rsplit_once(':').unwrap_or((smarthost, ""));
        Self::Smarthost {
            host: host.to_ascii_lowercase(),
            port: port.parse().unwrap_or(default_port),
            is_implicit: tls == TlsDemand::Implicit,
        }
    }
}

impl Subject {
    /// A domain of a server with this configuration, with the prefixes of the domain's mailboxes; without keys and certificate.
    pub fn new(config: &Config, domain: &str, mailboxes: &[String]) -> Self {
        let null_senders = senders(config, None);
        let mut found: Vec<Sender> = Vec::new();
        for sender in mailboxes.iter().flat_map(|mailbox| senders(config, Some(mailbox))) {
            if !found.contains(&sender) {
                found.push(sender);
            }
        }
        Self {
            domain: domain.to_ascii_lowercase(),
            hostname: config.hostname.to_ascii_lowercase(),
            addresses: config.identity.addresses.clone(),
            // Where there is no mailbox yet, the next one goes the way of all.
            senders: if found.is_empty() { null_senders.clone() } else { found },
            null_senders,
            policy: config.mta_sts_policy(),
            dkim: Vec::new(),
            chain: Vec::new(),
        }
    }
}

/// The ways that the letters of a mailbox (`None`: those without a sender) can take: each route that fits some of them, up to the
/// one that fits all.
fn senders(config: &Config, mailbox: Option<&str>) -> Vec<Sender> {
    let outbound = &config.outbound;
    let mut found = Vec::new();
    let mut add = |smarthost: Option<&str>, tls| {
        let sender = Sender::of(smarthost, tls, outbound.port);
        if !found.contains(&sender) {
            found.push(sender);
        }
    };
    for route in &config.routes {
        let is_of = |prefix: &String| mailbox.is_some_and(|mailbox| mailbox.eq_ignore_ascii_case(prefix));
        if !route.mailboxes.is_empty() && !route.mailboxes.iter().any(is_of) {
            continue;
        }
        add(route.smarthost.as_deref(), route.tls);
        if route.domains.is_empty() {
            return found;
        }
    }
    add(outbound.smarthost.as_deref(), outbound.tls);
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn subject(routes: &str, mailboxes: &[&str]) -> Subject {
        let text = format!("data_dir = \"d\"\nhostname = \"mx.demo.test\"\n{routes}");
        let config = Config::parse(Path::new("f.toml"), &text).unwrap();
        let mailboxes: Vec<String> = mailboxes.iter().map(|&mailbox| mailbox.to_owned()).collect();
        Subject::new(&config, "demo.test", &mailboxes)
    }

    fn smarthost(host: &str, port: u16, is_implicit: bool) -> Sender {
        Sender::Smarthost { host: host.to_owned(), port, is_implicit }
    }

    #[test]
    fn every_way_that_a_mailboxs_letters_can_take_counts() {
        let routes = r#"
            [outbound]
            smarthost = "relay.test:587"
            [[route]]
            domains = ["partner.test"]
            tls = "required"
            [[route]]
            mailboxes = ["sales"]
            smarthost = "Campaign.test:465"
            tls = "implicit"
            [[route]]
            mailboxes = ["sales"]
            smarthost = "never.test:25"
        "#;
        let relay = smarthost("relay.test", 587, false);
        let campaign = smarthost("campaign.test", 465, true);
        assert_eq!(subject(routes, &["DEMO"]).senders, [Sender::Ourselves, relay.clone()]);
        assert_eq!(subject(routes, &["SALES"]).senders, [Sender::Ourselves, campaign.clone()]);
        let both = subject(routes, &["SALES", "DEMO"]);
        assert_eq!(both.senders, [Sender::Ourselves, campaign, relay.clone()]);
        assert_eq!(both.null_senders, [Sender::Ourselves, relay]);
    }

    #[test]
    fn without_any_setting_we_send_ourselves() {
        for mailboxes in [&["DEMO"][..], &[]] {
            assert_eq!(subject("", mailboxes).senders, [Sender::Ourselves]);
        }
        let through = subject("[outbound]\nsmarthost = \"[2001:db8::1]:25\"\n", &[]);
        assert_eq!(through.senders, [smarthost("[2001:db8::1]", 25, false)]);
    }
}
