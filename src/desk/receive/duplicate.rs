//! Recognises a letter that was accepted before: a sender whose connection broke before our `250` sends it again.

use blake3::Hasher;

/// What two transmissions of one letter have in common: Message-ID, envelope sender and body. The header may differ, since
/// a relay between the two may have added its own fields. A letter without Message-ID is known by all its octets.
///
/// Two letters of different people never agree in it: the envelope sender is in it. The mailbox is in the key beside it.
pub(super) fn fingerprint(message_id: Option<&str>, envelope_from: &str, letter: &[u8]) -> [u8; 32] {
    let mut hasher = Hasher::new();
    part(&mut hasher, envelope_from.as_bytes());
    match message_id {
        Some(id) => {
            part(&mut hasher, id.as_bytes());
            part(&mut hasher, body(letter));
        }
        None => part(&mut hasher, letter),
    }
    *hasher.finalize().as_bytes()
}

/// Hashes one part with its length, so that no two lists of parts look alike.
fn part(hasher: &mut Hasher, octets: &[u8]) {
    hasher.update(&(octets.len() as u64).to_be_bytes());
    hasher.update(octets);
}

/// What stands behind the first empty line (RFC 5322 §2.1); the whole of a letter without one.
fn body(letter: &[u8]) -> &[u8] {
    memchr::memmem::find(letter, b"\r\n\r\n").map_or(letter, |end| &letter[end + 4..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTER: &[u8] = b"Message-ID: <1@a.test>\r\nSubject: Hi\r\n\r\nHello\r\n";
    const RELAYED: &[u8] = b"Received: by b.test\r\nMessage-ID: <1@a.test>\r\nSubject: Hi\r\n\r\nHello\r\n";
    const OTHER: &[u8] = b"Message-ID: <1@a.test>\r\nSubject: Hi\r\n\r\nHello!\r\n";

    #[test]
    fn a_retry_over_another_relay_is_the_same_letter() {
        let id = Some("1@a.test");
        assert_eq!(fingerprint(id, "ivan@a.test", LETTER), fingerprint(id, "ivan@a.test", RELAYED));
    }

    #[test]
    fn another_body_sender_or_message_id_is_another_letter() {
        let one = fingerprint(Some("1@a.test"), "ivan@a.test", LETTER);
        assert_ne!(one, fingerprint(Some("1@a.test"), "ivan@a.test", OTHER));
        assert_ne!(one, fingerprint(Some("1@a.test"), "olga@a.test", LETTER));
        assert_ne!(one, fingerprint(Some("2@a.test"), "ivan@a.test", LETTER));
        let header_only = |subject: &[u8]| fingerprint(Some("1@a.test"), "", &[b"Subject: ", subject].concat());
        assert_ne!(header_only(b"one"), header_only(b"two"));
    }

    #[test]
    fn without_message_id_every_octet_counts() {
        let one = fingerprint(None, "", LETTER);
        assert_eq!(one, fingerprint(None, "", LETTER));
        assert_ne!(one, fingerprint(None, "", RELAYED));
    }
}
