//! Sockets: accepting, limits, TLS, time-outs, and the way of a complete letter to the desk.

mod accept;
mod budget;
mod connection;
mod connection_log;
mod deliver;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod incoming;
mod judge;
mod places;
mod proxy;
mod receive;
mod session;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::Server;
use super::policy::Policy;
use super::session::Settings;
use crate::config::Config;
use crate::desk::Desk;
use crate::mail::verify::Verifier;

use budget::Budget;
use connection_log::ConnectionLog;
use places::Places;

/// What all sessions share.
struct Shared {
    desk: Desk,
    verifier: Verifier,
    config: Arc<Config>,
    settings: Arc<Settings>,
    tls: Option<TlsAcceptor>,
    budget: Arc<Budget>,
    places: Arc<Places>,
    policy: Policy,
    connections: ConnectionLog,
}

/// See [`Server::serve`].
pub(super) async fn serve(
    server: Server,
    listeners: Vec<TcpListener>,
    tls_listeners: Vec<TcpListener>,
    stop: watch::Receiver<bool>,
) {
    let Server { desk, verifier, dns, config, tls } = server;
    let shared = Arc::new(Shared {
        desk,
        verifier,
        settings: Arc::new(Settings {
            hostname: config.hostname.clone(),
            message_size: config.limits.message_size,
            recipients: config.limits.recipients,
            starttls: tls.is_some(),
            xclient_from: config.smtp.xclient_from.clone(),
        }),
        tls: tls.map(TlsAcceptor::from),
        budget: Arc::new(Budget::new(config.limits.memory)),
        places: Arc::new(Places::new(config.limits.connections, config.limits.connections_per_address)),
        policy: Policy::new(Arc::clone(&config), dns),
        connections: ConnectionLog::new(config.ledger.connection_lines_per_second),
        config,
    });
    let log = connection_log::run(Arc::clone(&shared), stop.clone());
    let plain = listeners.into_iter().map(|listener| (listener, false));
    let implicit = tls_listeners.into_iter().map(|listener| (listener, true));
    let run = |(listener, implicit_tls)| accept::run(Arc::clone(&shared), listener, implicit_tls, stop.clone());
    tokio::join!(join_all(plain.chain(implicit).map(run)), log);
    // Sessions that were in hand when the server was stopped have ended now.
    connection_log::write(&shared).await;
}

/// Resolves when the server is to stop (or nobody is left to say so).
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Unix milliseconds.
fn now() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default()
}

fn seconds(seconds: u64) -> Duration {
    // A year is as good as for ever, and cannot overflow an `Instant`.
    Duration::from_secs(seconds.min(365 * 86_400))
}
