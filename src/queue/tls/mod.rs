//! TLS towards other servers: what is demanded of a certificate, and the verdict on it, which is kept in any case.
//!
//! Promises: signatures of the handshake are always checked; a demand that is not met ends the handshake; where nothing is
//! demanded (opportunistic, RFC 7435) the certificate is judged all the same, so that the attempt can tell. The verdict is a
//! fact of the attempt: nothing is logged of it here.
//! Leaves to others: which demand holds for a server (`route`).

mod dane;
mod judge;

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::mail::dns::Tlsa;

pub(super) use judge::Judge;

/// What TLS must be like towards one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    /// Its name, for the attempt and for people.
    pub(super) word: &'static str,
    /// When TLS is spoken.
    pub(super) when: When,
    /// What the certificate must be like.
    pub(super) check: Check,
    /// The server must offer REQUIRETLS, too (RFC 8689 §4.2.1).
    pub(super) require_tls: bool,
}

/// When TLS is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Never.
    Never,
    /// STARTTLS where it is offered and works; else clear text.
    Offered,
    /// STARTTLS or nothing.
    Always,
    /// From the first octet (RFC 8314 §3.3).
    AtOnce,
}

/// What a certificate must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// Any will do: the alternative is clear text.
    Any,
    /// Issued for the server's name by an authority that this system believes.
    Name,
    /// Named by a TLSA record, itself or by its issuer; then for one of these names.
    Dane(Arc<[Tlsa]>, Arc<[String]>),
}

impl Policy {
    /// TLS where it is offered, with any certificate.
    pub(super) const OPPORTUNISTIC: Self =
        Self { word: "opportunistic", when: When::Offered, check: Check::Any, require_tls: false };
    /// Clear text.
    pub(super) const NEVER: Self = Self { word: "never", when: When::Never, check: Check::Any, require_tls: false };
    /// STARTTLS with a certificate for the name.
    pub(super) const REQUIRED: Self =
        Self { word: "required", when: When::Always, check: Check::Name, require_tls: false };
    /// STARTTLS with any certificate: TLSA records are there, and none is one that is known (RFC 7672 §2.2).
    pub(super) const DANE_ANY: Self = Self { word: "dane", when: When::Always, check: Check::Any, require_tls: false };
    /// What an MTA-STS policy in force demands (RFC 8461 §4.1).
    pub(super) const STS: Self = Self { word: "mta-sts", when: When::Always, check: Check::Name, require_tls: false };
    /// What one that is tried out demands: nothing, but it is told.
    pub(super) const STS_TESTING: Self =
        Self { word: "mta-sts testing", when: When::Offered, check: Check::Any, require_tls: false };

    /// What TLSA records demand.
    pub(super) fn dane(records: Vec<Tlsa>, names: Vec<String>) -> Self {
        let check = Check::Dane(records.into(), names.into());
        Self { word: "dane", when: When::Always, check, require_tls: false }
    }

    /// What a letter with REQUIRETLS demands beyond this (RFC 8689 §4.2.1): TLS always, with a certificate that verifies, and a
    /// server that promises the same. `None` where TLS is never spoken.
    pub(super) fn with_require_tls(self) -> Option<Self> {
        let (when, word) = match (self.when, self.word) {
            (When::Never, _) => return None,
            (When::AtOnce, _) => (When::AtOnce, "implicit, requiretls"),
            (_, "dane") => (When::Always, "dane, requiretls"),
            (_, "mta-sts") => (When::Always, "mta-sts, requiretls"),
            (_, "required") => (When::Always, "required, requiretls"),
            _ => (When::Always, "requiretls"),
        };
        let check = if self.check == Check::Any { Check::Name } else { self.check };
        Some(Self { word, when, check, require_tls: true })
    }

    /// TLS at once with a certificate for the name.
    pub(super) const IMPLICIT: Self =
        Self { word: "implicit", when: When::AtOnce, check: Check::Name, require_tls: false };
}

/// Whom we believe.
#[derive(Clone, Debug)]
pub struct Trust {
    /// `None` where nobody is believed.
    web: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl Trust {
    /// The authorities of this system, and these. `Err` in words where one of these is no certificate.
    pub fn new(own: Vec<CertificateDer<'static>>) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        for authority in own {
            roots.add(authority).map_err(|error| error.to_string())?;
        }
        let system = rustls_native_certs::load_native_certs();
        for error in &system.errors {
            tracing::warn!(%error, "a certificate authority of this system cannot be read");
        }
        roots.add_parsable_certificates(system.certs);
        if roots.is_empty() {
            // What is demanded by name then fails, the rest works.
            tracing::warn!("this system believes no certificate authority");
            return Ok(Self { web: None, provider });
        }
        let web = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
        Ok(Self { web: Some(web.map_err(|error| error.to_string())?), provider })
    }

    /// The authorities of this system, and those of a PEM file.
    pub(super) async fn load(file: Option<&Path>) -> Result<Self, String> {
        let mut own = Vec::new();
        if let Some(file) = file {
            let wrong = |why: String| format!("{}: {why}", file.display());
            let pem = tokio::fs::read(file).await.map_err(|error| wrong(error.to_string()))?;
            own = CertificateDer::pem_slice_iter(&pem)
                .collect::<Result<_, _>>()
                .map_err(|error| wrong(error.to_string()))?;
        }
        Self::new(own)
    }

    /// A client's set-up for one handshake, and where its verdict can be read afterwards.
    pub(super) fn client(&self, check: &Check) -> Result<(Arc<ClientConfig>, Arc<Judge>), String> {
        let algorithms = self.provider.signature_verification_algorithms;
        let judge = Arc::new(Judge::new(self.web.clone(), algorithms, check.clone()));
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&judge) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        Ok((Arc::new(config), judge))
    }
}
