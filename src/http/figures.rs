//! `/metrics`: figures in Prometheus's text form, for this machine itself and for administrators' tokens.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::response::{IntoResponse, Response};

use super::app::App;
use super::authentication;
use super::problem::Problem;

/// What a proxy adds: a loopback peer with one of these speaks for somebody else.
const FORWARDED: [HeaderName; 3] =
    [header::FORWARDED, HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-real-ip")];

/// Renders every figure.
pub(super) async fn metrics(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if !is_local(peer, &headers) {
        if !headers.contains_key(header::AUTHORIZATION) {
            return Err(Problem::not_signed_in());
        }
        authentication::actor(&app, &Method::GET, &headers).await?.may_set_up()?;
    }
    let text = app.http.metrics.render();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

fn is_local(peer: SocketAddr, headers: &HeaderMap) -> bool {
    peer.ip().to_canonical().is_loopback() && !FORWARDED.iter().any(|name| headers.contains_key(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_peer_is_local_unless_it_is_a_proxy() {
        let local: SocketAddr = "127.0.0.1:1".parse().unwrap();
        assert!(is_local(local, &HeaderMap::new()));
        assert!(is_local("[::ffff:127.0.0.1]:1".parse().unwrap(), &HeaderMap::new()));
        assert!(!is_local("192.0.2.1:1".parse().unwrap(), &HeaderMap::new()));
        for name in FORWARDED {
            assert!(!is_local(local, &HeaderMap::from_iter([(name, "203.0.113.9".parse().unwrap())])));
        }
    }
}
