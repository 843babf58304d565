//! What must hold of a configuration beyond the types of its keys.

use super::{Config, Network, TlsDemand};

/// Octets of the largest value that the store keeps, which a letter is.
const LARGEST_LETTER: usize = 128 * 1024 * 1024;

/// What the types cannot say: key and problem.
pub(super) fn problems(config: &Config) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut demand = |holds: bool, key: &'static str, problem: &str| {
        if !holds {
            found.push((key, problem.to_owned()));
        }
    };
    demand(!config.data_dir.as_os_str().is_empty(), "data_dir", "names no folder");
    demand(is_host_name(&config.hostname), "hostname", "is no host name (letters, digits, '-' and '.')");
    let smtp = &config.smtp;
    demand(!smtp.listen.is_empty(), "smtp.listen", "needs at least one address");
    demand(
        !smtp.tls_listen.iter().any(|address| smtp.listen.contains(address)),
        "smtp.tls_listen",
        "names an address that smtp.listen has, too",
    );
    for (key, networks) in [("smtp.proxy_from", &smtp.proxy_from), ("smtp.xclient_from", &smtp.xclient_from)] {
        demand(
            !networks.iter().any(Network::is_everything),
            key,
            "names the whole of the Internet: anybody could say to be anybody",
        );
    }
    demand(smtp.command_timeout_seconds > 0, "smtp.command_timeout_seconds", "must be at least 1");
    demand(smtp.data_timeout_seconds > 0, "smtp.data_timeout_seconds", "must be at least 1");
    demand(smtp.letter_timeout_seconds > 0, "smtp.letter_timeout_seconds", "must be at least 1");
    demand(smtp.reply_deadline_seconds > 0, "smtp.reply_deadline_seconds", "must be at least 1");
    demand(
        config.http.public_url.is_empty()
            || config.http.public_url.starts_with("https://")
            || config.http.public_url.starts_with("http://"),
        "http.public_url",
        "must begin with https:// or http://",
    );
    demand(config.dns.timeout_seconds > 0, "dns.timeout_seconds", "must be at least 1");
    demand(
        config.identity.block_lists.iter().all(|zone| is_host_name(zone)),
        "identity.block_lists",
        "holds something that is no domain",
    );
    demand(
        config.identity.addresses.iter().all(|address| !address.is_unspecified()),
        "identity.addresses",
        "holds an address that is none",
    );
    demand(config.tls.certificate.is_none() || config.tls.key.is_some(), "tls.certificate", "needs tls.key beside it");
    demand(config.tls.key.is_none() || config.tls.certificate.is_some(), "tls.key", "needs tls.certificate beside it");
    demand(
        config.trust.arc_sealers.iter().all(|sealer| sealer.contains('.') && is_host_name(sealer)),
        "trust.arc_sealers",
        "must be domains such as \"example.com\"",
    );
    trust_problems(config, &mut demand);
    let outbound = &config.outbound;
    demand(
        outbound.smarthost.as_deref().is_none_or(is_host_and_port),
        "outbound.smarthost",
        "must be \"host:port\" with a port from 1 to 65535",
    );
    demand(outbound.port > 0, "outbound.port", "must be from 1 to 65535");
    demand(!outbound.retry_seconds.is_empty(), "outbound.retry_seconds", "needs at least one pause");
    demand(
        outbound.retry_seconds.iter().all(|seconds| *seconds > 0),
        "outbound.retry_seconds",
        "has a pause of 0 seconds",
    );
    demand(outbound.give_up_after_hours > 0, "outbound.give_up_after_hours", "must be at least 1");
    demand(outbound.delay_notice_hours > 0, "outbound.delay_notice_hours", "must be at least 1");
    demand(
        (1024 * 1024..=LARGEST_LETTER).contains(&outbound.letter_size),
        "outbound.letter_size",
        "must be from 1048576 to 134217728",
    );
    demand(
        (1..=outbound.letter_size).contains(&outbound.attachment_size),
        "outbound.attachment_size",
        "must be from 1 to outbound.letter_size",
    );
    demand(outbound.memory >= 1024 * 1024, "outbound.memory", "must be at least 1048576");
    demand(outbound.concurrency > 0, "outbound.concurrency", "must be at least 1");
    demand(outbound.destination_concurrency > 0, "outbound.destination_concurrency", "must be at least 1");
    demand(outbound.destination_rate_per_minute > 0, "outbound.destination_rate_per_minute", "must be at least 1");
    demand(
        outbound.credentials.is_none() || outbound.smarthost.is_some(),
        "outbound.credentials",
        "needs outbound.smarthost beside it",
    );
    demand(
        outbound.credentials.is_none() || is_protected(outbound.tls),
        "outbound.credentials",
        "needs outbound.tls to be \"required\" or \"implicit\": name and password are not sent in clear text",
    );
    for route in &config.routes {
        demand(
            route.smarthost.as_deref().is_none_or(is_host_and_port),
            "route.smarthost",
            "must be \"host:port\" with a port from 1 to 65535",
        );
        demand(
            route.credentials.is_none() || (route.smarthost.is_some() && is_protected(route.tls)),
            "route.credentials",
            "needs route.smarthost beside it, and route.tls to be \"required\" or \"implicit\"",
        );
        demand(
            route.domains.iter().all(|domain| is_host_name(domain.strip_prefix("*.").unwrap_or(domain))),
            "route.domains",
            "holds what is no domain (\"example.com\" or \"*.example.com\"; international ones as \"xn--…\")",
        );
    }
    let automatic = &config.automatic;
    demand(automatic.per_address <= 100, "automatic.per_address", "must be at most 100");
    demand(automatic.per_ticket <= 100, "automatic.per_ticket", "must be at most 100");
    demand(
        (1..=24 * 366).contains(&automatic.window_hours),
        "automatic.window_hours",
        "must be from 1 to 8784 (a year)",
    );
    let limits = &config.limits;
    demand(limits.message_size >= 64 * 1024, "limits.message_size", "must be at least 65536 (RFC 5321 §4.5.3.1.7)");
    demand(limits.message_size <= 1024 * 1024 * 1024, "limits.message_size", "must be at most 1073741824");
    demand(limits.connections > 0, "limits.connections", "must be at least 1");
    demand(limits.connections_per_address > 0, "limits.connections_per_address", "must be at least 1");
    demand(limits.recipients >= 100, "limits.recipients", "must be at least 100 (RFC 5321 §4.5.3.1.8)");
    demand(
        limits.memory >= limits.message_size,
        "limits.memory",
        "must hold at least one letter of limits.message_size",
    );
    found.extend(super::policy::problems(config));
    found
}

