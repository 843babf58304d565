//! Secrets that are handed out once and stored as a hash.

use crate::desk::{DeskError, random};

/// What an API token begins with, so that leaked ones can be found.
const TOKEN_PREFIX: &str = "mxd_";
/// Longer than any secret of ours: what is longer is not even hashed.
const LONGEST: usize = 100;

/// A secret that is shown once. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// A new session secret: 256 bits.
    pub(super) fn for_session() -> Result<Self, DeskError> {
        Ok(Self(data_encoding::BASE64URL_NOPAD.encode(&random::secret()?)))
    }

    /// A new API token: `mxd_` and 256 bits.
    pub(super) fn for_token() -> Result<Self, DeskError> {
        let random = data_encoding::BASE32_NOPAD.encode(&random::secret()?);
        Ok(Self(format!("{TOKEN_PREFIX}{}", random.to_ascii_lowercase())))
    }
}

/// The hash under which a secret is stored; `None` for what cannot be one of ours. With 256 random bits in the secret a
/// plain hash suffices, and looking a hash up tells nothing about the secret by its time.
pub(super) fn hash(secret: &str) -> Option<[u8; 32]> {
    (1..=LONGEST).contains(&secret.len()).then(|| *blake3::hash(secret.as_bytes()).as_bytes())
}

/// Whether a text looks like an API token of ours.
pub(super) fn is_token(text: &str) -> bool {
    text.starts_with(TOKEN_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_new_each_time_and_not_shown() {
        let (one, two) = (Secret::for_token().unwrap(), Secret::for_token().unwrap());
        assert_ne!(one, two);
        assert!(is_token(&one.0));
        assert_eq!(one.0.len(), TOKEN_PREFIX.len() + 52);
        assert_eq!(format!("{one:?}"), "Secret(…)");
        assert_eq!(Secret::for_session().unwrap().0.len(), 43);
    }

    #[test]
    fn what_is_too_long_to_be_a_secret_is_not_hashed() {
        assert_eq!(hash(""), None);
        assert_eq!(hash(&"x".repeat(101)), None);
        assert!(hash("x").is_some());
    }
}
