//! Mail in: bytes → lines and letters (`frame`) → commands (`command`) → a pure session (`session`) → the desk (`server`);
//! who gets in is judged on the way (`policy`).
//!
//! Promises: `250` at the end of the data is said only after the desk has answered that everything is durable; only
//! mailboxes of the desk are accepted, so the server is never an open relay; a letter ends at CRLF.CRLF and nowhere else;
//! what one client can hold (memory, time, lines of the ledger) is bounded.
//! Leaves to others: what a letter becomes (`desk`), who really sent it (`mail::verify`), mail out (`queue`).

mod command;
mod frame;
mod header;
mod policy;
mod reply;
mod server;
mod session;
mod trace;

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::Config;
use crate::desk::Desk;
use crate::mail::dns::Dns;
use crate::mail::verify::Verifier;

/// The SMTP server.
pub struct Server {
    /// The desk that takes the letters.
    pub desk: Desk,
    /// Verifies them.
    pub verifier: Verifier,
    /// Asks the block lists.
    pub dns: Dns,
    /// Limits, time-outs, host name.
    pub config: Arc<Config>,
    /// For STARTTLS; not offered where `None`. Made by [`crate::tls::smtp_server`].
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

impl Server {
    /// Serves these listeners until `stop` becomes true; then no new connection is taken, letters in hand are finished
    /// (at most 30 seconds), and idle sessions get `421`. Connections to `tls_listeners` begin with TLS (RFC 8314 §3).
    pub async fn serve(
        self,
        listeners: Vec<TcpListener>,
        tls_listeners: Vec<TcpListener>,
        stop: watch::Receiver<bool>,
    ) {
        server::serve(self, listeners, tls_listeners, stop).await;
    }
}
