//! Our MTA-STS policy as text (RFC 8461 §3.2).

use std::fmt::Write;

use super::{Config, MtaStsMode};

impl Config {
    /// The policy's text; `None` where there is none.
    pub fn mta_sts_policy(&self) -> Option<String> {
        let mode = match self.mta_sts.mode {
            MtaStsMode::Off => return None,
            MtaStsMode::None => "none",
            MtaStsMode::Testing => "testing",
            MtaStsMode::Enforce => "enforce",
        };
        let mut policy = format!("version: STSv1\r\nmode: {mode}\r\n");
        let own = std::slice::from_ref(&self.hostname);
        let hosts = if self.mta_sts.mx.is_empty() { own } else { &self.mta_sts.mx };
        for host in hosts {
            // Writing into a String cannot fail.
            let _ = write!(policy, "mx: {}\r\n", host.to_lowercase());
        }
        let _ = write!(policy, "max_age: {}\r\n", self.mta_sts.max_age);
        Some(policy)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config(rest: &str) -> Config {
        let text = format!("data_dir = \"d\"\nhostname = \"Mx.example.com\"\n{rest}");
        Config::parse(Path::new("f.toml"), &text).expect("valid")
    }

    #[test]
    fn the_policy_names_mode_hosts_and_age() {
        assert_eq!(config("").mta_sts_policy(), None);
        let policy = config("[mta_sts]\nmode = \"testing\"\n").mta_sts_policy();
        assert_eq!(
            policy.as_deref(),
            Some("version: STSv1\r\nmode: testing\r\nmx: mx.example.com\r\nmax_age: 604800\r\n")
        );
        let two = config("[mta_sts]\nmode = \"enforce\"\nmx = [\"a.test\", \"b.test\"]\nmax_age = 86400\n");
        let text = "version: STSv1\r\nmode: enforce\r\nmx: a.test\r\nmx: b.test\r\nmax_age: 86400\r\n";
        assert_eq!(two.mta_sts_policy().as_deref(), Some(text));
    }
}
