//! Bytes → command lines ([`Lines`]) and letters ([`LetterReader`]).
//!
//! Promises: the result does not depend on how the bytes were cut into pieces; a line or a letter ends at CRLF only, so
//! that no two servers can disagree about where it ends (SMTP smuggling); what is kept is bounded.
//! Leaves to others: reading from sockets (`server`), what the lines mean (`command`).

mod letter;
mod line;

pub(super) use letter::LetterReader;
pub(super) use line::{LineError, Lines};
