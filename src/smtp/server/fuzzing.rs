//! The PROXY header for the fuzz targets.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tokio::io::AsyncReadExt;
use tokio::runtime::Runtime;

use super::proxy::read_header;

thread_local! {
    /// The header is read within a deadline, which needs a clock.
    static CLOCK: RefCell<Option<Runtime>> = RefCell::new(tokio::runtime::Builder::new_current_thread().enable_time().build().ok());
}

/// The first octet says where what a balancer sends is cut in two. That must not matter; not one octet of what follows the header
/// may be taken; the client is the one that the header names.
pub fn proxy(data: &[u8]) {
    let Some((&cut, input)) = data.split_first() else { return };
    let cut = usize::from(cut).min(input.len());
    let whole = read(input, input.len());
    assert_eq!(read(input, cut), whole, "a header depends on how it was cut");
    let Some((client, rest)) = whole else { return };
    let header = &input[..input.len() - rest];
    assert_eq!(Some(header.len()), length(input), "the header ends elsewhere");
    let Some(client) = client else { return };
    assert_eq!(client.0, client.0.to_canonical(), "an address of version 4 as one of version 6");
    assert_eq!(Some(client), named(header), "another client than the header names");
}

/// The client that is named, if any, and octets that are left; `None` where it is no header.
fn read(input: &[u8], cut: usize) -> Option<(Option<(IpAddr, u16)>, usize)> {
    let (first, second) = input.split_at(cut);
    let mut stream = first.chain(second);
    let client = CLOCK.with_borrow(|clock| clock.as_ref()?.block_on(read_header(&mut stream)).ok())?;
    let (first, second) = stream.into_inner();
    Some((client.map(|client| (client.ip(), client.port())), first.len() + second.len()))
}

/// Where a header ends, by its own word.
fn length(input: &[u8]) -> Option<usize> {
    match input.first()? {
        b'P' => memchr::memchr(b'\n', input).map(|at| at + 1),
        _ => Some(16 + usize::from(u16::from_be_bytes([*input.get(14)?, *input.get(15)?]))),
    }
}

/// The source in a header that is right, by a plain look.
fn named(header: &[u8]) -> Option<(IpAddr, u16)> {
    if header.first() == Some(&b'P') {
        let text = std::str::from_utf8(header).ok()?;
        let mut fields = text.trim_end().split(' ').skip(2);
        let address = fields.next()?.parse::<IpAddr>().ok()?;
        return Some((address.to_canonical(), fields.nth(1)?.parse().ok()?));
    }
    let (address, port) = match header.get(13)? >> 4 {
        1 => (IpAddr::V4(Ipv4Addr::from(header.get(16..20)?.first_chunk::<4>().copied()?)), 24),
        _ => (IpAddr::V6(Ipv6Addr::from(header.get(16..32)?.first_chunk::<16>().copied()?)), 48),
    };
    Some((address.to_canonical(), u16::from_be_bytes([*header.get(port)?, *header.get(port + 1)?])))
}
