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
    /// The trusted forwarder that brought the letter, where one did: the results are then about who gave it the letter.
    #[n(6)]
    pub forwarder: Option<ForwarderFact>,
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
    /// The term of the record that matched, as written; behind ` > ` that of an included record.
    #[n(3)]
    pub matched: Option<String>,
    /// What the domain says of a `fail`: the sender's words (RFC 7208 §6.2).
    #[n(4)]
    pub explanation: Option<String>,
    /// The result for the EHLO name itself (RFC 7208 §2.3).
    #[n(5)]
    #[cbor(default)]
    pub helo: AuthResult,
    /// The result that is not held against the letter, because a trusted forwarder brought it.
    #[n(6)]
    pub forgiven: Option<AuthResult>,
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
    /// Bits of an RSA key.
    #[n(5)]
    pub key_bits: Option<u32>,
    /// What is weak about it, whatever the result.
    #[n(6)]
    #[cbor(default)]
    pub weaknesses: Vec<DkimWeakness>,
}

/// What is weak about a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum DkimWeakness {
    /// Its hash is SHA-1, which proves nothing any more (RFC 8301 §3.1).
    #[n(0)]
    Sha1,
    /// Its RSA key has less than 1,024 bits (RFC 8301 §3.2).
    #[n(1)]
    ShortKey,
    /// It says how much of the body it is about (`l=`).
    #[n(2)]
    BodyLength,
    /// Part of the body is not signed (RFC 6376 §8.2).
    #[n(3)]
    UnsignedBody,
    /// The `From` field is not signed (RFC 6376 §5.4).
    #[n(4)]
    UnsignedFrom,
    /// The domain only tests DKIM (`t=y`).
    #[n(5)]
    Test,
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
    /// The domain whose record applies: the From domain, its organisational domain or a public suffix.
    #[n(4)]
    pub policy_domain: Option<String>,
    /// The domain only tests its policy (`t=y`): `policy` is one step milder than what it states.
    #[n(5)]
    #[cbor(default)]
    pub test: bool,
    /// The domain that passed SPF or DKIM and is aligned.
    #[n(6)]
    pub aligned: Option<String>,
    /// The trusted sealer that vouches for the pass, where the letter itself does not pass any more.
    #[n(7)]
    pub restored_by: Option<String>,
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
    /// The newest seal is a trusted sealer's.
    #[n(3)]
    #[cbor(default)]
    pub trusted: bool,
}

/// A forwarder that the configuration trusts.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode, Serialize, utoipa::ToSchema)]
pub struct ForwarderFact {
    /// The entry of the configuration that it answers to.
    #[n(0)]
    pub entry: String,
    /// The address of who gave it the letter; `None` where its Received fields do not tell.
    #[n(1)]
    pub client: Option<String>,
    /// That client's HELO name.
    #[n(2)]
    pub helo: Option<String>,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As they were written before they had more to say.
    #[derive(Encode)]
    struct Before {
        #[n(0)]
        spf: SpfBefore,
        #[n(1)]
        dkim: Vec<DkimBefore>,
        #[n(2)]
        dmarc: DmarcBefore,
        #[n(3)]
        arc: ArcBefore,
        #[n(4)]
        iprev: IprevFact,
        #[n(5)]
        header: String,
    }

    #[derive(Encode)]
    struct SpfBefore {
        #[n(0)]
        result: AuthResult,
        #[n(1)]
        domain: String,
        #[n(2)]
        reason: Option<String>,
    }

    #[derive(Encode)]
    struct DkimBefore {
        #[n(0)]
        result: AuthResult,
        #[n(1)]
        domain: String,
        #[n(2)]
        selector: String,
        #[n(3)]
        algorithm: String,
        #[n(4)]
        reason: Option<String>,
    }

    #[derive(Encode)]
    struct DmarcBefore {
        #[n(0)]
        result: AuthResult,
        #[n(1)]
        domain: String,
        #[n(2)]
        policy: DmarcPolicy,
        #[n(3)]
        reason: Option<String>,
    }

    #[derive(Encode)]
    struct ArcBefore {
        #[n(0)]
        result: AuthResult,
        #[n(1)]
        sealers: Vec<String>,
        #[n(2)]
        reason: Option<String>,
    }

    #[test]
    fn what_was_written_before_still_reads() {
        let text = |text: &str| text.to_owned();
        let before = Before {
            spf: SpfBefore { result: AuthResult::Pass, domain: text("a.test"), reason: None },
            dkim: vec![DkimBefore {
                result: AuthResult::Fail,
                domain: text("b.test"),
                selector: text("s"),
                algorithm: text("rsa-sha256"),
                reason: Some(text("why")),
            }],
            dmarc: DmarcBefore {
                result: AuthResult::Pass,
                domain: text("a.test"),
                policy: DmarcPolicy::Reject,
                reason: None,
            },
            arc: ArcBefore { result: AuthResult::Pass, sealers: vec![text("c.test")], reason: None },
            iprev: IprevFact::default(),
            header: text("h"),
        };
        let read: Authentication = minicbor::decode(&minicbor::to_vec(&before).unwrap()).unwrap();
        assert_eq!((read.spf.result, read.spf.helo, read.spf.matched), (AuthResult::Pass, AuthResult::None, None));
        assert_eq!((read.dkim[0].reason.as_deref(), read.dkim[0].weaknesses.len()), (Some("why"), 0));
        assert_eq!((read.dmarc.policy, read.dmarc.test, read.dmarc.aligned), (DmarcPolicy::Reject, false, None));
        assert_eq!((read.arc.sealers.len(), read.arc.trusted), (1, false));
        assert_eq!((read.header.as_str(), read.forwarder), ("h", None));
    }
}
