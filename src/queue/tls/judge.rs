//! Judges a server's certificate: by its name and issuer always, by what is demanded in the end.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::{Check, dane};

/// Characters of a verdict.
const WORDS: usize = 200;

/// Checks one handshake.
#[derive(Debug)]
pub(in crate::queue) struct Judge {
    web: Option<Arc<WebPkiServerVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
    check: Check,
    verdict: Mutex<Option<String>>,
}

impl Judge {
    pub(super) fn new(
        web: Option<Arc<WebPkiServerVerifier>>,
        algorithms: WebPkiSupportedAlgorithms,
        check: Check,
    ) -> Self {
        Self { web, algorithms, check, verdict: Mutex::new(None) }
    }

    /// What was found about the certificate: `verified`, or why not; `None` where none was seen.
    pub(in crate::queue) fn verdict(&self) -> Option<String> {
        self.verdict.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, verdict: String) {
        let verdict = verdict.chars().take(WORDS).collect();
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let by_name = match &self.web {
            Some(web) => web.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            None => Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        };
        self.note(by_name.as_ref().map_or_else(|error| format!("not verified: {error}"), |_| "verified".to_owned()));
        match self.check {
            Check::Any => Ok(ServerCertVerified::assertion()),
            Check::Name => by_name,
            Check::Dane(ref records, ref names) => {
                match dane::verify(records, names, end_entity, intermediates, now, &self.algorithms) {
                    Ok(()) => {
                        self.note("verified (dane)".to_owned());
                        Ok(ServerCertVerified::assertion())
                    }
                    Err(why) => {
                        self.note(format!("not verified: {why}"));
                        Err(Error::General(why))
                    }
                }
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
