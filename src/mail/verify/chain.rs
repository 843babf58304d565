//! The ARC chain (RFC 8617): its form, its seals, and what its sealers say they saw.
//!
//! mail-auth verifies the signatures; the form is held to the RFC here first, because it forgives what the RFC does not.

use std::collections::BTreeSet;

use mail_auth::dkim::VerifySignature;
use mail_auth::{ArcOutput, AuthenticatedMessage};

use super::facts::{self, text};
use super::keys::{Keys, MIN_RSA_BITS};
use super::tags;
use crate::mail::{ArcFact, AuthResult};

const SEAL: &[u8] = b"arc-seal";
const SIGNATURE: &[u8] = b"arc-message-signature";
const RESULTS: &[u8] = b"arc-authentication-results";
/// RFC 8617 §4.2.1.
const MAX_SETS: usize = 50;

/// What a letter brings of a chain.
pub(super) enum Chain {
    /// Nothing.
    None,
    /// What cannot be a chain, and why.
    Broken(&'static str),
    /// Whole sets.
    Sets,
}

/// Holds the fields to the RFC's form.
pub(super) fn examine(message: &AuthenticatedMessage<'_>) -> Chain {
    let fields = |name: &'static [u8]| {
        message.headers().iter().filter(move |(found, _)| found.trim_ascii().eq_ignore_ascii_case(name))
    };
    let count = fields(SEAL).count().max(fields(SIGNATURE).count()).max(fields(RESULTS).count());
    match count {
        0 => return Chain::None,
        count if count > MAX_SETS => return Chain::Broken("more than 50 sets"),
        _ => {}
    }
    let examined = fields(SEAL).try_for_each(|(_, value)| seal(value)).and_then(|()| {
        fields(SIGNATURE).try_for_each(|(_, value)| signature(value))?;
        fields(RESULTS).try_for_each(|(_, value)| instance(value).map(|_| ()).ok_or("results without an instance"))
    });
    match examined {
        Ok(()) => Chain::Sets,
        Err(why) => Chain::Broken(why),
    }
}

/// The keys that verifying takes: those of the seals and of the newest message signature.
pub(super) fn key_names(message: &AuthenticatedMessage<'_>, names: &mut BTreeSet<String>) {
    names.extend(message.arc_seals().iter().take(MAX_SETS).map(|seal| seal.header.domain_key().to_lowercase()));
    let newest = message.arc_message_signatures().iter().max_by_key(|signature| signature.header.i);
    names.extend(newest.map(|signature| signature.header.domain_key().to_lowercase()));
}

/// The facts of a chain whose form is right. `Fail` for whatever is not `Pass`, but for trouble with DNS: RFC 8617 §4.4
/// knows no other states.
pub(super) fn fact(output: &ArcOutput<'_>, keys: &Keys) -> ArcFact {
    let (mut result, mut reason) = facts::signature_result(output.result());
    if !matches!(result, AuthResult::Pass | AuthResult::TempError) {
        result = AuthResult::Fail;
    }
    let is_weak = |name: String| keys.facts(&name.to_lowercase()).bits.is_some_and(|bits| bits < MIN_RSA_BITS);
    if result == AuthResult::Pass && output.chain().iter().any(|link| is_weak(link.seal.header.domain_key())) {
        (result, reason) = (AuthResult::Fail, Some("a seal's RSA key is too short".to_owned()));
    }
    let sealers = output.chain().iter().map(|link| text(&link.seal.header.d)).collect();
    ArcFact { result, sealers, reason, trusted: false }
}

/// What a chain is that was not verified.
pub(super) fn unverified(result: AuthResult, why: &str) -> ArcFact {
    ArcFact { result, reason: Some(why.to_owned()), ..ArcFact::default() }
}

/// The sealer whose word it is that the letter passed DMARC for `author` when it came to him. Every later sealer must be
/// trusted as well: any of them could have changed the letter.
pub(super) fn witness(
    message: &AuthenticatedMessage<'_>,
    sealers: &[String],
    author: &str,
    is_trusted: impl Fn(&str) -> bool,
) -> Option<String> {
    let results: Vec<(usize, &[u8])> = message
        .headers()
        .iter()
        .filter(|(name, _)| name.trim_ascii().eq_ignore_ascii_case(RESULTS))
        .filter_map(|(_, value)| instance(value))
        .collect();
    let newest_first = sealers.iter().enumerate().rev().take_while(|(_, sealer)| is_trusted(sealer));
    let mut witnesses = newest_first.filter(|(index, _)| {
        results
            .iter()
            .any(|(instance, value)| instance.checked_sub(1) == Some(*index) && says_dmarc_pass(value, author))
    });
    witnesses.next().map(|(_, sealer)| sealer.clone())
}

