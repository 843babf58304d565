//! The JSON API under `/api/v1`, live events, health, figures, and the embedded panel.
//!
//! Promises: nothing but sign-in, the API's description, health and the links of mailings is answered without authentication; every error is a
//! problem document (RFC 9457); every write answers its feed position, and reads wait for one that is asked for.
//! Leaves to others: who may do what (`desk`), lists and counts (`board`), text (`search`), the certificate (`tls`).

mod app;
mod attachments;
mod authentication;
mod counts;
mod domains;
mod events;
mod extract;
mod figures;
mod groups;
mod health;
mod layers;
mod ledger;
mod mailboxes;
mod mailings;
mod messages;
mod mta_sts;
mod openapi;
mod operators;
mod origin;
mod panel;
mod position;
mod problem;
mod quarantine;
mod queue;
mod reports;
mod router;
mod rules;
mod search;
mod serve;
mod session;
mod suppressions;
mod tables;
#[cfg(test)]
mod tests;
mod tickets;
mod time;
mod tokens;
mod unsubscribe;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::board::Board;
use crate::config::Config;
use crate::desk::Desk;
use crate::mail::dns::Dns;
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
    /// Name servers: what stands in DNS about our domains.
    pub dns: Dns,
    /// Public URL and limits.
    pub config: Arc<Config>,
    /// Renders `/metrics`.
    pub metrics: metrics_exporter_prometheus::PrometheusHandle,
}

impl Http {
    /// Serves in the clear, and inside TLS where `secure` is given, until `stop` becomes true; then no new connection is taken,
    /// live event streams end, and requests in hand are finished (at most 10 seconds).
    pub async fn serve(
        self,
        listener: TcpListener,
        secure: Option<(TcpListener, Arc<rustls::ServerConfig>)>,
        stop: watch::Receiver<bool>,
    ) -> std::io::Result<()> {
        let router = router::router(app::App::new(self, stop.clone()));
        let clear = serve::serve(router.clone(), listener, None, stop.clone());
        match secure {
            None => clear.await,
            Some((listener, config)) => {
                let acceptor = tokio_rustls::TlsAcceptor::from(config);
                tokio::try_join!(clear, serve::serve(router, listener, Some(acceptor), stop)).map(|_| ())
            }
        }
    }
}
