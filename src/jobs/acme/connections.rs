//! Accepts the few connections that challenges need, bounded in number and time.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// Connections at the same time; directories look from a handful of places.
const CONNECTIONS: usize = 64;
/// Pause after a failure to accept (usually: no file descriptors left).
const PAUSE: Duration = Duration::from_millis(100);

/// Runs `talk` on each connection, at most `patience` long, until `stop` becomes true (or its sender is gone).
pub(super) async fn serve<F>(
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
    patience: Duration,
    talk: impl Fn(TcpStream) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let talk = talk(stream);
                tokio::spawn(async move {
                    let _ = tokio::time::timeout(patience, talk).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
