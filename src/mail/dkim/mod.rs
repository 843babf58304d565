//! DKIM keys and signing (RFC 6376).
//!
//! Promises: signatures are RSA-SHA256, relaxed/relaxed, without `l=`; the fields that a reader sees and those that
//! make the thread are signed once more than they occur, so that none can be added.
//! Leaves to others: where keys are kept (`desk`), when a letter is signed (`queue`).

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RsaKeyPair};
use data_encoding::BASE64;
use mail_auth::crypto::{RsaKey, Sha256};
use mail_auth::dkim::DkimSigner;
use mail_auth::headers::HeaderWriter;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Fields that are signed where they occur, and whose absence is signed where they do not (RFC 6376 §5.4.1).
const SIGNED: [&str; 14] = [
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Reply-To",
    "Sender",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Auto-Submitted",
];

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
const PEM_END: &str = "-----END PRIVATE KEY-----\n";

/// A private key with its names. `Debug` does not show the key.
pub struct DkimKey {
    /// `d=`.
    pub domain: String,
    /// `s=`.
    pub selector: String,
    /// PKCS#8 DER, RSA 2048.
    pub private_key: Vec<u8>,
}

/// A failure to make, read or use a key.
#[derive(Debug, thiserror::Error)]
#[error("DKIM key: {0}")]
pub struct DkimError(pub String);

impl DkimKey {
    /// Makes an RSA key of 2,048 bits. Takes up to some seconds of CPU: call it in `spawn_blocking`.
    pub fn generate(domain: &str, selector: &str) -> Result<Self, DkimError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(error)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(error)?;
        Ok(Self { domain: domain.to_owned(), selector: selector.to_owned(), private_key: der.as_ref().to_vec() })
    }

    /// Reads a key in PKCS#8 PEM, as [`DkimKey::to_pem`] writes it.
    pub fn from_pem(domain: &str, selector: &str, pem: &str) -> Result<Self, DkimError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(error)?;
        let private_key = der.secret_pkcs8_der().to_vec();
        RsaKeyPair::from_pkcs8(&private_key).map_err(error)?;
        Ok(Self { domain: domain.to_owned(), selector: selector.to_owned(), private_key })
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

    /// The value of the TXT record at `{selector}._domainkey.{domain}`.
    pub fn dns_record(&self) -> Result<String, DkimError> {
        let pair = RsaKeyPair::from_pkcs8(&self.private_key).map_err(error)?;
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(error)?;
        Ok(format!("v=DKIM1; k=rsa; p={}", BASE64.encode(public.as_ref())))
    }

    /// The letter with a `DKIM-Signature` field on top.
    pub fn sign(&self, raw: &[u8]) -> Result<Vec<u8>, DkimError> {
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.private_key.as_slice()));
        let key = RsaKey::<Sha256>::from_key_der(der).map_err(error)?;
        // A name that is listed a second time is signed as absent: an added field breaks the signature.
        let present = SIGNED.into_iter().filter(|name| has_field(raw, name));
        let signer = DkimSigner::from_key(key)
            .domain(&self.domain)
            .selector(&self.selector)
            .headers(SIGNED.into_iter().chain(present));
        let signature = signer.sign(raw).map_err(error)?;
        let mut signed = signature.to_header().into_bytes();
        signed.extend_from_slice(raw);
        Ok(signed)
    }
}

impl fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DkimKey")
            .field("domain", &self.domain)
            .field("selector", &self.selector)
            .finish_non_exhaustive()
    }
}

fn has_field(raw: &[u8], name: &str) -> bool {
    let mut lines = raw.split(|&byte| byte == b'\n').take_while(|line| !matches!(line, [] | [b'\r']));
    lines.any(|line| {
        line.split_at_checked(name.len())
            .is_some_and(|(start, rest)| start.eq_ignore_ascii_case(name.as_bytes()) && rest.starts_with(b":"))
    })
}

fn error(error: impl fmt::Display) -> DkimError {
    DkimError(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::DkimKey;

    const RAW: &[u8] = b"From: a@example.com\r\nSubject: x\r\n\r\nbody\r\n";

    #[test]
    fn a_key_survives_its_file() {
        let key = DkimKey::generate("example.com", "s1").unwrap();
        let pem = key.to_pem();
        assert!(pem.lines().all(|line| line.len() <= 64));
        let read = DkimKey::from_pem("example.com", "s1", &pem).unwrap();
        assert_eq!(read.private_key, key.private_key);
        assert_eq!(read.dns_record().unwrap(), key.dns_record().unwrap());
        assert!(key.dns_record().unwrap().starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkq"));
        let debug = format!("{key:?}");
        assert!(debug.contains("s1") && !debug.contains("private"), "{debug}");
    }

    #[test]
    fn present_fields_are_signed_once_more() {
        let signed = DkimKey::generate("example.com", "s1").unwrap().sign(RAW).unwrap();
        let text = String::from_utf8(signed.clone()).unwrap();
        let unfolded = text.replace("\r\n\t", "").replace("\r\n ", "");
        let fields =
            unfolded.lines().next().unwrap().split(';').map(str::trim).find(|tag| tag.starts_with("h=")).unwrap();
        let count = |name: &str| fields[2..].split(':').filter(|field| field.trim().eq_ignore_ascii_case(name)).count();
        assert_eq!((count("from"), count("subject"), count("to"), count("references")), (2, 2, 1, 1), "{fields}");
        assert!(unfolded.contains("c=relaxed/relaxed") && !unfolded.lines().next().unwrap().contains(" l="));
        assert!(signed.ends_with(RAW));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert!(DkimKey::from_pem("example.com", "s1", "nonsense").is_err());
        let broken = DkimKey { domain: "example.com".into(), selector: "s".into(), private_key: vec![1, 2, 3] };
        assert!(broken.sign(RAW).is_err() && broken.dns_record().is_err());
    }
}
