//! The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding. Pure.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};
use data_encoding::BASE64;
use subtle::ConstantTimeEq;

/// Rounds that a server must ask for at the least (RFC 7677 §4), and may at the most: about a second of work.
const ROUNDS: std::ops::RangeInclusive<u32> = 4_096..=1_000_000;

/// The first message.
#[derive(Debug)]
pub(super) struct ClientFirst {
    bare: String,
    nonce: String,
}

/// The second message, and what the server must answer to it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) message: String,
    signature: [u8; 32],
}

impl ClientFirst {
    pub(super) fn new(user: &str) -> Result<Self, &'static str> {
        let mut nonce = [0; 18];
        getrandom::fill(&mut nonce).map_err(|_| "there is no randomness")?;
        Ok(Self::with_nonce(user, BASE64.encode(&nonce)))
    }

    fn with_nonce(user: &str, nonce: String) -> Self {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        Self { bare: format!("n={user},r={nonce}"), nonce }
    }

    pub(super) fn message(&self) -> String {
        format!("n,,{}", self.bare)
    }

    /// Answers the server's first message. Costs what the server asks for.
    pub(super) fn answer(&self, server_first: &str, password: &str) -> Result<Answer, &'static str> {
        let mut parts = server_first.split(',');
        let mut part = |name: &str| parts.next().and_then(|part| part.strip_prefix(name));
        let (nonce, salt, rounds) = (part("r="), part("s="), part("i="));
        let nonce = nonce.filter(|nonce| nonce.len() > self.nonce.len() && nonce.starts_with(&self.nonce));
        let nonce = nonce.ok_or("its nonce is not made of ours")?;
        let salt = salt.and_then(|salt| BASE64.decode(salt.as_bytes()).ok()).ok_or("its salt is none")?;
        let rounds = rounds.and_then(|rounds| rounds.parse().ok()).filter(|rounds| ROUNDS.contains(rounds));
        let rounds = rounds.and_then(NonZeroU32::new).ok_or("its number of rounds is out of bounds")?;

        let mut salted = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, password.as_bytes(), &mut salted);
        let client_key = mac(&salted, b"Client Key");
        let stored_key = digest::digest(&digest::SHA256, &client_key);
        let without_proof = format!("c=biws,r={nonce}");
        let signed = format!("{},{server_first},{without_proof}", self.bare);
        let mut proof = client_key;
        for (octet, mask) in proof.iter_mut().zip(mac(stored_key.as_ref(), signed.as_bytes())) {
            *octet ^= mask;
        }
        let signature = mac(&mac(&salted, b"Server Key"), signed.as_bytes());
        Ok(Answer { message: format!("{without_proof},p={}", BASE64.encode(&proof)), signature })
    }
}

impl Answer {
    /// Whether the server's last message shows that it knows the password, too.
    pub(super) fn is_proven_by(&self, server_last: &str) -> bool {
        let signature = server_last.split(',').next().and_then(|part| part.strip_prefix("v="));
        let signature = signature.and_then(|signature| BASE64.decode(signature.as_bytes()).ok());
        signature.is_some_and(|signature| signature.as_slice().ct_eq(&self.signature).into())
    }
}

fn mac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut octets = [0; 32];
    octets.copy_from_slice(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref());
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER_FIRST: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    fn first() -> ClientFirst {
        ClientFirst::with_nonce("user", "rOprNGfwEbeRWgbNEkqO".to_owned())
    }

    /// The conversation of RFC 7677 §3.
    #[test]
    fn the_rfcs_example_comes_out() {
        assert_eq!(first().message(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let answer = first().answer(SERVER_FIRST, "pencil").unwrap();
        assert_eq!(
            answer.message,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(answer.is_proven_by("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        assert!(!answer.is_proven_by("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5="));
        assert!(!answer.is_proven_by("e=invalid-proof"));
    }

    #[test]
    fn a_server_that_plays_false_is_refused() {
        for false_first in [
            SERVER_FIRST.replace("r=rO", "r=xO"),
            "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".to_owned(),
            SERVER_FIRST.replace("i=4096", "i=1"),
            SERVER_FIRST.replace("i=4096", "i=4000000000"),
            SERVER_FIRST.replace("s=W22", "s=***"),
            String::new(),
        ] {
            assert!(first().answer(&false_first, "pencil").is_err(), "{false_first}");
        }
    }

    #[test]
    fn a_name_cannot_add_fields() {
        assert_eq!(ClientFirst::with_nonce("a,r=b", "n".to_owned()).message(), "n,,n=a=2Cr=3Db,r=n");
    }
}
