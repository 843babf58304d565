//! The reverse name of a peer, confirmed by the way back (`iprev`, RFC 8601 §3).

use std::net::IpAddr;

use crate::mail::dns::Dns;
use crate::mail::{AuthResult, IprevFact};

/// Names of one address that are looked up.
const MAX_NAMES: usize = 5;

/// The first name that leads back to the address.
pub(super) async fn check(dns: &Dns, address: IpAddr) -> IprevFact {
    let address = address.to_canonical();
    let fact = |result| IprevFact { result, name: None };
    let names = match dns.pointers(address).await {
        Err(_) => return fact(AuthResult::TempError),
        Ok(found) if found.records.is_empty() => return fact(AuthResult::PermError),
        Ok(found) => found.records,
    };
    let mut result = AuthResult::Fail;
    for name in names.into_iter().take(MAX_NAMES) {
        match dns.addresses_like(&name, address).await {
            Ok(found) if found.records.contains(&address) => {
                return IprevFact { result: AuthResult::Pass, name: Some(super::facts::text(&name)) };
            }
            Ok(_) => {}
            Err(_) => result = AuthResult::TempError,
        }
    }
    fact(result)
}
