//! DKIM keys and signing (RFC 6376).

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
        let _ = (domain, selector);
        todo!("mail")
    }

    /// The private key as PEM (PKCS#8).
    pub fn to_pem(&self) -> String {
        todo!("mail")
    }

    /// Reads what [`DkimKey::to_pem`] wrote.
    pub fn from_pem(domain: &str, selector: &str, pem: &str) -> Result<Self, DkimError> {
        let _ = (domain, selector, pem);
        todo!("mail")
    }

    /// The value of the TXT record at `{selector}._domainkey.{domain}`.
    pub fn dns_record(&self) -> Result<String, DkimError> {
        todo!("mail")
    }

    /// The letter with a `DKIM-Signature` field on top.
    pub fn sign(&self, raw: &[u8]) -> Result<Vec<u8>, DkimError> {
        let _ = raw;
        todo!("mail")
    }
}
