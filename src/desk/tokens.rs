//! Our own marks in letters: Message-IDs, sub-addresses for answers, return paths (VERP), where one unsubscribes. Each carries a MAC, so that nobody
//! can name a ticket or a message that was not told to him.
//!
//! Promises: pure; a mark survives being folded to upper or lower case; a forged mark is no mark. The MAC is the first 80 bits of
//! a blake3 keyed hash over the kind of mark and its numbers, compared in constant time.
//! Leaves to others: what a mark is good for (`receive`), whether its ticket still exists.

use subtle::ConstantTimeEq;

use crate::mail::Address;

/// The desk's key: [`super::Inner::secret`].
type Secret = [u8; 32];

/// Octets of a MAC: 80 bits, 16 letters of base32.
const MAC: usize = 10;

/// What one of our sub-addresses (what stands behind the `+`) names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::desk) enum SubAddress {
    /// An answer to this ticket.
    Ticket(u64),
    /// A bounce of a message.
    Bounce {
        /// The message.
        message: u64,
        /// Which of its recipients, from 0, in the order in which their deliveries were made.
        recipient: u32,
    },
    /// The wish for no more mailings.
    Unsubscribe {
        /// The mailing.
        mailing: u64,
        /// The recipient's place in it.
        place: u16,
    },
}

/// Our own Message-ID without brackets: `{ticket}.{message}.{mac}@{hostname}`.
pub(in crate::desk) fn message_id(secret: &Secret, ticket: u64, message: u64, hostname: &str) -> String {
    format!("{ticket}.{message}.{}@{hostname}", mac(secret, Kind::MessageId, [ticket, message]))
}

/// Ticket and message of one of our Message-IDs (without brackets). The host name may have changed since: it is not looked at.
pub(in crate::desk) fn parse_message_id(secret: &Secret, id: &str) -> Option<(u64, u64)> {
    let (left, _) = id.split_once('@')?;
    let mut parts = left.splitn(3, '.');
    let (ticket, message) = (number(parts.next()?)?, number(parts.next()?)?);
    verified(secret, Kind::MessageId, [ticket, message], parts.next()?).then_some((ticket, message))
}

/// Where answers to a ticket go: `local+t{ticket}.{mac}@domain`. `None` where the mailbox's local part is so long that the result
/// would be no address (RFC 5321 §4.5.3.1.1).
pub(in crate::desk) fn reply_address(secret: &Secret, mailbox: &Address, ticket: u64) -> Option<Address> {
    let mac = mac(secret, Kind::Reply, [ticket, 0]);
    Address::parse(&format!("{}+t{ticket}.{mac}@{}", local(mailbox)?, mailbox.domain())).ok()
}

/// The envelope sender of a message to one recipient: `local+b{message}.{recipient}.{mac}@domain` (VERP). `None` as above.
pub(in crate::desk) fn return_path(
    secret: &Secret,
    mailbox: &Address,
    message: u64,
    recipient: u32,
) -> Option<Address> {
    let mac = mac(secret, Kind::Bounce, [message, u64::from(recipient)]);
    Address::parse(&format!("{}+b{message}.{recipient}.{mac}@{}", local(mailbox)?, mailbox.domain())).ok()
}

/// The hard-to-forge component (RFC 8058 §3.1) by which one recipient of a mailing unsubscribes: numbers and MAC in base32, 32
/// letters. It stands in the URL and in the sub-address.
pub(in crate::desk) fn unsubscribe_token(secret: &Secret, mailing: u64, place: u16) -> String {
    let mut octets = [0; 10 + MAC];
    octets[..8].copy_from_slice(&mailing.to_be_bytes());
    octets[8..10].copy_from_slice(&place.to_be_bytes());
    octets[10..].copy_from_slice(&mac_octets(secret, Kind::Unsubscribe, [mailing, u64::from(place)]));
    let mut token = data_encoding::BASE32_NOPAD.encode(&octets);
    token.make_ascii_lowercase();
    token
}

/// Mailing and place of such a token, in any case; `None` for one that we did not make.
pub(in crate::desk) fn parse_unsubscribe_token(secret: &Secret, token: &str) -> Option<(u64, u16)> {
    let octets = data_encoding::BASE32_NOPAD_NOCASE.decode(token.as_bytes()).ok()?;
    let (mailing, rest) = octets.split_first_chunk::<8>()?;
    let (place, given) = rest.split_first_chunk::<2>()?;
    let (mailing, place) = (u64::from_be_bytes(*mailing), u16::from_be_bytes(*place));
    let ours = mac_octets(secret, Kind::Unsubscribe, [mailing, u64::from(place)]);
    bool::from(given.ct_eq(&ours)).then_some((mailing, place))
}

