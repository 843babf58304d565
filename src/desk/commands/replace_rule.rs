//! Replaces a rule.

use super::rule_check::check;
use crate::desk::codec::encode;
use crate::desk::{Actor, Desk, DeskError, StoredRule, Written, keys, validate};
use crate::rules::Rule;
use crate::store::StoreError;

impl Desk {
    /// Replaces a rule; its version rises. Answers its id.
    pub async fn replace_rule(&self, actor: &Actor, id: u64, rule: Rule) -> Result<Written<u64>, DeskError> {
        actor.may_set_up()?;
        // Read apart from the directory, which leaves out what it cannot read: a broken rule must be replaceable.
        let stored = self.stored_rule(id).await?.ok_or(DeskError::NotFound("rule"))?;
        self.change_setup(actor, |directory, batch| {
            let known = directory.rules.iter().find(|(rule, _)| rule.id == id).map_or(&stored, |(rule, _)| rule);
            let stored = StoredRule { id, version: known.version.saturating_add(1), json: check(directory, &rule)? };
            batch.put(keys::rule(id), validate::record("rule", encode(&stored))?);
            Ok(id)
        })
        .await
    }

    pub(super) async fn stored_rule(&self, id: u64) -> Result<Option<StoredRule>, StoreError> {
        let stored = self.inner.store.get(&keys::rule(id)).await?;
        stored.map(|stored| crate::desk::codec::decode(&stored.value)).transpose()
    }
}
