//! The listening sockets: those of the service manager (systemd's socket activation), or our own.

use std::net::{SocketAddr, TcpListener as StdListener};

use anyhow::Context;
use tokio::net::TcpListener;

use crate::config::Config;

/// What the servers listen on.
pub(super) struct Listeners {
    pub(super) smtp: Vec<TcpListener>,
    /// Those whose clients begin with TLS.
    pub(super) smtp_tls: Vec<TcpListener>,
    pub(super) http: TcpListener,
    pub(super) https: Option<TcpListener>,
    /// Of HTTP-01 and TLS-ALPN-01.
    pub(super) challenges: (Option<TcpListener>, Option<TcpListener>),
}

impl Listeners {
    /// Takes every inherited socket for SMTP (with TLS from the beginning where its port is one of `smtp.tls_listen`), or
    /// listens where the configuration says.
    pub(super) fn open(config: &Config) -> anyhow::Result<Self> {
        let mut inherited = listenfd::ListenFd::from_env();
        let (mut smtp, mut smtp_tls) = (Vec::new(), Vec::new());
        for index in 0..inherited.len() {
            let socket = inherited.take_tcp_listener(index).context("an inherited socket is no TCP listener")?;
            if let Some(socket) = socket {
                let port = socket.local_addr()?.port();
                let is_tls = config.smtp.tls_listen.iter().any(|address| address.port() == port);
                if is_tls { &mut smtp_tls } else { &mut smtp }.push(adopt(socket)?);
            }
        }
        if smtp.is_empty() && smtp_tls.is_empty() {
            smtp = config.smtp.listen.iter().map(|address| listen(*address)).collect::<Result<_, _>>()?;
            smtp_tls = config.smtp.tls_listen.iter().map(|address| listen(*address)).collect::<Result<_, _>>()?;
        }
        let acme = config.acme.directory.is_some();
        let maybe = |address: Option<SocketAddr>| address.map(listen).transpose();
        Ok(Self {
            smtp,
            smtp_tls,
            http: listen(config.http.listen)?,
            https: maybe(config.http.tls_listen)?,
            challenges: (
                maybe(config.acme.http_listen.filter(|_| acme))?,
                maybe(config.acme.tls_listen.filter(|_| acme))?,
            ),
        })
    }
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let socket = if address.is_ipv4() { tokio::net::TcpSocket::new_v4()? } else { tokio::net::TcpSocket::new_v6()? };
    // So that a restart does not wait for the old connections' TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(address).with_context(|| format!("cannot listen on {address}"))?;
    Ok(socket.listen(1024)?)
}

fn adopt(socket: StdListener) -> anyhow::Result<TcpListener> {
    socket.set_nonblocking(true)?;
    Ok(TcpListener::from_std(socket)?)
}
