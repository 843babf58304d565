//! Removes a rule.

use crate::desk::{Actor, Desk, DeskError, Written, keys};

impl Desk {
    /// Removes a rule. Answers its id.
    pub async fn remove_rule(&self, actor: &Actor, id: u64) -> Result<Written<u64>, DeskError> {
        actor.may_set_up()?;
        self.stored_rule(id).await?.ok_or(DeskError::NotFound("rule"))?;
        self.change_setup(actor, |_, batch| {
            batch.delete(keys::rule(id));
            Ok(id)
        })
        .await
    }
}
