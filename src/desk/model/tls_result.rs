//! What TLS towards a domain was like, once per session: what a report to that domain is made of (RFC 8460 §4).

use serde::Serialize;

/// Which policy counted (RFC 8460 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum TlsPolicyKind {
    /// TLSA records (DANE).
    Tlsa = 1,
    /// MTA-STS.
    Sts = 2,
    /// Neither.
    NoPolicyFound = 3,
}

/// What came of it: success, or a failure type of RFC 8460 §4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum TlsResultKind {
    /// A session over TLS as the policy demands.
    Success = 0,
    /// No STARTTLS.
    StarttlsNotSupported = 1,
    /// A certificate for another name.
    CertificateHostMismatch = 2,
    /// A certificate whose time is over.
    CertificateExpired = 3,
    /// A certificate of an issuer that is not believed.
    CertificateNotTrusted = 4,
    /// Another failure of TLS.
    ValidationFailure = 5,
    /// TLSA records that cannot be used.
    TlsaInvalid = 6,
    /// DNSSEC says that the records are forged or broken.
    DnssecInvalid = 7,
    /// DANE is demanded and cannot be had.
    DaneRequired = 8,
    /// The MTA-STS policy cannot be fetched.
    StsPolicyFetchError = 9,
    /// The MTA-STS policy cannot be understood.
    StsPolicyInvalid = 10,
    /// The policy host's certificate is wrong.
    StsWebpkiInvalid = 11,
}

/// One session, or what kept it from being opened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TlsResult {
    /// Days since 1970-01-01 (UTC).
    pub day: u64,
    /// The recipients' domain.
    pub domain: String,
    /// The policy.
    pub policy: TlsPolicyKind,
    /// What came of it.
    pub kind: TlsResultKind,
    /// The server's name; empty where none was reached.
    pub host: String,
    /// The server's IP address; empty where none was reached.
    pub address: String,
}

impl TlsPolicyKind {
    const ALL: [Self; 3] = [Self::Tlsa, Self::Sts, Self::NoPolicyFound];

    pub(in crate::desk) fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

impl TlsResultKind {
    const ALL: [Self; 12] = [
        Self::Success,
        Self::StarttlsNotSupported,
        Self::CertificateHostMismatch,
        Self::CertificateExpired,
        Self::CertificateNotTrusted,
        Self::ValidationFailure,
        Self::TlsaInvalid,
        Self::DnssecInvalid,
        Self::DaneRequired,
        Self::StsPolicyFetchError,
        Self::StsPolicyInvalid,
        Self::StsWebpkiInvalid,
    ];

    pub(in crate::desk) fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}