fn seal(value: &[u8]) -> Result<(), &'static str> {
    let tags = tags::parse(value)?;
    required(&tags, &["i", "a", "b", "cv", "d", "s"])?;
    if tags::get(&tags, "h").is_some() {
        return Err("a seal that lists fields");
    }
    if !matches!(tags::get(&tags, "cv"), Some("none" | "pass" | "fail")) {
        return Err("a seal without a right cv=");
    }
    common(&tags)
}

fn signature(value: &[u8]) -> Result<(), &'static str> {
    let tags = tags::parse(value)?;
    required(&tags, &["i", "a", "b", "bh", "d", "s"])?;
    let Some(signed) = tags::get(&tags, "h") else { return Err("a signature without h=") };
    if tags::items(signed).any(|name| name.eq_ignore_ascii_case("arc-seal")) {
        return Err("a signature over seals");
    }
    if tags::get(&tags, "l").is_some() {
        return Err("a signature over part of the body");
    }
    if tags::get(&tags, "c").is_some_and(|c| !c.split('/').all(|one| matches!(one, "simple" | "relaxed"))) {
        return Err("an unknown canonicalisation");
    }
    common(&tags)
}

fn common(tags: &[(&str, &str)]) -> Result<(), &'static str> {
    if !matches!(tags::get(tags, "a"), Some("rsa-sha256" | "ed25519-sha256")) {
        return Err("an unknown algorithm");
    }
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !tags::get(tags, "t").is_none_or(is_number) {
        return Err("a time that is no number");
    }
    if !tags::get(tags, "i").is_some_and(is_number) {
        return Err("an instance that is no number");
    }
    Ok(())
}

fn required(tags: &[(&str, &str)], names: &[&str]) -> Result<(), &'static str> {
    let is_there = |name: &&str| tags::get(tags, name).is_some_and(|value| !value.is_empty());
    if names.iter().all(is_there) { Ok(()) } else { Err("a set without all its tags") }
}

/// `i=N;` at the very beginning (RFC 8617 §4.1.1), and what follows.
fn instance(value: &[u8]) -> Option<(usize, &[u8])> {
    let value = value.trim_ascii_start();
    let at = memchr::memchr(b';', value)?;
    let (first, rest) = value.split_at_checked(at)?;
    let (name, number) = std::str::from_utf8(first).ok()?.split_once('=')?;
    let number = number.trim().parse().ok().filter(|number| (1..=MAX_SETS).contains(number))?;
    (name.trim() == "i").then_some((number, rest.get(1..).unwrap_or_default()))
}

/// Whether results (RFC 8601 §2.2) hold a `dmarc=pass` for the author's domain.
fn says_dmarc_pass(value: &[u8], author: &str) -> bool {
    let value = without_comments(&String::from_utf8_lossy(value));
    value.split(';').any(|result| {
        let mut words = result.split_ascii_whitespace();
        words.next().is_some_and(|word| word.eq_ignore_ascii_case("dmarc=pass"))
            && words.any(|word| {
                word.split_once('=').is_some_and(|(name, domain)| {
                    name.eq_ignore_ascii_case("header.from") && domain.trim_matches('"').eq_ignore_ascii_case(author)
                })
            })
    })
}

/// Comments hold anything, so they go; so does what stands in quotes but for plain names.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let (mut depth, mut is_quoted, mut is_escaped) = (0_u32, false, false);
    for symbol in text.chars() {
        match symbol {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted || depth > 0 => is_escaped = true,
            '"' if depth == 0 => is_quoted = !is_quoted,
            '(' if !is_quoted => depth = depth.saturating_add(1),
            ')' if !is_quoted && depth > 0 => depth = depth.saturating_sub(1),
            ';' | ' ' | '\t' | '\r' | '\n' if is_quoted => plain.push('?'),
            _ if depth == 0 => plain.push(symbol),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    proptest! {
        #[test]
        fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (seal(&octets), signature(&octets), instance(&octets), says_dmarc_pass(&octets, "example.com"));
        }
    }

    #[rstest]
    #[case::plain("mx.test; dmarc=pass header.from=example.com", true)]
    #[case::google("mx.google.com; spf=pass; dmarc=pass (p=REJECT sp=NONE) header.from=Example.com", true)]
    #[case::folded("mx.test;\r\n\tdmarc=pass\r\n\theader.from=example.com\r\n", true)]
    #[case::fails("mx.test; dmarc=fail header.from=example.com", false)]
    #[case::another_domain("mx.test; dmarc=pass header.from=example.org", false)]
    #[case::no_domain("mx.test; dmarc=pass", false)]
    #[case::in_a_comment("mx.test; (; dmarc=pass header.from=example.com) spf=none", false)]
    #[case::in_quotes("mx.test; spf=none reason=\"; dmarc=pass header.from=example.com\"", false)]
    #[case::another_result("mx.test; dmarc=fail; spf=pass header.from=example.com", false)]
    fn a_pass_is_read_from_results(#[case] value: &str, #[case] expected: bool) {
        assert_eq!(says_dmarc_pass(value.as_bytes(), "example.com"), expected);
    }
}
