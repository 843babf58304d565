//! Whether a certificate is one that TLSA records name (RFC 6698, RFC 7671, RFC 7672 §3). Pure.

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use rustls::RootCertStore;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;

use crate::mail::dns::{Tlsa, TlsaMatching};

/// Certificates of a chain that are looked at.
const CHAIN: usize = 10;

/// Whether one of the records names the certificate or an issuer of it. `names` are those that a certificate of such an
/// issuer may be for (RFC 7672 §3.2.2). Answers why not.
pub(super) fn verify(
    records: &[Tlsa],
    names: &[String],
    end_entity: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
    now: UnixTime,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<(), String> {
    // RFC 7671 §5.1: the record is all that counts, neither name nor time.
    if records.iter().any(|record| !record.is_issuer && is_named(record, end_entity)) {
        return Ok(());
    }
    let mut why = "no TLSA record names the certificate or its issuer".to_owned();
    let issuers = chain.iter().take(CHAIN);
    for issuer in issuers.filter(|issuer| records.iter().any(|record| record.is_issuer && is_named(record, issuer))) {
        match issued(issuer, names, end_entity, chain, now, algorithms) {
            Ok(()) => return Ok(()),
            Err(error) => why = format!("its issuer is named by a TLSA record, but: {error}"),
        }
    }
    Err(why)
}

fn is_named(record: &Tlsa, certificate: &CertificateDer<'_>) -> bool {
    let key;
    let octets: &[u8] = if record.is_key {
        let Ok(parsed) = ParsedCertificate::try_from(certificate) else { return false };
        key = parsed.subject_public_key_info();
        key.as_ref()
    } else {
        certificate.as_ref()
    };
    match record.matching {
        TlsaMatching::Exact => octets == record.data,
        TlsaMatching::Sha256 => digest(&SHA256, octets).as_ref() == record.data,
        TlsaMatching::Sha512 => digest(&SHA512, octets).as_ref() == record.data,
    }
}

fn issued(
    issuer: &CertificateDer<'_>,
    names: &[String],
    end_entity: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
    now: UnixTime,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<(), rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(issuer.clone().into_owned())?;
    let parsed = ParsedCertificate::try_from(end_entity)?;
    let chain: Vec<CertificateDer<'_>> = chain.iter().take(CHAIN).cloned().collect();
    verify_server_cert_signed_by_trust_anchor(&parsed, &roots, &chain, now, algorithms.all)?;
    let mut outcome = Err(rustls::Error::General("there is no name to compare with".to_owned()));
    for name in names.iter().filter_map(|name| ServerName::try_from(name.as_str()).ok()) {
        outcome = verify_server_name(&parsed, &name);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PublicKeyData};

    use super::*;

    struct Made {
        authority: CertificateDer<'static>,
        leaf: CertificateDer<'static>,
        leaf_key: Vec<u8>,
    }

    fn made(name: &str) -> Made {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap().der().clone();
        let issuer = Issuer::new(params, key);
        let leaf_key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&leaf_key, &issuer).unwrap();
        Made { authority, leaf: leaf.der().clone(), leaf_key: leaf_key.subject_public_key_info() }
    }

    fn outcome(made: &Made, record: Tlsa) -> bool {
        let algorithms = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
        let names = ["mx.shop.test".to_owned(), "shop.test".to_owned()];
        let chain = [made.authority.clone()];
        verify(&[record], &names, &made.leaf, &chain, now, &algorithms).is_ok()
    }

    fn record(is_issuer: bool, is_key: bool, matching: TlsaMatching, data: &[u8]) -> Tlsa {
        Tlsa { is_issuer, is_key, matching, data: data.to_vec() }
    }

    #[test]
    fn a_record_of_the_certificate_itself_counts_whatever_its_name() {
        let made = made("elsewhere.test");
        let sha256 = digest(&SHA256, &made.leaf_key);
        let sha512 = digest(&SHA512, &made.leaf);
        assert!(outcome(&made, record(false, true, TlsaMatching::Sha256, sha256.as_ref())));
        assert!(outcome(&made, record(false, true, TlsaMatching::Exact, &made.leaf_key)));
        assert!(outcome(&made, record(false, false, TlsaMatching::Sha512, sha512.as_ref())));
        assert!(outcome(&made, record(false, false, TlsaMatching::Exact, &made.leaf)));
        assert!(!outcome(&made, record(false, false, TlsaMatching::Sha256, sha256.as_ref())));
        assert!(!outcome(&made, record(false, true, TlsaMatching::Sha256, b"other")));
    }

    #[test]
    fn a_record_of_an_issuer_counts_for_the_servers_names_only() {
        for (name, expected) in [("mx.shop.test", true), ("shop.test", true), ("elsewhere.test", false)] {
            let made = made(name);
            let sha256 = digest(&SHA256, &made.authority);
            let named = record(true, false, TlsaMatching::Sha256, sha256.as_ref());
            assert_eq!(outcome(&made, named), expected, "{name}");
        }
        let (one, other) = (made("mx.shop.test"), made("mx.shop.test"));
        let foreign = digest(&SHA256, &other.authority);
        assert!(!outcome(&one, record(true, false, TlsaMatching::Sha256, foreign.as_ref())));
        // An issuer's record says nothing about a server's own certificate.
        let leaf = digest(&SHA256, &one.leaf);
        assert!(!outcome(&one, record(true, false, TlsaMatching::Sha256, leaf.as_ref())));
    }
}
