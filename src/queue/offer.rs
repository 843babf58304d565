//! What a server says that it can do (RFC 5321 §4.1.1.1).

use super::reply::Reply;

/// The extensions that matter for sending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offer {
    /// STARTTLS (RFC 3207).
    pub(super) start_tls: bool,
    /// PIPELINING (RFC 2920).
    pub(super) pipelining: bool,
    /// 8BITMIME (RFC 6152).
    pub(super) eight_bit: bool,
    /// SMTPUTF8 (RFC 6531).
    pub(super) utf8: bool,
    /// DSN (RFC 3461).
    pub(super) dsn: bool,
    /// REQUIRETLS (RFC 8689 §2).
    pub(super) require_tls: bool,
    /// CHUNKING (RFC 3030).
    pub(super) chunking: bool,
    /// SIZE (RFC 1870): offered, and the largest letter where the server says it.
    pub(super) size: Option<Option<usize>>,
    /// The mechanisms of AUTH (RFC 4954), in capitals.
    pub(super) auth: Vec<String>,
}

impl Offer {
    /// Reads the reply to EHLO.
    pub(super) fn read(reply: &Reply) -> Self {
        let mut offer = Self::default();
        for line in reply.lines.iter().skip(1) {
            // `AUTH=LOGIN` is an old spelling that servers still send beside the right one.
            let line = line.to_ascii_uppercase().replacen("AUTH=", "AUTH ", 1);
            let mut words = line.split_whitespace();
            match words.next() {
                Some("STARTTLS") => offer.start_tls = true,
                Some("PIPELINING") => offer.pipelining = true,
                Some("8BITMIME") => offer.eight_bit = true,
                Some("SMTPUTF8") => offer.utf8 = true,
                Some("DSN") => offer.dsn = true,
                Some("REQUIRETLS") => offer.require_tls = true,
                Some("CHUNKING") => offer.chunking = true,
                Some("SIZE") => {
                    offer.size = Some(words.next().and_then(|most| most.parse().ok()).filter(|most| *most > 0));
                }
                Some("AUTH") => offer.auth.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
        offer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_read_in_any_case() {
        let lines = [
            "mx.test greets you",
            "PIPELINING",
            "size 1000",
            "8bitmime",
            "AUTH=LOGIN",
            "AUTH PLAIN login",
            "DSN",
            "Chunking",
        ];
        let reply = Reply { code: 250, lines: lines.map(str::to_owned).to_vec() };
        let offer = Offer::read(&reply);
        let auth = ["LOGIN", "PLAIN", "LOGIN"].map(str::to_owned).to_vec();
        let size = Some(Some(1000));
        let expected =
            Offer { pipelining: true, eight_bit: true, dsn: true, chunking: true, size, auth, ..Offer::default() };
        assert_eq!(offer, expected);
    }

    #[test]
    fn a_size_without_a_number_or_of_nought_has_no_bound() {
        for line in ["SIZE", "SIZE 0", "SIZE many"] {
            let reply = Reply { code: 250, lines: vec!["mx".to_owned(), line.to_owned()] };
            assert_eq!(Offer::read(&reply).size, Some(None));
        }
    }
}
