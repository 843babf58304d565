//! `mxdesk serve`: opens everything from the store up, runs it until SIGTERM or SIGINT, and takes it down in order.

mod certificate;
mod desk;
mod listeners;
mod logging;
mod service_manager;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::ConfigFile;
use super::control::ControlServer;
use crate::board::Board;
use crate::http::Http;
use crate::mail::dns::Dns;
use crate::mail::verify::Verifier;
use crate::queue::Queue;
use crate::search::Search;

pub(super) use desk::open_desk;
use listeners::Listeners;

/// How long the tasks have to end after a signal.
const SHUTDOWN: Duration = Duration::from_secs(45);

pub(super) fn run(config: &ConfigFile) -> anyhow::Result<()> {
    let config = Arc::new(config.load()?);
    logging::start();
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS provider is installed"))?;
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new()
        .install_recorder()
        .context("cannot install the metrics recorder")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(config, metrics))
}

/// For whoever asks whether a zone's signatures hold.
fn validating(dns: &Dns, config: &crate::config::Config) -> anyhow::Result<Dns> {
    let anchors = config.dns.trust_anchors.as_deref();
    dns.clone().with_dnssec(anchors).map_err(|why| anyhow::anyhow!("dns.trust_anchors: {why}"))
}

async fn serve(
    config: Arc<crate::config::Config>,
    metrics: metrics_exporter_prometheus::PrometheusHandle,
) -> anyhow::Result<()> {
    let hangups = service_manager::hangups().context("SIGHUP cannot be heard")?;
    let listeners = Listeners::open(&config)?;
    let opened = open_desk(&config).await?;
    let desk = opened.desk;
    let control = ControlServer::bind(&config.data_dir)?;
    let board = Board::build(&desk).await.context("cannot build the board")?;
    let search = Search::open(&config.data_dir.join("index"), &desk).await.context("cannot open the index")?;
    let certificates = certificate::open(&config)?;
    let tls = crate::tls::smtp_server(&certificates)?;
    let https = crate::tls::https_server(&certificates)?;
    let dns = Dns::new(&config.dns.servers, Duration::from_secs(config.dns.timeout_seconds));
    let verifier = Verifier::trusting(dns.clone(), &config.hostname, verify_deadline(&config), config.trust.clone());
    let smtp = crate::smtp::Server {
        desk: desk.clone(),
        verifier,
        dns: dns.clone(),
        config: Arc::clone(&config),
        tls: Some(tls),
    };
    let validating = validating(&dns, &config)?;
    let reports =
        crate::jobs::reports::Reports { desk: desk.clone(), dns: validating.clone(), config: Arc::clone(&config) };
    let queue = Queue { desk: desk.clone(), dns: dns.clone(), config: Arc::clone(&config) };
    let http = Http {
        desk: desk.clone(),
        board: board.clone(),
        search: search.clone(),
        dns: validating,
        config: Arc::clone(&config),
        metrics,
    };

    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let followers = vec![board.position(), search.position()];
    tasks.spawn({
        let (desk, stop) = (desk.clone(), stopped.clone());
        async move { board.follow(desk, stop).await }
    });
    tasks.spawn({
        let (desk, stop) = (desk.clone(), stopped.clone());
        async move { search.follow(desk, stop).await }
    });
    tasks.spawn(crate::jobs::trim_feed::run(desk.clone(), followers, stopped.clone()));
    tasks.spawn(crate::jobs::activate_dkim::run(desk.clone(), dns.clone(), stopped.clone()));
    tasks.spawn(crate::jobs::sweep::run(desk.clone(), stopped.clone()));
    tasks.spawn(crate::jobs::mailings::run(desk.clone(), stopped.clone()));
    tasks.spawn(crate::jobs::trim_ledger::run(desk.clone(), Arc::clone(&config), stopped.clone()));
    tasks.spawn(queue.run(stopped.clone()));
    tasks.spawn(reports.run(stopped.clone()));
    tasks.spawn(control.serve(desk.clone(), stopped.clone()));
    tasks.spawn(smtp.serve(listeners.smtp, listeners.smtp_tls, stopped.clone()));
    let secure = listeners.https.map(|listener| (listener, https));
    tasks.spawn({
        let stop = stopped.clone();
        async move {
            if let Err(error) = http.serve(listeners.http, secure, stop).await {
                tracing::error!(%error, "the HTTP server ended");
            }
        }
    });
    let reload = Arc::new(Notify::new());
    certificate::spawn(&mut tasks, &config, &certificates, listeners.challenges, Arc::clone(&reload), &stopped);
    service_manager::ready();
    tracing::info!(smtp = ?config.smtp.listen, smtp_tls = ?config.smtp.tls_listen, http = %config.http.listen, data_dir = %config.data_dir.display(), "mxdesk serves");

    let watchdog = service_manager::watchdog(Arc::clone(desk.store()));
    let outcome = tokio::select! {
        signal = service_manager::signal() => { signal?; Ok(()) }
        () = watchdog => Ok(()),
        () = service_manager::reloads(hangups, reload) => Ok(()),
        ended = tasks.join_next() => Err(anyhow::anyhow!("a part of the server ended by itself: {ended:?}")),
    };
    service_manager::stopping();
    stop.send_replace(true);
    if tokio::time::timeout(SHUTDOWN, async { while tasks.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!(seconds = SHUTDOWN.as_secs(), "some tasks did not end in time");
    }
    outcome
}

/// Verification leaves the rest of the reply's deadline to rules and commit.
fn verify_deadline(config: &crate::config::Config) -> Duration {
    Duration::from_secs((config.smtp.reply_deadline_seconds / 2).clamp(1, 20))
}
