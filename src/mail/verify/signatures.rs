//! DKIM signatures (RFC 6376, RFC 8301, RFC 8463): which are checked, what is weak about them, what came of it.

use mail_auth::dkim::{DkimError, Signature, VerifySignature};
use mail_auth::headers::Header;
use mail_auth::{AuthenticatedMessage, DkimOutput};

use super::facts::{self, text};
use super::keys::{Keys, MIN_RSA_BITS};
use super::tags;
use crate::mail::{AuthResult, DkimFact, DkimWeakness};

/// Signatures that are checked; a letter may bring any number.
pub(super) const MAX_SIGNATURES: usize = 8;

/// What is known of a signature before its key is.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    fact: DkimFact,
    key: String,
    body_length: Option<u64>,
    is_body_relaxed: bool,
}

/// Keeps the first signatures that can count for something. Those that cannot are facts already.
pub(super) fn select(message: &mut AuthenticatedMessage<'_>) -> (Vec<Candidate>, Vec<DkimFact>) {
    let (mut kept, mut refused, mut verdicts) = (Vec::new(), Vec::new(), Vec::new());
    for header in message.dkim_signatures() {
        let (candidate, refusal) = examine(header);
        let is_kept = refusal.is_none() && kept.len() < MAX_SIGNATURES;
        verdicts.push(is_kept);
        match refusal {
            None if is_kept => kept.push(candidate),
            None => {}
            Some((result, reason)) if refused.len() < MAX_SIGNATURES => {
                refused.push(DkimFact { result, reason: Some(reason.to_owned()), ..candidate.fact });
            }
            Some(_) => {}
        }
    }
    // What mail-auth could not read, or did not want to: too many lengths to hash are not hashed.
    for error in message.errors() {
        if refused.len() < MAX_SIGNATURES && error.name.trim_ascii().eq_ignore_ascii_case(b"dkim-signature") {
            let is_length = matches!(&error.header, mail_auth::Error::Dkim(DkimError::BodyLengthTag));
            let weaknesses = if is_length { vec![DkimWeakness::BodyLength] } else { Vec::new() };
            let reason = Some(text(&error.header.to_string()));
            refused.push(DkimFact { result: AuthResult::Neutral, reason, weaknesses, ..names(error.value) });
        }
    }
    let mut verdicts = verdicts.into_iter();
    message.retain_dkim_signatures(|_| {
        if verdicts.next() == Some(true) { Ok(()) } else { Err(DkimError::UnsupportedAlgorithm) }
    });
    (kept, refused)
}

/// The name of a candidate's key, with the final dot.
pub(super) fn key_name(candidate: &Candidate) -> String {
    candidate.key.clone()
}

/// The facts of all: checked ones first, so that broken ones do not push them out.
pub(super) fn facts(
    candidates: Vec<Candidate>,
    refused: Vec<DkimFact>,
    outputs: &[DkimOutput<'_>],
    keys: &Keys,
    body: &[u8],
) -> Vec<DkimFact> {
    let outputs = outputs.iter().filter(|output| output.signature().is_some());
    let checked = candidates.into_iter().zip(outputs).map(|(candidate, output)| judge(candidate, output, keys, body));
    checked.chain(refused).take(MAX_SIGNATURES).collect()
}

fn examine(header: &Header<'_, Signature>) -> (Candidate, Option<(AuthResult, &'static str)>) {
    let mut fact = names(header.value);
    let signature = &header.header;
    let key = signature.domain_key().to_lowercase();
    let mut candidate = Candidate {
        fact: DkimFact::default(),
        key,
        body_length: None,
        is_body_relaxed: signature.cb == mail_auth::dkim::Canonicalization::Relaxed,
    };
    let refusal = match tags::parse(header.value) {
        Err(why) => Some((AuthResult::PermError, why)),
        Ok(tags) => {
            if let Some(length) = tags::get(&tags, "l") {
                // What is no number signs nothing.
                candidate.body_length = Some(length.parse().unwrap_or(0));
                fact.weaknesses.push(DkimWeakness::BodyLength);
            }
            if tags::get(&tags, "v") != Some("1") {
                Some((AuthResult::PermError, "not version 1"))
            } else if tags::get(&tags, "a").is_none() {
                Some((AuthResult::PermError, "no algorithm"))
            } else if !is_domain(&signature.d) {
                Some((AuthResult::PermError, "d= is not a domain name"))
            } else if signature.a == mail_auth::crypto::Algorithm::RsaSha1 {
                fact.weaknesses.push(DkimWeakness::Sha1);
                Some((AuthResult::Neutral, "SHA-1 proves nothing any more"))
            } else if !signature.h.iter().any(|name| name.eq_ignore_ascii_case("from")) {
                fact.weaknesses.push(DkimWeakness::UnsignedFrom);
                Some((AuthResult::PermError, "the From field is not signed"))
            } else {
                None
            }
        }
    };
    candidate.fact = fact;
    (candidate, refusal)
}

