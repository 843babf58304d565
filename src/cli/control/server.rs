//! The answering side, inside `mxdesk serve`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};

use super::{LINE_LIMIT, Reply, Request, socket_path};
use crate::desk::Desk;

/// Connections at the same time.
const CONNECTIONS: usize = 16;

/// Time that a client has for its request.
const PATIENCE: Duration = Duration::from_secs(30);

/// The listening control socket; removed when dropped.
pub(in crate::cli) struct ControlServer {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlServer {
    /// Listens in the data folder. The caller holds the store's lock, so that a socket left there is a dead server's.
    pub(in crate::cli) fn bind(data_dir: &Path) -> anyhow::Result<Self> {
        let path = socket_path(data_dir);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", path.display()));
            }
            _ => {}
        }
        let listener = UnixListener::bind(&path)
            .with_context(|| format!("cannot listen on {} (a socket's path has at most 107 octets)", path.display()))?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Answers until `stop` becomes true.
    pub(in crate::cli) async fn serve(self, desk: Desk, mut stop: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            let Ok((stream, _)) = accepted else { continue };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
            let desk = desk.clone();
            tokio::spawn(async move {
                let _place = place;
                if let Ok(Err(error)) = tokio::time::timeout(PATIENCE, answer(stream, &desk)).await {
                    tracing::warn!(%error, "a control request failed");
                }
            });
        }
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn answer(stream: UnixStream, desk: &Desk) -> anyhow::Result<()> {
    let peer = stream.peer_cred()?.uid();
    if peer != 0 && peer != rustix::process::getuid().as_raw() {
        anyhow::bail!("user {peer} may not use the control socket");
    }
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(LINE_LIMIT)).read_line(&mut line).await?;
    let reply = match serde_json::from_str::<Request>(&line) {
        Ok(request) => request.run(desk).await,
        Err(error) => Reply::Failed(format!("the request cannot be read: {error}")),
    };
    let mut answer = serde_json::to_vec(&reply)?;
    answer.push(b'\n');
    write.write_all(&answer).await?;
    Ok(())
}
