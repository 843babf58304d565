//! Which way a delivery takes: the first route that fits, else what `[outbound]` says. Pure.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{Config, Outbound, Route, TlsDemand};
use crate::desk::{Directory, Resolution};
use crate::mail::Address;

/// A way out. Deliveries with the same way share connections and limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// Its name: a domain, or a smarthost; with the number of its route where one fits.
    pub(super) destination: Arc<str>,
    /// Who takes the letter.
    pub(super) next: Next,
    /// The port at MX hosts and address literals.
    pub(super) port: u16,
    /// What TLS must be like.
    pub(super) tls: TlsDemand,
    /// The file with name and password.
    pub(super) credentials: Option<PathBuf>,
    /// For letters with REQUIRETLS (RFC 8689): they share no connection with others.
    pub(super) require_tls: bool,
}

/// Who takes the letter next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// This host.
    Smarthost {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// The domain's MX hosts.
    Domain(String),
    /// The address of an address literal (RFC 5321 §4.1.3).
    Literal(IpAddr),
}

/// The way of a letter from this envelope sender (`None`: the null sender) to this recipient, with REQUIRETLS or without.
pub(super) fn way(
    config: &Config,
    directory: &Directory,
    sender: Option<&Address>,
    recipient: &Address,
    require_tls: bool,
) -> Way {
    let mailbox = sender.and_then(|sender| match directory.resolve(sender) {
        Resolution::Mailbox(found) => Some(directory.mailboxes.get(&found.mailbox)?.prefix.as_str()),
        Resolution::Unknown | Resolution::NotOurs => None,
    });
    let mut way = usual(config, mailbox, recipient);
    if require_tls {
        way.destination = format!("{} (REQUIRETLS)", way.destination).into();
        way.require_tls = true;
    }
    way
}

fn usual(config: &Config, mailbox: Option<&str>, recipient: &Address) -> Way {
    let found = config.routes.iter().enumerate().find(|(_, route)| fits(route, mailbox, recipient.domain()));
    match found {
        Some((number, Route { smarthost, tls, credentials, .. })) => {
            let mut way = plain(&config.outbound, smarthost.as_deref(), *tls, credentials.clone(), recipient);
            way.destination = format!("{} (route {})", way.destination, number + 1).into();
            way
        }
        None => {
            let Outbound { smarthost, tls, credentials, .. } = &config.outbound;
            plain(&config.outbound, smarthost.as_deref(), *tls, credentials.clone(), recipient)
        }
    }
}

impl Way {
    /// For recipients that are no addresses: their attempt ends before any server is asked.
    pub(super) fn nowhere() -> Self {
        let next = Next::Domain(String::new());
        Self {
            destination: "".into(),
            next,
            port: 25,
            tls: TlsDemand::Opportunistic,
            credentials: None,
            require_tls: false,
        }
    }
}

fn plain(
    outbound: &Outbound,
    smarthost: Option<&str>,
    tls: TlsDemand,
    credentials: Option<PathBuf>,
    recipient: &Address,
) -> Way {
    let domain = recipient.domain();
    let (next, destination) = match (smarthost, literal(domain)) {
        (Some(smarthost), _) => {
            let (host, port) = host_and_port(smarthost, outbound.port);
            (Next::Smarthost { host, port }, smarthost.to_ascii_lowercase())
        }
        (None, Some(address)) => (Next::Literal(address), domain.to_owned()),
        (None, None) => (Next::Domain(domain.to_owned()), domain.to_owned()),
    };
    Way { destination: destination.into(), next, port: outbound.port, tls, credentials, require_tls: false }
}

