//! TLSA records of our SMTP server: do they name the certificate that it shows (RFC 7672)?

use aws_lc_rs::digest::{Algorithm, SHA256, SHA512, digest};

use super::CheckState::{Error, Ok as Good, Unknown, Warning};
use super::report::{CheckKind, Finding};
use super::{Look, certificate, records};
use crate::mail::dns::TlsaRecord;

/// Certificate usage DANE-TA: an authority of the chain.
const TRUST_ANCHOR: u8 = 2;
/// Certificate usage DANE-EE: the certificate itself.
const END_ENTITY: u8 = 3;

pub(super) async fn check(look: &Look<'_>) -> Finding {
    let host = &look.subject.hostname;
    let finding = Finding::new(CheckKind::Tlsa);
    let name = format!("_25._tcp.{host}");
    let (found, signing) = tokio::join!(look.dns.tlsa_records(&name), look.dns.zone_signing(host));
    let (found, signed) = match (found, signing) {
        (Ok(found), Ok(signing)) => (found, signing.signed),
        (Err(error), _) | (_, Err(error)) => return finding.note(Unknown, error.to_string()),
    };
    let wanted = records::tlsa(host, &look.subject.chain);
    let finding = finding.found(found.iter().map(|record| {
        let data = data_encoding::HEXLOWER.encode(&record.data);
        format!("{} {} {} {data}", record.usage, record.selector, record.matching)
    }));
    match (found.is_empty(), signed) {
        (true, false) => finding.note(Good, "DANE is not used; it needs a signed zone."),
        (true, true) => finding
            .note(Warning, "The zone is signed, so DANE would protect mail to us: publish the key. Keep it when the certificate is renewed.")
            .publish(wanted),
        (false, false) => {
            finding.note(Warning, "TLSA records mean nothing in a zone that is not signed: switch DNSSEC on, or remove them.")
        }
        (false, true) => judge(finding, &found, &look.subject.chain).publish_if_bad(wanted),
    }
}

fn judge(mut finding: Finding, found: &[TlsaRecord], chain: &[Vec<u8>]) -> Finding {
    let usable: Vec<&TlsaRecord> =
        found.iter().filter(|record| (TRUST_ANCHOR..=END_ENTITY).contains(&record.usage)).collect();
    if usable.len() < found.len() {
        finding = finding.note(Warning, "Usages 0 and 1 mean nothing for SMTP (RFC 7672 §3.1.3).");
    }
    if usable.is_empty() {
        return finding;
    }
    if chain.is_empty() {
        return finding.note(Unknown, "Our certificate cannot be read here, so it is not compared.");
    }
    let (fitting, others): (Vec<&TlsaRecord>, Vec<&TlsaRecord>) =
        usable.into_iter().partition(|record| fits(record, chain));
    if fitting.is_empty() {
        finding.note(Error, "No TLSA record fits our certificate: servers that check DANE do not deliver.")
    } else if others.is_empty() {
        finding.note(Good, "The TLSA records fit our certificate.")
    } else {
        finding.note(Good, "A TLSA record fits our certificate; the others are for an earlier or a coming key.")
    }
}

fn fits(record: &TlsaRecord, chain: &[Vec<u8>]) -> bool {
    let candidates = if record.usage == END_ENTITY { chain.get(..1).unwrap_or_default() } else { chain };
    candidates.iter().any(|certificate| {
        let selected = match record.selector {
            0 => Some(certificate.clone()),
            1 => certificate::key(certificate),
            _ => None,
        };
        selected.is_some_and(|octets| match record.matching {
            0 => octets == record.data,
            1 => hash(&SHA256, &octets) == record.data,
            2 => hash(&SHA512, &octets) == record.data,
            _ => false,
        })
    })
}

fn hash(algorithm: &'static Algorithm, octets: &[u8]) -> Vec<u8> {
    digest(algorithm, octets).as_ref().to_vec()
}

impl Finding {
    /// The record to publish, where something is wrong.
    fn publish_if_bad(self, wanted: Option<super::ZoneRecord>) -> Self {
        if self.state > Good { self.publish(wanted) } else { self }
    }
}