/// Name and password are safe there.
fn is_protected(tls: TlsDemand) -> bool {
    matches!(tls, TlsDemand::Required | TlsDemand::Implicit)
}

/// Of `[acme]`, `[mta_sts]` and `[reports]`.
fn trust_problems(config: &Config, demand: &mut impl FnMut(bool, &'static str, &str)) {
    let (acme, sts) = (&config.acme, &config.mta_sts);
    let is_set = acme.directory.is_some();
    let is_url = |url: &str| url.starts_with("https://") && url.len() > "https://".len();
    demand(acme.directory.as_deref().is_none_or(is_url), "acme.directory", "must begin with https://");
    demand(
        !is_set || config.tls.certificate.is_none(),
        "acme.directory",
        "is no use beside tls.certificate: one or the other",
    );
    let answers = acme.http_listen.is_some() || acme.tls_listen.is_some() || config.http.tls_listen.is_some();
    demand(
        !is_set || answers,
        "acme.directory",
        "needs acme.http_listen, acme.tls_listen or http.tls_listen for challenges",
    );
    let is_contact = |contact: &str| {
        contact.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && is_host_name(domain))
    };
    demand(acme.contact.as_deref().is_none_or(is_contact), "acme.contact", "is no e-mail address");
    demand(
        acme.eab_key_id.is_none() || acme.eab_key.is_some(),
        "acme.eab_key_id",
        "needs acme.eab_key, the file with its key, beside it",
    );
    demand(acme.eab_key.is_none() || acme.eab_key_id.is_some(), "acme.eab_key", "needs acme.eab_key_id beside it");
    demand(
        acme.eab_key_id.as_deref().is_none_or(|id| !id.is_empty() && id.bytes().all(|octet| octet.is_ascii_graphic())),
        "acme.eab_key_id",
        "must be printable ASCII without spaces",
    );
    let reporter = config.reports.from.as_deref();
    demand(reporter.is_none_or(is_contact), "reports.from", "is no e-mail address");
    demand(acme.names.iter().all(|name| is_host_name(name)), "acme.names", "has an entry that is no host name");
    demand(acme.names.len() <= 100, "acme.names", "has more than 100 names");
    demand(sts.mx.iter().all(|name| is_host_name(name)), "mta_sts.mx", "has an entry that is no host name");
    demand(sts.max_age <= 31_557_600, "mta_sts.max_age", "must be at most 31557600 (RFC 8461 §3.2)");
}

pub(super) fn is_host_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

pub(super) fn is_host_and_port(text: &str) -> bool {
    text.parse::<std::net::SocketAddr>().map(|address| address.port() > 0).unwrap_or_else(|_| {
        text.rsplit_once(':')
            .is_some_and(|(host, port)| is_host_name(host) && port.parse::<u16>().is_ok_and(|port| port > 0))
    })
}
