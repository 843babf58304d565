//! Removes a DKIM key that signs no more, with its file.

use crate::desk::{Actor, Desk, DeskError, PublicKey, blocking, clock, dkim_keys, keys};
use crate::mail::dkim::KeyStage;

/// Milliseconds of a day.
const DAY: u64 = 86_400_000;

impl Desk {
    /// Removes a key that was retired `kept_days` ago or earlier: until then, letters under way need its record. Answers the
    /// domain's other keys.
    pub async fn remove_dkim_key(
        &self,
        actor: &Actor,
        domain: &str,
        selector: &str,
        kept_days: u32,
    ) -> Result<Vec<PublicKey>, DeskError> {
        actor.may_set_up()?;
        let domain = domain.to_ascii_lowercase();
        self.change_setup(actor, |directory, batch| {
            let stored = directory.dkim_keys.get(&domain).map(Vec::as_slice).unwrap_or_default();
            let key = stored.iter().find(|key| key.selector == selector).ok_or(DeskError::NotFound("DKIM key"))?;
            let free_at = key.since.saturating_add(u64::from(kept_days).saturating_mul(DAY));
            match key.stage {
                KeyStage::Retired if clock::now_ms() < free_at => Err(DeskError::invalid(
                    "selector",
                    format!("letters under way may need it: it signed until less than {kept_days} days ago"),
                )),
                KeyStage::Retired => {
                    batch.delete(keys::dkim_key(&domain, selector));
                    Ok(())
                }
                KeyStage::Active => Err(DeskError::invalid("selector", "letters are signed with it: rotate first")),
                KeyStage::Pending => Err(DeskError::invalid("selector", "it is yet to be used")),
            }
        })
        .await?;
        self.forget_private(&domain, selector);
        let (folder, name, file) = (self.inner.settings.dkim_dir.clone(), domain.clone(), selector.to_owned());
        blocking::run(move || dkim_keys::remove(&folder, &name, &file)).await??;
        Ok(self.dkim_keys(&domain))
    }
}
