//! Who a secret belongs to: asked for every request. One read of the store and one look-up in the directory.

use super::secret::{hash, is_token};
use crate::desk::clock::now_ms;
use crate::desk::codec::decode;
use crate::desk::{Actor, ApiToken, Desk, DeskError, Session, keys};
use crate::store::Batch;

impl Desk {
    /// Ends a session. No error where there is none.
    pub async fn sign_out(&self, session: &str) -> Result<(), DeskError> {
        let Some(hash) = hash(session) else { return Ok(()) };
        // Synced: a session that was ended must not come back with the power.
        let mut batch = Batch::new();
        batch.delete(keys::session(&hash));
        self.inner.store.commit(batch).await?;
        Ok(())
    }

    /// Who a browser session's secret belongs to.
    pub async fn session_actor(&self, session: &str) -> Result<Actor, DeskError> {
        let hash = hash(session).ok_or(DeskError::NotSignedIn)?;
        let stored = self.inner.store.get(&keys::session(&hash)).await?.ok_or(DeskError::NotSignedIn)?;
        let session: Session = decode(&stored.value)?;
        if session.expires_at <= now_ms() {
            return Err(DeskError::NotSignedIn);
        }
        self.enabled_operator(session.operator)
    }

    /// Who an API token's secret belongs to.
    pub async fn token_actor(&self, token: &str) -> Result<Actor, DeskError> {
        if !is_token(token) {
            return Err(DeskError::NotSignedIn);
        }
        let hash = hash(token).ok_or(DeskError::NotSignedIn)?;
        let stored = self.inner.store.get(&keys::api_token(&hash)).await?.ok_or(DeskError::NotSignedIn)?;
        let token: ApiToken = decode(&stored.value)?;
        self.enabled_operator(token.operator)
    }

    /// The operator as actor, with the rights of this moment.
    fn enabled_operator(&self, id: u64) -> Result<Actor, DeskError> {
        match self.directory().operators.get(&id) {
            Some(operator) if !operator.disabled => Ok(Actor::Operator { id, role: operator.role }),
            _ => Err(DeskError::NotSignedIn),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::testing::{self, PASSWORD};

    #[tokio::test]
    async fn a_token_acts_for_its_operator() {
        let test = testing::desk().await;
        let token = test.desk.create_token(&test.admin, "anna@demo.test", "telephone").await.unwrap().value;
        assert_eq!(test.desk.token_actor(&token.0).await.unwrap(), test.actor);
        assert_eq!(test.reopen().await.token_actor(&token.0).await.unwrap(), test.actor);
    }

    #[tokio::test]
    async fn what_is_no_token_of_ours_is_refused() {
        let test = testing::desk().await;
        let (session, _) = test.desk.sign_in("anna@demo.test", PASSWORD).await.unwrap();
        for token in ["", "mxd_", "mxd_aaaaaaaa", &session.0, &format!("mxd_{}", "a".repeat(10_000))] {
            assert!(matches!(test.desk.token_actor(token).await, Err(DeskError::NotSignedIn)));
            let outcome = test.desk.session_actor(token).await;
            assert_eq!(outcome.is_ok(), token == session.0);
        }
    }

    #[tokio::test]
    async fn a_disabled_operators_token_and_session_are_refused() {
        let test = testing::desk().await;
        let token = test.desk.create_token(&test.admin, "anna@demo.test", "telephone").await.unwrap().value;
        let (session, _) = test.desk.sign_in("anna@demo.test", PASSWORD).await.unwrap();
        test.desk.disable_operator(&test.admin, "anna@demo.test", true).await.unwrap();
        assert!(matches!(test.desk.token_actor(&token.0).await, Err(DeskError::NotSignedIn)));
        assert!(matches!(test.desk.session_actor(&session.0).await, Err(DeskError::NotSignedIn)));
    }

    #[tokio::test]
    async fn an_operator_may_not_make_tokens() {
        let test = testing::desk().await;
        let outcome = test.desk.create_token(&test.actor, "chief@demo.test", "mine").await;
        assert!(matches!(outcome, Err(DeskError::Forbidden)), "{outcome:?}");
    }
}
