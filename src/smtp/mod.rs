//! Mail in: bytes → lines and chunks → commands → a pure session → the desk.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::Config;
use crate::desk::Desk;
use crate::mail::verify::Verifier;

/// The SMTP server.
pub struct Server {
    /// The desk that takes the letters.
    pub desk: Desk,
    /// Verifies them.
    pub verifier: Verifier,
    /// Limits, time-outs, host name.
    pub config: Arc<Config>,
    /// For STARTTLS; not offered where `None`.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

#[allow(unused_variables, reason = "bodies come next")]
impl Server {
    /// Serves these listeners until `stop` becomes true; then no new connection is taken, letters in hand are finished
    /// (at most 30 seconds), and idle sessions get `421`.
    pub async fn serve(self, listeners: Vec<TcpListener>, stop: watch::Receiver<bool>) {
        todo!("smtp")
    }
}
