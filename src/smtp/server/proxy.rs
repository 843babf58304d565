//! The header of the PROXY protocol (versions 1 and 2, HAProxy's specification): for whom a balancer speaks. Read only where
//! the configuration says that the peer is one, and required there.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use proxy_header::{ParseConfig, ProxyHeader};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

/// How long a balancer may take: it has the header ready when it connects.
const PATIENCE: Duration = Duration::from_secs(5);

/// Octets that every header has: `PROXY UNKNOWN` and its CRLF in version 1; version 2 has one more.
const SHORTEST: usize = 15;

/// Octets of the longest header of version 1.
const LONGEST_TEXT: usize = 107;

/// Octets behind the fixed part of version 2 that are taken: addresses are at most 216, the rest are attributes that balancers
/// add and nobody here reads.
const LONGEST_BINARY: usize = 4 * 1024;

/// Reads the header and not one octet more. `None` where the balancer speaks for itself (a health check).
pub(super) async fn read_header<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Option<SocketAddr>> {
    let header = timeout(PATIENCE, octets(stream)).await.map_err(|_| ErrorKind::TimedOut)??;
    let config = ParseConfig { include_tlvs: false, ..ParseConfig::default() };
    match ProxyHeader::parse(&header, config) {
        Ok((parsed, length)) if length == header.len() => Ok(parsed
            .proxied_address()
            .map(|address| SocketAddr::new(address.source.ip().to_canonical(), address.source.port()))),
        _ => Err(ErrorKind::InvalidData.into()),
    }
}

/// What follows the header is the client's, perhaps the beginning of TLS: so it is read by count, and a line octet by octet.
async fn octets<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Vec<u8>> {
    let mut header = vec![0; SHORTEST];
    stream.read_exact(&mut header).await?;
    match header.first() {
        Some(b'P') if header.starts_with(b"PROXY ") => {
            while !header.ends_with(b"\n") {
                if header.len() >= LONGEST_TEXT {
                    return Err(ErrorKind::InvalidData.into());
                }
                header.push(stream.read_u8().await?);
            }
            // One line, however early another may have ended.
            if header.iter().filter(|octet| **octet == b'\n').count() > 1 {
                return Err(ErrorKind::InvalidData.into());
            }
        }
        Some(b'\r') => {
            header.push(stream.read_u8().await?);
            let length = usize::from(u16::from_be_bytes([header[SHORTEST - 1], header[SHORTEST]]));
            if length > LONGEST_BINARY {
                return Err(ErrorKind::InvalidData.into());
            }
            header.resize(SHORTEST + 1 + length, 0);
            stream.read_exact(&mut header[SHORTEST + 1..]).await?;
        }
        _ => return Err(ErrorKind::InvalidData.into()),
    }
    Ok(header)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proxy_header::{ProxiedAddress, Tlv};

    use super::*;

    /// What is read, and what is left for the client's session.
    fn read(mut input: &[u8]) -> (Option<Option<SocketAddr>>, Vec<u8>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let header = runtime.block_on(read_header(&mut input)).ok();
        (header, input.to_vec())
    }

    fn binary(source: &str, destination: &str) -> Vec<u8> {
        let address = ProxiedAddress::stream(source.parse().unwrap(), destination.parse().unwrap());
        let header = ProxyHeader::with_tlvs(Some(address), [Tlv::Authority("a.test".into())]);
        let mut octets = Vec::new();
        header.encode_v2(&mut octets).unwrap();
        octets
    }

    #[test]
    fn both_versions_name_the_client_and_leave_what_follows() {
        let client = |text: &str| Some(Some(text.parse::<SocketAddr>().unwrap()));
        let four = [b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\r\n", &b"EHLO x\r\n"[..]].concat();
        assert_eq!(read(&four), (client("192.0.2.7:4711"), b"EHLO x\r\n".to_vec()));
        assert_eq!(read(b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 25\r\n").0, client("[2001:db8::7]:4711"));
        let two = [binary("192.0.2.7:4711", "198.51.100.1:25"), b"\x16\x03".to_vec()].concat();
        assert_eq!(read(&two), (client("192.0.2.7:4711"), b"\x16\x03".to_vec()));
        let mapped = binary("[::ffff:192.0.2.7]:1", "[::ffff:198.51.100.1]:25");
        assert_eq!(read(&mapped).0, client("192.0.2.7:1"));
    }

    #[test]
    fn a_health_check_speaks_for_itself() {
        assert_eq!(read(b"PROXY UNKNOWN\r\n").0, Some(None));
        let mut local = Vec::new();
        ProxyHeader::with_local().encode_v2(&mut local).unwrap();
        assert_eq!(read(&local).0, Some(None));
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for input in [
            &b"EHLO client.test\r\nMAIL FROM:<>\r\n"[..],
            b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 99999\r\n",
            b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\n",
            b"PROXY TCP4 a.test b.test 1 2\r\n",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
            b"PROXY ",
            b"PROXY UNKNOWN\n\r\n",
            b"PROXY-TCP4 192.0.2.7 198.51.100.1 4711 25\r\n",
        ] {
            assert_eq!(read(input).0, None, "{}", input.escape_ascii());
        }
        assert_eq!(read(&[b"PROXY TCP4 ", &[b'1'; 200][..]].concat()).0, None);
    }

    proptest! {
        #[test]
        fn no_octets_panic(input in prop::collection::vec(any::<u8>(), 0..300)) {
            read(&input);
            read(&[b"PROXY ", &input[..], b"\r\n"].concat());
            read(&[b"\r\n\r\n\0\r\nQUIT\n", &input[..]].concat());
        }
    }
}