/// RFC 6376 §3.5 with RFC 8616's letters beyond ASCII. What no host can be called only serves to mislead.
fn is_domain(text: &str) -> bool {
    let is_right = |symbol: char| !symbol.is_ascii() || symbol.is_ascii_alphanumeric() || "-_.".contains(symbol);
    text.contains('.') && text.split('.').all(|label| !label.is_empty()) && text.chars().all(is_right)
}

fn judge(candidate: Candidate, output: &DkimOutput<'_>, keys: &Keys, body: &[u8]) -> DkimFact {
    let key = keys.facts(&candidate.key);
    let mut fact = candidate.fact;
    // An authorised third party's signature is judged as what it is: its own domain's.
    let (result, reason) =
        if output.is_atps() { (AuthResult::Pass, None) } else { facts::signature_result(output.result()) };
    (fact.result, fact.reason, fact.key_bits) = (result, reason, key.bits);
    if key.is_test {
        fact.weaknesses.push(DkimWeakness::Test);
    }
    if let Some(bits) = key.bits.filter(|bits| *bits < MIN_RSA_BITS) {
        fact.weaknesses.push(DkimWeakness::ShortKey);
        fact.result = AuthResult::Neutral;
        fact.reason = Some(format!("the RSA key has {bits} bits only"));
    }
    if let Some(refusal) = key.refusal {
        fact.result = AuthResult::PermError;
        fact.reason = Some(refusal.to_owned());
    }
    if let Some(signed) = candidate.body_length {
        let unsigned = canonical_length(body, candidate.is_body_relaxed).saturating_sub(signed);
        if unsigned > 0 {
            fact.weaknesses.push(DkimWeakness::UnsignedBody);
            if fact.result == AuthResult::Pass {
                fact.result = AuthResult::Neutral;
                fact.reason = Some(format!("{unsigned} octets of the body are not signed"));
            }
        }
    }
    fact
}

/// Octets of the body as it is hashed (RFC 6376 §3.4.3, §3.4.4).
fn canonical_length(body: &[u8], is_relaxed: bool) -> u64 {
    let (mut length, mut with_trailing) = (0_u64, 0_u64);
    for line in body.split_inclusive(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let octets = if is_relaxed { relaxed_length(line) } else { line.len() };
        with_trailing = with_trailing.saturating_add(u64::try_from(octets).unwrap_or(u64::MAX)).saturating_add(2);
        if octets > 0 {
            length = with_trailing;
        }
    }
    // An empty body is one line end for `simple`, nothing for `relaxed`.
    if length == 0 && !is_relaxed { 2 } else { length }
}

fn relaxed_length(line: &[u8]) -> usize {
    let is_blank = |octet: &u8| matches!(octet, b' ' | b'\t');
    let end = line.iter().rposition(|octet| !is_blank(octet)).map_or(0, |at| at.saturating_add(1));
    let line = line.get(..end).unwrap_or_default();
    let repeated = line.windows(2).filter(|pair| pair.iter().all(is_blank)).count();
    line.len().saturating_sub(repeated)
}

/// `d=`, `s=` and `a=` as far as the field can be read.
fn names(value: &[u8]) -> DkimFact {
    let tags = tags::parse(value).unwrap_or_default();
    let tag = |name: &str| text(tags::get(&tags, name).unwrap_or_default());
    DkimFact {
        domain: tag("d").to_lowercase(),
        selector: tag("s"),
        algorithm: tag("a").to_lowercase(),
        ..DkimFact::default()
    }
}

/// Whether mail-auth would have to hash the body once for each of too many lengths.
pub(super) fn has_many_lengths(raw: &[u8]) -> bool {
    let mut count = 0_usize;
    let mut rest = raw;
    while !rest.is_empty() && !rest.starts_with(b"\r\n") && !rest.starts_with(b"\n") {
        let is_named = |name: &[u8]| rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        count = count.saturating_add(usize::from(is_named(b"dkim-signature") || is_named(b"arc-message-signature")));
        rest = memchr::memchr(b'\n', rest).map_or(&[], |end| rest.get(end.saturating_add(1)..).unwrap_or_default());
    }
    count > MAX_SIGNATURES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_body_is_that_of_its_canonical_form() {
        for (body, simple, relaxed) in [
            (&b""[..], 2, 0),
            (b"\r\n\r\n", 2, 0),
            (b"a\r\n", 3, 3),
            (b"a", 3, 3),
            (b"a  b \t\r\n\r\n\r\n", 8, 5),
            (b" \r\n", 3, 0),
        ] {
            assert_eq!((canonical_length(body, false), canonical_length(body, true)), (simple, relaxed), "{body:?}");
        }
    }
}
