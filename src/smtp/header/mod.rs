//! The header of a letter as it came: its size, its hops, and the fields in it that only we may write.
//!
//! Promises: linear in the letter's size; nothing is decoded, so that no spelling of a value can hide a field. What cannot be
//! told apart from a field that only we may write goes with it.
//! Leaves to others: what the fields mean (`mail::letter`), the fields that we write (`trace`).

mod claims;

use bytes::Bytes;

/// Octets of a letter's header. Real ones have some kilobytes, those of long lists of recipients a hundred.
pub(super) const MAX_HEADER: usize = 1024 * 1024;

/// `Received` fields of a letter that is still taken (RFC 5321 §6.3).
pub(super) const MAX_HOPS: usize = 100;

/// The beginning of the names of fields that mxdesk gives a meaning to among its own servers, in lower case.
const OWN_PREFIX: &[u8] = b"x-mxdesk-";

/// Octets of the header: up to the empty line, without it.
pub(super) fn size(raw: &[u8]) -> usize {
    if raw.starts_with(b"\r\n") {
        return 0;
    }
    memchr::memmem::find(raw, b"\r\n\r\n").map_or(raw.len(), |end| end + 2)
}

/// How many `Received` fields a letter has: how many servers it went through (RFC 5321 §6.3).
pub(super) fn hops(raw: &[u8]) -> usize {
    fields(raw).filter(|field| name(field).eq_ignore_ascii_case(b"received")).count()
}

/// The letter without the fields that only this server may write: `Return-Path` (RFC 5321 §4.4: the last server writes it),
/// `Authentication-Results` that claim to be ours (RFC 8601 §5), and our own. Octets are moved only where there is such a field.
pub(super) fn without_claims(raw: Bytes, authserv_id: &str) -> Bytes {
    let header = size(&raw);
    if !fields(&raw).any(|field| is_claim(field, authserv_id)) {
        return raw;
    }
    let kept: Vec<u8> =
        fields(&raw).filter(|field| !is_claim(field, authserv_id)).flat_map(|field| field.iter().copied()).collect();
    let mut letter = Vec::from(raw);
    letter.splice(..header, kept);
    letter.into()
}

/// The fields, each with the lines that belong to it and their CRLF; also what stands between them and is no field.
fn fields(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = &raw[..size(raw)];
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let is_end = |at: &usize| !matches!(rest.get(at + 1), Some(b' ' | b'\t'));
        let end = memchr::memchr_iter(b'\n', rest).find(is_end).map_or(rest.len(), |at| at + 1);
        let (field, behind) = rest.split_at(end);
        rest = behind;
        Some(field)
    })
}

/// What stands before the colon. RFC 5322 §4.5 lets blanks stand there, too.
fn name(field: &[u8]) -> &[u8] {
    let end = memchr::memchr(b':', field).unwrap_or_default();
    field[..end].trim_ascii_end()
}

fn is_claim(field: &[u8], authserv_id: &str) -> bool {
    let name = name(field);
    if name.eq_ignore_ascii_case(b"return-path") {
        return true;
    }
    if name.get(..OWN_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(OWN_PREFIX)) {
        return true;
    }
    let value = memchr::memchr(b':', field).map_or(&[][..], |colon| &field[colon + 1..]);
    name.eq_ignore_ascii_case(b"authentication-results") && claims::may_be_ours(value, authserv_id)
}

#[cfg(test)]
mod tests;
