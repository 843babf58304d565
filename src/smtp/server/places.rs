//! How many connections there may be: in all, and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Counts the connections.
pub(super) struct Places {
    total: usize,
    per_address: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    total: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// One connection's place; given back when dropped.
pub(super) struct Place {
    places: Arc<Places>,
    /// `None` for a balancer, as long as it is not known for whom it speaks.
    network: Option<IpAddr>,
}

impl Places {
    /// With these limits.
    pub(super) fn new(total: usize, per_address: usize) -> Self {
        Self { total, per_address, taken: Mutex::default() }
    }

    /// A place for a connection from this address, where there is one.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut place = self.take_unnamed()?;
        place.is_for(address).then_some(place)
    }

    /// A place for a balancer's connection: of the clients for whom it speaks each is counted, not itself.
    pub(super) fn take_unnamed(self: &Arc<Self>) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.total >= self.total {
            return None;
        }
        taken.total += 1;
        metrics::gauge!("mxdesk_smtp_connections").increment(1);
        Some(Place { places: Arc::clone(self), network: None })
    }
}

impl Place {
    /// Counts the connection for this address; false where there are enough from there already.
    pub(super) fn is_for(&mut self, address: IpAddr) -> bool {
        let network = network(address);
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let from_there = taken.by_network.entry(network).or_default();
        if self.network.is_some() || *from_there >= self.places.per_address {
            return false;
        }
        *from_there += 1;
        self.network = Some(network);
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.total = taken.total.saturating_sub(1);
        if let Some(network) = self.network
            && let Some(count) = taken.by_network.get_mut(&network)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.by_network.remove(&network);
            }
        }
        metrics::gauge!("mxdesk_smtp_connections").decrement(1);
    }
}

/// IPv6 is counted by /64: one host has all of it.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_in_all_and_per_address_and_come_back() {
        let places = Arc::new(Places::new(3, 2));
        let (a, b): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = places.take(a).unwrap();
        let _second = places.take(a).unwrap();
        assert!(places.take(a).is_none());
        let _third = places.take(b).unwrap();
        assert!(places.take(b).is_none());
        drop(first);
        assert!(places.take(a).is_some());
    }

    #[test]
    fn a_balancers_place_counts_for_the_client_that_it_names() {
        let places = Arc::new(Places::new(3, 1));
        let client: IpAddr = "192.0.2.1".parse().unwrap();
        let mut first = places.take_unnamed().unwrap();
        let mut second = places.take_unnamed().unwrap();
        assert!(first.is_for(client) && !second.is_for(client));
        drop(first);
        assert!(second.is_for(client) && places.take(client).is_none());
        assert!(places.take("192.0.2.2".parse().unwrap()).is_some());
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let places = Arc::new(Places::new(10, 1));
        let _one = places.take("2001:db8::1".parse().unwrap()).unwrap();
        assert!(places.take("2001:db8::2".parse().unwrap()).is_none());
        assert!(places.take("2001:db8:0:1::1".parse().unwrap()).is_some());
    }
}
