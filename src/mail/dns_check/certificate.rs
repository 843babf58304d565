//! What is asked of our own certificate.

use aws_lc_rs::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::ParsedCertificate;

/// Certificates of a chain that are looked at.
const MOST: usize = 10;

/// The certificates of a PEM file in DER, as they stand in it. What cannot be read ends the list.
pub fn read_chain(pem: &[u8]) -> Vec<Vec<u8>> {
    CertificateDer::pem_slice_iter(pem).map_while(Result::ok).take(MOST).map(|der| der.as_ref().to_vec()).collect()
}

/// A certificate's public key in DER (SubjectPublicKeyInfo).
pub(super) fn key(certificate: &[u8]) -> Option<Vec<u8>> {
    let der = CertificateDer::from(certificate);
    Some(ParsedCertificate::try_from(&der).ok()?.subject_public_key_info().as_ref().to_vec())
}

/// The SHA-256 of a certificate's public key.
pub(super) fn key_sha256(certificate: &[u8]) -> Option<Vec<u8>> {
    Some(digest(&SHA256, &key(certificate)?).as_ref().to_vec())
}
