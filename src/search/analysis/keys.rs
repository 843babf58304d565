//! The keys by which identifiers and addresses are found: as wholes, and as overlapping pieces.

use crate::mail::identifiers::MAX_IDENTIFIER_CHARS;

/// Length of a piece, in characters: the shortest part of an order number that can be looked for.
pub(in crate::search) const GRAM: usize = 4;

/// Digits of a phone number without country code or trunk prefix: what `+7 912 …` and `8 912 …` have in common.
const SUBSCRIBER: usize = 10;

/// The wholes by which a normalised number or phone is found: itself, and its subscriber part where it may be a phone.
pub(in crate::search) fn number_keys(normal: &str) -> Vec<&str> {
    let digits_only = normal.bytes().all(|byte| byte.is_ascii_digit());
    let mut keys = vec![normal];
    if digits_only && (SUBSCRIBER + 1..=SUBSCRIBER + 3).contains(&normal.len()) {
        keys.push(&normal[normal.len() - SUBSCRIBER..]);
    }
    keys
}

/// The overlapping pieces of a normalised number, in order; empty where it is shorter than a piece.
pub(in crate::search) fn grams(normal: &str) -> Vec<&str> {
    let places: Vec<usize> = normal.char_indices().map(|(place, _)| place).chain([normal.len()]).collect();
    if places.len() > MAX_IDENTIFIER_CHARS + 1 {
        return Vec::new();
    }
    places.windows(GRAM + 1).map(|window| &normal[window[0]..window[GRAM]]).collect()
}

/// An address in lower case, its local part and its domain; a thing without `@` is its own and only key.
pub(in crate::search) fn address_keys(address: &str) -> Vec<String> {
    let whole = address.to_lowercase();
    if whole.is_empty() || whole.contains(char::is_whitespace) {
        return Vec::new();
    }
    match whole.rsplit_once('@') {
        Some((local, domain)) => {
            let parts = [local.to_owned(), domain.to_owned()];
            [whole].into_iter().chain(parts).filter(|part| !part.is_empty()).collect()
        }
        None => vec![whole],
    }
}
