//! A command line → a [`Command`] (RFC 5321 §4.1, RFC 1870, RFC 3030, RFC 3461, RFC 6152, RFC 6531, RFC 8689).
//!
//! smtp-proto reads verbs and chunk sizes. It is permissive: it takes `DATA foo`, unquotes quoted local parts, gives
//! `<postmaster>` as an empty address, refuses address literals. So paths and parameters are read here: paths by
//! [`Address::parse`], parameters in the form of RFC 5321 §4.1.2 and only those that EHLO offers.

mod parameters;
mod path;
mod xclient;
mod xtext;

use smtp_proto::Request;

pub(super) use xclient::{OFFERED as XCLIENT_OFFERED, Xclient};

use super::frame::LineError;
use super::reply::Reply;
use crate::desk::{DsnNotify, DsnReturn, OriginalRecipient, Reason};
use crate::mail::Address;

/// Octets of a command line without extensions, its CRLF not counted (RFC 5321 §4.5.3.1.4).
const MAX_PLAIN: usize = 510;

/// Octets of a MAIL or RCPT line: 512, and what the extensions add: 500 for ORCPT and 28 for NOTIFY (RFC 3461 §5), less for MAIL.
const MAX_ENVELOPE: usize = 1280;

/// Octets of the name in EHLO or HELO (RFC 5321 §4.5.3.1.2).
const MAX_NAME: usize = 255;

/// What the client asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Ehlo(String),
    Helo(String),
    Mail(Sender),
    Rcpt(Addressee),
    Data,
    /// RFC 3030: exactly so many octets follow.
    Bdat {
        octets: usize,
        last: bool,
    },
    StartTls,
    Rset,
    Noop,
    Quit,
    Help,
    Vrfy,
    Expn,
    Auth,
    Xclient(Xclient),
}

/// The argument of MAIL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sender {
    /// `None` for the null sender.
    pub address: Option<Address>,
    /// `SIZE=`, or 0.
    pub size: usize,
    /// `SMTPUTF8` was given (RFC 6531).
    pub smtputf8: bool,
    /// `REQUIRETLS` was given (RFC 8689 §4): allowed inside TLS only.
    pub require_tls: bool,
    /// `RET` (RFC 3461 §4.3).
    pub ret: Option<DsnReturn>,
    /// `ENVID`, decoded (RFC 3461 §4.4).
    pub envid: Option<String>,
    /// The path has non-ASCII characters: allowed with SMTPUTF8 only.
    pub non_ascii: bool,
    /// Any parameter was given: allowed behind EHLO only.
    pub extended: bool,
}

/// The argument of RCPT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Addressee {
    /// Where to.
    pub target: Target,
    /// `NOTIFY` (RFC 3461 §4.1).
    pub notify: Option<DsnNotify>,
    /// `ORCPT` (RFC 3461 §4.2).
    pub original: Option<OriginalRecipient>,
    /// Any parameter was given: allowed behind EHLO only.
    pub extended: bool,
}

/// Whom RCPT names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// `<postmaster>` without a domain (RFC 5321 §4.5.1).
    Postmaster,
    /// An address.
    Address {
        /// Where to.
        address: Address,
        /// It was written with non-ASCII characters: allowed with SMTPUTF8 only.
        non_ascii: bool,
    },
}

/// Why a line is not obeyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CommandError {
    /// The line is malformed.
    Line(LineError),
    /// No such command.
    Unknown,
    /// The arguments do not have the form shown.
    Syntax(&'static str),
    /// A parameter was not offered, or not in this form.
    Parameter,
    /// The sender's path, as written.
    Sender(String),
    /// The recipient's path, as written.
    Recipient(String),
    /// How many octets follow cannot be known, so that nothing behind it may be taken for a command.
    Chunk,
}

impl CommandError {
    /// What the client is told.
    pub(super) fn reply(&self) -> Reply {
        match self {
            Self::Line(LineError::BareLineEnd) => Reply::new(500, "5.5.2", "Lines must end with CRLF"),
            Self::Line(LineError::Control) => Reply::new(500, "5.5.2", "Control characters are not allowed"),
            Self::Line(LineError::TooLong) => Reply::new(500, "5.5.2", "Line too long"),
            Self::Unknown => Reply::new(500, "5.5.1", "No such command"),
            Self::Syntax(form) => Reply { code: 501, enhanced: "5.5.4", text: format!("Syntax: {form}").into() },
            Self::Parameter => Reply::new(555, "5.5.4", "Parameter not recognised or not implemented"),
            Self::Sender(_) => Reason::BadSender.into(),
            Self::Recipient(_) => Reason::BadRecipient.into(),
            Self::Chunk => Reply::new(501, "5.5.4", "Syntax: BDAT octets [LAST]"),
        }
    }
}

