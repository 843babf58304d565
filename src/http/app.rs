//! The state behind every handler: what [`Http`] was given, and what the server itself keeps while it runs.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{Semaphore, watch};

use super::domains::CheckPace;
use super::panel::PanelPolicy;
use super::unsubscribe::StrangersPace;
use super::{Http, openapi};

/// Live event streams at the same time.
pub(super) const MAX_STREAMS: usize = 1_000;

/// The handlers' state. Cheap to clone.
#[derive(Clone)]
pub(super) struct App {
    /// Desk, board, search, configuration, figures.
    pub http: Arc<Http>,
    /// Becomes true when the server stops: live event streams end.
    pub stop: watch::Receiver<bool>,
    /// One permit per live event stream.
    pub streams: Arc<Semaphore>,
    /// How often domains are checked.
    pub checks: Arc<CheckPace>,
    /// How often links of mailings that do not exist are answered.
    pub strangers: Arc<StrangersPace>,
    /// The API's description, as served.
    pub openapi: Bytes,
    /// The panel's Content-Security-Policy.
    pub panel: Arc<PanelPolicy>,
}

/// Waits until the server stops.
pub(super) async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is the end of the server too.
    let _ = stop.wait_for(|stop| *stop).await;
}

impl App {
    /// The state of a server that is about to start.
    pub(super) fn new(http: Http, stop: watch::Receiver<bool>) -> Self {
        Self {
            http: Arc::new(http),
            stop,
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
            checks: Arc::new(CheckPace::default()),
            strangers: Arc::new(StrangersPace::default()),
            openapi: Bytes::from(openapi::document()),
            panel: Arc::new(PanelPolicy::of_embedded_files()),
        }
    }
}
