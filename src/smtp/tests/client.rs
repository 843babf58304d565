//! A client that says exactly what it is told, octet by octet.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::server::TestServer;

/// Longer than any server here may think.
const PATIENCE: Duration = Duration::from_secs(10);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

pub(super) struct Client {
    stream: Option<Box<dyn Stream>>,
    local: SocketAddr,
    input: Vec<u8>,
}

impl Client {
    pub(super) async fn connect(server: &TestServer) -> Self {
        Self::connect_to(server.address).await
    }

    pub(super) async fn connect_to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let local = stream.local_addr().unwrap();
        Self { stream: Some(Box::new(stream)), local, input: Vec::new() }
    }

    /// Its own address, as the server sees it.
    pub(super) fn local_address(&self) -> SocketAddr {
        self.local
    }

    /// Connected, greeted, EHLO said.
    pub(super) async fn ready(server: &TestServer) -> Self {
        let mut client = Self::connect(server).await;
        client.expect("220 ").await;
        client.hello().await;
        client
    }

    /// EHLO and its whole reply.
    pub(super) async fn hello(&mut self) {
        self.say("EHLO client.test").await;
        while self.line().await.unwrap().starts_with("250-") {}
    }

    pub(super) async fn send(&mut self, octets: &[u8]) {
        // A server that has closed says so at the next read.
        let _ = self.stream.as_mut().unwrap().write_all(octets).await;
    }

    pub(super) async fn say(&mut self, line: &str) {
        self.send(format!("{line}\r\n").as_bytes()).await;
    }

    /// The next line without its CRLF; `None` when the server has closed.
    pub(super) async fn line(&mut self) -> Option<String> {
        self.try_line().await.unwrap()
    }

    /// The same, or an error when the server says nothing.
    pub(super) async fn try_line(&mut self) -> Result<Option<String>, String> {
        loop {
            if let Some(end) = self.input.windows(2).position(|window| window == b"\r\n") {
                let line: Vec<u8> = self.input.drain(..end + 2).take(end).collect();
                return Ok(Some(String::from_utf8(line).unwrap()));
            }
            let read = self.stream.as_mut().unwrap().read_buf(&mut self.input);
            match timeout(PATIENCE, read).await.map_err(|_| "the server says nothing")? {
                Ok(1..) => {}
                Ok(0) | Err(_) if self.input.is_empty() => return Ok(None),
                Ok(0) | Err(_) => return Err(format!("the server says half a line: {:?}", self.input)),
            }
        }
    }

    pub(super) async fn expect(&mut self, prefix: &str) -> String {
        let line = self.line().await.unwrap_or_else(|| panic!("closed instead of {prefix}"));
        assert!(line.starts_with(prefix), "{line:?} instead of {prefix:?}");
        line
    }

    pub(super) async fn ask(&mut self, line: &str, prefix: &str) -> String {
        self.say(line).await;
        self.expect(prefix).await
    }

    /// From MAIL to 354.
    pub(super) async fn envelope(&mut self) {
        self.ask("MAIL FROM:<a@client.test>", "250 ").await;
        self.ask("RCPT TO:<help@demo.test>", "250 ").await;
        self.ask("DATA", "354 ").await;
    }

    pub(super) async fn expect_closed(&mut self) {
        assert_eq!(self.line().await, None);
    }

    /// Begins TLS, trusting the server's certificate only.
    pub(super) async fn start_tls(&mut self, server: &TestServer) {
        assert!(self.input.is_empty());
        let mut roots = RootCertStore::empty();
        roots.add(server.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("desk.demo.test").unwrap();
        let stream = self.stream.take().unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        self.stream = Some(Box::new(stream));
    }
}
