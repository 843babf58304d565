//! clamd over its INSTREAM command: the letter in pieces, each with its length; one line back.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::ScanError;

/// Octets of one piece.
const PIECE: usize = 64 * 1024;
/// Octets of an answer that are read.
const ANSWER: u64 = 1024;

/// Where clamd listens.
pub(super) struct Clamd {
    place: String,
}

impl Clamd {
    /// "host:port", or the path of a socket.
    pub(super) fn new(place: String) -> Self {
        Self { place }
    }

    /// The name of what was found in the letter, if anything.
    pub(super) async fn scan(&self, raw: &[u8]) -> Result<Option<String>, ScanError> {
        let answer = if self.place.starts_with('/') {
            ask(UnixStream::connect(&self.place).await?, raw).await?
        } else {
            ask(TcpStream::connect(&self.place).await?, raw).await?
        };
        read(&answer)
    }
}

async fn ask<S: AsyncRead + AsyncWrite>(stream: S, raw: &[u8]) -> Result<String, ScanError> {
    let (read, mut write) = tokio::io::split(stream);
    let send = async {
        write.write_all(b"zINSTREAM\0").await?;
        for piece in raw.chunks(PIECE) {
            // A piece is far shorter than 4 GiB.
            write.write_u32(u32::try_from(piece.len()).unwrap_or(0)).await?;
            write.write_all(piece).await?;
        }
        write.write_u32(0).await?;
        write.flush().await
    };
    let receive = async {
        let mut answer = Vec::new();
        match read.take(ANSWER).read_to_end(&mut answer).await {
            Err(error) if answer.is_empty() => Err::<_, io::Error>(error),
            _ => Ok(answer),
        }
    };
    // clamd may answer and close before it has read everything: then its answer counts, not the broken pipe or the reset behind it.
    let (sent, answer) = tokio::join!(send, receive);
    let answer = answer?;
    if answer.is_empty() {
        sent?;
    }
    Ok(String::from_utf8_lossy(&answer).trim_end_matches(['\0', '\n']).to_owned())
}

/// `stream: OK`, `stream: NAME FOUND`, or `… ERROR`.
fn read(answer: &str) -> Result<Option<String>, ScanError> {
    let said = answer.split_once(": ").map_or(answer, |(_, said)| said);
    match said.strip_suffix(" FOUND") {
        Some(name) => Ok(Some(name.to_owned())),
        None if said == "OK" => Ok(None),
        None => Err(ScanError::Answer(answer.chars().take(200).collect())),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("stream: OK", Some(None))]
    #[case("stream: Win.Test.EICAR_HDB-1 FOUND", Some(Some("Win.Test.EICAR_HDB-1")))]
    #[case("INSTREAM size limit exceeded. ERROR", None)]
    #[case("", None)]
    #[case("UNKNOWN COMMAND", None)]
    fn answers_are_read(#[case] answer: &str, #[case] expected: Option<Option<&str>>) {
        assert_eq!(read(answer).ok(), expected.map(|name| name.map(str::to_owned)));
    }
}
