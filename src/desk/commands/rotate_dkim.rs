//! Makes a domain's next DKIM keys. They are published first and used later.

use std::sync::Arc;

use crate::desk::codec::encode;
use crate::desk::dkim_keys::{generate, stored, stored_or_found};
use crate::desk::{Actor, Desk, DeskError, PublicKey, blocking, keys};
use crate::mail::dkim::KeyStage;

impl Desk {
    /// Makes one key per algorithm under new selectors, pending: nothing is signed with them before
    /// [`Desk::activate_dkim`]. Where keys are pending already, no more are made. Answers all keys of the domain. Takes up to
    /// some seconds of CPU, elsewhere.
    pub async fn rotate_dkim(&self, actor: &Actor, domain: &str) -> Result<Vec<PublicKey>, DeskError> {
        actor.may_set_up()?;
        let domain = domain.to_ascii_lowercase();
        if !self.directory().domains.contains_key(&domain) {
            return Err(DeskError::NotFound("domain of a mailbox"));
        }
        let known = self.dkim_keys(&domain);
        if known.iter().any(|key| key.stage == KeyStage::Pending && key.usable) {
            return Ok(known);
        }
        self.may_grow()?;
        let selectors: Vec<String> = known.into_iter().map(|key| key.selector).collect();
        let made = blocking::run({
            let (folder, domain) = (self.inner.settings.dkim_dir.clone(), domain.clone());
            move || generate(&folder, &domain, &selectors)
        })
        .await??;
        let made: Vec<_> = made.into_iter().map(Arc::new).collect();
        // What signed until now is read before the new ones lie beside it.
        let private = self.inner.dkim.load_full();
        let private = private.get(&domain).map(Vec::as_slice).unwrap_or_default();
        let new: Vec<_> = made.iter().filter_map(|key| stored(key, &domain, KeyStage::Pending)).collect();
        self.change_setup(actor, |directory, batch| {
            let before = stored_or_found(directory, private, &domain);
            let is_usable = |selector: &str| private.iter().any(|key| key.selector == selector);
            for key in &before {
                if key.stage != KeyStage::Pending {
                    batch.put(keys::dkim_key(&domain, &key.selector), encode(key));
                } else if is_usable(&key.selector) {
                    return Err(DeskError::Exists("a key that is to be published".to_owned()));
                } else {
                    // Its file was lost: it can never sign.
                    batch.delete(keys::dkim_key(&domain, &key.selector));
                }
            }
            for key in &new {
                batch.put(keys::dkim_key(&domain, &key.selector), encode(key));
            }
            Ok(())
        })
        .await?;
        self.keep_private(&domain, made);
        Ok(self.dkim_keys(&domain))
    }
}

#[cfg(test)]
mod tests {
    use crate::desk::{DeskError, PublicKey, testing};
    use crate::mail::dkim::{Algorithm, KeyStage};

    fn named(keys: &[PublicKey], stage: KeyStage) -> Vec<&str> {
        keys.iter().filter(|key| key.stage == stage).map(|key| key.selector.as_str()).collect()
    }

    #[tokio::test]
    async fn new_keys_wait_until_they_are_activated_and_old_ones_stay() {
        let test = testing::desk().await;
        let signing = || test.desk.signing_keys("demo.test").iter().map(|key| key.selector.clone()).collect::<Vec<_>>();
        assert_eq!(signing(), ["mxdesk", "mxdesk-ed25519"]);

        let keys = test.desk.rotate_dkim(&test.admin, "Demo.test").await.unwrap();
        assert_eq!(named(&keys, KeyStage::Active), ["mxdesk", "mxdesk-ed25519"]);
        assert_eq!(named(&keys, KeyStage::Pending), ["mxdesk2", "mxdesk2-ed25519"]);
        assert_eq!(signing(), ["mxdesk", "mxdesk-ed25519"], "nothing is signed with what is not published");
        assert_eq!(test.desk.rotate_dkim(&test.admin, "demo.test").await.unwrap(), keys, "no more are made");
        assert_eq!(test.reopen().await.dkim_keys("demo.test"), keys);

        let keys = test.desk.activate_dkim(&test.admin, "demo.test").await.unwrap();
        assert_eq!(named(&keys, KeyStage::Active), ["mxdesk2", "mxdesk2-ed25519"]);
        assert_eq!(named(&keys, KeyStage::Retired), ["mxdesk", "mxdesk-ed25519"]);
        assert_eq!(signing(), ["mxdesk2", "mxdesk2-ed25519"]);
        let algorithms: Vec<_> = test.desk.signing_keys("demo.test").iter().map(|key| key.algorithm).collect();
        assert_eq!(algorithms, Algorithm::ALL);
        assert_eq!(test.reopen().await.dkim_keys("demo.test"), keys);
        let nothing = test.desk.activate_dkim(&test.admin, "demo.test").await;
        assert!(matches!(nothing, Err(DeskError::Invalid { .. })), "{nothing:?}");
    }

