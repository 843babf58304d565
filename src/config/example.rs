//! The commented example file, generated from the sections.

use std::fmt::Write;

use super::section::KeyDoc;
use super::{
    Acme, Automatic, DeskSection, Dns, Dnsbl, Greylist, Http, Identity, Ledger, Limits, MtaSts, Outbound, Policy,
    Rates, Reports, Route, Scan, Smtp, Tls, Trust,
};

/// A whole configuration file with every key, its documentation and its default (commented out).
pub fn example(data_dir: &str, hostname: &str) -> String {
    let mut file = String::from(
        "# mxdesk's configuration. Every key that is commented out shows its default.\n\
         # `mxdesk check --config FILE` says whether a change is right.\n\n",
    );
    let data_dir = toml::Value::from(data_dir);
    let hostname = toml::Value::from(hostname);
    // Writing into a String cannot fail.
    let _ = write!(
        file,
        "# The one folder that holds everything: store, index, keys, socket. Relative to this file's folder.\n\
         data_dir = {data_dir}\n\n\
         # This machine's name as others see it: in the greeting, in EHLO, in Message-IDs. Its PTR record should say the same.\n\
         hostname = {hostname}\n"
    );
    section(&mut file, "smtp", Smtp::DOC, &Smtp::keys());
    section(&mut file, "http", Http::DOC, &Http::keys());
    section(&mut file, "dns", Dns::DOC, &Dns::keys());
    section(&mut file, "trust", Trust::DOC, &Trust::keys());
    section(&mut file, "identity", Identity::DOC, &Identity::keys());
    section(&mut file, "tls", Tls::DOC, &Tls::keys());
    section(&mut file, "acme", Acme::DOC, &Acme::keys());
    section(&mut file, "mta_sts", MtaSts::DOC, &MtaSts::keys());
    section(&mut file, "reports", Reports::DOC, &Reports::keys());
    section(&mut file, "outbound", Outbound::DOC, &Outbound::keys());
    routes(&mut file);
    section(&mut file, "automatic", Automatic::DOC, &Automatic::keys());
    section(&mut file, "limits", Limits::DOC, &Limits::keys());
    section(&mut file, "desk", DeskSection::DOC, &DeskSection::keys());
    section(&mut file, "policy", Policy::DOC, &Policy::keys());
    section(&mut file, "dnsbl", Dnsbl::DOC, &Dnsbl::keys());
    section(&mut file, "greylist", Greylist::DOC, &Greylist::keys());
    section(&mut file, "rates", Rates::DOC, &Rates::keys());
    section(&mut file, "scan", Scan::DOC, &Scan::keys());
    section(&mut file, "ledger", Ledger::DOC, &Ledger::keys());
    file
}

/// The same with some keys set: section, key and value.
pub fn example_with(data_dir: &str, hostname: &str, set: &[(&str, &str, toml::Value)]) -> String {
    let mut section = String::new();
    let mut file = String::new();
    for line in example(data_dir, hostname).lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            name.clone_into(&mut section);
        }
        let is_key = |key: &str| {
            line.strip_prefix("# ").and_then(|line| line.strip_prefix(key)).is_some_and(|rest| rest.starts_with(" = "))
        };
        match set.iter().find(|(of, key, _)| *of == section && is_key(key)) {
            // Writing into a String cannot fail.
            Some((_, key, value)) => _ = writeln!(file, "{key} = {value}"),
            None => _ = writeln!(file, "{line}"),
        }
    }
    file
}

fn section(file: &mut String, name: &str, doc: &[&str], keys: &[KeyDoc]) {
    file.push('\n');
    comment(file, doc);
    let _ = writeln!(file, "[{name}]");
    for key in keys {
        comment(file, key.doc);
        let _ = match &key.default {
            Some(value) => writeln!(file, "# {} = {value}", key.name),
            None => writeln!(file, "# {} = \"\"  # unset", key.name),
        };
    }
}

/// Routes have no defaults to show: an example stands for them.
fn routes(file: &mut String) {
    file.push('\n');
    comment(file, Route::DOC);
    for key in Route::keys() {
        let (first, rest) = key.doc.split_first().map_or(("", Default::default()), |(first, rest)| (*first, rest));
        let _ = writeln!(file, "#  {}:{first}", key.name);
        comment(file, rest);
    }
    file.push_str(
        "# [[route]]\n#   domains = [\"partner.example\", \"*.partner.example\"]\n#   tls = \"required\"\n# [[route]]\n#   \
         mailboxes = [\"SALES\"]\n#   smarthost = \"relay.example:587\"\n#   tls = \"required\"\n#   credentials = \
         \"relay.secret\"\n",
    );
}

fn comment(file: &mut String, doc: &[&str]) {
    for line in doc {
        let _ = writeln!(file, "#{line}");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    #[test]
    fn the_example_is_a_valid_file_also_with_every_default_uncommented() {
        let text = example("/var/lib/mxdesk", "mail.example.com");
        Config::parse(Path::new("mxdesk.toml"), &text).expect("the example is valid");
        let uncommented: String = text
            .lines()
            .filter(|line| !line.ends_with("# unset"))
            .map(|line| match line.strip_prefix("# ") {
                Some(rest)
                    if rest
                        .split_once(" = ")
                        .is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_')) =>
                {
                    rest
                }
                _ => line,
            })
            .fold(String::new(), |all, line| all + line + "\n");
        assert!(uncommented.contains("\nmessage_size = 52428800\n"), "{uncommented}");
        Config::parse(Path::new("mxdesk.toml"), &uncommented).expect("the defaults are valid");
    }

    #[test]
    fn the_checked_in_example_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/mxdesk.toml");
        let fresh = example("/var/lib/mxdesk", "mail.example.com");
        if std::env::var_os("MXDESK_BLESS").is_some() {
            #[expect(clippy::disallowed_methods, reason = "a test may block")]
            std::fs::write(&path, &fresh).expect("the example can be written");
        }
        #[expect(clippy::disallowed_methods, reason = "a test may block")]
        let stored = std::fs::read_to_string(&path).expect("config/mxdesk.toml is there");
        assert_eq!(stored, fresh, "run the test with MXDESK_BLESS=1 and commit config/mxdesk.toml");
    }
}
