//! The certificate in use, which every handshake asks for.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::{ACME_PROTOCOL, Certificate, Challenges};

/// The certificate in use. Replacing it concerns the handshakes from then on; connections that stand are left alone.
pub struct Certificates {
    current: ArcSwap<Certificate>,
    challenges: Challenges,
}

impl Certificates {
    /// Begins with this one.
    pub fn new(first: Certificate) -> Arc<Self> {
        Arc::new(Self { current: ArcSwap::from_pointee(first), challenges: Challenges::default() })
    }

    /// Takes another one into use.
    pub fn replace(&self, certificate: Certificate) {
        self.current.store(Arc::new(certificate));
    }

    /// The one in use.
    pub fn current(&self) -> Arc<Certificate> {
        self.current.load_full()
    }

    /// What is answered to an ACME server that checks our names.
    pub fn challenges(&self) -> &Challenges {
        &self.challenges
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // The validator offers this protocol and no other (RFC 8737 §3).
        let validates = hello.alpn().is_some_and(|mut offered| {
            let first = offered.next();
            first == Some(ACME_PROTOCOL) && offered.next().is_none()
        });
        match validates {
            true => self.challenges.certificate(hello.server_name()?),
            false => Some(Arc::clone(&self.current.load().certified)),
        }
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("names", &self.current.load().names).finish_non_exhaustive()
    }
}
