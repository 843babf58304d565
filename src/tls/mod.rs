//! The server's certificate: one for SMTP and HTTPS, replaced while both run.
//!
//! Promises: a handshake never waits for a file or a lock; what is put in place fits its key; a challenge certificate of
//! TLS-ALPN-01 (RFC 8737) is shown to nobody but the one who asks for it by protocol.
//! Leaves to others: where certificates come from and when they are replaced (`jobs::certificate`, `jobs::acme`), sockets.

mod certificate;
mod certificates;
mod challenges;
mod private_file;
mod server;

pub use certificate::{Certificate, TlsError};
pub use certificates::Certificates;
pub use challenges::{ACME_PROTOCOL, Answer, Challenges};
pub use private_file::write_private;
pub use server::{https_server, smtp_server};
