//! The simulated network with its clock.

use std::io;
use std::net::SocketAddr;

use mxdesk::queue::Net;
use turmoil::net::TcpStream;

/// Time begins at `start_ms` and goes as the simulation's.
#[derive(Clone, Copy)]
pub struct Simulated {
    pub start_ms: u64,
}

impl Net for Simulated {
    type Stream = TcpStream;

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(address).await
    }

    fn now_ms(&self) -> u64 {
        let elapsed = turmoil::sim_elapsed().unwrap_or_default();
        self.start_ms + u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }
}
