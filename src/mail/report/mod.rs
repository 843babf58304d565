//! Reports about our mail: DMARC aggregate (RFC 7489 appendix C, RFC 9990) and SMTP TLS (RFC 8460), read and written.
//!
//! Promises: what claims to be a report costs a bounded amount of memory and time, whatever it unpacks to; every text kept of it
//! is short and printable; what is no report that can be read is `None`, and the letter stays what it was.
//! Leaves to others: whom a report concerns, what is stored (`desk`), when reports are sent (`jobs`).

mod dmarc;
mod dmarc_read;
mod dmarc_write;
mod published;
mod recognise;
mod tls;
mod tls_read;
mod tls_write;
mod unpack;
mod unpack_zip;

#[cfg(test)]
mod tests;

pub use dmarc::{DkimEvidence, DmarcReport, DmarcRow, SpfEvidence};
pub use dmarc_read::read_dmarc;
pub use dmarc_write::write_dmarc;
pub use published::{Destination, Published, needs_permission, permission_name};
pub use recognise::{Report, is_announced, may_hold_report, recognise};
pub use tls::{TlsFailure, TlsPolicy, TlsReport};
pub use tls_read::read_tls;
pub use tls_write::write_tls;
pub use unpack::{UnpackError, Unpacked, pack, unpack};

/// Characters of a text that is kept of a report.
const TEXT: usize = 255;

/// A text of a report on one line, printable and short.
fn text(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT).collect();
    line.trim().to_owned()
}

/// A domain as we compare it: lower case, without the last dot.
fn domain(name: &str) -> String {
    text(name).trim_end_matches('.').to_lowercase()
}