/// Reads a line that [`super::frame::Lines`] has let through.
pub(super) fn parse(line: &[u8]) -> Result<Command, CommandError> {
    let text = std::str::from_utf8(line).map_err(|_| CommandError::Line(LineError::Control))?;
    // RFC 5321 §4.1.1: trailing white space is tolerated.
    let text = text.trim_end_matches(' ');
    let (verb, arguments) = text.split_once(' ').unwrap_or((text, ""));
    let verb = verb.to_ascii_uppercase();
    let envelope = matches!(verb.as_str(), "MAIL" | "RCPT");
    if text.len() > if envelope { MAX_ENVELOPE } else { MAX_PLAIN } {
        return Err(CommandError::Line(LineError::TooLong));
    }
    match verb.as_str() {
        "MAIL" => mail(arguments),
        "RCPT" => rcpt(arguments),
        "EHLO" | "HELO" => greeting(&verb, arguments),
        "BDAT" => bdat(arguments),
        "DATA" | "STARTTLS" | "RSET" | "QUIT" if !arguments.is_empty() => {
            Err(CommandError::Syntax("this command takes no arguments"))
        }
        "AUTH" => Ok(Command::Auth),
        "VRFY" => Ok(Command::Vrfy),
        "EXPN" => Ok(Command::Expn),
        "XCLIENT" => xclient::parse(arguments).map(Command::Xclient),
        _ => plain(&verb),
    }
}

/// The commands whose arguments, if any, mean nothing here.
fn plain(verb: &str) -> Result<Command, CommandError> {
    match proto(&format!("{verb}\r\n")) {
        Ok(Request::Data) => Ok(Command::Data),
        Ok(Request::StartTls) => Ok(Command::StartTls),
        Ok(Request::Rset) => Ok(Command::Rset),
        Ok(Request::Quit) => Ok(Command::Quit),
        Ok(Request::Noop { .. }) => Ok(Command::Noop),
        Ok(Request::Help { .. }) => Ok(Command::Help),
        _ => Err(CommandError::Unknown),
    }
}

/// EHLO and HELO.
fn greeting(verb: &str, argument: &str) -> Result<Command, CommandError> {
    let name = greeting_name(argument).ok_or(CommandError::Syntax("EHLO domain"))?.to_owned();
    Ok(if verb == "EHLO" { Command::Ehlo(name) } else { Command::Helo(name) })
}

/// A domain or an address literal; underscores are let pass, because real senders have them.
fn greeting_name(argument: &str) -> Option<&str> {
    let literal = argument.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let allowed = |octet: u8| match literal {
        Some(_) => octet.is_ascii_alphanumeric() || b".:-".contains(&octet),
        None => octet.is_ascii_alphanumeric() || b".-_".contains(&octet),
    };
    let inner = literal.unwrap_or(argument);
    let is_name = (1..=MAX_NAME).contains(&inner.len()) && inner.bytes().all(allowed);
    is_name.then_some(argument)
}

fn mail(arguments: &str) -> Result<Command, CommandError> {
    const FORM: CommandError = CommandError::Syntax("MAIL FROM:<address> [parameters]");
    let (path, text) = path::split(arguments, "FROM:").ok_or(FORM)?;
    let parameters = parameters::of_mail(text)?;
    let address = match path {
        "" => None,
        path => Some(path::address(path).ok_or_else(|| CommandError::Sender(path.to_owned()))?),
    };
    Ok(Command::Mail(Sender {
        address,
        size: parameters.size,
        smtputf8: parameters.smtputf8,
        require_tls: parameters.require_tls,
        ret: parameters.ret,
        envid: parameters.envid,
        non_ascii: !path.is_ascii(),
        extended: !text.is_empty(),
    }))
}

fn rcpt(arguments: &str) -> Result<Command, CommandError> {
    let (path, text) = path::split(arguments, "TO:").ok_or(CommandError::Syntax("RCPT TO:<address> [parameters]"))?;
    let parameters = parameters::of_rcpt(text)?;
    let target = if path.eq_ignore_ascii_case("postmaster") {
        Target::Postmaster
    } else {
        let address = path::address(path).ok_or_else(|| CommandError::Recipient(path.to_owned()))?;
        Target::Address { address, non_ascii: !path.is_ascii() }
    };
    Ok(Command::Rcpt(Addressee {
        target,
        notify: parameters.notify,
        original: parameters.original,
        extended: !text.is_empty(),
    }))
}

/// RFC 3030 §2: `BDAT octets [LAST]`.
fn bdat(arguments: &str) -> Result<Command, CommandError> {
    let (digits, last) = arguments.split_once(' ').unwrap_or((arguments, ""));
    if !is_number(digits) || !(last.is_empty() || last.eq_ignore_ascii_case("LAST")) {
        return Err(CommandError::Chunk);
    }
    match proto(&format!("BDAT {arguments}\r\n")) {
        Ok(Request::Bdat { chunk_size, is_last }) => Ok(Command::Bdat { octets: chunk_size, last: is_last }),
        _ => Err(CommandError::Chunk),
    }
}

fn proto(line: &str) -> Result<Request<String>, smtp_proto::Error> {
    Request::parse(&mut line.as_bytes().iter()).map(Request::into_owned)
}

/// A number that is read exactly: 1 to 19 digits (RFC 1870 allows 20; no letter is that large).
fn is_number(digits: &str) -> bool {
    (1..=19).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_digit())
}

#[cfg(test)]
mod tests;
