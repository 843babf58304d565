use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

impl Server {
    fn outside(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }
}

#[tokio::test]
async fn probes_need_no_sign_in() {
    let server = server().await;
    assert_eq!(server.outside("/healthz").send().await.unwrap().text().await.unwrap(), "ok\n");
    assert_eq!(ok(server.outside("/readyz")).await, json!({ "ready": true }));
}

#[tokio::test]
async fn figures_are_for_this_machine_and_for_administrators() {
    let server = server().await;
    assert_eq!(server.outside("/metrics").send().await.unwrap().status(), 200);
    let behind_a_proxy = || server.outside("/metrics").header("x-forwarded-for", "203.0.113.9");
    problem(behind_a_proxy(), 401).await;
    problem(behind_a_proxy().header("cookie", server.cookie().await), 401).await;
    problem(behind_a_proxy().bearer_auth(&server.operator), 403).await;
    assert_eq!(behind_a_proxy().bearer_auth(&server.admin).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn every_response_carries_the_security_headers() {
    let server = server().await;
    for request in [server.outside("/"), server.outside("/healthz"), server.get("/tickets"), server.get("/nothing")] {
        let response = request.header("accept", "text/html").send().await.unwrap();
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(headers.get_all("content-security-policy").iter().count(), 1);
        assert!(headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
    }
}

#[tokio::test]
async fn the_panel_is_served_for_pages_and_nothing_else() {
    let server = server().await;
    for path in ["/", "/tickets/DEMO-1042"] {
        let response = server.outside(path).header("accept", "text/html").send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'self'; script-src 'self'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(response.text().await.unwrap().contains("mxdesk"));
    }
    problem(server.outside("/missing.png").header("accept", "image/png"), 404).await;
    problem(server.outside("/api").header("accept", "text/html"), 404).await;
    problem(server.client.post(format!("{}/", server.base)), 405).await;
}

#[tokio::test]
async fn an_endless_path_is_refused() {
    let server = server().await;
    problem(server.get(&format!("/search?q={}", "x".repeat(9_000))), 414).await;
}

#[tokio::test]
async fn a_request_head_without_end_is_cut_off() {
    let server = server().await;
    let mut stream = TcpStream::connect(&server.host).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let line = format!("X-Filler: {}\r\n", "x".repeat(1_000));
    // The server closes before it has read twice its limit; what it then answers does not matter.
    for _ in 0..256 {
        if stream.write_all(line.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the connection is still open");
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_stop() {
    let server = server().await;
    let mut stream = TcpStream::connect(&server.host).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 15];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    server.stop.send(true).unwrap();
    let stopped = tokio::time::timeout(Duration::from_secs(5), server.serving).await;
    stopped.expect("it stops within five seconds").unwrap().unwrap();
}
