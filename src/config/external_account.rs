//! The key of an external account (RFC 8555 §7.3.4), as a certificate authority gives it and as it stands in a file.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};

/// Longest key, in octets: HMAC-SHA-256 has use for 64.
const LONGEST: usize = 1024;

/// The octets of a key that is written in base64url or base64, padded or not. `Err` in words where it is none.
pub fn external_account_key(text: &str) -> Result<Vec<u8>, &'static str> {
    let text = text.trim().trim_end_matches('=').as_bytes();
    let key = BASE64URL_NOPAD.decode(text).or_else(|_| BASE64_NOPAD.decode(text));
    let key = key.map_err(|_| "holds no key in base64url")?;
    match key.len() {
        0 => Err("holds no key"),
        1..=LONGEST => Ok(key),
        _ => Err("holds more than a key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_authorities_write_it() {
        for text in ["-_8A", "-_8A\n", "+/8A", " -_8A=="] {
            assert_eq!(external_account_key(text), Ok(vec![0xfb, 0xff, 0x00]), "{text}");
        }
        for text in ["", "\n", "kid: abc", "a", &"A".repeat(4_000)] {
            assert!(external_account_key(text).is_err(), "{text}");
        }
    }
}
