//! The TLS set-up for STARTTLS.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file is no PEM, or holds no certificate.
    #[error("the certificate cannot be read: {0}")]
    Certificate(String),
    /// The key file is no PEM, or holds no private key.
    #[error("the private key cannot be read: {0}")]
    Key(String),
    /// They do not fit each other, or are of a kind that is not supported.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// TLS 1.2 and 1.3 with aws-lc-rs. No session is ever resumed: big senders fail on it on port 25, and a letter's
/// connection is not short enough to gain from it.
pub fn tls_config(certificate_pem: &[u8], key_pem: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_slice_iter(certificate_pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| TlsError::Certificate(error.to_string()))?;
    if chain.is_empty() {
        return Err(TlsError::Certificate("there is no certificate in it".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|error| TlsError::Key(error.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_and_its_key_are_taken_and_sessions_are_not_resumed() {
        let made = rcgen::generate_simple_self_signed(vec!["desk.test".to_owned()]).unwrap();
        let config = tls_config(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().as_bytes()).unwrap();
        assert!(!config.session_storage.can_cache() && !config.ticketer.enabled());
        assert_eq!(config.send_tls13_tickets, 0);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (one, other) = (
            rcgen::generate_simple_self_signed(vec!["a.test".to_owned()]).unwrap(),
            rcgen::generate_simple_self_signed(vec!["b.test".to_owned()]).unwrap(),
        );
        let (certificate, key) = (one.cert.pem(), other.signing_key.serialize_pem());
        assert!(matches!(tls_config(certificate.as_bytes(), key.as_bytes()), Err(TlsError::Unusable(_))));
        assert!(matches!(tls_config(b"", key.as_bytes()), Err(TlsError::Certificate(_))));
        assert!(matches!(tls_config(certificate.as_bytes(), b"x"), Err(TlsError::Key(_))));
    }
}
