//! Takes a domain's pending DKIM keys into use: their records stand in DNS, or somebody says so.

use crate::desk::codec::encode;
use crate::desk::{Actor, Desk, DeskError, PublicKey, clock, keys};
use crate::mail::dkim::KeyStage;

impl Desk {
    /// From now on letters are signed with the pending keys; those that signed until now, with the same algorithms, are
    /// retired. Answers all keys of the domain.
    pub async fn activate_dkim(&self, actor: &Actor, domain: &str) -> Result<Vec<PublicKey>, DeskError> {
        actor.may_set_up()?;
        let domain = domain.to_ascii_lowercase();
        let known = self.dkim_keys(&domain);
        let lost = known.iter().find(|key| key.stage == KeyStage::Pending && !key.usable);
        if let Some(lost) = lost {
            let problem = format!("the file of {} is not there: rotate again", lost.selector);
            return Err(DeskError::invalid("domain", problem));
        }
        self.change_setup(actor, |directory, batch| {
            let stored = directory.dkim_keys.get(&domain).map(Vec::as_slice).unwrap_or_default();
            let coming: Vec<_> = stored.iter().filter(|key| key.stage == KeyStage::Pending).collect();
            if coming.is_empty() {
                return Err(DeskError::invalid("domain", "no key is pending: rotate first"));
            }
            let since = clock::now_ms();
            for key in stored {
                let stage = match key.stage {
                    KeyStage::Pending => KeyStage::Active,
                    KeyStage::Active if coming.iter().any(|new| new.algorithm == key.algorithm) => KeyStage::Retired,
                    KeyStage::Active | KeyStage::Retired => continue,
                };
                let mut key = key.clone();
                (key.stage, key.since) = (stage, since);
                batch.put(keys::dkim_key(&domain, &key.selector), encode(&key));
            }
            Ok(())
        })
        .await?;
        Ok(self.dkim_keys(&domain))
    }
}
