//! A certificate chain with its private key, read and checked.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::extensions::GeneralName;

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file is no PEM, holds no certificate, or one that cannot be read.
    #[error("the certificate cannot be read: {0}")]
    Certificate(String),
    /// The key file is no PEM, or holds no private key.
    #[error("the private key cannot be read: {0}")]
    Key(String),
    /// They do not fit each other, or are of a kind that is not supported.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
    /// One could not be made.
    #[error("a certificate cannot be made: {0}")]
    Making(#[from] rcgen::Error),
}

/// A usable certificate. `Debug` does not show the key.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Chain and key, as handshakes use them.
    pub(super) certified: Arc<CertifiedKey>,
    /// From when on it is valid, Unix seconds.
    pub not_before: i64,
    /// Until when it is valid, Unix seconds.
    pub not_after: i64,
    /// The host names that it is for (RFC 5280 §4.2.1.6), in lower case.
    pub names: Vec<String>,
}

impl Certificate {
    /// Reads a chain (the server's own certificate first) and its key, both PEM.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| TlsError::Certificate(error.to_string()))?;
        let Some(own) = chain.first() else {
            return Err(TlsError::Certificate("there is no certificate in it".to_owned()));
        };
        let (not_before, not_after, names) = read(own)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| TlsError::Key(error.to_string()))?;
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let certified = Arc::new(CertifiedKey::from_der(chain, key, &provider)?);
        Ok(Self { certified, not_before, not_after, names })
    }

    /// Makes a certificate that nobody but ourselves has signed, in PEM: chain and key.
    pub fn self_signed(hostname: &str) -> Result<(String, String), TlsError> {
        let made = rcgen::generate_simple_self_signed(vec![hostname.to_owned()])?;
        Ok((made.cert.pem(), made.signing_key.serialize_pem()))
    }

    /// Days until it ends, at `now` in Unix seconds; negative behind the end.
    pub fn days_left(&self, now: i64) -> i64 {
        self.not_after.saturating_sub(now).div_euclid(86_400)
    }

    /// When it is to be renewed, Unix seconds: after two thirds of its time.
    pub fn renew_at(&self) -> i64 {
        let lifetime = self.not_after.saturating_sub(self.not_before).max(0);
        self.not_before.saturating_add(lifetime / 3 * 2)
    }

    /// Whether it is for all of these names (in lower case); wildcards are not counted.
    pub fn covers(&self, names: &[String]) -> bool {
        names.iter().all(|name| self.names.contains(name))
    }
}

/// Validity and names of a certificate.
fn read(der: &[u8]) -> Result<(i64, i64, Vec<String>), TlsError> {
    let unreadable = |error: String| TlsError::Certificate(error);
    let (_, parsed) = x509_parser::parse_x509_certificate(der).map_err(|error| unreadable(error.to_string()))?;
    let alternative = parsed.subject_alternative_name().map_err(|error| unreadable(error.to_string()))?;
    let names = alternative.map(|names| names.value.general_names.iter()).into_iter().flatten();
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_lowercase()),
        _ => None,
    });
    let validity = parsed.validity();
    Ok((validity.not_before.timestamp(), validity.not_after.timestamp(), names.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_validity_are_read() {
        let (chain, key) = Certificate::self_signed("Desk.test").unwrap();
        let certificate = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!(certificate.names, ["desk.test"]);
        assert!(certificate.covers(&["desk.test".to_owned()]) && !certificate.covers(&["other.test".to_owned()]));
        assert!(certificate.days_left(0) > 365_000);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (certificate, _) = Certificate::self_signed("a.test").unwrap();
        let (_, key) = Certificate::self_signed("b.test").unwrap();
        let read = |chain: &str, key: &str| Certificate::from_pem(chain.as_bytes(), key.as_bytes());
        assert!(matches!(read(&certificate, &key), Err(TlsError::Unusable(_))));
        assert!(matches!(read("", &key), Err(TlsError::Certificate(_))));
        assert!(matches!(read(&certificate, "x"), Err(TlsError::Key(_))));
        let torn = &certificate[..certificate.len() / 2];
        assert!(matches!(read(torn, &key), Err(TlsError::Certificate(_))));
    }

    #[test]
    fn a_certificate_is_renewed_after_two_thirds_of_its_time() {
        let (chain, key) = Certificate::self_signed("a.test").unwrap();
        let mut certificate = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        (certificate.not_before, certificate.not_after) = (1_000_000, 1_000_000 + 90 * 86_400);
        assert_eq!(certificate.renew_at(), 1_000_000 + 60 * 86_400);
        assert_eq!(certificate.days_left(1_000_000 + 60 * 86_400), 30);
        assert_eq!(certificate.days_left(1_000_000 + 90 * 86_400 + 1), -1);
    }
}