/// Where a letter unsubscribes one recipient of a mailing: `local+u{token}@domain`. `None` as above.
pub(in crate::desk) fn unsubscribe_address(
    secret: &Secret,
    mailbox: &Address,
    mailing: u64,
    place: u16,
) -> Option<Address> {
    let token = unsubscribe_token(secret, mailing, place);
    Address::parse(&format!("{}+u{token}@{}", local(mailbox)?, mailbox.domain())).ok()
}

/// What a sub-address (what stands behind the `+`) of ours names; `None` for one that we did not make.
pub(in crate::desk) fn parse_sub_address(secret: &Secret, sub_address: &str) -> Option<SubAddress> {
    // A mailbox may have a `+` of its own in its address: ours is the last.
    let token = sub_address.rsplit('+').next()?;
    let mut letters = token.chars();
    let kind = letters.next()?.to_ascii_lowercase();
    let mut parts = letters.as_str().splitn(3, '.');
    match kind {
        't' => {
            let ticket = number(parts.next()?)?;
            verified(secret, Kind::Reply, [ticket, 0], parts.next()?).then_some(SubAddress::Ticket(ticket))
        }
        'b' => {
            let (message, recipient) = (number(parts.next()?)?, number(parts.next()?)?);
            let recipient_index = u32::try_from(recipient).ok()?;
            verified(secret, Kind::Bounce, [message, recipient], parts.next()?)
                .then_some(SubAddress::Bounce { message, recipient: recipient_index })
        }
        'u' => {
            let (mailing, place) = parse_unsubscribe_token(secret, letters.as_str())?;
            Some(SubAddress::Unsubscribe { mailing, place })
        }
        _ => None,
    }
}

/// What a MAC is for: one made for a purpose is no good for another.
#[derive(Clone, Copy)]
enum Kind {
    MessageId = 1,
    Reply = 2,
    Bounce = 3,
    Unsubscribe = 4,
}

/// The MAC of a mark, in lower-case base32 without padding.
fn mac(secret: &Secret, kind: Kind, numbers: [u64; 2]) -> String {
    let mut mac = data_encoding::BASE32_NOPAD.encode(&mac_octets(secret, kind, numbers));
    mac.make_ascii_lowercase();
    mac
}

/// Whether `given` is the MAC of a mark, in any case.
fn verified(secret: &Secret, kind: Kind, numbers: [u64; 2], given: &str) -> bool {
    match data_encoding::BASE32_NOPAD_NOCASE.decode(given.as_bytes()) {
        Ok(given) => given.as_slice().ct_eq(&mac_octets(secret, kind, numbers)).into(),
        Err(_) => false,
    }
}

fn mac_octets(secret: &Secret, kind: Kind, numbers: [u64; 2]) -> [u8; MAC] {
    let mut input = [0; 17];
    input[0] = kind as u8;
    input[1..9].copy_from_slice(&numbers[0].to_be_bytes());
    input[9..].copy_from_slice(&numbers[1].to_be_bytes());
    let mut mac = [0; MAC];
    mac.copy_from_slice(&blake3::keyed_hash(secret, &input).as_bytes()[..MAC]);
    mac
}