fn fits(route: &Route, mailbox: Option<&str>, domain: &str) -> bool {
    let is_below = |pattern: &str| match pattern.strip_prefix('*') {
        Some(end) => domain.len() > end.len() && domain.to_ascii_lowercase().ends_with(&end.to_ascii_lowercase()),
        None => domain.eq_ignore_ascii_case(pattern),
    };
    (route.domains.is_empty() || route.domains.iter().any(|pattern| is_below(pattern)))
        && (route.mailboxes.is_empty()
            || route.mailboxes.iter().any(|prefix| mailbox.is_some_and(|mailbox| mailbox.eq_ignore_ascii_case(prefix))))
}

/// `host:port` of the configuration; brackets around an IPv6 address are taken off.
fn host_and_port(text: &str, default_port: u16) -> (String, u16) {
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    (host.trim_matches(['[', ']']).to_owned(), port.parse().unwrap_or(default_port))
}

/// The address of a domain that is an address literal (RFC 5321 §4.1.3).
fn literal(domain: &str) -> Option<IpAddr> {
    let inside = domain.strip_prefix('[')?.strip_suffix(']')?;
    inside.strip_prefix("IPv6:").or_else(|| inside.strip_prefix("ipv6:")).unwrap_or(inside).parse().ok()
}

#[cfg(test)]
impl Way {
    /// To a domain's MX hosts on port 25.
    pub(super) fn to_domain(domain: &str) -> Self {
        let next = Next::Domain(domain.to_owned());
        Self {
            destination: domain.into(),
            next,
            port: 25,
            tls: TlsDemand::Opportunistic,
            credentials: None,
            require_tls: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::*;
    use crate::desk::testing;

    #[rstest]
    #[case("relay.test:2525", "relay.test", 2525)]
    #[case("127.0.0.1:25", "127.0.0.1", 25)]
    #[case("[::1]:26", "::1", 26)]
    fn a_smarthost_is_host_and_port(#[case] text: &str, #[case] host: &str, #[case] port: u16) {
        assert_eq!(host_and_port(text, 25), (host.to_owned(), port));
    }

    #[test]
    fn an_address_literal_is_its_own_host() {
        assert_eq!(literal("[192.0.2.1]"), Some(IpAddr::from([192, 0, 2, 1])));
        assert_eq!(literal("[ipv6:::1]"), "::1".parse().ok());
        assert_eq!(literal("example.test"), None);
    }

    #[tokio::test]
    async fn the_first_route_that_fits_counts() {
        let text = r#"
            data_dir = "d"
            hostname = "mx.demo.test"
            [[route]]
            domains = ["partner.test", "*.partner.test"]
            tls = "required"
            [[route]]
            mailboxes = ["demo"]
            smarthost = "relay.test:587"
        "#;
        let config = Config::parse(Path::new("f.toml"), text).unwrap();
        let test = testing::desk().await;
        let directory = test.desk.directory();
        let to = |sender: &str, recipient: &str| {
            let sender = Address::parse(sender).ok();
            let way = way(&config, &directory, sender.as_ref(), &Address::parse(recipient).unwrap(), false);
            (way.destination.to_string(), way.tls)
        };
        let demo = "help+b1.0.x@demo.test";
        let required = |destination: &str| (destination.to_owned(), TlsDemand::Required);
        let plain = |destination: &str| (destination.to_owned(), TlsDemand::Opportunistic);
        assert_eq!(to(demo, "ann@partner.test"), required("partner.test (route 1)"));
        assert_eq!(to(demo, "ann@eu.partner.test"), required("eu.partner.test (route 1)"));
        assert_eq!(to(demo, "ann@notpartner.test"), plain("relay.test:587 (route 2)"));
        assert_eq!(to("", "ann@shop.test"), plain("shop.test"));
        assert_eq!(to("other@else.test", "ann@[192.0.2.1]"), plain("[192.0.2.1]"));

        let ann = Address::parse("ann@partner.test").unwrap();
        let demanding = way(&config, &directory, None, &ann, true);
        assert_eq!(
            (demanding.destination.as_ref(), demanding.require_tls),
            ("partner.test (route 1) (REQUIRETLS)", true)
        );
    }
}
