//! A stream whose peer may not talk without end: mail-send's reply reader has no bound of its own.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Octets that a server may send without being asked for more. RFC 5321 §4.5.3.1.5 knows 512 a line; EHLO has some dozens.
const REPLY_LIMIT: usize = 64 * 1024;

/// Counts what was read since the last write.
pub(super) struct Bounded<T> {
    inner: T,
    unasked: usize,
}

impl<T> Bounded<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner, unasked: 0 }
    }

    pub(super) fn into_inner(self) -> T {
        self.inner
    }

    pub(super) fn get_ref(&self) -> &T {
        &self.inner
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Bounded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        self.unasked += buffer.filled().len() - before;
        if self.unasked > REPLY_LIMIT {
            return Poll::Ready(Err(io::Error::other("the server's reply has no end")));
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Bounded<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.unasked = 0;
        Pin::new(&mut self.inner).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn an_endless_reply_is_cut_off_and_an_answered_one_is_not() {
        let (ours, mut theirs) = duplex(1 << 20);
        let mut stream = Bounded::new(ours);
        let half = vec![b'x'; REPLY_LIMIT];
        let mut read = vec![0; REPLY_LIMIT];
        for _ in 0..2 {
            theirs.write_all(&half).await.expect("room");
            stream.read_exact(&mut read).await.expect("within the bound");
            stream.write_all(b"NOOP\r\n").await.expect("room");
        }
        theirs.write_all(&half).await.expect("room");
        theirs.write_all(b"x").await.expect("room");
        stream.read_exact(&mut read).await.expect("within the bound");
        assert!(stream.read_exact(&mut [0]).await.is_err());
    }
}
