//! A private key with its names: made, read, written; and the record that others verify with.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use data_encoding::BASE64;
use minicbor::{Decode, Encode};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DkimError, error};

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
const PEM_END: &str = "-----END PRIVATE KEY-----\n";

/// What a key signs with.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Algorithm {
    /// RSA with 2,048 bits and SHA-256: what everybody verifies (RFC 8301 §3.2).
    #[n(0)]
    Rsa,
    /// Ed25519 (RFC 8463): small and fast, not verified everywhere.
    #[n(1)]
    Ed25519,
}

/// A private key with its names. `Debug` does not show the key.
pub struct DkimKey {
    /// `d=`.
    pub domain: String,
    /// `s=`.
    pub selector: String,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// PKCS#8 DER.
    pub(super) private_key: Vec<u8>,
}

impl Algorithm {
    /// Every algorithm that a letter is signed with, in the order of its signatures.
    pub const ALL: [Self; 2] = [Self::Rsa, Self::Ed25519];

    /// `k=` of the record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }
}

impl DkimKey {
    /// Makes an RSA key of 2,048 bits. Takes up to some seconds of CPU: call it in `spawn_blocking`.
    pub fn generate(domain: &str, selector: &str) -> Result<Self, DkimError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(error)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(error)?;
        Ok(Self::new(Algorithm::Rsa, domain, selector, der.as_ref()))
    }

    /// Makes an Ed25519 key.
    pub fn generate_ed25519(domain: &str, selector: &str) -> Result<Self, DkimError> {
        let pair = Ed25519KeyPair::generate().map_err(error)?;
        // Version 1 of PKCS#8: what other programs read as well.
        let der = pair.to_pkcs8v1().map_err(error)?;
        Ok(Self::new(Algorithm::Ed25519, domain, selector, der.as_ref()))
    }

    fn new(algorithm: Algorithm, domain: &str, selector: &str, private_key: &[u8]) -> Self {
        let (domain, selector) = (domain.to_owned(), selector.to_owned());
        Self { domain, selector, algorithm, private_key: private_key.to_vec() }
    }

    /// Reads a key of either algorithm in PKCS#8 PEM, as [`DkimKey::to_pem`] writes it.
    pub fn from_pem(domain: &str, selector: &str, pem: &str) -> Result<Self, DkimError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(error)?;
        let private_key = der.secret_pkcs8_der().to_vec();
        let algorithm = match RsaKeyPair::from_pkcs8(&private_key) {
            Ok(_) => Algorithm::Rsa,
            Err(no_rsa) => {
                Ed25519KeyPair::from_pkcs8_maybe_unchecked(&private_key)
                    .map_err(|no_ed25519| DkimError(format!("neither RSA ({no_rsa}) nor Ed25519 ({no_ed25519})")))?;
                Algorithm::Ed25519
            }
        };
        Ok(Self { domain: domain.to_owned(), selector: selector.to_owned(), algorithm, private_key })
    }

    /// The key in PKCS#8 PEM. Secret.
    pub fn to_pem(&self) -> String {
        let mut pem = PEM_BEGIN.to_owned();
        let mut rest = BASE64.encode(&self.private_key);
        while !rest.is_empty() {
            let tail = rest.split_off(rest.len().min(64));
            pem.push_str(&rest);
            pem.push('\n');
            rest = tail;
        }
        pem + PEM_END
    }

    /// The value of the TXT record at `{selector}._domainkey.{domain}` (RFC 6376 §3.6.1; RFC 8463 §4: an Ed25519 key stands
    /// there without a wrapping).
    pub fn dns_record(&self) -> Result<String, DkimError> {
        let public = match self.algorithm {
            Algorithm::Rsa => {
                let pair = RsaKeyPair::from_pkcs8(&self.private_key).map_err(error)?;
                let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(error)?;
                public.as_ref().to_vec()
            }
            Algorithm::Ed25519 => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&self.private_key).map_err(error)?;
                pair.public_key().as_ref().to_vec()
            }
        };
        Ok(format!("v=DKIM1; k={}; p={}", self.algorithm.word(), BASE64.encode(&public)))
    }
}

impl fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DkimKey")
            .field("domain", &self.domain)
            .field("selector", &self.selector)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(DkimKey::generate("example.com", "s1"), Algorithm::Rsa, "v=DKIM1; k=rsa; p=MIIBIjANBgkq")]
    #[case(DkimKey::generate_ed25519("example.com", "s1"), Algorithm::Ed25519, "v=DKIM1; k=ed25519; p=")]
    fn a_key_survives_its_file(
        #[case] key: Result<DkimKey, DkimError>,
        #[case] algorithm: Algorithm,
        #[case] record: &str,
    ) {
        let key = key.unwrap();
        let pem = key.to_pem();
        assert!(pem.lines().all(|line| line.len() <= 64));
        let read = DkimKey::from_pem("example.com", "s1", &pem).unwrap();
        assert_eq!((read.algorithm, &read.private_key), (algorithm, &key.private_key));
        assert_eq!(read.dns_record().unwrap(), key.dns_record().unwrap());
        assert!(key.dns_record().unwrap().starts_with(record));
        let debug = format!("{key:?}");
        assert!(debug.contains("s1") && !debug.contains("private"), "{debug}");
    }

    #[test]
    fn a_key_of_openssl_is_read() {
        // RFC 8410 §10.3.
        let pem = format!("{PEM_BEGIN}MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n{PEM_END}");
        let key = DkimKey::from_pem("example.com", "s1", &pem).unwrap();
        assert_eq!(key.algorithm, Algorithm::Ed25519);
        assert_eq!(key.dns_record().unwrap(), "v=DKIM1; k=ed25519; p=Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert!(DkimKey::from_pem("example.com", "s1", "nonsense").is_err());
        let broken = format!("{PEM_BEGIN}AAECAw==\n{PEM_END}");
        assert!(DkimKey::from_pem("example.com", "s1", &broken).is_err());
    }
}
