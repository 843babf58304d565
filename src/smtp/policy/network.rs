//! Which addresses count as one client.

use std::net::IpAddr;

use ipnet::{Ipv4Net, Ipv6Net};

/// The network that one sender's servers share as a rule: IPv4 /24, IPv6 /64.
pub(super) fn network(address: IpAddr) -> IpAddr {
    first_of(address, 24, 64)
}

/// A larger network, of one owner as a rule: IPv4 /24, IPv6 /48.
pub(in crate::smtp) fn wide_network(address: IpAddr) -> IpAddr {
    first_of(address, 24, 48)
}

/// One host: an IPv4 address, an IPv6 /64.
pub(super) fn host(address: IpAddr) -> IpAddr {
    first_of(address, 32, 64)
}

fn first_of(address: IpAddr, v4: u8, v6: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => Ipv4Net::new(address, v4).map_or(address, |network| network.network()).into(),
        IpAddr::V6(address) => Ipv6Net::new(address, v6).map_or(address, |network| network.network()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_count_as_one() {
        let of = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(network(of("192.0.2.77")), of("192.0.2.0"));
        assert_eq!(network(of("2001:db8:1:2:3::4")), of("2001:db8:1:2::"));
        assert_eq!(wide_network(of("2001:db8:1:2:3::4")), of("2001:db8:1::"));
        assert_eq!(host(of("192.0.2.77")), of("192.0.2.77"));
    }
}
