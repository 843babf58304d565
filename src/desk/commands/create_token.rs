//! Makes an API token.

use super::Secret;
use super::secret::hash;
use crate::desk::clock::now_ms;
use crate::desk::codec::encode;
use crate::desk::{Actor, ApiToken, Desk, DeskError, Written, keys, validate};
use crate::store::Batch;

impl Desk {
    /// Makes an API token for an operator (by e-mail). The secret is shown once. Everyone may make their own; those who may
    /// set up the desk, anybody's.
    pub async fn create_token(
        &self,
        actor: &Actor,
        operator_email: &str,
        name: &str,
    ) -> Result<Written<Secret>, DeskError> {
        let operator = self.directory().operator_by_email(operator_email).map(|operator| operator.id);
        if actor.operator().is_none() || actor.operator() != operator {
            actor.may_set_up()?;
        }
        self.may_grow()?;
        let operator = operator.ok_or(DeskError::NotFound("operator"))?;
        let token = ApiToken { operator, created_at: now_ms(), name: validate::name("name", name)? };
        let secret = Secret::for_token()?;
        let hash = hash(&secret.0).ok_or_else(|| DeskError::Internal("a token of the wrong length".to_owned()))?;
        let mut batch = Batch::new();
        batch.expect_absent(keys::api_token(&hash)).put(keys::api_token(&hash), encode(&token));
        let committed = self.inner.store.commit(batch).await?;
        Ok(Written { value: secret, position: committed.position })
    }
}
