//! What TLS was like on one day, per domain and server: counted by the outbound queue in the commit of each attempt.

use crate::desk::{Desk, DeskError, TlsPolicyKind, TlsResult, TlsResultKind, keys};
use crate::store::{Batch, Durability, Key, Range, Space};

/// Rows of one page.
const PAGE: usize = 500;

/// Rows of one day that are read at the most: some MB.
const MOST: usize = 100_000;

impl Desk {
    /// Each different result of a day (days since 1970-01-01, UTC) with how often it came, in the order of domains; at most
    /// 100,000.
    pub async fn tls_results(&self, day: u64) -> Result<Vec<(TlsResult, u64)>, DeskError> {
        let mut range = keys::tls_results_of(day);
        let mut results = Vec::new();
        while results.len() < MOST {
            let page = self.inner.store.scan(&range, PAGE).await?;
            results.extend(page.rows.iter().filter_map(|(key, stored)| Some((read(key)?, counter(&stored.value)?))));
            match page.next {
                Some(last) => range.after = Some(last),
                None => break,
            }
        }
        Ok(results)
    }

    /// Forgets the results of all days before this one.
    pub async fn forget_tls_results(&self, before: u64) -> Result<(), DeskError> {
        let all = keys::all(Space::TlsResult);
        let range = Range { end: keys::tls_results_of(before).start, ..all };
        loop {
            let page = self.inner.store.scan(&range, PAGE).await?;
            if page.rows.is_empty() {
                return Ok(());
            }
            let mut batch = Batch::new();
            batch.durability(Durability::Buffered);
            for (key, _) in page.rows {
                batch.delete(key);
            }
            self.inner.store.commit(batch).await?;
        }
    }
}

/// The key under which a result is counted.
pub(in crate::desk) fn key(result: &TlsResult) -> Key {
    let kinds = [result.policy as u8, result.kind as u8];
    keys::tls_result(result.day, &result.domain, &kinds, &result.host, &result.address)
}

fn read(key: &[u8]) -> Option<TlsResult> {
    let (day, rest) = key.get(1..)?.split_first_chunk::<8>()?;
    let (domain, rest) = text(rest)?;
    let ([policy, kind], rest) = rest.split_first_chunk::<2>()?;
    let (host, rest) = text(rest)?;
    let (address, _) = text(rest)?;
    let (policy, kind) = (TlsPolicyKind::of(*policy)?, TlsResultKind::of(*kind)?);
    Some(TlsResult { day: u64::from_be_bytes(*day), domain, policy, kind, host, address })
}

/// A text up to its NUL, and what follows.
fn text(octets: &[u8]) -> Option<(String, &[u8])> {
    let end = octets.iter().position(|octet| *octet == 0)?;
    Some((String::from_utf8(octets[..end].to_vec()).ok()?, &octets[end + 1..]))
}

/// A counter of the store: 8 octets, big-endian.
fn counter(value: &[u8]) -> Option<u64> {
    u64::try_from(i64::from_be_bytes(value.try_into().ok()?)).ok()
}

#[cfg(test)]
impl Desk {
    /// Counts a result so many times, as an attempt does.
    pub(crate) async fn count_tls(&self, result: &TlsResult, times: i64) {
        let mut batch = Batch::new();
        batch.add(key(result), times);
        self.inner.store.commit(batch).await.unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::testing;
    use crate::store::Store;

    #[tokio::test]
    async fn results_are_counted_by_day_and_forgotten() {
        let test = testing::desk().await;
        let result = |day, domain: &str, kind| TlsResult {
            day,
            domain: domain.to_owned(),
            policy: TlsPolicyKind::Sts,
            kind,
            host: "mx.shop.test".to_owned(),
            address: "192.0.2.1".to_owned(),
        };
        let good = result(7, "shop.test", TlsResultKind::Success);
        let bad = result(7, "shop.test", TlsResultKind::CertificateExpired);
        let later = result(8, "a.test", TlsResultKind::Success);
        let mut batch = Batch::new();
        for result in [&good, &good, &bad, &later] {
            batch.add(key(result), 1);
        }
        test.store.commit(batch).await.unwrap();
        assert_eq!(test.desk.tls_results(7).await.unwrap(), [(good, 2), (bad, 1)]);
        test.desk.forget_tls_results(8).await.unwrap();
        assert!(test.desk.tls_results(7).await.unwrap().is_empty());
        assert_eq!(test.desk.tls_results(8).await.unwrap(), [(later, 1)]);
    }
}
