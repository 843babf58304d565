//! The JSON API under `/api/v1`, live events, health, figures, and the embedded panel.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::board::Board;
use crate::config::Config;
use crate::desk::Desk;
use crate::search::Search;

/// What every handler may use. Cheap to clone.
#[derive(Clone)]
pub struct Http {
    /// The desk.
    pub desk: Desk,
    /// Lists.
    pub board: Board,
    /// Text.
    pub search: Search,
    /// Public URL and limits.
    pub config: Arc<Config>,
    /// Renders `/metrics`.
    pub metrics: metrics_exporter_prometheus::PrometheusHandle,
}

#[allow(unused_variables, reason = "bodies come next")]
impl Http {
    /// Serves until `stop` becomes true.
    pub async fn serve(self, listener: TcpListener, stop: watch::Receiver<bool>) -> std::io::Result<()> {
        todo!("http")
    }
}
