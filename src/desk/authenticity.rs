//! Whether the envelope sender's domain vouches for a letter: what automatic letters to it rest on.

use crate::mail::{AuthResult, Authentication};

/// What proves the envelope sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::desk) enum Authenticity {
    /// SPF passed for its domain, or DMARC passed and From is of that domain.
    Proven,
    /// Neither for nor against.
    #[default]
    Unknown,
    /// SPF or DMARC says that it is not the sender's.
    Forged,
}

impl Authenticity {
    /// Of a letter from this envelope sender (its key).
    pub(in crate::desk) fn of(found: Option<&Authentication>, envelope_from: &str) -> Self {
        let Some(found) = found else { return Self::Unknown };
        let domain = envelope_from.rsplit('@').next().unwrap_or_default();
        let is_dmarcs = found.dmarc.result == AuthResult::Pass && found.dmarc.domain.eq_ignore_ascii_case(domain);
        if found.dmarc.result == AuthResult::Fail {
            return Self::Forged;
        }
        match found.spf.result {
            _ if is_dmarcs => Self::Proven,
            AuthResult::Pass => Self::Proven,
            AuthResult::Fail | AuthResult::SoftFail => Self::Forged,
            AuthResult::None | AuthResult::Neutral | AuthResult::TempError | AuthResult::PermError => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(AuthResult::Pass, AuthResult::None, "", Authenticity::Proven)]
    #[case(AuthResult::Pass, AuthResult::Fail, "shop.test", Authenticity::Forged)]
    #[case(AuthResult::Fail, AuthResult::Pass, "shop.test", Authenticity::Proven)]
    #[case(AuthResult::Fail, AuthResult::Pass, "other.test", Authenticity::Forged)]
    #[case(AuthResult::None, AuthResult::Pass, "shop.test", Authenticity::Proven)]
    #[case(AuthResult::None, AuthResult::None, "", Authenticity::Unknown)]
    #[case(AuthResult::SoftFail, AuthResult::None, "", Authenticity::Forged)]
    #[case(AuthResult::TempError, AuthResult::TempError, "shop.test", Authenticity::Unknown)]
    fn spf_or_an_aligned_dmarc_proves(
        #[case] spf: AuthResult,
        #[case] dmarc: AuthResult,
        #[case] dmarc_domain: &str,
        #[case] expected: Authenticity,
    ) {
        let mut found = Authentication::default();
        found.spf.result = spf;
        found.dmarc.result = dmarc;
        found.dmarc.domain = dmarc_domain.to_owned();
        assert_eq!(Authenticity::of(Some(&found), "ivan@shop.test"), expected);
        assert_eq!(Authenticity::of(None, "ivan@shop.test"), Authenticity::Unknown);
    }
}
