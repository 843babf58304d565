//! Reads and checks a configuration file.

use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::{Config, Network, TlsDemand};

/// Octets of the largest value that the store keeps, which a letter is.
const LARGEST_LETTER: usize = 128 * 1024 * 1024;

/// What is wrong with a configuration, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; `None` where it concerns the whole file.
    pub line: Option<usize>,
    /// The key (`smtp.listen`), where one is concerned.
    pub key: Option<String>,
    /// What is wrong.
    pub problem: String,
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        f.write_str(": ")?;
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.problem)
    }
}

impl Config {
    /// Reads and checks the file. Blocking: called once, before the runtime starts.
    pub fn load(file: &Path) -> Result<Self, Vec<ConfigError>> {
        #[expect(clippy::disallowed_methods, reason = "runs before the runtime starts")]
        let text = std::fs::read_to_string(file).map_err(|error| {
            vec![ConfigError {
                file: file.to_owned(),
                line: None,
                key: None,
                problem: format!("cannot be read: {error}"),
            }]
        })?;
        let config = Self::parse(file, &text)?;
        let unreadable = config.unreadable(file, &text);
        if unreadable.is_empty() { Ok(config) } else { Err(unreadable) }
    }

    /// Files that the outbound queue needs and that cannot be read.
    fn unreadable(&self, file: &Path, text: &str) -> Vec<ConfigError> {
        let of_outbound = [
            ("outbound.credentials", &self.outbound.credentials),
            ("outbound.authorities", &self.outbound.authorities),
            ("dns.trust_anchors", &self.dns.trust_anchors),
        ];
        let of_routes = self.routes.iter().map(|route| ("route.credentials", &route.credentials));
        let named = of_outbound.into_iter().chain(of_routes).filter_map(|(key, path)| Some((key, path.as_ref()?)));
        let failed = named.filter_map(|(key, path)| Some((key, path, std::fs::File::open(path).err()?)));
        failed
            .map(|(key, path, error)| ConfigError {
                file: file.to_owned(),
                line: line_of(text, key),
                key: Some(key.to_owned()),
                problem: format!("{} cannot be read: {error}", path.display()),
            })
            .collect()
    }

    /// Checks the text of a file; `file` is for messages and as the base of relative paths.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Vec<ConfigError>> {
        let mut config: Config = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| line_at(text, span.start));
            let key = error.span().and_then(|span| key_at(text, span.start));
            vec![ConfigError { file: file.to_owned(), line, key, problem: error.message().trim().to_owned() }]
        })?;
        let problems = problems(&config);
        if problems.is_empty() {
            config.anchor_paths(file.parent().unwrap_or(Path::new("")));
            return Ok(config);
        }
        Err(problems
            .into_iter()
            .map(|(key, problem)| ConfigError {
                file: file.to_owned(),
                line: line_of(text, key),
                key: Some(key.to_owned()),
                problem,
            })
            .collect())
    }

    /// Makes relative paths relative to the file's folder, so that the working folder does not matter.
    fn anchor_paths(&mut self, folder: &Path) {
        self.data_dir = folder.join(&self.data_dir);
        let outbound = &mut self.outbound;
        let paths = [
            &mut self.tls.certificate,
            &mut self.tls.key,
            &mut self.acme.directory_ca,
            &mut self.dns.trust_anchors,
            &mut outbound.credentials,
            &mut outbound.authorities,
        ];
        let of_routes = self.routes.iter_mut().map(|route| &mut route.credentials);
        for path in paths.into_iter().chain(of_routes).flatten() {
            *path = folder.join(&*path);
        }
    }
}

/// What the types cannot say: key and problem.
fn problems(config: &Config) -> Vec<(&'static str, String)> {
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
    demand(outbound.concurrency > 0, "outbound.concurrency", "must be at least 1");
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

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The line on which a dotted key (or else its section) stands.
fn line_of(text: &str, dotted: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut table = document.get_ref();
    let mut line = None;
    for part in dotted.split('.') {
        let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref() == part) else { break };
        line = Some(line_at(text, key.span().start));
        match value.get_ref().as_table() {
            Some(inner) => table = inner,
            None => break,
        }
    }
    line
}

