//! What is answered to an ACME server that checks whether a name is ours: HTTP-01 (RFC 8555 §8.3) and TLS-ALPN-01 (RFC 8737).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;

use super::TlsError;

/// The protocol by which a validator is known (RFC 8737 §3).
pub const ACME_PROTOCOL: &[u8] = b"acme-tls/1";

/// The open challenges of an order: few, and short-lived.
#[derive(Default)]
pub struct Challenges {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// Key authorization by token.
    tokens: HashMap<String, String>,
    /// Challenge certificate by name.
    certificates: HashMap<String, Arc<CertifiedKey>>,
}

/// An answer that is given until this is dropped.
pub struct Answer<'a> {
    challenges: &'a Challenges,
    token: String,
    name: String,
}

impl Challenges {
    /// Answers HTTP-01 for a token with this key authorization.
    pub fn answer_token(&self, token: &str, key_authorization: &str) -> Answer<'_> {
        self.open().tokens.insert(token.to_owned(), key_authorization.to_owned());
        Answer { challenges: self, token: token.to_owned(), name: String::new() }
    }

    /// Answers TLS-ALPN-01 for a name with the SHA-256 digest of the key authorization.
    pub fn answer_name(&self, name: &str, digest: &[u8; 32]) -> Result<Answer<'_>, TlsError> {
        let name = name.to_lowercase();
        let certified = Arc::new(challenge_certificate(&name, digest)?);
        self.open().certificates.insert(name.clone(), certified);
        Ok(Answer { challenges: self, token: String::new(), name })
    }

    /// The key authorization for a token.
    pub fn key_authorization(&self, token: &str) -> Option<String> {
        self.open().tokens.get(token).cloned()
    }

    pub(super) fn certificate(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        self.open().certificates.get(&name.to_lowercase()).cloned()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        // Two maps are whole after a panic, too.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        let mut open = self.challenges.open();
        open.tokens.remove(&self.token);
        open.certificates.remove(&self.name);
    }
}

/// Self-signed, for this one name, with the digest in the acmeIdentifier extension (RFC 8737 §3).
fn challenge_certificate(name: &str, digest: &[u8; 32]) -> Result<CertifiedKey, TlsError> {
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()])?;
    params.custom_extensions = vec![rcgen::CustomExtension::new_acme_identifier(digest)];
    let key = rcgen::KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let signing = rustls::crypto::aws_lc_rs::default_provider().key_provider.load_private_key(der)?;
    // Not checked against each other as a server's usual certificate is: the check knows no such extension.
    Ok(CertifiedKey::new(vec![certificate.der().clone()], signing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_given_as_long_as_its_challenge_is_open() {
        let challenges = Challenges::default();
        let token = challenges.answer_token("token", "token.thumb");
        let name = challenges.answer_name("MX.demo.test", &[7; 32]).unwrap();
        assert_eq!(challenges.key_authorization("token").as_deref(), Some("token.thumb"));
        assert_eq!(challenges.key_authorization(""), None);
        assert!(challenges.certificate("mx.Demo.test").is_some() && challenges.certificate("other.test").is_none());
        drop((token, name));
        assert!(challenges.key_authorization("token").is_none() && challenges.certificate("mx.demo.test").is_none());
    }
}