    #[tokio::test]
    async fn an_old_key_is_removed_after_its_time_and_no_other() {
        let test = testing::desk().await;
        test.desk.rotate_dkim(&test.admin, "demo.test").await.unwrap();
        let remove =
            |selector: &'static str, days: u32| test.desk.remove_dkim_key(&test.admin, "demo.test", selector, days);
        for (selector, why) in [("mxdesk", "signs"), ("mxdesk2", "to come")] {
            assert!(matches!(remove(selector, 0).await, Err(DeskError::Invalid { .. })), "{why}");
        }
        test.desk.activate_dkim(&test.admin, "demo.test").await.unwrap();
        assert!(matches!(remove("mxdesk", 1).await, Err(DeskError::Invalid { .. })), "letters are under way");
        let keys = remove("mxdesk", 0).await.unwrap();
        assert_eq!(named(&keys, KeyStage::Retired), ["mxdesk-ed25519"]);
        assert!(matches!(remove("mxdesk", 0).await, Err(DeskError::NotFound(_))));
        let again = test.reopen().await;
        assert_eq!(again.dkim_keys("demo.test"), keys);
        assert!(!test.dkim_file("demo.test", "mxdesk").exists() && test.dkim_file("demo.test", "mxdesk2").exists());
    }

    #[tokio::test]
    async fn a_lost_file_of_a_pending_key_is_made_good_by_another_key() {
        let test = testing::desk().await;
        test.desk.rotate_dkim(&test.admin, "demo.test").await.unwrap();
        for selector in ["mxdesk2", "mxdesk2-ed25519"] {
            std::fs::remove_file(test.dkim_file("demo.test", selector)).unwrap();
        }
        let again = test.reopen().await;
        assert!(matches!(again.activate_dkim(&test.admin, "demo.test").await, Err(DeskError::Invalid { .. })));
        let keys = again.rotate_dkim(&test.admin, "demo.test").await.unwrap();
        assert_eq!(named(&keys, KeyStage::Pending), ["mxdesk3", "mxdesk3-ed25519"]);
    }

    #[tokio::test]
    async fn only_administrators_rotate_and_only_domains_of_the_desk() {
        let test = testing::desk().await;
        assert!(matches!(test.desk.rotate_dkim(&test.actor, "demo.test").await, Err(DeskError::Forbidden)));
        assert!(matches!(test.desk.activate_dkim(&test.actor, "demo.test").await, Err(DeskError::Forbidden)));
        let removed = test.desk.remove_dkim_key(&test.actor, "demo.test", "mxdesk", 0).await;
        assert!(matches!(removed, Err(DeskError::Forbidden)));
        assert!(matches!(test.desk.rotate_dkim(&test.admin, "other.test").await, Err(DeskError::NotFound(_))));
    }

    /// A domain as an older version left it: one RSA key in a file, nothing in the store.
    #[tokio::test]
    async fn a_key_without_a_record_signs_on_and_gets_its_successors() {
        let test = testing::desk_without_stored_keys().await;
        let keys = test.desk.dkim_keys("demo.test");
        assert_eq!(named(&keys, KeyStage::Active), ["mxdesk"]);
        assert_eq!(test.desk.signing_keys("demo.test").len(), 1);
        let keys = test.desk.rotate_dkim(&test.admin, "demo.test").await.unwrap();
        assert_eq!(named(&keys, KeyStage::Active), ["mxdesk"]);
        assert_eq!(named(&keys, KeyStage::Pending), ["mxdesk2", "mxdesk2-ed25519"]);
        let keys = test.desk.activate_dkim(&test.admin, "demo.test").await.unwrap();
        assert_eq!(named(&keys, KeyStage::Retired), ["mxdesk"]);
        assert_eq!(test.desk.signing_keys("demo.test").len(), 2);
    }
}
