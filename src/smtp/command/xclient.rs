//! XCLIENT, Postfix's extension: a trusted client says for whom it speaks. Attributes are `NAME=value`, values in xtext.

use std::net::IpAddr;

use super::{CommandError, greeting_name, xtext};

/// What is offered behind XCLIENT in the reply to EHLO.
pub(in crate::smtp) const OFFERED: &str = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

/// The argument of XCLIENT. What the client does not know or does not say is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::smtp) struct Xclient {
    /// `ADDR`: the client's address.
    pub address: Option<IpAddr>,
    /// `PORT`: its port.
    pub port: Option<u16>,
    /// `HELO`: how it introduced itself.
    pub helo: Option<String>,
    /// `PROTO`: it said EHLO (`ESMTP`), or HELO (`SMTP`).
    pub extended: Option<bool>,
}

/// Reads the attributes, each at most once. `NAME` is checked and not used: the reverse name is looked up here. So are `LOGIN`,
/// `DESTADDR` and `DESTPORT`, which say nothing that is asked for.
pub(super) fn parse(arguments: &str) -> Result<Xclient, CommandError> {
    const FORM: CommandError = CommandError::Syntax("XCLIENT attribute=value...");
    let mut read = Xclient::default();
    let mut seen: Vec<String> = Vec::new();
    for attribute in arguments.split(' ') {
        let (name, value) = attribute.split_once('=').ok_or(FORM)?;
        let name = name.to_ascii_uppercase();
        let value = xtext::decode(value).filter(|value| !value.is_empty()).ok_or(FORM)?;
        if seen.contains(&name) {
            return Err(FORM);
        }
        let known = !matches!(value.to_ascii_uppercase().as_str(), "[UNAVAILABLE]" | "[TEMPUNAVAIL]");
        match name.as_str() {
            "ADDR" if known => read.address = Some(address(&value).ok_or(FORM)?),
            "PORT" if known => read.port = Some(value.parse().map_err(|_| FORM)?),
            "HELO" if known => read.helo = Some(greeting_name(&value).ok_or(FORM)?.to_owned()),
            "PROTO" if known => {
                read.extended = Some(match value.to_ascii_uppercase().as_str() {
                    "SMTP" => false,
                    "ESMTP" => true,
                    _ => return Err(FORM),
                });
            }
            "NAME" | "ADDR" | "PORT" | "PROTO" | "HELO" | "LOGIN" | "DESTADDR" | "DESTPORT" => {}
            _ => return Err(FORM),
        }
        seen.push(name);
    }
    Ok(read)
}

/// `192.0.2.1` or `IPV6:2001:db8::1`; some clients leave the prefix out.
fn address(value: &str) -> Option<IpAddr> {
    let bare = match value.split_at_checked("IPV6:".len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("IPV6:") => rest,
        _ => value,
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read() {
        let read =
            parse("NAME=a.test ADDR=192.0.2.7 port=4711 HELO=mail.a.test PROTO=ESMTP LOGIN=[UNAVAILABLE]").unwrap();
        let expected = Xclient {
            address: Some("192.0.2.7".parse().unwrap()),
            port: Some(4711),
            helo: Some("mail.a.test".to_owned()),
            extended: Some(true),
        };
        assert_eq!(read, expected);
        let six = parse("ADDR=IPV6:2001:db8::1").unwrap();
        assert_eq!(six.address, Some("2001:db8::1".parse().unwrap()));
        assert_eq!(parse("ADDR=[UNAVAILABLE] HELO=[TEMPUNAVAIL]"), Ok(Xclient::default()));
    }

    #[test]
    fn what_is_no_attribute_is_refused() {
        for text in
            ["", "ADDR", "ADDR=", "ADDR=a.test", "PORT=70000", "PROTO=LMTP", "HELO=a+20b", "WHAT=x", "PORT=1 PORT=2"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "((ADDR|PORT|HELO|PROTO|NAME)=[ -~я]{0,20} ?){0,3}") {
            let _ = parse(&text);
        }
    }
}
