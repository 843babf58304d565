//! Reads and checks a configuration file.

use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::Config;
use super::checks::problems;

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

    /// Files that the server needs and that cannot be read, or do not hold what they must.
    fn unreadable(&self, file: &Path, text: &str) -> Vec<ConfigError> {
        let of_sections = [
            ("outbound.credentials", &self.outbound.credentials),
            ("outbound.authorities", &self.outbound.authorities),
            ("dns.trust_anchors", &self.dns.trust_anchors),
            ("acme.eab_key", &self.acme.eab_key),
        ];
        let of_routes = self.routes.iter().map(|route| ("route.credentials", &route.credentials));
        let named = of_sections.into_iter().chain(of_routes).filter_map(|(key, path)| Some((key, path.as_ref()?)));
        let failed = named.filter_map(|(key, path)| {
            let problem = match std::fs::File::open(path) {
                Err(error) => format!("cannot be read: {error}"),
                Ok(_) if key == "acme.eab_key" => wrong_key(path)?,
                Ok(_) => return None,
            };
            Some((key, format!("{} {problem}", path.display())))
        });
        failed
            .map(|(key, problem)| ConfigError {
                file: file.to_owned(),
                line: line_of(text, key),
                key: Some(key.to_owned()),
                problem,
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
            &mut self.acme.eab_key,
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

/// What is wrong with the file of an external account's key.
fn wrong_key(path: &Path) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "runs before the runtime starts")]
    let text = std::fs::read_to_string(path);
    match text {
        Ok(text) => super::external_account_key(&text).err().map(str::to_owned),
        Err(error) => Some(format!("cannot be read: {error}")),
    }
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
    #[case::half_an_external_account("[acme]\neab_key_id = \"kid\"\n", "f.toml:4: acme.eab_key_id: needs acme.eab_key")]
    #[case::its_other_half("[acme]\neab_key = \"key\"\n", "f.toml:4: acme.eab_key: needs acme.eab_key_id")]
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
    #[expect(clippy::disallowed_methods, reason = "no runtime runs here")]
    fn a_file_that_holds_no_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f.toml");
        std::fs::write(&file, format!("{BASE}[acme]\neab_key_id = \"kid\"\neab_key = \"key\"\n")).unwrap();
        let problem = || Config::load(&file).err().map(|errors| errors[0].to_string()).unwrap_or_default();
        assert!(
            problem().contains("f.toml:5: acme.eab_key: ") && problem().contains("cannot be read"),
            "{}",
            problem()
        );
        std::fs::write(folder.path().join("key"), "this is no key\n").unwrap();
        assert!(problem().ends_with("key holds no key in base64url"), "{}", problem());
        std::fs::write(folder.path().join("key"), "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W\n")
            .unwrap();
        assert_eq!(problem(), "");
    }

    #[test]
    fn relative_paths_are_relative_to_the_file() {
        let config = Config::parse(Path::new("/etc/mxdesk/mxdesk.toml"), BASE).expect("valid");
        assert_eq!(config.data_dir, Path::new("/etc/mxdesk/d"));
    }
}
