//! What was found out about who sent a letter: stored on the message, shown to people, facts for rules.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// The result of one method (RFC 8601 §2.7).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum AuthResult {
    /// Nothing to check.
    #[default]
    #[n(0)]
    None,
    /// Checked and good.
    #[n(1)]
    Pass,
    /// Checked and bad.
    #[n(2)]
    Fail,
    /// SPF: probably not authorised.
    #[n(3)]
    SoftFail,
    /// The domain makes no assertion.
    #[n(4)]
    Neutral,
    /// DNS trouble: may differ later.
    #[n(5)]
    TempError,
    /// The sender's records or headers are wrong.
    #[n(6)]
    PermError,
}

/// All methods' results for one letter.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode, Serialize, utoipa::ToSchema)]
pub struct Authentication {
    /// Sender Policy Framework (RFC 7208).
    #[n(0)]
    pub spf: SpfFact,
    /// One per checked signature (RFC 6376); at most 8.
    #[n(1)]
    pub dkim: Vec<DkimFact>,
    /// Policy and alignment (RFC 7489, RFC 9989).
    #[n(2)]
    pub dmarc: DmarcFact,
    /// The chain of forwarders (RFC 8617).
    #[n(3)]
    pub arc: ArcFact,
    /// The reverse name of the peer (RFC 8601 §2.7.3).
    #[n(4)]
    pub iprev: IprevFact,
    /// The `Authentication-Results` field's value as we would write it (RFC 8601), one line.
    #[n(5)]
    pub header: String,
}

/// SPF's result.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode, Serialize, utoipa::ToSchema)]
pub struct SpfFact {
    /// The result for the envelope sender (the EHLO name where that is null).
    #[n(0)]
    pub result: AuthResult,
    /// The domain that was checked.
    #[n(1)]
    pub domain: String,
    /// Why, in words.
    #[n(2)]
    pub reason: Option<String>,
}

/// One DKIM signature's result.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode, Serialize, utoipa::ToSchema)]
pub struct DkimFact {
    /// The result.
    #[n(0)]
    pub result: AuthResult,
    /// `d=`.
    #[n(1)]
    pub domain: String,
    /// `s=`.
    #[n(2)]
    pub selector: String,
    /// `a=`.
    #[n(3)]
    pub algorithm: String,
    /// Why, in words.
    #[n(4)]
    pub reason: Option<String>,
}

/// What the From domain's owner asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum DmarcPolicy {
    /// No record, or `p=none`.
    #[default]
    #[n(0)]
    None,
    /// `p=quarantine`.
    #[n(1)]
    Quarantine,
    /// `p=reject`.
    #[n(2)]
    Reject,
}

/// DMARC's result.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode, Serialize, utoipa::ToSchema)]
pub struct DmarcFact {
    /// `Pass` when SPF or DKIM passed for an aligned domain.
    #[n(0)]
    pub result: AuthResult,
    /// The From header's domain.
    #[n(1)]
    pub domain: String,
    /// The policy that applies.
    #[n(2)]
    pub policy: DmarcPolicy,
    /// Why, in words.
    #[n(3)]
    pub reason: Option<String>,
}

/// ARC's result.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode, Serialize, utoipa::ToSchema)]
pub struct ArcFact {
    /// The chain's validation state.
    #[n(0)]
    pub result: AuthResult,
    /// The sealers' domains, oldest first.
    #[n(1)]
    pub sealers: Vec<String>,
    /// Why, in words.
    #[n(2)]
    pub reason: Option<String>,
}

/// The reverse look-up's result.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode, Serialize, utoipa::ToSchema)]
pub struct IprevFact {
    /// `Pass` when a PTR name resolves back to the peer's address.
    #[n(0)]
    pub result: AuthResult,
    /// The confirmed name.
    #[n(1)]
    pub name: Option<String>,
}
