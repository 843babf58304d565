//! What the queue needs of the world outside: connections and the time. The one place where a test puts a network of its own.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A network with a clock.
pub trait Net: Clone + Send + Sync + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Connects; the caller bounds the time.
    fn connect(&self, address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Unix milliseconds.
    fn now_ms(&self) -> u64;
}

/// The real one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tcp;

impl Net for Tcp {
    type Stream = TcpStream;

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        // Commands are small and each waits for its reply.
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0)
    }
}