/// The dotted key whose entry holds an offset.
fn key_at(text: &str, offset: usize) -> Option<String> {
    let document = DeTable::parse(text).ok()?;
    let mut table = document.get_ref();
    let mut path: Vec<&str> = Vec::new();
    'descend: loop {
        for (key, value) in table.iter() {
            if key.span().contains(&offset) || (value.get_ref().as_table().is_none() && value.span().contains(&offset))
            {
                path.push(key.get_ref());
                break 'descend;
            }
        }
        // A table's own span is only its header: go by what lies inside it.
        let inside = table.iter().find_map(|(key, value)| {
            let inner = value.get_ref().as_table()?;
            inner.iter().any(|(k, v)| k.span().contains(&offset) || v.span().contains(&offset)).then_some((key, inner))
        });
        match inside {
            Some((key, inner)) => {
                path.push(key.get_ref());
                table = inner;
            }
            None => break,
        }
    }
    (!path.is_empty()).then(|| path.join("."))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const BASE: &str = "data_dir = \"d\"\nhostname = \"mx.example.com\"\n";

    #[rstest]
    #[case::unknown_key("[smtp]\nlisen = []\n", "f.toml:4: smtp.lisen: unknown field `lisen`")]
    #[case::unknown_section("[smpt]\n", "f.toml:3: smpt: unknown field `smpt`")]
    #[case::wrong_type("[limits]\nmessage_size = \"big\"\n", "f.toml:4: limits.message_size: invalid type")]
    #[case::no_listener("[smtp]\nlisten = []\n", "f.toml:4: smtp.listen: needs at least one address")]
    #[case::bad_address("[smtp]\nlisten = [\"localhost\"]\n", "f.toml:4: smtp.listen: invalid socket address")]
    #[case::both_listeners(
        "[smtp]\nlisten = [\"[::]:25\"]\ntls_listen = [\"[::]:25\"]\n",
        "f.toml:5: smtp.tls_listen: names an"
    )]
    #[case::no_network("[smtp]\nproxy_from = [\"lb\"]\n", "f.toml:4: smtp.proxy_from: is no network")]
    #[case::host_bits("[smtp]\nxclient_from = [\"10.0.0.1/8\"]\n", "f.toml:4: smtp.xclient_from: has bits behind")]
    #[case::everybody("[smtp]\nxclient_from = [\"::/0\"]\n", "f.toml:4: smtp.xclient_from: names the whole")]
    #[case::bad_from("[smtp]\nbad_from = \"drop\"\n", "f.toml:4: smtp.bad_from: unknown variant `drop`")]
    #[case::certificate_alone("[tls]\ncertificate = \"c.pem\"\n", "f.toml:4: tls.certificate: needs tls.key")]
    #[case::smarthost("[outbound]\nsmarthost = \"relay\"\n", "f.toml:4: outbound.smarthost: must be \"host:port\"")]
    #[case::block_list("[identity]\nblock_lists = [\"http://x\"]\n", "f.toml:4: identity.block_lists: holds")]
    #[case::too_small("[limits]\nmessage_size = 10\n", "f.toml:4: limits.message_size: must be at least 65536")]
    #[case::smarthost_in_clear(
        "[outbound]\nsmarthost = \"relay:587\"\ncredentials = \"c\"\n",
        "f.toml:5: outbound.credentials: needs outbound.tls"
    )]
    #[case::letter_size("[outbound]\nletter_size = 9\n", "f.toml:4: outbound.letter_size: must be from 1048576")]
    #[case::attachment_size(
        "[outbound]\nletter_size = 2000000\nattachment_size = 2000001\n",
        "f.toml:5: outbound.attachment_size: must be from 1 to outbound.letter_size"
    )]
    #[case::memory("[outbound]\nmemory = 0\n", "f.toml:4: outbound.memory: must be at least 1048576")]
    #[case::tls("[outbound]\ntls = \"maybe\"\n", "f.toml:4: outbound.tls: unknown variant `maybe`")]
    #[case::route("[[route]]\nsmarthost = \"relay\"\n", "f.toml:3: route.smarthost: must be \"host:port\"")]
    #[case::sealer("[trust]\narc_sealers = [\"com\"]\n", "f.toml:4: trust.arc_sealers: must be domains")]
    #[case::forwarder("[trust]\nforwarders = [\"::/0\"]\n", "f.toml:4: trust.forwarders: the prefix length is out")]
    #[case::acme_without_an_answer(
        "[acme]\ndirectory = \"https://a.test\"\n",
        "f.toml:4: acme.directory: needs acme.http_listen"
    )]
    #[case::acme_in_the_clear(
        "[acme]\ndirectory = \"http://a.test\"\n",
        "f.toml:4: acme.directory: must begin with https://"
    )]
    #[case::sts_mode("[mta_sts]\nmode = \"on\"\n", "f.toml:4: mta_sts.mode: unknown variant")]
    #[case::sts_age("[mta_sts]\nmax_age = 99999999\n", "f.toml:4: mta_sts.max_age: must be at most")]
    #[case::no_toml("[smtp\n", "f.toml:3: ")]
    fn an_error_names_file_line_and_key(#[case] rest: &str, #[case] expected: &str) {
        let errors = Config::parse(Path::new("f.toml"), &format!("{BASE}{rest}")).expect_err("the file is wrong");
        let text = errors[0].to_string();
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn a_missing_key_is_named() {
        let errors = Config::parse(Path::new("f.toml"), "data_dir = \"d\"\n").expect_err("hostname is missing");
        assert!(errors[0].to_string().contains("hostname"), "{}", errors[0]);
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let text = "data_dir = \"d\"\nhostname = \"a b\"\n[outbound]\nport = 0\n";
        let errors = Config::parse(Path::new("f.toml"), text).expect_err("two things are wrong");
        assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), [Some(2), Some(4)]);
    }

    #[test]
    fn relative_paths_are_relative_to_the_file() {
        let config = Config::parse(Path::new("/etc/mxdesk/mxdesk.toml"), BASE).expect("valid");
        assert_eq!(config.data_dir, Path::new("/etc/mxdesk/d"));
    }
}
