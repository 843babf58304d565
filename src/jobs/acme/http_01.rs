//! The listener of HTTP-01 (RFC 8555 §8.3): answers open challenges, and nothing else.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::connections;
use crate::tls::Certificates;

/// Where challenges are asked for.
const PATH: &str = "/.well-known/acme-challenge/";
/// For a request to arrive and its answer to leave.
const PATIENCE: Duration = Duration::from_secs(10);
/// Octets of a request's head.
const HEAD: usize = 16 * 1024;

/// Serves until `stop` becomes true (or its sender is gone); at once where there is no listener.
pub(super) async fn serve(listener: Option<TcpListener>, certificates: Arc<Certificates>, stop: watch::Receiver<bool>) {
    if let Some(listener) = listener {
        connections::serve(listener, stop, PATIENCE, move |stream| talk(stream, Arc::clone(&certificates))).await;
    }
}

async fn talk(stream: TcpStream, certificates: Arc<Certificates>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer(request.uri().path(), &certificates);
        async { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .keep_alive(false)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // Whether the answer was heard is seen in the order.
    let _ = connection.await;
}

fn answer(path: &str, certificates: &Certificates) -> Response<Full<Bytes>> {
    let known = path.strip_prefix(PATH).and_then(|token| certificates.challenges().key_authorization(token));
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let mut response = Response::new(Full::new(Bytes::from(known.unwrap_or_else(|| "not found\n".to_owned()))));
    *response.status_mut() = status;
    let plain = hyper::header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, plain);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::Certificate;

    #[tokio::test]
    async fn open_challenges_are_answered_and_nothing_else() {
        let (chain, key) = Certificate::self_signed("a.test").unwrap();
        let certificates = Certificates::new(Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = watch::channel(false);
        let served = tokio::spawn(serve(Some(listener), Arc::clone(&certificates), stopped));
        let open = certificates.challenges().answer_token("token", "token.thumb");
        let answer = reqwest::get(format!("{base}{PATH}token")).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "token.thumb"));
        for path in [PATH, "/.well-known/acme-challenge/other", "/", "/metrics", "/api/v1/session"] {
            assert_eq!(reqwest::get(format!("{base}{path}")).await.unwrap().status(), 404, "{path}");
        }
        drop(open);
        assert_eq!(reqwest::get(format!("{base}{PATH}token")).await.unwrap().status(), 404);
        stop.send_replace(true);
        served.await.unwrap();
    }
}
