//! The TLS set-ups of our servers: TLS 1.2 and 1.3 with aws-lc-rs.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::NoServerSessionStorage;

use super::{ACME_PROTOCOL, Certificates, TlsError};

/// For STARTTLS. No session is ever resumed: big senders fail on it on port 25, and a letter's connection is not short
/// enough to gain from it.
pub fn smtp_server(certificates: &Arc<Certificates>) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = server(certificates)?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// For HTTPS and for the validator of TLS-ALPN-01 (RFC 8737 §3), who is told apart by his protocol.
pub fn https_server(certificates: &Arc<Certificates>) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = server(certificates)?;
    config.alpn_protocols = vec![ACME_PROTOCOL.to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn server(certificates: &Arc<Certificates>) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(rustls::DEFAULT_VERSIONS)?;
    Ok(builder.with_no_client_auth().with_cert_resolver(Arc::clone(certificates) as _))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::Certificate;

    #[test]
    fn sessions_on_port_25_are_not_resumed() {
        let (chain, key) = Certificate::self_signed("desk.test").unwrap();
        let certificates = Certificates::new(Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap());
        let config = smtp_server(&certificates).unwrap();
        assert!(!config.session_storage.can_cache() && !config.ticketer.enabled());
        assert_eq!(config.send_tls13_tickets, 0);
    }
}
