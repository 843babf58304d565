//! Keeps the MTA-STS policies of other domains (RFC 8461 §3.3), so that a restart does not forget what they demand.

use crate::desk::codec::{Record, encode};
use crate::desk::{Desk, DeskError, StsPolicy, keys};
use crate::store::{Batch, Durability};

impl Desk {
    /// Keeps the policy of a domain in place of an older one. Not synced: after a loss of power it is fetched again.
    pub async fn keep_sts_policy(&self, domain: &str, policy: &StsPolicy) -> Result<(), DeskError> {
        let mut batch = Batch::new();
        batch.put(keys::sts_policy(domain), encode(policy)).durability(Durability::Buffered);
        self.inner.store.commit(batch).await?;
        Ok(())
    }

    /// The policy of a domain that was kept last, whether or not its time is over.
    pub async fn sts_policy(&self, domain: &str) -> Result<Option<StsPolicy>, DeskError> {
        let Some(stored) = self.inner.store.get(&keys::sts_policy(domain)).await? else { return Ok(None) };
        Ok(Some(Record::read(&stored)?.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{StsMode, testing};

    #[tokio::test]
    async fn the_newer_policy_replaces_the_older() {
        let test = testing::desk().await;
        let policy = |id: &str| StsPolicy {
            id: id.to_owned(),
            mode: StsMode::Enforce,
            mx: vec!["mx".to_owned()],
            until: 9,
            max_age: Some(3),
        };
        assert_eq!(test.desk.sts_policy("shop.test").await.unwrap(), None);
        for id in ["a", "b"] {
            test.desk.keep_sts_policy("shop.test", &policy(id)).await.unwrap();
        }
        assert_eq!(test.desk.sts_policy("shop.test").await.unwrap(), Some(policy("b")));
        assert_eq!(test.desk.sts_policy("shop").await.unwrap(), None);
    }
}
