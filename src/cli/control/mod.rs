//! How a sub-command reaches the desk: over the Unix socket of the server that runs on the data folder, or by opening the
//! store itself where none runs. One line of JSON each way.
//!
//! The socket is `control.sock` in the data folder, mode 0600; only root and the server's own user are answered.

mod client;
mod mailing;
mod queue;
mod request;
mod server;
mod suppression;

pub(super) use client::perform;
pub(super) use request::{LedgerRequest, Reply, Request};
pub(super) use server::ControlServer;

use std::path::{Path, PathBuf};

/// Longest request or reply, in octets: a rule file fits.
const LINE_LIMIT: u64 = 4 * 1024 * 1024;

fn socket_path(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}
