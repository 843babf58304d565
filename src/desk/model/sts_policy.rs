//! A domain's MTA-STS policy, as it was fetched (RFC 8461 §3.2).

use minicbor::{Decode, Encode};

/// How a policy is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum StsMode {
    /// There is none any more.
    #[default]
    #[n(0)]
    None,
    /// What does not fit is told in reports, and delivered.
    #[n(1)]
    Testing,
    /// What does not fit is not delivered.
    #[n(2)]
    Enforce,
}

/// A policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct StsPolicy {
    /// The id of the record under which it was fetched.
    #[n(0)]
    pub id: String,
    /// How it is meant.
    #[n(1)]
    pub mode: StsMode,
    /// Its mail hosts, in lower case; `*.` for one label. At most 100.
    #[n(2)]
    pub mx: Vec<String>,
    /// It holds until then, Unix milliseconds.
    #[n(3)]
    pub until: u64,
    /// Seconds for which it may be kept, as it says; `None` where it was fetched before this was kept.
    #[n(4)]
    pub max_age: Option<u64>,
}

impl StsPolicy {
    /// The policy as its file has it (RFC 8461 §3.2), line by line.
    pub fn lines(&self) -> Vec<String> {
        let mode = match self.mode {
            StsMode::None => "none",
            StsMode::Testing => "testing",
            StsMode::Enforce => "enforce",
        };
        let mut lines = vec!["version: STSv1".to_owned(), format!("mode: {mode}")];
        lines.extend(self.mx.iter().map(|host| format!("mx: {host}")));
        lines.extend(self.max_age.map(|seconds| format!("max_age: {seconds}")));
        lines
    }

    /// Whether its time is not over.
    pub fn holds_at(&self, now: u64) -> bool {
        now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A policy as it was kept before it had its age.
    #[derive(Encode)]
    struct Before(#[n(0)] &'static str, #[n(1)] StsMode, #[n(2)] Vec<String>, #[n(3)] u64);

    #[test]
    fn a_policy_kept_before_it_had_its_age_is_read_and_quoted() {
        let before = Before("a", StsMode::Enforce, vec!["*.shop.test".to_owned()], 9);
        let read: StsPolicy = minicbor::decode(&minicbor::to_vec(&before).unwrap()).unwrap();
        assert_eq!((read.id.as_str(), read.until, read.max_age), ("a", 9, None));
        assert_eq!(read.lines(), ["version: STSv1", "mode: enforce", "mx: *.shop.test"]);
        let whole = StsPolicy { max_age: Some(604_800), ..read };
        assert_eq!(whole.lines().last().map(String::as_str), Some("max_age: 604800"));
        assert_eq!(minicbor::decode::<StsPolicy>(&minicbor::to_vec(&whole).unwrap()).unwrap(), whole);
    }
}
