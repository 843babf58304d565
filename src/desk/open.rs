//! Opens the desk over a store.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;

use super::codec::{Record, encode};
use super::contention::Contention;
use super::greylist::GreylistRows;
use super::lease::Lease;
use super::passwords::Passwords;
use super::{Desk, DeskError, DeskSettings, Directory, Inner, dkim_keys, keys, random};
use crate::store::{Batch, Blobs, CommitError, Store, StoreError};

/// The first ticket number: four digits from the start.
const FIRST_TICKET: u64 = 1_001;
/// Ticket numbers leased at once: at most this many are skipped at a restart, under a flood of letters up to 32 times as many.
const TICKET_BLOCK: u64 = 32;
/// Ids of everything else leased at once.
const ID_BLOCK: u64 = 1_024;
/// Letters with files that are made at the same time.
const LARGE_LETTERS: usize = 2;

impl Desk {
    /// Opens the desk over a store: makes its secret at first start, loads the directory and the DKIM keys.
    pub async fn open(store: Arc<dyn Store>, blobs: Arc<dyn Blobs>, settings: DeskSettings) -> Result<Desk, DeskError> {
        let secret = secret(&*store).await?;
        let directory = Directory::load(&*store, &settings.hostname).await?;
        let dkim = dkim_keys::load(settings.dkim_dir.clone(), &directory).await?;
        Ok(Desk {
            inner: Arc::new(Inner {
                store,
                blobs,
                settings,
                directory: ArcSwap::from_pointee(directory),
                dkim: ArcSwap::from_pointee(dkim),
                passwords: Passwords::new(),
                tickets: Lease::new("ticket_number", TICKET_BLOCK, FIRST_TICKET),
                ids: Lease::new("id", ID_BLOCK, 1),
                contention: Contention::new(),
                greylist: GreylistRows::default(),
                dmarc_kinds: Default::default(),
                in_hand: Arc::default(),
                large_letters: Arc::new(Semaphore::new(LARGE_LETTERS)),
                secret,
            }),
        })
    }
}

/// The desk's secret; made at first start. Where two start at the same time, the first one's counts for both.
async fn secret(store: &dyn Store) -> Result<[u8; 32], DeskError> {
    let key = keys::desk("secret");
    if let Some(secret) = stored_secret(store, &key).await? {
        return Ok(secret);
    }
    let mut batch = Batch::new();
    batch.expect_absent(key.clone()).put(key.clone(), encode(&minicbor::bytes::ByteArray::from(random::secret()?)));
    match store.commit(batch).await {
        Ok(_) | Err(CommitError::Conflict) => {}
        Err(error) => return Err(error.into()),
    }
    let missing = || StoreError::Corrupt("the desk's secret was written and is not there".to_owned());
    Ok(stored_secret(store, &key).await?.ok_or_else(missing)?)
}

async fn stored_secret(store: &dyn Store, key: &[u8]) -> Result<Option<[u8; 32]>, StoreError> {
    let Some(stored) = store.get(key).await? else { return Ok(None) };
    let record: Record<minicbor::bytes::ByteArray<32>> = Record::read(&stored)?;
    Ok(Some(record.value.into()))
}

#[cfg(test)]
mod tests {
    use crate::desk::testing;

    #[tokio::test]
    async fn the_secret_is_made_once_and_kept() {
        let one = testing::desk().await;
        let again = one.reopen().await;
        assert_eq!(one.desk.inner.secret, again.inner.secret);
        assert_ne!(one.desk.inner.secret, [0; 32]);
        let other = testing::desk().await;
        assert_ne!(one.desk.inner.secret, other.desk.inner.secret);
    }

    #[tokio::test]
    async fn a_desk_opened_again_knows_its_set_up() {
        let one = testing::desk().await;
        let again = one.reopen().await;
        assert_eq!(again.directory().mailbox_by_prefix("demo").unwrap().addresses, ["help@demo.test"]);
        assert_eq!(again.directory().operators.len(), one.desk.directory().operators.len());
        assert_eq!(again.dkim_keys("demo.test"), one.desk.dkim_keys("demo.test"));
        assert_eq!(again.dkim_keys("demo.test")[0].selector, "mxdesk");
    }
}