/// A number as we write it: digits only (`parse` alone would take a sign).
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The local part before which our mark can stand: one that needs no quotes. `None` for any other.
fn local(mailbox: &Address) -> Option<&str> {
    let plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c);
    mailbox.local().chars().all(plain).then(|| mailbox.local())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: Secret = [7; 32];
    const OTHER: Secret = [8; 32];

    fn mailbox() -> Address {
        Address::parse("help@demo.test").unwrap()
    }

    fn sub_address(address: &Address) -> &str {
        address.local().split_once('+').unwrap().1
    }

    #[test]
    fn our_message_id_is_known_again_in_any_case() {
        let id = message_id(&SECRET, 1042, 77, "mx.demo.test");
        assert_eq!(parse_message_id(&SECRET, &id), Some((1042, 77)));
        assert_eq!(parse_message_id(&SECRET, &id.to_uppercase()), Some((1042, 77)));
        assert_eq!(parse_message_id(&SECRET, &id.replace("mx.demo.test", "renamed.test")), Some((1042, 77)));
    }

    #[test]
    fn a_forged_message_id_is_refused() {
        let id = message_id(&SECRET, 1042, 77, "mx.demo.test");
        assert_eq!(parse_message_id(&OTHER, &id), None);
        assert_eq!(parse_message_id(&SECRET, &id.replacen("1042", "1043", 1)), None);
        assert_eq!(parse_message_id(&SECRET, &id.replacen("77", "78", 1)), None);
        assert_eq!(parse_message_id(&SECRET, &id.replacen("1042", "+1042", 1)), None);
        assert_eq!(parse_message_id(&SECRET, "1042.77.@mx.demo.test"), None);
        assert_eq!(parse_message_id(&SECRET, "1042.77@mx.demo.test"), None);
        assert_eq!(parse_message_id(&SECRET, "99999999999999999999.1.aaaaaaaaaaaaaaaa@mx.demo.test"), None);
        assert_eq!(parse_message_id(&SECRET, ""), None);
    }

    #[test]
    fn a_shortened_mac_is_refused() {
        let id = message_id(&SECRET, 1042, 77, "mx");
        let (left, right) = id.split_once('@').unwrap();
        for cut in 1..=16 {
            let shorter = format!("{}@{right}", &left[..left.len() - cut]);
            assert_eq!(parse_message_id(&SECRET, &shorter), None, "{shorter}");
        }
    }

    #[test]
    fn a_reply_address_names_its_ticket_in_any_case() {
        let address = reply_address(&SECRET, &mailbox(), 1042).unwrap();
        assert!(address.as_str().starts_with("help+t1042."), "{address}");
        assert_eq!(parse_sub_address(&SECRET, sub_address(&address)), Some(SubAddress::Ticket(1042)));
        let shouted = sub_address(&address).to_uppercase();
        assert_eq!(parse_sub_address(&SECRET, &shouted), Some(SubAddress::Ticket(1042)));
    }

    #[test]
    fn a_return_path_names_message_and_recipient() {
        let address = return_path(&SECRET, &mailbox(), 77, 3).unwrap();
        let expected = Some(SubAddress::Bounce { message: 77, recipient: 3 });
        assert_eq!(parse_sub_address(&SECRET, sub_address(&address)), expected);
        assert_eq!(parse_sub_address(&SECRET, &sub_address(&address).to_uppercase()), expected);
    }

    #[test]
    fn a_forged_sub_address_is_refused() {
        let address = reply_address(&SECRET, &mailbox(), 1042).unwrap();
        let token = sub_address(&address);
        assert_eq!(parse_sub_address(&OTHER, token), None);
        assert_eq!(parse_sub_address(&SECRET, &token.replace("t1042", "t1043")), None);
        assert_eq!(parse_sub_address(&SECRET, &token.replace("t1042", "b1042.0")), None);
        for junk in ["", "+", "t", "t1", "b1.2", "b1.-2.aaaa", "news", "t1.é", "é"] {
            assert_eq!(parse_sub_address(&SECRET, junk), None, "{junk}");
        }
    }

    #[test]
    fn a_mac_of_one_kind_is_no_good_for_another() {
        let id = message_id(&SECRET, 1042, 0, "mx");
        let stolen = id.split(['.', '@']).nth(2).unwrap();
        assert_eq!(parse_sub_address(&SECRET, &format!("t1042.{stolen}")), None);
        assert_eq!(parse_sub_address(&SECRET, &format!("b1042.0.{stolen}")), None);
    }

    #[test]
    fn an_unsubscribe_token_is_known_again_and_a_forged_one_is_none() {
        let token = unsubscribe_token(&SECRET, 77, 999);
        assert_eq!(token.len(), 32);
        for token in [token.clone(), token.to_uppercase()] {
            assert_eq!(parse_unsubscribe_token(&SECRET, &token), Some((77, 999)));
        }
        assert_eq!(parse_unsubscribe_token(&OTHER, &token), None);
        for place in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[place] = if forged[place] == b'a' { b'b' } else { b'a' };
            assert_eq!(parse_unsubscribe_token(&SECRET, std::str::from_utf8(&forged).unwrap()), None, "{place}");
        }
        for junk in ["", "a", "é", &token[..31], &token[..30], &format!("{token}a"), &format!("{token}aaaaaaaa")] {
            assert_eq!(parse_unsubscribe_token(&SECRET, junk), None, "{junk}");
        }
        let address = unsubscribe_address(&SECRET, &mailbox(), 77, 999).unwrap();
        let expected = Some(SubAddress::Unsubscribe { mailing: 77, place: 999 });
        assert_eq!(parse_sub_address(&SECRET, sub_address(&address)), expected);
        assert_eq!(parse_sub_address(&SECRET, &sub_address(&address).to_uppercase()), expected);
    }

    #[test]
    fn a_mailbox_with_a_plus_of_its_own_works_and_one_too_long_has_no_mark() {
        let plus = Address::parse("help+eu@demo.test").unwrap();
        let address = reply_address(&SECRET, &plus, 1042).unwrap();
        assert_eq!(parse_sub_address(&SECRET, sub_address(&address)), Some(SubAddress::Ticket(1042)));
        let long = Address::parse(&format!("{}@demo.test", "a".repeat(60))).unwrap();
        assert_eq!(reply_address(&SECRET, &long, 1042), None);
        assert_eq!(return_path(&SECRET, &long, 77, 0), None);
    }
}
