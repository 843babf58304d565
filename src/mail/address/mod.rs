//! An e-mail address that cannot hold what would break a command line, a header or a key.
//!
//! Promises: whatever parses holds no control character, CR, LF, NUL, line separator or bidirectional override; what
//! [`Address::to_path`] writes parses to the same address again; two spellings of one mailbox (`"ann"@Example.COM`,
//! `ann@example.com`) are one value as far as RFC 5321 lets anyone but the receiving host decide that.
//! Leaves to others: whether the address exists, display names and comments (`letter`), source routes (`smtp`).

use std::fmt;

mod domain;
mod local;

/// A validated address: `local@domain`, at most 64 and 255 octets (RFC 5321 §4.5.3.1), no control characters, no CR, LF
/// or NUL. The domain is kept in lower case and as A-labels (`xn--…`); the local part is kept as written, unquoted.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    text: String,
    at: usize,
}

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no `@` with something on both sides.
    #[error("an address needs a local part and a domain")]
    Shape,
    /// The local part is longer than 64 octets or holds a control character.
    #[error("the local part is not valid")]
    Local,
    /// The domain is no valid host name (nor IDN, nor address literal).
    #[error("the domain is not valid")]
    Domain,
}

impl Address {
    /// Parses `local@domain` (RFC 5321 §4.1.2, RFC 6531 §3.3). A quoted local part is unquoted.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (local, rest) = local::read(text)?;
        let domain = domain::canonical(rest)?;
        let at = local.len();
        let mut text = local.into_owned();
        text.push('@');
        text.push_str(&domain);
        Ok(Self { text, at })
    }

    /// The whole address, unquoted: for keys, lists and comparison. Not for command lines: see [`Address::to_path`].
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`, unquoted.
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// What stands behind the `@`: lower case, A-labels.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// The form for comparison and look-up: the whole in lower case.
    pub fn key(&self) -> String {
        self.text.to_lowercase()
    }

    /// The form for `MAIL FROM:<…>` and header fields: the local part quoted again where it must be.
    pub fn to_path(&self) -> String {
        if local::is_dot_atom(self.local()) {
            return self.text.clone();
        }
        let mut path = local::quote(self.local());
        path.push('@');
        path.push_str(self.domain());
        path
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.text)
    }
}

#[cfg(test)]
mod tests;
