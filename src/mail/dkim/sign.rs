//! Signing: every signature over the same octets, none over another.

use mail_auth::crypto::{Ed25519Key, RsaKey, Sha256, SigningKey};
use mail_auth::dkim::DkimSigner;
use mail_auth::headers::HeaderWriter;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{Algorithm, DkimError, DkimKey, error};

/// Fields that are signed as often as they occur and once more, so that none can be added (RFC 6376 §5.4.1, §8.15). The
/// last three are of letters to many (RFC 8058 §4).
const SIGNED: [&str; 17] = [
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Reply-To",
    "Sender",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Auto-Submitted",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// The letter with one `DKIM-Signature` field per key on top, in the keys' order. Takes a millisecond of CPU per RSA key: call
/// it in `spawn_blocking`. The first key that cannot sign is the error.
pub fn sign<'k>(keys: impl IntoIterator<Item = &'k DkimKey>, raw: &[u8]) -> Result<Vec<u8>, DkimError> {
    let fields = signed_fields(raw);
    let mut signed = Vec::with_capacity(raw.len().saturating_add(2048));
    for key in keys {
        let signature = match key.algorithm {
            Algorithm::Rsa => {
                let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.private_key.as_slice()));
                signature(RsaKey::<Sha256>::from_key_der(der).map_err(error)?, key, &fields, raw)?
            }
            Algorithm::Ed25519 => {
                let pair = Ed25519Key::from_pkcs8_maybe_unchecked_der(&key.private_key).map_err(error)?;
                signature(pair, key, &fields, raw)?
            }
        };
        signed.extend_from_slice(signature.as_bytes());
    }
    signed.extend_from_slice(raw);
    Ok(signed)
}

impl DkimKey {
    /// The letter with this key's signature on top.
    pub fn sign(&self, raw: &[u8]) -> Result<Vec<u8>, DkimError> {
        sign([self], raw)
    }
}

fn signature(signer: impl SigningKey, key: &DkimKey, fields: &[&str], raw: &[u8]) -> Result<String, DkimError> {
    let signer =
        DkimSigner::from_key(signer).domain(&key.domain).selector(&key.selector).headers(fields.iter().copied());
    Ok(signer.sign(raw).map_err(error)?.to_header())
}

/// Each name; those that occur twice. The signer lists every field that occurs by itself, and each further mention behind
/// them: it stands for one more, signed as absent.
fn signed_fields(raw: &[u8]) -> Vec<&'static str> {
    SIGNED.iter().copied().chain(SIGNED.iter().copied().filter(|name| has_field(raw, name))).collect()
}

fn has_field(raw: &[u8], name: &str) -> bool {
    let mut lines = raw.split(|&byte| byte == b'\n').take_while(|line| !matches!(line, [] | [b'\r']));
    lines.any(|line| {
        line.split_at_checked(name.len())
            .is_some_and(|(start, rest)| start.eq_ignore_ascii_case(name.as_bytes()) && rest.starts_with(b":"))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    const RAW: &[u8] = b"From: a@example.com\r\nSubject: x\r\nTo: b@x.test\r\nTo: c@x.test\r\n\r\nTo: body\r\n";

    static KEYS: LazyLock<Vec<DkimKey>> = LazyLock::new(|| {
        let made = [DkimKey::generate("example.com", "rsa"), DkimKey::generate_ed25519("example.com", "ed")];
        made.into_iter().map(Result::unwrap).collect()
    });

    fn fields(raw: &[u8]) -> Vec<String> {
        let text = String::from_utf8(raw.to_vec()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap().replace("\r\n\t", "").replace("\r\n ", "");
        head.lines().map(str::to_owned).collect()
    }

    #[test]
    fn both_signatures_stand_on_top_rsa_first() {
        let signed = sign(&*KEYS, RAW).unwrap();
        assert!(signed.ends_with(RAW));
        let fields = fields(&signed);
        assert!(fields[0].starts_with("DKIM-Signature:") && fields[0].contains("a=rsa-sha256"), "{}", fields[0]);
        assert!(fields[1].starts_with("DKIM-Signature:") && fields[1].contains("a=ed25519-sha256"), "{}", fields[1]);
        assert!(fields[2].starts_with("From:"));
        for field in &fields[..2] {
            assert!(field.contains("c=relaxed/relaxed") && !field.contains(" l=") && field.contains("d=example.com"));
        }
    }

    #[test]
    fn fields_are_signed_once_more_than_they_occur() {
        let signed = sign(&KEYS[..1], RAW).unwrap();
        let signature = fields(&signed).remove(0);
        let names = signature.split(';').map(str::trim).find_map(|tag| tag.strip_prefix("h=")).unwrap().to_owned();
        let count = |name: &str| names.split(':').filter(|field| field.trim().eq_ignore_ascii_case(name)).count();
        assert_eq!((count("from"), count("subject"), count("to"), count("references")), (2, 2, 3, 1), "{names}");
        assert_eq!(count("dkim-signature"), 0);
    }

    #[test]
    fn a_broken_key_is_an_error() {
        let broken = DkimKey {
            domain: "example.com".into(),
            selector: "s".into(),
            algorithm: Algorithm::Rsa,
            private_key: vec![1, 2, 3],
        };
        assert!(broken.sign(RAW).is_err() && broken.dns_record().is_err());
    }
}
