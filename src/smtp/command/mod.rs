//! A command line → a [`Command`] (RFC 5321 §4.1, RFC 1870, RFC 3030, RFC 6152, RFC 6531).
//!
//! smtp-proto reads verbs and parameters, and is permissive: it takes `DATA foo`, unquotes quoted local parts, gives
//! `<postmaster>` as an empty address, refuses address literals. So a strict filter stands before it: paths are read here
//! and handed to [`Address::parse`], parameters must have the form of RFC 5321 §4.1.2 and be among those that EHLO offers.

mod path;

use smtp_proto::{MAIL_BODY_BINARYMIME, MAIL_SMTPUTF8, Request};

use super::frame::LineError;
use super::reply::Reply;
use crate::desk::Reason;
use crate::mail::Address;

/// Octets of a command line without extensions, its CRLF not counted (RFC 5321 §4.5.3.1.4).
const MAX_PLAIN: usize = 510;

/// Octets of a MAIL or RCPT line: its path (256) in UTF-8, and the parameters of all extensions.
const MAX_ENVELOPE: usize = 1024;

/// What the client asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Ehlo(String),
    Helo(String),
    Mail(Sender),
    Rcpt(Target),
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
    /// The path has non-ASCII characters: allowed with SMTPUTF8 only.
    pub non_ascii: bool,
    /// Any parameter was given: allowed behind EHLO only.
    pub extended: bool,
}

/// The argument of RCPT.
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

/// EHLO and HELO. The argument is a domain or an address literal; underscores are let pass, because real senders have them.
fn greeting(verb: &str, argument: &str) -> Result<Command, CommandError> {
    const FORM: CommandError = CommandError::Syntax("EHLO domain");
    let literal = argument.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let allowed = |octet: u8| match literal {
        Some(_) => octet.is_ascii_alphanumeric() || b".:-".contains(&octet),
        None => octet.is_ascii_alphanumeric() || b".-_".contains(&octet),
    };
    let inner = literal.unwrap_or(argument);
    if inner.is_empty() || !inner.bytes().all(allowed) {
        return Err(FORM);
    }
    match proto(&format!("{verb} {argument}\r\n")) {
        Ok(Request::Ehlo { host }) => Ok(Command::Ehlo(host)),
        Ok(Request::Helo { host }) => Ok(Command::Helo(host)),
        _ => Err(FORM),
    }
}

fn mail(arguments: &str) -> Result<Command, CommandError> {
    const FORM: CommandError = CommandError::Syntax("MAIL FROM:<address> [parameters]");
    let (path, parameters) = path::split(arguments, "FROM:").ok_or(FORM)?;
    check_parameters(parameters)?;
    let request = proto(&format!("MAIL FROM:<> {parameters}\r\n")).map_err(|error| match error {
        smtp_proto::Error::InvalidParameter { .. } => CommandError::Syntax("a parameter's value is not valid"),
        _ => CommandError::Parameter,
    })?;
    let Request::Mail { from } = request else { return Err(FORM) };
    if from.flags & MAIL_BODY_BINARYMIME != 0 {
        return Err(CommandError::Parameter);
    }
    let address = match path {
        "" => None,
        path => Some(path::address(path).ok_or_else(|| CommandError::Sender(path.to_owned()))?),
    };
    Ok(Command::Mail(Sender {
        address,
        size: from.size,
        smtputf8: from.flags & MAIL_SMTPUTF8 != 0,
        non_ascii: !path.is_ascii(),
        extended: !parameters.is_empty(),
    }))
}

fn rcpt(arguments: &str) -> Result<Command, CommandError> {
    let (path, parameters) =
        path::split(arguments, "TO:").ok_or(CommandError::Syntax("RCPT TO:<address> [parameters]"))?;
    if !parameters.is_empty() {
        return Err(CommandError::Parameter);
    }
    if path.eq_ignore_ascii_case("postmaster") {
        return Ok(Command::Rcpt(Target::Postmaster));
    }
    let address = path::address(path).ok_or_else(|| CommandError::Recipient(path.to_owned()))?;
    Ok(Command::Rcpt(Target::Address { address, non_ascii: !path.is_ascii() }))
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

/// The form of RFC 5321 §4.1.2 (`esmtp-param`), each keyword once, and none but those that EHLO offers.
fn check_parameters(parameters: &str) -> Result<(), CommandError> {
    const FORM: CommandError = CommandError::Syntax("keyword=value");
    if parameters.is_empty() {
        return Ok(());
    }
    let mut seen: Vec<&str> = Vec::new();
    for parameter in parameters.split(' ') {
        let (keyword, value) = parameter.split_once('=').map_or((parameter, None), |(key, value)| (key, Some(value)));
        let keyword_is_good = keyword.starts_with(|first: char| first.is_ascii_alphanumeric())
            && keyword.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        let value_is_good = value
            .is_none_or(|value| !value.is_empty() && value.bytes().all(|octet| matches!(octet, 33..=60 | 62..=126)));
        let repeated = seen.iter().any(|earlier| earlier.eq_ignore_ascii_case(keyword));
        let size_is_good = !keyword.eq_ignore_ascii_case("SIZE") || value.is_some_and(is_number);
        if !keyword_is_good || !value_is_good || repeated || !size_is_good {
            return Err(FORM);
        }
        if !["SIZE", "BODY", "SMTPUTF8"].iter().any(|offered| offered.eq_ignore_ascii_case(keyword)) {
            return Err(CommandError::Parameter);
        }
        seen.push(keyword);
    }
    Ok(())
}

/// A number that smtp-proto reads exactly: 1 to 19 digits (RFC 1870 allows 20; no letter is that large).
fn is_number(digits: &str) -> bool {
    (1..=19).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_digit())
}

#[cfg(test)]
mod tests;
