//! The listener of TLS-ALPN-01 (RFC 8737): a handshake is all that happens there.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::connections;
use crate::tls::{Certificates, https_server};

/// For a handshake.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves until `stop` becomes true (or its sender is gone); at once where there is no listener.
pub(super) async fn serve(listener: Option<TcpListener>, certificates: Arc<Certificates>, stop: watch::Receiver<bool>) {
    let Some(listener) = listener else { return };
    match https_server(&certificates) {
        Ok(config) => {
            let acceptor = TlsAcceptor::from(config);
            connections::serve(listener, stop, PATIENCE, move |stream| talk(stream, acceptor.clone())).await;
        }
        Err(error) => tracing::error!(%error, "TLS-ALPN-01 cannot be answered"),
    }
}

async fn talk(stream: TcpStream, acceptor: TlsAcceptor) {
    if let Ok(mut stream) = acceptor.accept(stream).await {
        // The handshake was the answer (RFC 8737 §3): what becomes of the goodbye does not matter.
        let _ = stream.shutdown().await;
    }
}
